"""A sale and a return as activities of a member."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from earnest.core.context import RequestContext
from earnest.core.db.batch import Batch, Write
from earnest.core.db.statements import load
from earnest.core.errors import ApiError
from earnest.core.tenancy import Entity
from earnest.domains.customers import service as customers
from earnest.domains.transactions import errors, schemas
from earnest.engine.events import BoughtLine, ReturnedLine, ReturnTransaction, TransactionAdd
from earnest.engine.outcome import MarkReturned, Outcome, Reason
from earnest.engine.party import Bill, BillLine
from earnest.loyalty.ledger.post import emit
from earnest.loyalty.registry import Activity, Identified, Key, NaturalKey, Reader, Registry, Snapshot, Store
from earnest.loyalty.snapshot import DEBT_LOTS, DRAWS_ON_BILLS, LOTS_OF_BILLS, OPEN_DEBTS, OPEN_LOTS

sql = load(Path(__file__).with_name("queries.sql"))

ADD_BILLS = Write(sql, "add_bills")
ADD_ITEMS = Write(sql, "add_items")
ADD_PAYMENTS = Write(sql, "add_payments")
ADD_BILL_DETAILS = Write(sql, "add_bill_details")
MARK_RETURNED_BILLS = Write(sql, "mark_returned_bills")
MARK_RETURNED_ITEMS = Write(sql, "mark_returned_items")
SALES = Reader("sales", sql.text("bills_fragment"), "bills")

_json = msgspec.json.Encoder(decimal_format="number")


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A checked line. `details` is what is kept and shown but not computed with."""

    id: int
    serial: int
    item_code: str
    description: str
    quantity: Decimal
    rate: Decimal
    value: Decimal
    discount: Decimal
    amount: Decimal
    details: bytes
    type: str = "REGULAR"


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    mode: str
    value: Decimal
    notes: str
    attributes: dict[str, Any]


class CheckedBill(msgspec.Struct, frozen=True, kw_only=True):
    """A sale or return whose fields are valid by themselves. `billed_at` is UTC; the offset is the client's, in minutes.

    `outlier_item_codes` are those of its lines that the organisation has named as outliers; `issues_points` False: awards
    bring no points.
    """

    id: int
    number: str
    type: str
    amount: Decimal
    gross: Decimal | None
    discount: Decimal | None
    billed_at: datetime
    billed_offset_minutes: int
    source: str
    outlier_status: str
    delivery_status: str | None
    note: str
    not_interested_reason: str
    currency_code: str | None
    custom_fields: dict[str, Any]
    extended_fields: dict[str, Any]
    items: tuple[Item, ...]
    payments: tuple[Payment, ...]
    outlier_item_codes: tuple[str, ...] = ()
    issues_points: bool = True
    details: dict[str, Any] = {}
    """What is kept and shown but not computed with; only what was sent."""


class Booked(msgspec.Struct, frozen=True):
    """A stored bill, what the engine decided, whom it concerned (None: nobody). `is_of_unknown_sale`: a return without
    its sale."""

    bill: CheckedBill
    outcome: Outcome
    customer_id: int | None
    names: customers.Names
    is_of_unknown_sale: bool = False
    untied_redemptions: tuple[str, ...] = ()
    """Redemptions that the bill named, as it named them, that could not be tied to it."""


def store_bill(
    batch: Batch,
    till: Entity,
    bill: CheckedBill,
    holder_id: int | None,
    parent_bill_id: int | None = None,
    return_kind: str | None = None,
) -> None:
    """Puts the rows of a bill into the batch, its lines aside. `holder_id` None: a bill of nobody."""
    batch.row(
        ADD_BILLS,
        bill.id,
        holder_id,
        bill.number,
        bill.type,
        bill.amount,
        bill.gross,
        bill.discount,
        bill.billed_at,
        bill.billed_offset_minutes,
        till.id,
        till.store_id,
        bill.source,
        bill.outlier_status,
        bill.delivery_status,
        bill.note,
        bill.not_interested_reason,
        bill.currency_code,
        _json.encode(bill.custom_fields).decode(),
        _json.encode(bill.extended_fields).decode(),
        parent_bill_id,
        return_kind,
    )
    for payment in bill.payments:
        attributes = _json.encode(payment.attributes).decode()
        batch.row(ADD_PAYMENTS, bill.id, payment.id, payment.mode, payment.value, payment.notes, attributes)
    if bill.details:
        batch.row(ADD_BILL_DETAILS, bill.id, _json.encode(bill.details).decode())


