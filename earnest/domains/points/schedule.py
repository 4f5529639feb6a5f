"""When a member's points run out (13-points-v2/05, 13-points-v2/06; points.md 7.9)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from earnest.core.context import RequestContext
from earnest.core.errors import ApiError
from earnest.domains.customers import service as customers
from earnest.domains.points import errors
from earnest.domains.points import schemas_schedule as schemas
from earnest.domains.points.activities import sql
from earnest.domains.points.service import chosen_program
from earnest.engine.party import LotKind
from earnest.loyalty.look import look

YEARS_MAX = 100
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

POINTS_TYPES: Mapping[LotKind, str] = {
    LotKind.BILL_REGULAR: "bill_regular",
    LotKind.BILL_PROMOTION: "bill_promotions",
    LotKind.LINE_REGULAR: "line_item_regular",
    LotKind.LINE_PROMOTION: "line_item_promotions",
    LotKind.CUSTOMER_PROMOTION: "customer_promotions",
}
"""The kinds of lots in the words of the schedule."""


async def schedule(ctx: RequestContext, customer_id: int, query: schemas.ScheduleQuery) -> schemas.ScheduleAnswer:
    """Redeemable points by the day on which they run out, the earliest first; points that never do are not listed.

    8015 unknown customer, 1218 a customer without any programme, 885 unknown programme, 1214 to 1217 dates.
    """
    first, last = _days(ctx, query)
    snapshot = await look(ctx, customer_id)
    if snapshot is None:
        raise errors.CUSTOMER_UNKNOWN.error()
    program_id = None
    if not query.fetch_data_for_all_programs:
        program_id = (await chosen_program(ctx, query.program_id, errors.UNKNOWN_PROGRAM)).id
    if not snapshot.party.wallets:
        raise errors.NO_POINTS_SUMMARY.error()
    zone = ctx.organization.zone
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(
            sql.text("read_expiry_schedule"),
            ctx.org_id,
            ctx.organization.time_zone,
            customer_id,
            program_id,
            datetime.combine(first, time(), zone).astimezone(UTC),
            datetime.combine(last, time.max, zone).astimezone(UTC),
        )
    scheduled = [
        schemas.ScheduledExpiry(
            points=row["points"].quantize(Decimal("0.001")),
            expiry_date=row["day"].isoformat(),
            program_id=row["program_id"],
            points_type=POINTS_TYPES[LotKind(row["kind"])],
            expiry_type=row["expiry_type"].lower(),
        )
        for row in rows
    ]
    return schemas.ScheduleAnswer(
        id=customer_id,
        profiles=[],
        loyalty_info=schemas.LoyaltyInfo(snapshot.party.loyalty_type.value),
        segments={},
        extended_fields={},
        expiry_schedules=_earliest(scheduled) if query.fetch_earliest_expiry_only else scheduled,
        warnings=[],
    )


async def schedule_by_lookup(ctx: RequestContext, query: schemas.ScheduleLookupQuery) -> schemas.ScheduleAnswer:
    """The same for a customer named by an identifier. This call has fewer codes than the other lookups: what does not name
    anybody is 8130, a source that there is not 8003, and whoever is not found 8015."""
    try:
        who = customers.identified(
            ctx.organization,
            source=query.source,
            account_id=query.account_id,
            name=query.identifier_name,
            value=query.identifier_value,
        )
        customer_id = await customers.require(ctx, who)
    except ApiError as error:
        if error.code in (errors.CUSTOMER_UNKNOWN.code, errors.INVALID_SOURCE.code):
            raise
        not_there = error.code == errors.NOT_IN_SOURCE.code
        raise (errors.CUSTOMER_UNKNOWN if not_there else errors.INVALID_LOOKUP).error() from error
    return await schedule(ctx, customer_id, query)


def _earliest(scheduled: list[schemas.ScheduledExpiry]) -> list[schemas.ScheduledExpiry]:
    """Of each programme, kind and type the first: they come in the order of their days."""
    seen: set[tuple[int, str, str]] = set()
    found = []
    for one in scheduled:
        key = (one.program_id, one.points_type, one.expiry_type)
        if key not in seen:
            seen.add(key)
            found.append(one)
    return found


def _days(ctx: RequestContext, query: schemas.ScheduleQuery) -> tuple[date, date]:
    """First and last day, in the organisation's zone. 1216, 1215, 1214, 1217."""
    today = ctx.now.astimezone(ctx.organization.zone).date()
    first = _date(query.start_date) or today + timedelta(days=1)
    last = _date(query.end_date)
    if first <= today:
        raise errors.START_IN_THE_PAST.error()
    if last is None:
        return first, _years_later(first)
    if first > last:
        raise errors.START_AFTER_END.error()
    if last > _years_later(today):
        raise errors.END_TOO_LATE.error()
    return first, last


def _date(text: str | None) -> date | None:
    if not text:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise errors.INVALID_DATE.error()


def _years_later(day: date) -> date:
    # The last day that a calendar has is one of the zones west of Greenwich only.
    year = day.year + YEARS_MAX
    if year > 9998:
        return date(9998, 12, 31)
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
