"""What a step and a member can be asked for by `then`, in the words of the notation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from earnest.engine.events import (
    CustomerRegistration,
    Event,
    PointsExpiry,
    PointsRedemption,
    ReturnTransaction,
    TransactionAdd,
)
from earnest.engine.lots import spendable
from earnest.engine.outcome import POSTINGS, ChangeTier, Move, MovementType, OpenLot, Outcome, Reason
from earnest.engine.party import ZERO, Lot, LotKind, Party, Wallet
from tests.cases.notation import DEFAULT, DEFAULT_NAME, Clock, Names

CODES: Mapping[Reason, int] = {
    Reason.POINTS_INVALID: 801,
    Reason.CURRENT_POINTS_REQUIRED: 804,
    Reason.LIFETIME_POINTS_REQUIRED: 805,
    Reason.LIFETIME_PURCHASES_REQUIRED: 806,
    Reason.NOT_A_MULTIPLE: 807,
    Reason.TOO_MANY_LOTS: 817,
    Reason.INSUFFICIENT_POINTS: 818,
    Reason.ABOVE_MAXIMUM: 819,
    Reason.BELOW_MINIMUM: 821,
    Reason.TOO_MANY_DECIMALS: 878,
    Reason.OUTLIER_BILL: 1121,
    Reason.NOT_ENROLLED: 1218,
    Reason.RETURN_BEFORE_SALE: 624,
    Reason.UNKNOWN_BILL: 625,
    Reason.RETURN_QUANTITY_TOO_LARGE: 626,
    Reason.RETURN_AMOUNT_TOO_LARGE: 630,
    Reason.RETURNED_BY_AMOUNT: 632,
    Reason.RETURNED_BY_LINE_ITEM: 635,
    Reason.FULLY_RETURNED: 639,
    Reason.ALREADY_RETURNED_IN_PART: 639,
}
_LEDGER_EVENTS = {
    TransactionAdd: "TransactionAdd",
    ReturnTransaction: "ReturnBill",
    PointsRedemption: "PointsRedemption",
    PointsExpiry: "PointsExpiry",
    CustomerRegistration: "CustomerRegistration",
}


@dataclass
class Result:
    """What one step came to."""

    names: Names
    clock: Clock
    party: Party
    at: datetime
    member: str
    event: type[Event] | None = None
    outcome: Outcome = field(default_factory=Outcome)
    reason: Reason | None = None
    points: Decimal | None = None
    value: Decimal | None = None

    def moves(self) -> list[Move]:
        return [effect for effect in self.outcome.effects if isinstance(effect, Move)]

    def issued_by(self, key: Callable[[Any], str | None]) -> dict[str, Decimal]:
        issued: dict[str, Decimal] = {}
        for decision in self.outcome.decisions:
            for award in decision.awards:
                name = key(award)
                if name is not None:
                    issued[name] = issued.get(name, ZERO) + award.points
        return issued

    def issued(self) -> Decimal:
        return sum((decision.points for decision in self.outcome.decisions), ZERO)

    def ledger(self) -> list[dict[str, Any]]:
        """One entry of the member's account for the event: what its movements come to."""
        net = ZERO
        for move in self.moves():
            posting = POSTINGS[move.type]
            net += move.quantity * ((posting.credit == "MEMBER") - (posting.debit == "MEMBER"))
        entry = {
            "event": None if self.event is None else _LEDGER_EVENTS[self.event],
            "holder": self.member,
            "direction": "CREDIT" if net > 0 else "DEBIT",
            "points": abs(net),
            "category": "MAIN",
            "at": self.clock.text(self.at),
        }
        return [entry] if net else []

    def movements(self) -> list[dict[str, Any]]:
        debts = {e.lot.id for e in self.outcome.effects if isinstance(e, OpenLot) and not e.lot.quantity}
        debts |= {lot.id for lot in self.party.lots if lot.debt}
        return [
            {
                "lot": move.lot_id,
                "promotion": "ReturnBillPromotion" if move.lot_id in debts else None,
                "category": "MAIN",
                "type": move.type.value,
                "quantity": move.quantity,
            }
            for move in self.moves()
        ]


