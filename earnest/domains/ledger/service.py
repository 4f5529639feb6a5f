"""Use cases of the points ledger: its closing balances and its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.core.db.statements import load
from earnest.core.errors import INVALID_INPUT
from earnest.core.instants import local_text
from earnest.domains.ledger import errors, schemas
from earnest.domains.ledger.filters import (
    END_OF_TIME,
    Filters,
    category_of,
    check_currencies,
    check_page,
    entry_type_of,
    filters,
    instant,
)
from earnest.domains.ledger.whose import Holder, holder, holders
from earnest.engine.party import ZERO
from earnest.engine.program.model import POINTS
from earnest.loyalty.programs import Programs, ProgramSet, default_program

sql = load(Path(__file__).with_name("queries.sql"))

BALANCE_LIMIT_MAX = 10
# How deep the ledgers of several organisations are merged: each is read from its first event.
MERGED_MAX = 10_000

CATEGORY_NAMES: Mapping[str, str] = {
    "MAIN": "Main",
    "PROMISED": "DelayedAccrualPointCategory",
    "TRIGGER": "ExternalTriggerBasedPointCategory",
}
"""The categories of lots in the words of the ledger."""

_POINTS = Decimal("0.001")
_CURRENCY = Decimal("0.01")


class Posted(msgspec.Struct, frozen=True, array_like=True):
    """What an event did, net. `points` None where only the opening of the programme passes the filters."""

    program_id: int
    currency: str
    category: str
    points: Decimal | None
    opens: bool


_posted = msgspec.json.Decoder(list[Posted])


async def balance(ctx: RequestContext, query: schemas.BalanceQuery) -> schemas.BalanceAnswer:
    """Closing balance for each programme and category at an instant (15-points-ledger/01)."""
    if query.limit > BALANCE_LIMIT_MAX:
        raise errors.BALANCE_LIMIT.error()
    check_page(query.limit, query.offset)
    check_currencies(query.alternate_currency_names)
    entry_type, category = entry_type_of(query.ledger_entry_type), category_of(query.point_category_type)
    until = instant(ctx, query.end_date) or END_OF_TIME
    if query.till_id is not None:
        till = ctx.organization.entities_by_id.get(query.till_id)
        if till is None or till.type != "TILL":
            raise errors.INVALID_TILL.error()
    found = await holder(ctx, query)
    programs = await ctx.resource(Programs).of(ctx.organization)
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(
            sql.text("read_closing_balances"), ctx.org_id, found.id, until, entry_type, query.till_id
        )
    sums = {(row["program_id"], row["currency"], row["category"]): row["points"] for row in rows}
    every = [(program_id, POINTS, one) for program_id in sorted(found.snapshot.party.wallets) for one in CATEGORY_NAMES]
    every += [key for key in sums if key[1] != POINTS and query.include_alternate_currencies]
    balances = [_closing_balance(programs, key, sums.get(key, ZERO)) for key in every if category in (None, key[2])]
    page = balances[query.offset * query.limit :][: query.limit]
    details = _details(query.offset, query.limit, len(balances), page)
    return schemas.BalanceAnswer(found.details, details, [])


def _closing_balance(programs: ProgramSet, key: tuple[int, str, str], points: Decimal) -> schemas.ClosingBalance:
    program_id, currency, category = key
    if currency == POINTS:
        return schemas.ClosingBalance(
            points_category=CATEGORY_NAMES[category],
            program_name=_name(programs, program_id),
            program_id=program_id,
            closing_balance=_text(points),
        )
    return schemas.ClosingBalance(
        points_category=f"{currency}_PointCategory",
        program_name=_name(programs, program_id),
        program_id=program_id,
        closing_balance=_text(points),
        alternate_currency=currency,
        alternate_currency_category="REGULAR" if category == "MAIN" else category,
    )


async def ledger(ctx: RequestContext, query: schemas.LedgerQuery) -> schemas.LedgerAnswer:
    """Events of a member with what they gave and took, the newest first (15-points-ledger/02)."""
    # What is wrong with the query comes before what is wrong with the customer.
    wanted = await filters(ctx, query)
    found = await holder(ctx, query, query.type)
    _require_wallet([found])
    total, rows = await _rows(found, wanted, query.limit, query.offset * query.limit)
    return await _answer(found, query, total, [(found, row) for row in rows])


async def connected_ledger(
    ctx: RequestContext, headers: schemas.ScopeHeaders, query: schemas.LedgerQuery
) -> schemas.LedgerAnswer:
    """The same in the organisations of the scope, merged by time (15-points-ledger/04)."""
    found = await holders(ctx, headers, query, query.type)
    _require_wallet(found)
    wanted = [await filters(one.ctx, query) for one in found]
    if len(found) == 1:
        total, rows = await _rows(found[0], wanted[0], query.limit, query.offset * query.limit)
        return await _answer(found[0], query, total, [(found[0], row) for row in rows], connected=True)
    first, last = query.offset * query.limit, (query.offset + 1) * query.limit
    if last > MERGED_MAX:
        raise INVALID_INPUT.error()
    total, merged = 0, []
    for one, its in zip(found, wanted, strict=True):
        count, rows = await _rows(one, its, last, 0)
        total += count
        merged += [(one, row) for row in rows]
    merged.sort(key=lambda pair: (pair[1]["created_at"], pair[1]["seq"]), reverse=not wanted[0].ascending)
    return await _answer(found[0], query, total, merged[first:last], connected=True)


def _require_wallet(found: Sequence[Holder]) -> None:
    if not any(one.snapshot.party.wallets for one in found):
        raise errors.NO_POINTS_SUMMARY.error()


async def _rows(found: Holder, wanted: Filters, count: int, skip: int) -> tuple[int, list[Mapping[str, Any]]]:
    """How many events there are, and a part of them."""
    ctx = found.ctx
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(
            sql.text("list_events"),
            ctx.org_id,
            found.id,
            wanted.entry_type,
            wanted.category,
            wanted.since,
            wanted.until,
            wanted.program_id,
            wanted.with_points,
            wanted.with_currencies,
            wanted.till_ids,
            1 if wanted.ascending else -1,
            count,
            skip,
        )
    return (rows[0]["total"] if rows else 0), [dict(row) for row in rows]


async def _answer(
    whose: Holder,
    query: schemas.LedgerQuery,
    total: int,
    page: Sequence[tuple[Holder, Mapping[str, Any]]],
    *,
    connected: bool = False,
) -> schemas.LedgerAnswer:
    if not page:
        raise errors.NO_ENTRIES.error()
    details = _details(query.offset, query.limit, total, [] if connected else None)
    events = []
    for found, row in page:
        programs = await found.ctx.resource(Programs).of(found.ctx.organization)
        events.append(_event(found, row, programs, query, connected))
    return schemas.LedgerAnswer(whose.details, details, events, [])


def _details(
    offset: int, limit: int, total: int, balances: list[schemas.ClosingBalance] | None
) -> schemas.LedgerDetails:
    return schemas.LedgerDetails(
        page_number=offset,
        page_size=limit,
        total_entries=total,
        page_count=-(-total // limit),
        ledger_closing_balance=msgspec.UNSET if balances is None else balances,
    )


def _event(
    found: Holder, row: Mapping[str, Any], programs: ProgramSet, query: schemas.LedgerQuery, connected: bool
) -> schemas.LedgerEvent:
    ctx = found.ctx
    entities = ctx.organization.entities_by_id
    till = entities.get(row["till_id"])
    store = None if till is None else entities.get(till.store_id or 0)
    concept = None if till is None or not query.include_concept_details else entities.get(till.concept_id or 0)
    posted = _posted.decode(row["entries"])
    # The programme of the till: as long as programmes are bound to no part of the organisation, the default one.
    source = default_program(programs)
    return schemas.LedgerEvent(
        event_log_id=row["id"],
        event_name=row["type"],
        customer_id=found.id,
        ledger_created_date=timestamp(ctx, row["created_at"]),
        customer_details=schemas.ActingMember(0),
        entry_details=_entries(posted, programs, query),
        net_points_on_event=_text(_net(posted, POINTS)),
        net_alternate_currencies_on_event=(
            {
                currency: _text(_net(posted, currency))
                for currency in sorted({one.currency for one in posted} - {POINTS})
            }
            if query.include_alternate_currencies
            else msgspec.UNSET
        ),
        transaction_details=_transaction(ctx, row),
        store="" if store is None else store.name,
        store_code="" if store is None else store.code,
        till_code="" if till is None else till.code,
        concept_id=msgspec.UNSET if concept is None else concept.id,
        concept_name=msgspec.UNSET if concept is None else concept.name,
        event_details=schemas.EventDetails(timestamp(ctx, row["at"])),
        source_program_id=-1 if source is None else source.id,
        source_program_name="" if source is None else source.name,
        org_id=ctx.org_id if connected else None,
    )


def _entries(posted: Sequence[Posted], programs: ProgramSet, query: schemas.LedgerQuery) -> list[schemas.Entry]:
    entries = []
    for program_id in dict.fromkeys(one.program_id for one in posted if one.opens):
        for category, name in CATEGORY_NAMES.items():
            if category_of(query.point_category_type) in (None, category):
                entries.append(_entry("OPENING_BALANCE", ZERO, name, programs, program_id))
    for one in posted:
        if one.points is not None:
            type_ = "CREDIT" if one.points > 0 else "DEBIT"
            name = CATEGORY_NAMES[one.category]
            entries.append(_entry(type_, abs(one.points), name, programs, one.program_id, one.currency))
    return entries


def _entry(
    type_: str, points: Decimal, category: str, programs: ProgramSet, program_id: int, currency: str = POINTS
) -> schemas.Entry:
    return schemas.Entry(
        ledger_entry_type=type_,
        points=_text(points, _POINTS if currency == POINTS else _CURRENCY),
        points_category=category,
        program_name=_name(programs, program_id),
        program_id=program_id,
        alternate_currency_name=msgspec.UNSET if currency == POINTS else currency,
    )


def _net(posted: Sequence[Posted], currency: str) -> Decimal:
    return sum((one.points for one in posted if one.points is not None and one.currency == currency), ZERO)


def _transaction(ctx: RequestContext, row: Mapping[str, Any]) -> schemas.TransactionDetails:
    if row["bill_id"] is None:
        return schemas.TransactionDetails()
    return schemas.TransactionDetails(
        transaction_id=row["bill_id"],
        transaction_number=row["number"],
        date=timestamp(ctx, row["billed_at"]),
        amount=row["amount"],
        gross_bill_amount=row["amount"] if row["gross"] is None else row["gross"],
        source=row["source"].lower(),
    )


def timestamp(ctx: RequestContext, at: datetime) -> str:
    """`YYYY-MM-DD HH:MM:SS.S` in the organisation's zone."""
    local = at.astimezone(ctx.organization.zone)
    return f"{local_text(at, ctx.organization.zone)}.{local.microsecond // 100_000}"


def _name(programs: ProgramSet, program_id: int) -> str:
    program = programs.get(program_id)
    return "" if program is None else program.name


def _text(points: Decimal, step: Decimal = _POINTS) -> str:
    return format(points.quantize(step), "f")
