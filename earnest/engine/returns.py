"""What a return is allowed to return, and how much of each lot it claims (points.md 9, 10.2)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from earnest.engine.events import ReturnTransaction
from earnest.engine.outcome import MarkReturned, Reason
from earnest.engine.party import ZERO, Bill, BillLine, Lot, Party
from earnest.engine.program.model import Rounding
from earnest.engine.rounding import round_points

ONE = Decimal(1)


class Returned:
    """One accepted return: the bill as it is afterwards, and the mark to store."""

    __slots__ = ("_lines", "bill", "is_complete", "mark")

    def __init__(self, bill: Bill, mark: MarkReturned) -> None:
        self.bill = replace(bill, returned_amount=bill.returned_amount + mark.amount)
        self.mark = mark
        self._lines = {line.id: _line_after(line, mark.lines) for line in bill.lines}
        self.is_complete = mark.kind == "FULL" or _is_complete(self.bill, mark.kind, self._lines)

    def claim(self, lot: Lot, rounding: Rounding) -> Decimal:
        """The points to take back from `lot` now: its cumulative share less what was returned before; never negative.
        The return that completes the bill claims exactly what is left, so that no rounding residue stays."""
        ratio = ONE if self.is_complete else min(self._ratio(lot), ONE)
        target = lot.quantity if ratio == ONE else min(round_points(lot.quantity * ratio, rounding), lot.quantity)
        return max(target - lot.returned, ZERO)

    def _ratio(self, lot: Lot) -> Decimal:
        if self.mark.kind == "AMOUNT":
            return self.bill.returned_amount / self.bill.amount
        line = self._lines.get(lot.line_id) if lot.line_id is not None else None
        if line is None:
            return ZERO
        if line.amount > 0:
            return line.returned_amount / line.amount
        return line.returned_quantity / line.quantity if line.quantity else ZERO


def accept(party: Party, event: ReturnTransaction) -> Reason | Returned:
    """The return, or why it is refused. Kinds do not mix, FULL needs an untouched bill, and nothing is returned twice.

    Raises ValueError for an AMOUNT return without a positive amount and for a LINE_ITEM return without lines: the
    event's maker has to see to these.
    """
    bill = next((bill for bill in party.bills if bill.id == event.bill_id), None)
    if bill is None:
        return Reason.UNKNOWN_BILL
    if not bill.earns:
        return Reason.OUTLIER_BILL
    if event.at < bill.billed_at:
        return Reason.RETURN_BEFORE_SALE
    reason = _conflict(bill, event.kind)
    if reason is not None:
        return reason
    left = bill.amount - bill.returned_amount
    if event.kind == "FULL":
        lines = {line.id: (line.quantity, line.amount) for line in bill.lines}
        return Returned(bill, MarkReturned(bill_id=bill.id, kind="FULL", amount=left, lines=lines))
    if event.kind == "AMOUNT":
        if event.amount is None or event.amount <= 0:
            raise ValueError("a return of kind AMOUNT needs a positive amount")
        if event.amount > left:
            return Reason.RETURN_AMOUNT_TOO_LARGE
        return Returned(bill, MarkReturned(bill_id=bill.id, kind="AMOUNT", amount=event.amount))
    return _accept_lines(bill, event, left)


def _accept_lines(bill: Bill, event: ReturnTransaction, left: Decimal) -> Reason | Returned:
    if not event.lines:
        raise ValueError("a return of kind LINE_ITEM needs lines")
    known = {line.id: line for line in bill.lines}
    lines: dict[int, tuple[Decimal, Decimal]] = {}
    for returned in event.lines:
        line = known.get(returned.line_id)
        if line is None:
            return Reason.UNKNOWN_LINE
        quantity, amount = lines.get(line.id, (ZERO, ZERO))
        quantity += returned.quantity
        amount += returned.amount
        if quantity > line.quantity - line.returned_quantity:
            return Reason.RETURN_QUANTITY_TOO_LARGE
        if abs(amount) > abs(line.amount - line.returned_amount):
            return Reason.RETURN_AMOUNT_TOO_LARGE
        lines[line.id] = (quantity, amount)
    # A discount on the whole bill makes the lines add up to more than was paid: no more than that can go back.
    money = min(sum((amount for _, amount in lines.values()), ZERO), left)
    return Returned(bill, MarkReturned(bill_id=bill.id, kind="LINE_ITEM", amount=money, lines=lines))


def _conflict(bill: Bill, kind: str) -> Reason | None:
    """Why a bill with this history takes no (further) return of `kind`."""
    used = bill.return_kind
    if used is None:
        return None
    if used == "FULL":
        return Reason.FULLY_RETURNED
    complete = _is_complete(bill, used, {line.id: line for line in bill.lines})
    if kind == "FULL":
        return Reason.FULLY_RETURNED if complete else Reason.ALREADY_RETURNED_IN_PART
    if kind != used:
        return Reason.RETURNED_BY_AMOUNT if used == "AMOUNT" else Reason.RETURNED_BY_LINE_ITEM
    return Reason.FULLY_RETURNED if complete else None


def _is_complete(bill: Bill, kind: str, lines: Mapping[int, BillLine]) -> bool:
    if kind == "AMOUNT":
        return bill.returned_amount >= bill.amount
    return bool(lines) and all(line.returned_quantity >= line.quantity for line in lines.values())


def _line_after(line: BillLine, returned: Mapping[int, tuple[Decimal, Decimal]]) -> BillLine:
    if line.id not in returned:
        return line
    quantity, amount = returned[line.id]
    return replace(
        line,
        returned_quantity=line.returned_quantity + quantity,
        returned_amount=line.returned_amount + amount,
    )
