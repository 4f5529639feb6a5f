"""Taking points back from the lots of a returned bill (points.md 10.1, 10.4).

What is still on a lot is simply returned. What has been used is moved: the lot gives it up and returns it, and whoever
used it - a redemption, or an older debt - is served by the holder's other lots instead; where these do not reach, the
holder owes it (a debt lot), or, in programmes that know no negative balance, the points stay used and the return goes
without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from earnest.engine.draft import Draft
from earnest.engine.lots import draw_key, main_lots, spendable_lots
from earnest.engine.outcome import MovementType
from earnest.engine.party import ZERO, Lot, LotKind
from earnest.engine.program.model import Program
from earnest.engine.returns import Returned


class Taken(NamedTuple):
    """Points taken back by a return, and points it should have taken but could not."""

    points: Decimal
    unrecovered: Decimal


def take_back(draft: Draft, program: Program, returned: Returned) -> Taken:
    """Take from every MAIN lot of the bill what the return claims of it."""
    taken = unrecovered = ZERO
    short: list[tuple[int, Decimal]] = []
    bill_id = returned.bill.id
    lots = sorted((lot for lot in main_lots(draft.party.lots, program.id) if lot.bill_id == bill_id), key=draw_key)
    # All lots give what they still have before any used point is moved: otherwise a redemption would move to a lot of
    # the same bill and from there once more.
    for lot in lots:
        claim = returned.claim(lot, program.rounding)
        missing = claim - _return_unused(draft, lot, claim)
        taken += claim - missing
        if missing:
            short.append((lot.id, missing))
    used = _UsedPoints(draft, program, bill_id)
    for lot_id, missing in short:
        moved = used.move(lot_id, missing)
        taken += moved
        unrecovered += missing - moved
    return Taken(taken, unrecovered)


def _return_unused(draft: Draft, lot: Lot, claim: Decimal) -> Decimal:
    """Return what remains of the lot, then what expired of it: neither needs another lot. Returns how much it was."""
    open_part = min(claim, lot.remaining)
    if open_part:
        draft.move(MovementType.RETURN, lot.id, open_part)
    expired_part = min(claim - open_part, lot.expired)
    if expired_part:
        draft.move(MovementType.EXPIRY_REVERTED, lot.id, expired_part)
        draft.move(MovementType.RETURN, lot.id, expired_part)
    return open_part + expired_part


class _UsedPoints:
    """Moves the use of returned lots to the holder's other lots; one debt lot takes what these cannot carry."""

    __slots__ = ("_bill_id", "_debt_lot_id", "_draft", "_program")

    def __init__(self, draft: Draft, program: Program, bill_id: int) -> None:
        self._draft = draft
        self._program = program
        self._bill_id = bill_id
        self._debt_lot_id: int | None = None

    def move(self, lot_id: int, quantity: Decimal) -> Decimal:
        """Move the use of `quantity` points of the lot as far as possible; returns how many were moved and thereby
        taken back."""
        left = quantity
        for redemption_id, held in self._redemptions(lot_id):
            left -= self._move_redemption(lot_id, redemption_id, self._movable(min(left, held)))
        for debt_id, settled in self._settled_debts():
            own = self._draft.lots[lot_id].settled
            left -= self._move_settlement(lot_id, debt_id, self._movable(min(left, settled, own)))
        return quantity - left

    def _others(self) -> list[Lot]:
        return spendable_lots(self._draft.lots.values(), self._program.id, self._draft.now)

    def _movable(self, quantity: Decimal) -> Decimal:
        if self._program.negative_balance_on_return:
            return quantity
        return min(quantity, sum((lot.remaining for lot in self._others()), ZERO))

    def _redemptions(self, lot_id: int) -> list[tuple[int | None, Decimal]]:
        """The redemptions that hold points of the lot, the latest first, and at last what is held by none we know."""
        draws = [draw for draw in self._draft.party.draws if draw.lot_id == lot_id]
        held: list[tuple[int | None, Decimal]] = [(draw.redemption_id, draw.quantity) for draw in reversed(draws)]
        held.append((None, self._draft.lots[lot_id].redeemed - sum((draw.quantity for draw in draws), ZERO)))
        return held

    def _settled_debts(self) -> list[tuple[int, Decimal]]:
        """Debt lots that have been paid, the latest first: some of it may have come from the lot."""
        paid = [lot for lot in main_lots(self._draft.lots.values(), self._program.id) if lot.debt and lot.settled]
        return [(lot.id, lot.settled) for lot in sorted(paid, key=draw_key, reverse=True)]

    def _move_redemption(self, lot_id: int, redemption_id: int | None, quantity: Decimal) -> Decimal:
        if quantity <= 0:
            return ZERO
        self._draft.move(MovementType.REDEMPTION_REVERTED, lot_id, quantity, redemption_id)
        self._draft.move(MovementType.RETURN, lot_id, quantity)
        left = quantity
        for other_id, part in self._parts(quantity):
            self._draft.move(MovementType.REDEEMED, other_id, part, redemption_id)
            left -= part
        if left:
            self._draft.move(MovementType.DEBT, self._debt_lot(), left, redemption_id)
        return quantity

    def _move_settlement(self, lot_id: int, debt_id: int, quantity: Decimal) -> Decimal:
        if quantity <= 0:
            return ZERO
        self._draft.move(MovementType.DEBT_REOPENED, lot_id, quantity)
        self._draft.move(MovementType.DEBT_REOPENED, debt_id, quantity)
        self._draft.move(MovementType.RETURN, lot_id, quantity)
        for other_id, part in self._parts(quantity):
            self._draft.move(MovementType.DEBT_SETTLED, other_id, part)
            self._draft.move(MovementType.DEBT_SETTLED, debt_id, part)
        return quantity

    def _parts(self, quantity: Decimal) -> Iterator[tuple[int, Decimal]]:
        """Other lots, in draw order, and what each contributes to `quantity`."""
        for lot in self._others():
            part = min(lot.remaining, quantity)
            if not part:
                return
            yield lot.id, part
            quantity -= part

    def _debt_lot(self) -> int:
        """The debt lot of the return (points.md 10.4): a BILL_PROMOTION of quantity 0 that never expires. It is opened
        without debt; the DEBT movements put it there."""
        if self._debt_lot_id is None:
            self._debt_lot_id = self._draft.next_lot_id()
            self._draft.open(
                Lot(
                    id=self._debt_lot_id,
                    program_id=self._program.id,
                    kind=LotKind.BILL_PROMOTION,
                    quantity=ZERO,
                    awarded_at=self._draft.now,
                    bill_id=self._bill_id,
                )
            )
        return self._debt_lot_id
