"""What a customer may not do: by the label of the status, or by the fraud status where there are no labels.

Labels decide where CONF_CUSTOMER_DEFAULT_STATUS_ENABLED is on, and supersede the fraud status then
(contract/02-customer-v2/_notes.md, "Customer status").
"""

from __future__ import annotations

import msgspec

from earnest.core import config_keys
from earnest.core.config_keys.status_labels import (
    ACTIONS,
    BLOCK_IDENTIFIER_CHANGE,
    BLOCK_POINTS_ALLOCATION,
    BLOCK_POINTS_REDEMPTION,
    BLOCK_TRANSACTIONS,
    FRAUD_STATUSES,
    MARK_TRANSACTIONS_AS_OUTLIERS,
    StatusLabel,
)
from earnest.core.errors import ApiError
from earnest.core.tenancy import Organization
from earnest.domains.customers import errors
from earnest.domains.customers.activities import sql
from earnest.loyalty.registry import Reader, Snapshot

MARKS = Reader("customer_marks", sql.text("marks_fragment"))

# Fraud statuses by which a customer is taken for one: suspected or confirmed.
FRAUD = frozenset({"MARKED", "CONFIRMED"})


def default_label(organization: Organization) -> StatusLabel | None:
    """What new customers get: the first label of ACTIVE."""
    return next((label for label in config_keys.STATUS_LABELS.of(organization) if label.status == "ACTIVE"), None)


def label_of(organization: Organization, name: str) -> StatusLabel | None:
    """The label with this name; for an empty name the default one. None where there is none, or statuses are off."""
    if not config_keys.CUSTOMER_STATUS_ENABLED.of(organization):
        return None
    if not name:
        return default_label(organization)
    return next((label for label in config_keys.STATUS_LABELS.of(organization) if label.label == name), None)


def actions_of(label: StatusLabel) -> frozenset[str]:
    """What a label forbids. One that is named as an action forbids it, whatever else (points.md 4.9)."""
    return frozenset(label.actions) | ({label.label} & frozenset(ACTIONS))


class _Marks(msgspec.Struct, frozen=True):
    label: str = ""
    fraud: str = "NONE"


_marks = msgspec.json.Decoder(_Marks)


class Restrictions(msgspec.Struct, frozen=True):
    """`status` is the one in force, in the words of the contract; `is_fraud`: redemptions ask for it."""

    status: str
    actions: frozenset[str]
    is_fraud: bool

    @classmethod
    def of(cls, organization: Organization, snapshot: Snapshot) -> Restrictions:
        """From a snapshot that was read with `MARKS`."""
        text = snapshot.facts.get("customer_marks")
        marks = _marks.decode(text) if text else _Marks()
        if not config_keys.CUSTOMER_STATUS_ENABLED.of(organization):
            return cls(marks.fraud, frozenset(), marks.fraud in FRAUD)
        label = label_of(organization, marks.label)
        if label is None:
            return cls("ACTIVE", frozenset(), False)
        return cls(label.status, actions_of(label), label.status in FRAUD_STATUSES)

    @property
    def earns(self) -> bool:
        """Whether points are issued to the customer (points.md 4.9)."""
        return BLOCK_POINTS_ALLOCATION not in self.actions

    @property
    def bills_are_outliers(self) -> bool:
        return MARK_TRANSACTIONS_AS_OUTLIERS in self.actions

    @property
    def allows_identifier_change(self) -> bool:
        return BLOCK_IDENTIFIER_CHANGE not in self.actions

    def refusal_of_redemption(self, organization: Organization, customer_id: int) -> ApiError | None:
        """820 for a fraud where the organisation asks for it, 3045 where the status forbids it; None: allowed."""
        if BLOCK_POINTS_REDEMPTION in self.actions:
            return self._forbids("Points redemption", customer_id)
        if self.is_fraud and config_keys.FRAUD_STATUS_CHECK.of(organization):
            return errors.IS_FRAUD.error()
        return None

    def refusal_of_transaction(self, customer_id: int) -> ApiError | None:
        """3045 where the status forbids bills; None: allowed."""
        return self._forbids("Transaction", customer_id) if BLOCK_TRANSACTIONS in self.actions else None

    def _forbids(self, action: str, customer_id: int) -> ApiError:
        return errors.STATUS_FORBIDS.error(action=action, id=customer_id, status=self.status)
