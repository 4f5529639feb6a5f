"""What of a ledger a query asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from earnest.core.context import RequestContext
from earnest.core.errors import INVALID_INPUT
from earnest.domains.ledger import errors, schemas
from earnest.loyalty.look import check_configuration
from earnest.loyalty.programs import Programs

DAYS_MAX = 90
DAYS_MAX_OF_A_YEAR = 366
LIMIT_MAX = 100
PAGES_MAX = 1_000_000

FIRST_OF_TIME, END_OF_TIME = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", re.ASCII)

ENTRY_TYPES = ("CREDIT", "DEBIT", "OPENING_BALANCE")
CATEGORIES: Mapping[str, str] = {"REGULAR": "MAIN", "PROMISED": "PROMISED", "TRIGGER_BASED": "TRIGGER"}
"""The categories of lots by the value of `pointCategoryType`."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """`category` is that of lots; None stands for any, in `till_ids` for everywhere."""

    since: datetime
    until: datetime
    program_id: int | None
    till_ids: list[int] | None
    entry_type: str | None
    category: str | None
    with_points: bool
    with_currencies: bool
    ascending: bool


async def filters(ctx: RequestContext, query: schemas.LedgerQuery) -> Filters:
    """The filters of the query, checked against the organisation of `ctx`. Codes 11001, 11004 to 11011, 11026 to 11029."""
    if query.limit > LIMIT_MAX:
        raise errors.LIMIT.error()
    check_page(query.limit, query.offset)
    if query.include_till_concept_events and query.program_id is None:
        raise errors.NOT_SUPPORTED.error()
    if query.program_id is not None and query.program_id not in await ctx.resource(Programs).of(ctx.organization):
        await check_configuration(ctx)
        raise errors.INVALID_PROGRAM.error()
    check_currencies(query.alternate_currency_names)
    since, until = _interval(ctx, query)
    only_currencies = query.exclude_point_categories and query.include_alternate_currencies
    category = category_of(query.point_category_type)
    return Filters(
        since=since,
        until=until,
        program_id=query.program_id,
        till_ids=_till_ids(ctx, query),
        entry_type=entry_type_of(query.ledger_entry_type),
        category=None if only_currencies else category,
        with_points=not only_currencies,
        with_currencies=query.include_alternate_currencies,
        ascending=_ascending(query),
    )


def check_page(limit: int, offset: int) -> None:
    """400 for what is no page."""
    if limit < 1 or not 0 <= offset <= PAGES_MAX:
        raise INVALID_INPUT.error()


def check_currencies(names: str | None) -> None:
    """9005 for a name that no programme has as an alternate currency: there are none yet."""
    if names and names.strip():
        raise errors.INVALID_CURRENCIES.error()


def entry_type_of(given: str | None) -> str | None:
    """11007 for what is no type of entry."""
    if given and given not in ENTRY_TYPES:
        raise errors.INVALID_ENTRY_TYPE.error()
    return given or None


def category_of(given: str | None) -> str | None:
    """The category of lots. 11008 for what is none."""
    if given and given not in CATEGORIES:
        raise errors.INVALID_CATEGORY.error()
    return CATEGORIES[given] if given else None


def instant(ctx: RequestContext, text: str | None) -> datetime | None:
    """A time in the organisation's zone. 11011 when it has another form."""
    if not text:
        return None
    try:
        if _DATE_TIME.fullmatch(text):
            at = datetime.fromisoformat(text).replace(tzinfo=ctx.organization.zone).astimezone(UTC)
            if FIRST_OF_TIME < at < END_OF_TIME:
                return at
    except (ValueError, OverflowError):
        pass
    raise errors.INVALID_DATE.error()


def _interval(ctx: RequestContext, query: schemas.LedgerQuery) -> tuple[datetime, datetime]:
    """At most 90 days, a year with `includeLastOneYearData`; counted from the one date that is given; everything without."""
    start, end = instant(ctx, query.start_date), instant(ctx, query.end_date)
    if not query.is_filter_based_on_date or (start is None and end is None):
        return FIRST_OF_TIME, END_OF_TIME
    longest = timedelta(days=DAYS_MAX_OF_A_YEAR if query.include_last_one_year_data else DAYS_MAX)
    if start is None:
        start = max(end or END_OF_TIME, FIRST_OF_TIME + longest) - longest
    if end is None:
        end = min(start, END_OF_TIME - longest) + longest
    if start > end:
        raise errors.START_AFTER_END.error()
    if end - start > longest:
        raise errors.INTERVAL_TOO_LONG.error()
    # A second has microseconds: those of the last one are in it.
    return start, end + timedelta(microseconds=999_999)


def _ascending(query: schemas.LedgerQuery) -> bool:
    """`order`; `sortOrder` and `sort` are spellings of other pages."""
    for given in (query.order, query.sort_order, query.sort):
        if given and given.upper() in ("ASC", "DESC"):
            return given.upper() == "ASC"
    if query.order or query.sort_order:
        raise INVALID_INPUT.error()
    return False


def _till_ids(ctx: RequestContext, query: schemas.LedgerQuery) -> list[int] | None:
    given = [query.till_id, query.till_ids or None, query.store_id, query.store_code or None]
    named = [one for one in given if one is not None]
    if not named:
        return None
    if len(named) > 1:
        raise errors.SEVERAL_TILL_FILTERS.error()
    tills = {one.id: one for one in ctx.organization.entities if one.type == "TILL"}
    if query.till_id is not None:
        if query.till_id not in tills:
            raise errors.INVALID_TILL.error()
        return [query.till_id]
    if query.till_ids:
        texts = [text.strip() for text in query.till_ids.split(",")]
        ids = [int(text) if text.isascii() and text.isdigit() and len(text) < 17 else 0 for text in texts]
        if not set(ids) <= set(tills):
            raise errors.INVALID_TILLS.error()
        return ids
    stores = {
        one.id
        for one in ctx.organization.entities
        if one.type == "STORE" and (one.id == query.store_id or one.code == query.store_code)
    }
    of_store = [till.id for till in tills.values() if till.store_id in stores]
    if not of_store:
        raise errors.NO_TILLS.error()
    return of_store
