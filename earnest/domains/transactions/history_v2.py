"""A customer's bills as v2 lists them (contract/02-customer-v2/25)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from msgspec import UNSET

from earnest.core.context import RequestContext
from earnest.core.decimals import plain
from earnest.core.errors import INVALID_INPUT, ApiError
from earnest.core.ids import ID_MAX
from earnest.domains.customers import service as customers
from earnest.domains.transactions import answers_bills, bill_points, checks, errors
from earnest.domains.transactions import schemas_history as wire
from earnest.domains.transactions.bill_points import POINTS, BillLot
from earnest.domains.transactions.bills import StoredBill
from earnest.domains.transactions.history import OFFSET_MAX, PAGE_MAX, Wanted, entities, page
from earnest.engine.party import ZERO
from earnest.loyalty.programs import Programs, ProgramSet

_ENTITY_TYPES = frozenset({"STORE", "ZONE", "CONCEPT", "TILL"})
_AWARDED, _AWARDED_ON_LINE = "POINT_AWARDED", "POINT_AWARDED_LINEITEM"
_IDENTIFIERS = ("mobile", "email", "externalId")


async def history(ctx: RequestContext, customer_id: int, query: wire.HistoryQuery) -> wire.HistoryAnswer:
    """One page of the customer's bills. 8015 for nobody, 8100 to 8102 for a page that cannot be."""
    wanted = _wanted(ctx, query)
    record = await customers.record(ctx, customer_id)
    found = await page(ctx, customer_id, wanted)
    embed = frozenset(part.strip().upper() for part in query.embed.split(",") if part.strip())
    lots: list[BillLot] = []
    if "BILL_POINTS" in embed:
        lots = await bill_points.read_lots(ctx, customer_id, [bill.id for bill in found.bills])
    identifiers = [wire.Identifier(type_, value) for type_ in _IDENTIFIERS if (value := record.value_of(type_))]
    programs = await ctx.resource(Programs).of(ctx.organization)
    return wire.HistoryAnswer(
        wire.HistoryPagination(query.limit, query.offset, "BILLING_TIME", query.sort_order.upper(), found.total),
        [
            _bill(ctx, bill, embed, identifiers, programs, [lot for lot in lots if lot.bill_id == bill.id])
            for bill in found.bills
        ],
    )


def _wanted(ctx: RequestContext, query: wire.HistoryQuery) -> Wanted:
    if query.limit < 1:
        raise errors.HISTORY_LIMIT.error()
    if query.limit > PAGE_MAX:
        raise errors.HISTORY_LIMIT_MAX.error()
    if not 0 <= query.offset <= OFFSET_MAX:
        raise errors.HISTORY_OFFSET.error()
    if query.sort_by.upper() != "BILLING_TIME" or query.sort_order.upper() not in ("ASC", "DESC"):
        raise _invalid("sortBy, sortOrder")
    from_at, to_at = checks.instant(ctx, query.start_date), checks.instant(ctx, query.end_date)
    if from_at is not None and to_at is not None and from_at > to_at:
        raise errors.DATES_REVERSED.error()
    till_ids = store_ids = None
    if query.entity_type or query.entity_code:
        type_ = query.entity_type.strip().upper() or "TILL"
        try:
            till_ids, store_ids = entities(ctx, type_ if type_ in _ENTITY_TYPES else "", query.entity_code)
        except LookupError as error:
            raise errors.INVALID_ENTITY.error() from error
    numbers = [number for number in (query.number, *query.trans_nos.split(",")) if number.strip()]
    return Wanted(
        from_at=from_at,
        # The end counts, to the second that the client names, or to the end of the day.
        before_at=None if to_at is None else to_at + timedelta(**_step(query.end_date)),
        start_id=_id(query.start_id),
        end_id=_id(query.end_id),
        ids=_ids(query.transaction_id),
        numbers=[number.strip() for number in numbers] or None,
        till_ids=till_ids,
        store_ids=store_ids,
        descending=query.sort_order.upper() == "DESC",
        limit=query.limit,
        offset=query.offset,
    )


def _step(text: str) -> dict[str, int]:
    return {"days": 1} if len(text.strip()) <= len("2026-01-31") else {"seconds": 1}


def _invalid(what: str) -> ApiError:
    return ApiError(INVALID_INPUT.code, f"{INVALID_INPUT.message}: {what}")


