"""What a bill and its lines have earned, programme by programme (contract/32-other/02)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from earnest.core.context import RequestContext
from earnest.core.decimals import plain
from earnest.domains.transactions import answers_bills
from earnest.domains.transactions import schemas_bills as wire
from earnest.domains.transactions.bill_points import POINTS, BillLot, Decided
from earnest.domains.transactions.bills import StoredBill
from earnest.engine.outcome import AwardDecision
from earnest.engine.party import ZERO

Awards = Mapping[int, AwardDecision]


def earned(
    ctx: RequestContext, bill: wire.Bill, stored: StoredBill, lots: Sequence[BillLot], decided: Decided | None
) -> wire.Bill:
    """The bill with the points of each programme that judged it, on the bill and on its lines."""
    if stored.holder_id is None:
        return bill
    awards = {
        award.lot_id: award
        for decision in (decided.record.outcome.decisions if decided else ())
        for award in decision.awards
        if award.lot_id is not None
    }
    judged = [] if decided is None else [decision.program_id for decision in decided.record.outcome.decisions]
    lots = [lot for lot in lots if lot.currency == POINTS]
    on_bill = by_program(ctx, [lot for lot in lots if lot.line_id is None], judged, awards, "bill")
    lines = [
        replace(
            line,
            points_earning_entities=wire.EarningEntity(
                entity_id=stored.holder_id,
                line_item_points=by_program(
                    ctx, [lot for lot in lots if lot.line_id == line.id], (), awards, "lineItem"
                ),
            ),
        )
        for line in bill.line_items
    ]
    entity = wire.EarningEntity(entity_id=stored.holder_id, bill_points=on_bill)
    return replace(bill, line_items=lines, bill_details=replace(bill.bill_details, points_earning_entities=entity))


def by_program(
    ctx: RequestContext, lots: Sequence[BillLot], program_ids: Iterable[int], awards: Awards, source_type: str
) -> list[wire.ProgramPoints]:
    """The lots summed up for each programme that issued some, and for those in `program_ids`."""
    ids = sorted({*program_ids, *(lot.program_id for lot in lots)})
    return [_program(ctx, i, [lot for lot in lots if lot.program_id == i], awards, source_type) for i in ids]


def _sum(values: Iterable[Decimal]) -> Decimal:
    return plain(sum(values, ZERO))


def _program(
    ctx: RequestContext, program_id: int, lots: Sequence[BillLot], awards: Awards, source_type: str
) -> wire.ProgramPoints:
    main = [lot for lot in lots if not lot.is_promised]
    promised = [lot for lot in lots if lot.is_promised]
    return wire.ProgramPoints(
        program_id,
        wire.CurrentPoints(
            available_points=_sum(lot.available(ctx.now) for lot in main),
            expired_points=_sum(lot.expired + lot.overdue(ctx.now) for lot in main),
            redeemed_points=_sum(lot.redeemed + lot.transferred + lot.settled for lot in main),
            promised_points=_sum(lot.remaining for lot in promised),
            returned_promised_points=_sum(lot.returned for lot in promised),
            returned_points=_sum(lot.returned for lot in main),
            promised_points_converted=_sum(lot.converted for lot in promised),
        ),
        wire.IssuedPoints(_sum(lot.quantity for lot in main), _sum(lot.quantity for lot in promised)),
        wire.PointsBreakup(
            _kind(ctx, [lot for lot in lots if not lot.is_promotional], awards, source_type),
            _kind(ctx, [lot for lot in lots if lot.is_promotional], awards, source_type),
        ),
    )


def _kind(ctx: RequestContext, lots: Sequence[BillLot], awards: Awards, source_type: str) -> wire.KindOfPoints | None:
    if not lots:
        return None
    main = [_info(ctx, lot, lot.available(ctx.now), awards, source_type) for lot in lots if not lot.is_promised]
    promised = [_info(ctx, lot, lot.remaining, awards, source_type) for lot in lots if lot.is_promised]
    return wire.KindOfPoints(main, promised or None)


def _info(ctx: RequestContext, lot: BillLot, points: Decimal, awards: Awards, source_type: str) -> wire.PointsInfo:
    award = awards.get(lot.id)
    identifiers = [] if award is None else [wire.SourceIdentifier("award", award.name)]
    action = wire.ActionPoints(plain(lot.quantity), None if award is None else plain(award.base), identifiers)
    source = wire.ActionSource(lot.award_id or -1, source_type, "BILL_POINTS_ACTION", [action])
    expiry = None if lot.expires_at is None else answers_bills.local(ctx, lot.expires_at)
    return wire.PointsInfo(plain(points), expiry, lot.expiry_type.lower(), [source])
