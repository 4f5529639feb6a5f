"""Use cases that read stored bills in v2: one by id, all with a number, what one has earned, how it was judged."""

from __future__ import annotations

import msgspec

from earnest.core.context import RequestContext
from earnest.core.ids import ID_MAX
from earnest.domains.transactions import answers_bills, bill_points, bills, earning, errors, evaluation_log
from earnest.domains.transactions import schemas_bills as wire
from earnest.domains.transactions import schemas_log as log
from earnest.loyalty.programs import Programs

TYPES = frozenset({"REGULAR", "RETURN", "NOT_INTERESTED", "NOT_INTERESTED_RETURN"})
LIMIT_MAX = 1_000


async def _stored(ctx: RequestContext, bill_id: int, types: frozenset[str] = TYPES) -> bills.StoredBill:
    found = await bills.read(ctx, [bill_id]) if 0 < bill_id <= ID_MAX else []
    if not found or found[0].type not in types:
        raise errors.UNKNOWN_ID.error()
    return found[0]


async def bill(ctx: RequestContext, bill_id: int, query: wire.BillQuery) -> wire.Bill:
    """One bill of the kind asked for (06-transaction-v2/05). 620 for an unknown id, 690 for an unknown kind."""
    type_ = query.type.strip().upper()
    if type_ not in TYPES:
        raise errors.INVALID_TYPE.error()
    stored = await _stored(ctx, bill_id, frozenset({type_}))
    returned = await bills.read_returned_items(ctx, [stored])
    answer = answers_bills.bill(ctx, stored, returned, tenders=query.tenders, credit_notes=query.credit_notes)
    if not (query.mlp and query.points_breakup):
        return answer
    lots = await bill_points.read_lots(ctx, stored.holder_id, [stored.id])
    points = [lot for lot in lots if lot.currency == bill_points.POINTS]
    return msgspec.structs.replace(answer, loyalties_point_details=earning.by_program(ctx, points, (), {}, "bill"))


async def by_number(ctx: RequestContext, number: str, query: wire.NumberQuery) -> wire.BillsAnswer:
    """Every bill with this number, the latest first (06-transaction-v2/06). 688 when there is none."""
    if not 1 <= query.limit <= LIMIT_MAX:
        raise errors.INVALID_LIMIT.error()
    if query.offset < 0:
        raise errors.INVALID_OFFSET.error()
    found = await bills.read_by_number(ctx, number)
    if not found:
        raise errors.NUMBER_UNKNOWN.error(number=number)
    page = found[query.offset : query.offset + query.limit]
    returned = await bills.read_returned_items(ctx, page)
    return wire.BillsAnswer(
        wire.Pagination(query.limit, query.offset, len(found)),
        [answers_bills.bill(ctx, one, [r for r in returned if r.parent_bill_id == one.id]) for one in page],
    )


async def earned(ctx: RequestContext, bill_id: int) -> wire.Bill:
    """A bill with what it has earned, on the bill and on each line (32-other/02)."""
    stored = await _stored(ctx, bill_id)
    returned = await bills.read_returned_items(ctx, [stored])
    lots = await bill_points.read_lots(ctx, stored.holder_id, [bill_id])
    decided = next(iter(await bill_points.read_decisions(ctx, [bill_id])), None)
    return earning.earned(ctx, answers_bills.bill(ctx, stored, returned), stored, lots, decided)


async def logs(ctx: RequestContext, search: log.Search) -> list[log.Log]:
    """How the bills with a number, or the one with an id, were judged (06-transaction-v2/08). 1117 without either."""
    number = "" if search.transaction_number is None else str(search.transaction_number).strip()
    if search.transaction_id is not None:
        found = await bills.read(ctx, [search.transaction_id]) if 0 < search.transaction_id <= ID_MAX else []
        found = [one for one in found if number in ("", one.number)]
    elif number:
        found = await bills.read_by_number(ctx, number)
    else:
        raise errors.INVALID_LOG_SEARCH.error()
    programs = await ctx.resource(Programs).of(ctx.organization)
    decisions = {one.bill_id: one for one in await bill_points.read_decisions(ctx, [one.id for one in found])}
    entries = []
    for one in found:
        decided = decisions.get(one.id)
        if decided is None:
            entries.append(
                log.Log(
                    customer_id=one.holder_id,
                    date=one.recorded_at.replace(microsecond=0),
                    org_id=ctx.org_id,
                    transaction_id=one.id,
                    evaluation_tree=evaluation_log.UNAVAILABLE,
                )
            )
            continue
        entries.append(
            log.Log(
                id=f"{decided.customer_id:x}-{one.id:x}",
                customer_id=decided.customer_id,
                date=decided.recorded_at.replace(microsecond=0),
                event_name=decided.type,
                host_name="earnest",
                org_id=ctx.org_id,
                request_id=decided.request_id,
                transaction_id=one.id,
                unique_id=f"{one.id:x}",
                evaluation_tree=evaluation_log.tree(programs, decided),
                effects=evaluation_log.effects(ctx, programs, decided),
            )
        )
    return entries