# What a result may be asked for, as plain values.
RESULTS: Mapping[str, Callable[[Result], Any]] = {
    "ok": lambda r: r.reason is None,
    "error": lambda r: None if r.reason is None else CODES[r.reason],
    "refused": lambda r: r.reason is not None,
    "issued": Result.issued,
    "regular": Result.issued,
    "issued_by_line": lambda r: r.issued_by(lambda award: r.names.line_of(award.line_id)),
    "issued_by_action": lambda r: r.issued_by(lambda award: award.name),
    "raw_by_action": lambda r: {award.name: award.raw for d in r.outcome.decisions for award in d.awards},
    "parts": lambda r: [
        {"tier": award.tier, "amount": award.base, "points": award.points}
        for decision in r.outcome.decisions
        for award in decision.awards
    ],
    "draws": lambda r: [
        {"lot": m.lot_id, "quantity": m.quantity} for m in r.moves() if m.type is MovementType.REDEEMED
    ],
    "value": lambda r: r.value,
    "points": lambda r: r.points,
    "taken_back": lambda r: r.outcome.taken_back,
    "unrecovered": lambda r: r.outcome.unrecovered,
    "movements": Result.movements,
    "ledger": Result.ledger,
}


@dataclass(frozen=True)
class Member:
    party: Party
    at: datetime
    names: Names
    clock: Clock
    changes: list[ChangeTier]
    closed_by: Mapping[int, str]

    @property
    def wallet(self) -> Wallet:
        return self.party.wallets.get(DEFAULT) or Wallet(program_id=DEFAULT)

    def spendable(self) -> Decimal:
        return spendable(self.party, self.wallet, self.at)

    def tier_expiry(self) -> str | None:
        enrolment = self.party.enrolments.get(DEFAULT)
        return None if enrolment is None else self.clock.text(enrolment.tier_expires_at)

    def tier_changes(self) -> list[dict[str, Any]]:
        return [
            {
                "from": change.from_tier,
                "to": change.to_tier,
                "type": change.type,
                "cause": change.cause,
                "bill": self.names.of(change.bill_id),
            }
            for change in self.changes
        ]

    def lot(self, lot: Lot) -> dict[str, Any]:
        """A lot in the words of the notation; its `debt` is what is still owed."""
        names, clock = self.names, self.clock
        is_debt = lot.kind is LotKind.BILL_PROMOTION and not lot.quantity
        return {
            "id": lot.id,
            "kind": lot.kind.value,
            "category": lot.category.value,
            "bill": names.of(lot.bill_id),
            "line": names.line_of(lot.line_id),
            "promotion": "ReturnBillPromotion" if is_debt else None,
            "quantity": lot.quantity,
            "redeemed": lot.redeemed,
            "expired": lot.expired,
            "returned": lot.returned,
            "transferred": lot.transferred,
            "converted": lot.converted,
            "debt": lot.open_debt,
            "remaining": lot.remaining,
            "status": "AVAILABLE" if lot.remaining or lot.open_debt else self.closed_by.get(lot.id),
            "awarded_at": clock.text(lot.awarded_at),
            "expires_at": clock.text(lot.expires_at),
            "expiry_type": lot.expiry_type,
            "transferable": lot.transferable,
        }


# What a member's state may be asked for, as plain values.
STATES: Mapping[str, Callable[[Member], Any]] = {
    "current": lambda m: m.wallet.current,
    "redeemable": Member.spendable,
    "promised": lambda m: m.wallet.promised,
    "earned": lambda m: m.wallet.earned,
    "redeemed": lambda m: m.wallet.redeemed,
    "expired": lambda m: m.wallet.expired,
    "returned": lambda m: m.wallet.returned,
    "lifetime": lambda m: m.wallet.lifetime,
    "debt": lambda m: m.wallet.debt,
    "currentAllPoints": lambda m: m.wallet.current + m.wallet.promised,
    "tier": lambda m: m.party.enrolments[DEFAULT].tier,
    "tier_expiry": lambda m: (m.tier_expiry() or "")[:10] or None,
    "tier_expires_at": Member.tier_expiry,
    "tier_changes": Member.tier_changes,
    "lifetime_purchases": lambda m: m.wallet.purchases,
    "enrolled_in": lambda m: [DEFAULT_NAME] if DEFAULT in m.party.enrolments else [],
    "lot_count": lambda m: len(m.party.lots),
}