def store_item(batch: Batch, bill_id: int, item: Item, parent_item_id: int | None = None) -> None:
    """Puts a line into the batch."""
    batch.row(
        ADD_ITEMS,
        bill_id,
        item.id,
        item.serial,
        item.type,
        item.item_code,
        item.description,
        item.quantity,
        item.rate,
        item.value,
        item.discount,
        item.amount,
        item.details.decode(),
        parent_item_id,
    )


def _emit(store: Store, bill: CheckedBill, points: Decimal) -> None:
    emit(
        store,
        "transactionAdded" if bill.type == "REGULAR" else "transactionReturned",
        schemas.TransactionAdded(store.holder_id, bill.id, bill.number, bill.amount, bill.billed_at, bill.type, points),
    )


class AddSale(Activity[Booked]):
    """A sale of a registered customer."""

    type = "TransactionAdd"
    answer = Booked
    readers: ClassVar[tuple[Reader, ...]] = (OPEN_DEBTS, customers.NAMES, customers.MARKS)

    def __init__(
        self, ctx: RequestContext, *, bill: CheckedBill, customer: Identified | int, number_key: NaturalKey | None
    ) -> None:
        super().__init__(ctx)
        self._bill = bill
        self._customer = customer
        self._keys: tuple[Key, ...] = () if number_key is None else (number_key,)
        self.reference_id = bill.id
        self.event_at = bill.billed_at
        self.lines = len(bill.items)

    def claims(self) -> tuple[Key, ...]:
        return self._keys

    def holder(self) -> Identified | int:
        return self._customer

    def unknown_holder(self) -> ApiError:
        return customers.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> TransactionAdd:
        restrictions = customers.Restrictions.of(self.ctx.organization, snapshot)
        if refusal := restrictions.refusal_of_transaction(snapshot.party.holder_id):
            raise refusal
        if restrictions.bills_are_outliers and self._bill.outlier_status == "NORMAL":
            self._bill = msgspec.structs.replace(self._bill, outlier_status="OUTLIER")
        bill = self._bill
        return TransactionAdd(
            at=bill.billed_at,
            bill_id=bill.id,
            bill_number=bill.number,
            amount=bill.amount,
            lines=tuple(
                BoughtLine(id=item.id, item_code=item.item_code, quantity=item.quantity, amount=item.amount)
                for item in bill.items
            ),
            earns=bill.outlier_status == "NORMAL",
            issues_points=bill.issues_points and restrictions.earns,
        )

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Booked:
        bill = self._bill
        store_bill(store.batch, store.ctx.till, bill, store.holder_id)
        for item in bill.items:
            store_item(store.batch, bill.id, item)
        _emit(store, bill, sum((decision.points for decision in outcome.decisions), Decimal(0)))
        return Booked(bill, outcome, store.holder_id, customers.Names.of(snapshot))


class ReturnUnknownSale(Activity[Booked]):
    """A return whose sale is not known: stored as one that refers to nothing and has no effect (points.md 9)."""

    type = "ReturnBill"
    readers = (customers.NAMES,)

    def __init__(
        self, ctx: RequestContext, *, bill: CheckedBill, customer_id: int, number_key: NaturalKey | None = None
    ) -> None:
        super().__init__(ctx)
        self._bill = bill
        self._customer_id = customer_id
        self._keys: tuple[Key, ...] = () if number_key is None else (number_key,)
        self.reference_id = bill.id
        self.event_at = bill.billed_at

    def claims(self) -> tuple[Key, ...]:
        return self._keys

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return customers.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> TransactionAdd:
        bill = self._bill
        # What a bill that is of no account does in the engine, whichever way it goes: nothing.
        return TransactionAdd(
            at=bill.billed_at, bill_id=bill.id, bill_number=bill.number, amount=bill.amount, earns=False
        )

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Booked:
        bill = self._bill
        store_bill(store.batch, store.ctx.till, bill, store.holder_id)
        for item in bill.items:
            store_item(store.batch, bill.id, item)
        _emit(store, bill, Decimal(0))
        return Booked(bill, outcome, store.holder_id, customers.Names.of(snapshot), is_of_unknown_sale=True)


