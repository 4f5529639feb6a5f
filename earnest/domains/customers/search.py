"""Searching customers: by the beginning of a name or identifier (v2), by the query grammar (v1.1).

A search that takes longer than SEARCH_TIMEOUT_MS ends with the documented 461; nothing else waits for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import asyncpg
import msgspec
import phonenumbers

from earnest.core.context import RequestContext
from earnest.core.db.pool import Connection
from earnest.core.db.statements import load, renumbered
from earnest.core.errors import INVALID_INPUT, ErrorCode
from earnest.core.http.envelopes import InvalidInputError
from earnest.core.http.v1_fields import Attributes
from earnest.core.instants import local_text
from earnest.core.tenancy import StaleConfiguration
from earnest.domains.customers import errors, errors_v1, schemas_search
from earnest.domains.customers.answers_v1 import (
    current_slab,
    figure,
    lifetime_points,
    lifetime_purchases,
    total_points,
)
from earnest.domains.customers.query_grammar import Condition, conditions
from earnest.domains.customers.record import StoredIdentifier, read
from earnest.loyalty.look import check_configuration
from earnest.loyalty.programs import Programs, default_program

sql = load(Path(__file__).with_name("search.sql"))

SEARCH_TIMEOUT_MS = 5_000
LIMIT_MAX = 100
TEXT_LENGTH_MAX = 255


@asynccontextmanager
async def searching(ctx: RequestContext, timed_out: ErrorCode) -> AsyncIterator[Connection]:
    """A connection whose statements end in `timed_out` when they take too long."""
    try:
        async with ctx.db.transaction() as connection:
            await connection.execute(f"SET LOCAL statement_timeout = {SEARCH_TIMEOUT_MS}")
            yield connection
    except asyncpg.exceptions.QueryCanceledError as error:
        raise timed_out.error() from error


class _Profile(msgspec.Struct, frozen=True):
    source: str
    account_id: str
    first_name: str
    last_name: str


_profiles = msgspec.json.Decoder(list[_Profile])
_identifiers = msgspec.json.Decoder(list[StoredIdentifier])


async def by_prefix(ctx: RequestContext, query: schemas_search.SearchQuery) -> schemas_search.SearchAnswer:
    """Customers whose names or identifiers begin with a text, whatever its case, on all sources (02-customer-v2/08)."""
    text = query.q.strip()
    if not text or len(text) > TEXT_LENGTH_MAX:
        raise errors.SEARCH_TEXT_MISSING.error()
    if query.offset < 0:
        raise errors.OFFSET_NEGATIVE.error()
    if query.limit < 1:
        raise errors.LIMIT_TOO_SMALL.error()
    if query.limit > LIMIT_MAX:
        raise errors.LIMIT_TOO_LARGE.error()
    prefixes = _prefixes(ctx, text)
    async with searching(ctx, errors.SEARCH_BUSY) as connection:
        rows = await connection.fetch(
            sql.text("search_prefix"),
            ctx.org_id,
            text,
            prefixes[0],
            prefixes[-1],
            query.limit,
            min(query.offset, 2**31 - 1),
        )
    if rows[0]["config_version"] != ctx.organization.config_version:
        raise StaleConfiguration(ctx.org_id, rows[0]["config_version"])
    found = [
        _found(
            row["id"],
            text,
            prefixes,
            _profiles.decode(row["profiles"]),
            _identifiers.decode(row["identifiers"] or "[]"),
        )
        for row in rows
        if row["id"] is not None
    ]
    pagination = schemas_search.Pagination(query.limit, query.offset, rows[0]["total"])
    return schemas_search.SearchAnswer(pagination, found, [], [])


def _prefixes(ctx: RequestContext, text: str) -> list[str]:
    """What identifiers may begin with: the text and, of a mobile number without it, the text behind the country code."""
    digits = text.lstrip("+")
    if not digits.isascii() or not digits.isdigit():
        return [text]
    country_code = str(phonenumbers.country_code_for_region(ctx.organization.country_code) or "")
    return [digits, country_code + digits.lstrip("0")] if digits.lstrip("0") and country_code else [digits]


def _found(
    customer_id: int, text: str, prefixes: list[str], profiles: list[_Profile], identifiers: list[StoredIdentifier]
) -> schemas_search.FoundCustomer:
    matched: list[schemas_search.MatchedIdentifier] = []
    for profile in profiles:
        for name, value in (("firstName", profile.first_name), ("lastName", profile.last_name)):
            if value.lower().startswith(text.lower()):
                matched.append(schemas_search.MatchedIdentifier(name, value, profile.source, profile.account_id))
    beginnings = tuple(prefix.lower() for prefix in prefixes)
    matched += [
        schemas_search.MatchedIdentifier(i.type, i.value, i.source, i.account_id)
        for i in identifiers
        if i.value.lower().startswith(beginnings)
    ]
    views = [schemas_search.ProfileName(profile.source, profile.first_name, profile.last_name) for profile in profiles]
    return schemas_search.FoundCustomer(customer_id, matched, views)


async def by_query(ctx: RequestContext, query: schemas_search.SearchV1Query) -> schemas_search.Found:
    """Customers who meet every condition of a query, in the order of their registration (01-customer-v1/04)."""
    if query.start < 0 or not 1 <= query.rows <= LIMIT_MAX:
        detail = f"start must not be negative, rows be from 1 to {LIMIT_MAX}"
        raise InvalidInputError(INVALID_INPUT, detail, where="query", pointer="/rows")
    program = default_program(await ctx.resource(Programs).of(ctx.organization))
    asked = conditions(ctx, program, query.q)
    text, values = _joined(asked)
    async with searching(ctx, errors_v1.SEARCH_TIMED_OUT) as connection:
        rows = await connection.fetch(text, ctx.org_id, *values, query.rows, min(query.start, 2**31 - 1))
        ids = [row["id"] for row in rows if row["id"] is not None]
        bills = await connection.fetch(sql.text("read_last_bills"), ctx.org_id, ids)
    last_bills = {row["holder_id"]: row["amount"] for row in bills}
    items = [await _item(ctx, customer_id, last_bills.get(customer_id)) for customer_id in ids]
    found = [item for item in items if item is not None]
    if not ids:
        # No read of a member shows that the configuration has moved on.
        await check_configuration(ctx)
    return schemas_search.Found(
        str(rows[0]["total"]), str(query.start), str(query.rows), schemas_search.FoundItems(found)
    )


def _joined(asked: list[Condition]) -> tuple[str, list[object]]:
    """The one statement that answers the total and a page of the customers who meet all conditions, and its values."""
    parts: list[str] = []
    values: list[object] = []
    for condition in asked:
        names = sql.parameters(condition.statement)[1:]
        parts.append(renumbered(sql.text(condition.statement).rstrip().rstrip(";"), len(values)))
        values += [condition.values[name] for name in names]
    limit, offset = len(values) + 2, len(values) + 3
    text = (
        f"WITH found AS MATERIALIZED ({' INTERSECT '.join(parts)})\n"
        "SELECT total.count AS total, page.id\n"
        "FROM (SELECT count(*) AS count FROM found AS f(id)) total\n"
        "LEFT JOIN (SELECT f.id, (SELECT c.registered_at FROM customer c WHERE c.org_id = $1 AND c.id = f.id) AS at\n"
        f"           FROM found AS f(id) ORDER BY at, f.id LIMIT ${limit}::int OFFSET ${offset}::int) page ON true\n"
        "ORDER BY page.at, page.id"
    )
    return text, values


async def _item(ctx: RequestContext, customer_id: int, last_bill: Decimal | None) -> schemas_search.FoundItem | None:
    record = await read(ctx, customer_id)
    if record is None:
        return None
    till = ctx.organization.entities_by_id.get(record.registered_by)
    return schemas_search.FoundItem(
        user_id=str(customer_id),
        org_id=str(ctx.org_id),
        firstname=record.main.first_name,
        lastname=record.main.last_name,
        mobile=record.value_of("mobile"),
        email=record.value_of("email"),
        external_id=record.value_of("externalId"),
        loyalty_points=figure(total_points(record)),
        lifetime_points=figure(lifetime_points(record)),
        lifetime_purchases=figure(lifetime_purchases(record)),
        current_slab=current_slab(record),
        registered_on=local_text(record.registered_at, ctx.organization.zone),
        registered_by="" if till is None else till.code,
        last_trans_value="" if last_bill is None else figure(last_bill),
        attributes=Attributes.of(record.main.fields),
    )
