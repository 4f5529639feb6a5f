"""A redemption and the expiry sweep as activities of a member."""

from __future__ import annotations

import hashlib
import secrets
import string
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.core.db.batch import Write
from earnest.core.db.statements import load
from earnest.core.errors import ApiError
from earnest.domains.customers import service as customers
from earnest.domains.points import errors, schemas
from earnest.engine.events import PointsExpiry, PointsRedemption
from earnest.engine.outcome import Outcome, Reason
from earnest.engine.program.model import Program
from earnest.loyalty.ledger.post import emit
from earnest.loyalty.registry import Activity, Key, NaturalKey, Snapshot, Store
from earnest.loyalty.snapshot import OPEN_LOTS

sql = load(Path(__file__).with_name("queries.sql"))

ADD_REDEMPTIONS = Write(sql, "add_redemptions")

_ALPHABET = string.ascii_letters + string.digits
_CODE_LENGTH = 6
_json = msgspec.json.Encoder(decimal_format="number")


# Longer references are claimed by their digest: an index entry has a limit, a reference has none.
_PLAIN_REFERENCE_MAX = 200


def reference_key(reference: str) -> str:
    """The key by which an external reference is claimed."""
    if len(reference) <= _PLAIN_REFERENCE_MAX:
        return reference
    return "sha256:" + hashlib.sha256(reference.encode()).hexdigest()


class Redeemed(msgspec.Struct, frozen=True, kw_only=True):
    """A stored redemption. `balance` is what the member has left in the programme; `bill_id` None while no bill is known.

    `names` are read with the member: whoever read them after the commit could be told to start over and draw twice.
    """

    id: int
    code: str
    customer_id: int
    program_id: int
    points: Decimal
    value: Decimal
    balance: Decimal
    bill_number: str | None
    bill_id: int | None
    purpose: str
    names: customers.Names


class RedeemPoints(Activity[Redeemed]):
    """Draws points of one programme, earliest expiry first."""

    type = "PointsRedemption"
    answer = Redeemed
    readers = (OPEN_LOTS, customers.NAMES, customers.MARKS)

    def __init__(
        self,
        ctx: RequestContext,
        *,
        redemption_id: int,
        customer_id: int,
        program: Program,
        points: Decimal,
        at: datetime,
        external_reference: str | None,
        bill_number: str | None,
        bill_id: int | None,
        purpose: str,
        notes: str,
        custom_fields: dict[str, Any],
        till_id: int,
        code_nonce: str | None = None,
    ) -> None:
        """`code_nonce` stands for the validation code that the redemption uses up."""
        super().__init__(ctx)
        self.reference_id = redemption_id
        self.event_at = at
        self._id = redemption_id
        self._customer_id = customer_id
        self._program = program
        self._points = points
        self._external_reference = external_reference
        self._bill_number = bill_number
        self._bill_id = bill_id
        self._purpose = purpose
        self._notes = notes
        self._custom_fields = custom_fields
        self._till_id = till_id
        self._code_nonce = code_nonce

    def claims(self) -> tuple[Key, ...]:
        keys: list[Key] = []
        if self._external_reference is not None:
            key = reference_key(self._external_reference)
            keys.append(NaturalKey(kind="REDEMPTION", scope_id=0, key=key, owner_id=self._id))
        if self._code_nonce is not None:
            keys.append(
                NaturalKey(kind="VALIDATION_CODE", scope_id=self._customer_id, key=self._code_nonce, owner_id=self._id)
            )
        return tuple(keys)

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return errors.CUSTOMER_NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> PointsRedemption:
        organization = self.ctx.organization
        restrictions = customers.Restrictions.of(organization, snapshot)
        if refusal := restrictions.refusal_of_redemption(organization, self._customer_id):
            raise refusal
        return PointsRedemption(
            at=self.event_at, program_id=self._program.id, points=self._points, redemption_id=self._id
        )

    def refusal(self, reason: Reason) -> ApiError:
        return errors.REDEMPTION_REFUSALS[reason].error()

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Redeemed:
        balance = snapshot.party.wallets[self._program.id].spendable - self._points
        redeemed = Redeemed(
            id=self._id,
            code="".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH)),
            customer_id=self._customer_id,
            program_id=self._program.id,
            points=self._points,
            value=outcome.value,
            balance=balance,
            bill_number=self._bill_number,
            bill_id=self._bill_id,
            purpose=self._purpose,
            names=customers.Names.of(snapshot),
        )
        store.batch.row(
            ADD_REDEMPTIONS,
            redeemed.id,
            redeemed.code,
            redeemed.customer_id,
            redeemed.program_id,
            redeemed.points,
            self._program.points_currency_ratio,
            redeemed.value,
            balance,
            self._bill_number,
            self._bill_id,
            self._external_reference,
            self._till_id,
            self._purpose,
            self._notes,
            _json.encode(self._custom_fields).decode(),
            self.event_at,
        )
        emit(
            store,
            "pointsRedeemed",
            schemas.PointsRedeemed(
                redeemed.customer_id, redeemed.program_id, redeemed.code, redeemed.points, redeemed.value, balance
            ),
        )
        return redeemed


class PointsExpired(msgspec.Struct, frozen=True, rename="camel"):
    """Outbox body of a sweep."""

    customer_id: int
    points: Decimal


class ExpirePoints(Activity[Decimal]):
    """The morning sweep of one member; answers the points that expired."""

    type = "PointsExpiry"
    answer = Decimal
    readers = (OPEN_LOTS,)

    def __init__(self, ctx: RequestContext, *, customer_id: int) -> None:
        super().__init__(ctx)
        self._customer_id = customer_id

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return errors.CUSTOMER_NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> PointsExpiry:
        return PointsExpiry(at=self.ctx.now)

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Decimal:
        if outcome.expired:
            emit(store, "pointsExpired", PointsExpired(self._customer_id, outcome.expired))
        return outcome.expired