class ReturnSale(Activity[Booked]):
    """A return of a stored sale: whole, by amount, or by lines that are matched by item code."""

    type = "ReturnBill"
    answer = Booked
    readers = (SALES, OPEN_LOTS, DEBT_LOTS, LOTS_OF_BILLS, DRAWS_ON_BILLS, customers.NAMES)

    def __init__(
        self,
        ctx: RequestContext,
        *,
        bill: CheckedBill,
        customer_id: int,
        sale_id: int,
        kind: str,
        number_key: NaturalKey | None = None,
    ) -> None:
        super().__init__(ctx)
        self._bill = bill
        self._keys: tuple[Key, ...] = () if number_key is None else (number_key,)
        self._customer_id = customer_id
        self._kind = kind
        self.reference_id = bill.id
        self.event_at = bill.billed_at
        self.bill_ids = (sale_id,)
        self._matched: list[tuple[Item, BillLine]] = []

    def claims(self) -> tuple[Key, ...]:
        return self._keys

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return customers.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> ReturnTransaction:
        sale = self._sale(snapshot)
        self._matched = self._match(sale) if self._kind == "LINE_ITEM" else []
        returned = tuple(
            ReturnedLine(line_id=line.id, quantity=item.quantity, amount=item.amount) for item, line in self._matched
        )
        return ReturnTransaction(
            at=self._bill.billed_at,
            bill_id=sale.id,
            kind=self._kind,  # type: ignore[arg-type]
            amount=self._bill.amount if self._kind == "AMOUNT" else None,
            lines=returned,
        )

    def _sale(self, snapshot: Snapshot) -> Bill:
        for sale in snapshot.party.bills:
            if sale.id == self.bill_ids[0]:
                return sale
        raise errors.PARENT_UNKNOWN.error()

    def _match(self, sale: Bill) -> list[tuple[Item, BillLine]]:
        """Each returned line with the sold line of the same item code that has the most left to return."""
        left = {line.id: line.quantity - line.returned_quantity for line in sale.lines}
        matched: list[tuple[Item, BillLine]] = []
        for item in self._bill.items:
            lines = [line for line in sale.lines if line.item_code == item.item_code]
            if not lines:
                raise errors.NO_LINE_TO_RETURN.error()
            # Whether that much is left is judged with the bill's other returns, whose kind comes first.
            line = max(lines, key=lambda candidate: left[candidate.id])
            left[line.id] -= item.quantity
            if item.amount == 0 and line.quantity > 0:
                amount = line.amount * item.quantity / line.quantity
                item = msgspec.structs.replace(item, amount=amount.quantize(Decimal("0.000001")))
            matched.append((item, line))
        if not matched:
            raise errors.INVALID_RETURN_LINE.error()
        return matched

    def refusal(self, reason: Reason) -> ApiError:
        return errors.RETURN_REFUSALS[reason].error()

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Booked:
        sale = self._sale(snapshot)
        marked = next((effect for effect in outcome.effects if isinstance(effect, MarkReturned)), None)
        bill = self._bill
        if marked is not None:
            bill = msgspec.structs.replace(bill, amount=marked.amount)
        store_bill(store.batch, store.ctx.till, bill, store.holder_id, sale.id, self._kind)
        for item, line in self._matched:
            store_item(store.batch, bill.id, item, line.id)
        _emit(store, bill, -outcome.taken_back)
        return Booked(bill, outcome, store.holder_id, customers.Names.of(snapshot))


def _mark_returned(store: Store, effect: MarkReturned) -> None:
    store.batch.row(MARK_RETURNED_BILLS, effect.bill_id, effect.kind, effect.amount)
    returned: Mapping[int, tuple[Decimal, Decimal]] = effect.lines
    for line_id, (quantity, amount) in returned.items():
        store.batch.row(MARK_RETURNED_ITEMS, effect.bill_id, line_id, quantity, amount)


def register(registry: Registry) -> None:
    """The appliers of this domain."""
    registry.applier(MarkReturned, _mark_returned)