def _id(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= ID_MAX:
        raise errors.UNKNOWN_ID.error()
    return value


def _ids(text: str) -> list[int] | None:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and int(part) <= ID_MAX for part in parts):
        raise errors.UNKNOWN_ID.error()
    return [int(part) for part in parts] or None


def _bill(
    ctx: RequestContext,
    bill: StoredBill,
    embed: frozenset[str],
    identifiers: list[wire.Identifier],
    programs: ProgramSet,
    lots: Sequence[BillLot],
) -> wire.HistoryBill:
    is_return = bill.is_return
    return wire.HistoryBill(
        id=bill.id,
        customer_id=bill.holder_id or 0,
        loyalty_log_id=(bill.parent_bill_id or 0) if is_return else bill.id,
        billing_time=answers_bills.local(ctx, bill.billed_at),
        bill_number=bill.number,
        type=bill.type,
        notes=bill.note,
        amount=plain(bill.amount),
        gross_amount=plain(bill.gross or ZERO),
        discount=plain(bill.discount or ZERO),
        outlier_status=bill.outlier_status,
        return_type=bill.return_kind or UNSET if is_return else UNSET,
        billing_store=answers_bills.entity(ctx, bill.store_id, "STORE") if "BILL_STORE_DETAILS" in embed else UNSET,
        extended_fields=bill.extended_fields if "BILL_EF" in embed else UNSET,
        billing_time_input_offset=answers_bills.offset_text(bill.billed_offset_minutes)
        if "BILL_EF" in embed
        else UNSET,
        custom_fields=bill.custom_fields if "BILL_CF" in embed else UNSET,
        payment_modes=[wire.PaymentMode(one.mode, plain(one.value)) for one in bill.payments]
        if "PAYMENT_MODES" in embed
        else UNSET,
        credit_notes=_credit_notes(bill) if "CREDIT_NOTES" in embed else UNSET,
        attribution=answers_bills.attribution(ctx, bill) if "ATTRIBUTION" in embed else UNSET,
        txn_identifiers=identifiers if "TRANSACTION_IDENTIFIER" in embed else UNSET,
        bill_points=_points(programs, lots) if "BILL_POINTS" in embed else UNSET,
    )


def _credit_notes(bill: StoredBill) -> list[wire.CreditNote]:
    note = answers_bills.credit_note(bill)
    return [] if note is UNSET else [wire.CreditNote(note.number, note.amount, note.notes, bill.id)]


class _Kinds:
    """Awards of one currency, told apart as the contract does."""

    def __init__(self, lots: Sequence[BillLot]) -> None:
        self.promised = [lot for lot in lots if lot.is_promised]
        self.promotional = [lot for lot in lots if lot.is_promotional and not lot.is_promised]
        self.regular = [lot for lot in lots if not lot.is_promotional and not lot.is_promised]

    @property
    def listed(self) -> tuple[list[wire.Points], list[wire.Points], list[wire.Points]]:
        """Regular, promised, promotional."""
        return _listed(self.regular), _listed(self.promised), _listed(self.promotional)

    @property
    def summed(self) -> tuple[wire.PointsSum, wire.PointsSum, wire.PointsSum]:
        return _summed(self.regular), _summed(self.promised), _summed(self.promotional)


def _listed(lots: Sequence[BillLot]) -> list[wire.Points]:
    return [wire.Points(plain(lot.quantity), _AWARDED if lot.line_id is None else _AWARDED_ON_LINE) for lot in lots]


def _summed(lots: Sequence[BillLot]) -> wire.PointsSum:
    return wire.PointsSum(plain(sum((lot.quantity for lot in lots), Decimal(0))))


def _points(programs: ProgramSet, lots: Sequence[BillLot]) -> wire.BillPoints:
    breakup: list[wire.ProgramBreakup] = []
    sums: list[wire.ProgramSums] = []
    for program_id in sorted({lot.program_id for lot in lots}):
        name = programs[program_id].name if program_id in programs else ""
        kinds = _Kinds([lot for lot in lots if lot.program_id == program_id and lot.currency == POINTS])
        breakup.append(wire.ProgramBreakup(name, program_id, *kinds.listed))
        sums.append(wire.ProgramSums(name, program_id, *kinds.summed))
    return wire.BillPoints(points_breakup=breakup, aggregated_bill_points=sums)
