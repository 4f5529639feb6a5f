"""One member's life on the pure engine: each step is evaluated, resolved and applied, as the flow does with a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from msgspec.structs import replace

from earnest.engine.apply import apply, resolve
from earnest.engine.evaluate import evaluate
from earnest.engine.events import (
    BoughtLine,
    CustomerRegistration,
    Event,
    PointsExpiry,
    PointsRedemption,
    ReturnedLine,
    ReturnTransaction,
    TransactionAdd,
)
from earnest.engine.lots import is_overdue
from earnest.engine.outcome import ChangeTier, Move, Outcome
from earnest.engine.party import ZERO, Bill, BillLine, Enrolment, Lot, Party, Wallet
from earnest.engine.program.model import (
    Award,
    Expiry,
    ExpiryUnit,
    Fixed,
    Formula,
    Percentage,
    PerTier,
    Program,
    Tier,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
Number = int | str | Decimal


def same(value: Number) -> PerTier:
    return PerTier(same=Decimal(value))


def by_tier(**values: Number) -> PerTier:
    """`by_tier(t1=10, t2=20)`"""
    return PerTier(by_tier={int(name[1:]): Decimal(value) for name, value in values.items()})


def percent(value: Number | PerTier) -> Percentage:
    return Percentage(value if isinstance(value, PerTier) else same(value))


def fixed(value: Number | PerTier) -> Fixed:
    return Fixed(value if isinstance(value, PerTier) else same(value))


def award(formula: Formula, id: int = 1, **changes: Any) -> Award:
    return Award(id=id, name=f"award {id}", formula=formula, **changes)


def lasting(days: Number) -> Expiry:
    return Expiry(unit=ExpiryUnit.DAYS, value=same(days))


def program(*awards: Award, id: int = 1, tiers: int = 3, **changes: Any) -> Program:
    values: dict[str, Any] = {"time_zone": "UTC", "version": 1, **changes}
    return Program(
        id=id,
        name=f"Programme {id}",
        tiers=tuple(Tier(serial, f"T{serial}") for serial in range(1, tiers + 1)),
        awards=awards,
        **values,
    )


def member(*program_ids: int, at: datetime = NOON, **enrolment: Any) -> Party:
    return Party(
        holder_id=1,
        registered_at=at,
        enrolments={
            id: Enrolment(program_id=id, enrolled_at=at, tier_since=at, **enrolment) for id in program_ids or (1,)
        },
        wallets={id: Wallet(program_id=id) for id in program_ids or (1,)},
    )


class Life:
    """The member, the clock, and what has happened so far."""

    def __init__(self, *programs: Program, party: Party | None = None, now: datetime = NOON) -> None:
        self.programs = {program.id: program for program in programs}
        self.party = party or member(*self.programs)
        self.now = now
        self.outcomes: list[Outcome] = []
        self._last_lot = 0
        self._last_bill = 0
        self._last_redemption = 0

    def happen(self, event: Event) -> Outcome:
        outcome = resolve(evaluate(self.programs, self.party, event, self.now), self._new_lot_id)
        self.party = apply(self.party, outcome)
        self.outcomes.append(outcome)
        return outcome

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def register(self, *program_ids: int) -> Outcome:
        return self.happen(CustomerRegistration(at=self.now, program_ids=program_ids or tuple(self.programs)))

    def sell(
        self,
        amount: Number,
        lines: Sequence[Number] = (),
        *,
        quantity: Number = 1,
        earns: bool = True,
        at: datetime | None = None,
    ) -> Outcome:
        """A bill; its lines are numbered from 1. The snapshot holds it afterwards, as a reader would bring it."""
        self._last_bill += 1
        event = TransactionAdd(
            at=at or self.now,
            bill_id=self._last_bill,
            bill_number=f"B{self._last_bill}",
            amount=Decimal(amount),
            lines=tuple(
                BoughtLine(id=number, item_code=f"sku-{number}", quantity=Decimal(quantity), amount=Decimal(line))
                for number, line in enumerate(lines, start=1)
            ),
            earns=earns,
        )
        outcome = self.happen(event)
        bill = Bill(
            id=event.bill_id,
            number=event.bill_number,
            amount=event.amount,
            billed_at=event.at,
            lines=tuple(
                BillLine(id=line.id, item_code=line.item_code, quantity=line.quantity, amount=line.amount)
                for line in event.lines
            ),
            earns=earns,
        )
        self.party = replace(self.party, bills=(*self.party.bills, bill))
        return outcome

    def redeem(self, points: Number, program_id: int = 1) -> Outcome:
        self._last_redemption += 1
        return self.happen(
            PointsRedemption(
                at=self.now, program_id=program_id, points=Decimal(points), redemption_id=self._last_redemption
            )
        )

    def give_back(
        self,
        bill: int = 1,
        kind: Literal["FULL", "AMOUNT", "LINE_ITEM"] = "FULL",
        amount: Number | None = None,
        lines: Sequence[tuple[int, Number, Number]] = (),
        at: datetime | None = None,
    ) -> Outcome:
        """A return; `lines` are (line, quantity, amount)."""
        return self.happen(
            ReturnTransaction(
                at=at or self.now,
                bill_id=bill,
                kind=kind,
                amount=None if amount is None else Decimal(amount),
                lines=tuple(
                    ReturnedLine(line_id=line, quantity=Decimal(quantity), amount=Decimal(money))
                    for line, quantity, money in lines
                ),
            )
        )

    def sweep(self) -> Outcome:
        return self.happen(PointsExpiry(at=self.now))

    def read_again(self) -> None:
        """What a reader adds to the wallets: the points that are past their expiry by now."""
        self.party = replace(self.party, wallets={id: self._read(wallet) for id, wallet in self.party.wallets.items()})

    def wallet(self, program_id: int = 1) -> Wallet:
        return self.party.wallets[program_id]

    def tier(self, program_id: int = 1) -> int:
        return self.party.enrolments[program_id].tier

    def lot(self, id: int) -> Lot:
        return next(lot for lot in self.party.lots if lot.id == id)

    def remaining(self) -> list[Decimal]:
        return [lot.remaining for lot in self.party.lots]

    def tier_changes(self) -> list[ChangeTier]:
        return [effect for outcome in self.outcomes for effect in outcome.effects if isinstance(effect, ChangeTier)]

    def moves(self) -> list[Move]:
        return [effect for outcome in self.outcomes for effect in outcome.effects if isinstance(effect, Move)]

    def _read(self, wallet: Wallet) -> Wallet:
        lots = [lot for lot in self.party.lots if lot.program_id == wallet.program_id]
        overdue = sum((lot.remaining for lot in lots if is_overdue(lot, self.now)), ZERO)
        due = [lot.expires_at for lot in lots if lot.remaining and lot.expires_at is not None]
        return replace(wallet, overdue=overdue, next_expiry_at=min(due, default=None))

    def _new_lot_id(self) -> int:
        self._last_lot += 1
        return self._last_lot


def steps(outcome: Outcome) -> list[tuple[int, str, Decimal]]:
    """The movements of an outcome as (lot, type, quantity)."""
    return [(move.lot_id, move.type.value, move.quantity) for move in outcome.effects if isinstance(move, Move)]
