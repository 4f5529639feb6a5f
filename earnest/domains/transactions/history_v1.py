"""A customer's bills as v1.1 lists them (contract/01-customer-v1/06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from msgspec import UNSET, UnsetType

from earnest.core.context import RequestContext
from earnest.core.currencies import currency
from earnest.core.decimals import plain
from earnest.core.errors import ApiError
from earnest.core.http.v1_fields import Fields
from earnest.core.ids import ID_MAX
from earnest.core.instants import local_text, parse_local
from earnest.domains.customers import service as customers
from earnest.domains.transactions import answers_bills, answers_v1, bill_points, history
from earnest.domains.transactions import errors_v1 as codes
from earnest.domains.transactions import schemas_history_v1 as wire
from earnest.domains.transactions.bill_points import POINTS, BillLot
from earnest.domains.transactions.bills import StoredBill
from earnest.engine.party import ZERO


async def page(ctx: RequestContext, customer_id: int, query: wire.HistoryQuery) -> wire.Customer:
    """The customer with one page of bills. 1051 when no bill passes the filters."""
    wanted = _wanted(ctx, query)
    record = await customers.record(ctx, customer_id)
    found = await history.page(ctx, customer_id, wanted)
    if not found.total:
        raise codes.NO_TRANSACTIONS.error()
    lots = await bill_points.read_lots(ctx, customer_id, [bill.id for bill in found.bills])
    default = None if record.standing is None else record.standing.program.id
    wallet = None if record.standing is None else record.standing.wallet
    zone = ctx.organization.zone
    return wire.Customer(
        firstname=record.main.first_name,
        lastname=record.main.last_name,
        user_id=str(customer_id),
        mobile=record.value_of("mobile"),
        email=record.value_of("email"),
        external_id=record.value_of("externalId"),
        lifetime_points=customers.lifetime_points(record),
        lifetime_purchases=customers.lifetime_purchases(record),
        loyalty_points=customers.total_points(record),
        current_slab=customers.current_slab(record),
        registered_on=local_text(record.registered_at, zone),
        updated_on=local_text(record.modified_at, zone),
        type=record.loyalty_type.upper(),
        source=record.main.source.lower(),
        count=found.total,
        start=str(found.bills[0].id) if found.bills else "",
        delayed_points=customers.figure(ZERO if wallet is None else wallet.promised),
        delayed_returned_points="0",
        total_available_points=customers.figure(ZERO if wallet is None else wallet.spendable + wallet.promised),
        total_returned_points=customers.figure(ZERO if wallet is None else wallet.returned),
        rows=str(query.limit),
        transactions=wire.Transactions(
            [_bill(ctx, bill, query, default, [lot for lot in lots if lot.bill_id == bill.id]) for bill in found.bills]
        ),
        item_status=wire.HistoryStatus("true", str(codes.FETCHED.code), codes.FETCHED.message),
    )


def refused(parameter: str, value: str, error: ApiError) -> wire.Customer:
    """What was asked, and why there is no answer to it."""
    return wire.Customer(
        mobile=value if parameter == "mobile" else UNSET,
        email=value if parameter == "email" else UNSET,
        external_id=value if parameter == "externalId" else UNSET,
        user_id=value if parameter == "id" else UNSET,
        item_status=wire.HistoryStatus("false", str(error.code), error.message),
    )


def _wanted(ctx: RequestContext, query: wire.HistoryQuery) -> history.Wanted:
    from_at = to_at = None
    if query.start_date:
        from_at = parse_local(query.start_date, ctx.organization.zone)
    if query.end_date:
        to_at = parse_local(query.end_date, ctx.organization.zone)
        # The end counts: the second that is named, or the whole day.
        if to_at is not None:
            to_at += timedelta(days=1) if len(query.end_date.strip()) <= len("2026-01-31") else timedelta(seconds=1)
    if (query.start_date and from_at is None) or (query.end_date and to_at is None):
        raise codes.INVALID_DATE.error()
    if not 1 <= query.limit <= history.PAGE_MAX or not 0 <= query.offset <= history.OFFSET_MAX:
        raise codes.INVALID_PAGE.error()
    if query.sort not in ("trans_date", "trans_id") or query.order.lower() not in ("asc", "desc"):
        raise codes.INVALID_PAGE.error()
    ids = [one for one in (query.transaction_id, query.start_id, query.end_id) if one is not None]
    if any(not 0 <= one <= ID_MAX for one in ids):
        raise codes.INVALID_ID.error()
    till_ids, store_ids = _entities(ctx, query)
    return history.Wanted(
        from_at=from_at,
        before_at=to_at,
        start_id=query.start_id,
        end_id=query.end_id,
        ids=None if query.transaction_id is None else [query.transaction_id],
        numbers=[query.number] if query.number else None,
        till_ids=till_ids,
        store_ids=store_ids,
        by_id=query.sort == "trans_id",
        descending=query.order.lower() == "desc",
        limit=query.limit,
        offset=query.offset,
    )


def _entities(ctx: RequestContext, query: wire.HistoryQuery) -> tuple[list[int] | None, list[int] | None]:
    if query.store_id:
        return None, [int(query.store_id) if query.store_id.isascii() and query.store_id.isdigit() else 0]
    type_, code = ("STORE", query.store_code) if query.store_code else (query.entity_type.upper(), query.entity_code)
    if not code:
        return None, None
    try:
        return history.entities(ctx, type_ or "TILL", code)
    except LookupError as error:
        raise codes.INVALID_ENTITY.error() from error


def _bill(
    ctx: RequestContext, bill: StoredBill, query: wire.HistoryQuery, default: int | None, lots: Sequence[BillLot]
) -> wire.Transaction:
    zone = ctx.organization.zone
    store = ctx.organization.entities_by_id.get(bill.store_id)
    lots = [lot for lot in lots if lot.currency == POINTS]
    if query.mlp:
        ids = sorted({lot.program_id for lot in lots})
        points: wire.Points | list[wire.Points] = [
            _points(ctx, one, [lot for lot in lots if lot.program_id == one]) for one in ids
        ]
    else:
        points = _points(ctx, default, [lot for lot in lots if lot.program_id == default])
    return wire.Transaction(
        id=str(bill.id),
        number=bill.number,
        type=bill.type,
        return_type=(bill.return_kind or "") if bill.is_return else "",
        amount=customers.figure(bill.amount),
        outlier_status=bill.outlier_status,
        delivery_status=bill.delivery_status or answers_bills.DELIVERED,
        notes=bill.note,
        billing_time=local_text(bill.billed_at, zone),
        auto_update_time=local_text(bill.updated_at or bill.recorded_at, zone),
        gross_amount=customers.figure(bill.gross or ZERO),
        discount=customers.figure(bill.discount or ZERO),
        store="" if store is None else store.name,
        store_code="" if store is None else store.code,
        returned_points_on_bill=customers.figure(sum((lot.returned for lot in lots), ZERO)),
        currency=_currency(ctx, bill),
        points=points,
        custom_fields=Fields.of(bill.custom_fields) if query.custom_fields else UNSET,
        extended_fields=Fields.of(bill.extended_fields),
        credit_notes=answers_v1.credit_notes(ctx, bill.details.get("creditNote")) if query.credit_notes else UNSET,
        basket_size=plain(sum((item.quantity for item in bill.items), ZERO)),
    )


def _currency(ctx: RequestContext, bill: StoredBill) -> wire.Currency | UnsetType:
    """That of the organisation: no call stores a bill in another one yet."""
    try:
        found = currency(ctx.organization.currency)
    except LookupError:
        return UNSET
    own = wire.TransactionCurrency(found.id, found.name, found.symbol)
    return wire.Currency(Decimal(1), own, found.id, found.name, found.symbol)


def _points(ctx: RequestContext, program_id: int | None, lots: Sequence[BillLot]) -> wire.Points:
    returned = customers.figure(sum((lot.returned for lot in lots), ZERO))
    expiries = [lot.expires_at for lot in lots if lot.expires_at is not None]
    return wire.Points(
        issued=customers.figure(sum((lot.quantity for lot in lots), ZERO)),
        redeemed=customers.figure(sum((lot.redeemed for lot in lots), ZERO)),
        returned=returned,
        expired=customers.figure(sum((lot.expired + lot.overdue(ctx.now) for lot in lots), ZERO)),
        returned_points_on_bill=returned,
        expiry_date=local_text(min(expiries), ctx.organization.zone) if expiries else "",
        program_id="" if program_id is None else str(program_id),
    )
