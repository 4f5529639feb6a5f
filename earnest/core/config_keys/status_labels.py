"""The labels of customer statuses: a type of config value of its own.

Each system status has labels of the organisation, and a label decides what a customer may not do
(contract/02-customer-v2/_notes.md, "Customer status"). The documentation makes labels in a web console only; here they are
a list like `[{"label": "Suspicious", "status": "SUSPENDED", "actions": ["BLOCK_POINTS_REDEMPTION"]}]`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from earnest.core.config_keys.value_types import ValueType

STATUSES = (
    "ACTIVE", "SUSPENDED", "DELETED", "FRAUD_SUSPECTED", "FRAUD_CONFIRMED", "INTERNAL", "PENDING_DELETION"
)  # fmt: skip
FRAUD_STATUSES = frozenset({"FRAUD_SUSPECTED", "FRAUD_CONFIRMED"})

BLOCK_POINTS_ALLOCATION = "BLOCK_POINTS_ALLOCATION"
BLOCK_POINTS_REDEMPTION = "BLOCK_POINTS_REDEMPTION"
BLOCK_TRANSACTIONS = "BLOCK_TRANSACTIONS"
BLOCK_IDENTIFIER_CHANGE = "BLOCK_IDENTIFIER_CHANGE"
MARK_TRANSACTIONS_AS_OUTLIERS = "MARK_TRANSACTIONS_AS_OUTLIERS"
ACTIONS = (
    BLOCK_POINTS_ALLOCATION,
    BLOCK_POINTS_REDEMPTION,
    BLOCK_TRANSACTIONS,
    BLOCK_IDENTIFIER_CHANGE,
    MARK_TRANSACTIONS_AS_OUTLIERS,
)

LABELS_MAX = 50
LABEL_LENGTH_MAX = 50


class StatusLabel(msgspec.Struct, frozen=True):
    """A label, the system status that it belongs to, and what it forbids."""

    label: str
    status: str
    actions: tuple[str, ...] = ()


class StatusLabels(ValueType, frozen=True):
    """A list of labels; their names differ."""

    name: ClassVar[str] = "list of status labels"

    def accept(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list) or len(value) > LABELS_MAX:
            raise ValueError(f"expected a list of at most {LABELS_MAX} labels")
        try:
            labels = msgspec.convert(value, list[StatusLabel])
        except msgspec.ValidationError as error:
            raise ValueError(f"expected labels with label, status and actions: {error}") from None
        for label in labels:
            if not 1 <= len(label.label) <= LABEL_LENGTH_MAX:
                raise ValueError(f"expected names of 1 to {LABEL_LENGTH_MAX} characters")
            if label.status not in STATUSES:
                raise ValueError(f"{label.label}: expected a status of {', '.join(STATUSES)}")
            if not set(label.actions) <= set(ACTIONS):
                raise ValueError(f"{label.label}: expected actions of {', '.join(ACTIONS)}")
            if label.status == "ACTIVE" and label.actions:
                raise ValueError(f"{label.label}: an ACTIVE customer is not restricted")
        if len({label.label for label in labels}) < len(labels):
            raise ValueError("expected each label once")
        return [msgspec.to_builtins(label) for label in labels]

    def from_text(self, text: str) -> list[dict[str, Any]]:
        try:
            return self.accept(msgspec.json.decode(text))
        except msgspec.DecodeError:
            raise ValueError("expected a JSON list of labels") from None

    def read(self, stored: Any) -> tuple[StatusLabel, ...]:
        return msgspec.convert(stored, tuple[StatusLabel, ...])

    @property
    def range(self) -> str:
        return '[{"label": …, "status": …, "actions": […]}]'
