"""The bills of a customer, a page at a time."""

from __future__ import annotations

from datetime import datetime

import msgspec

from earnest.core.context import RequestContext
from earnest.domains.transactions.activities import sql
from earnest.domains.transactions.bills import StoredBill, read

# A client that asks for more pages; the documentation of v1.1 has no limit.
PAGE_MAX = 1_000
OFFSET_MAX = 2**31 - 1


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which bills, in which order. None lets everything pass; `before_at` is the first instant that does not count."""

    from_at: datetime | None = None
    before_at: datetime | None = None
    start_id: int | None = None
    end_id: int | None = None
    ids: list[int] | None = None
    numbers: list[str] | None = None
    till_ids: list[int] | None = None
    store_ids: list[int] | None = None
    by_id: bool = False
    descending: bool = True
    limit: int
    offset: int


class Page(msgspec.Struct, frozen=True):
    """`total` is how many bills there are in all pages."""

    total: int
    bills: list[StoredBill]


async def page(ctx: RequestContext, customer_id: int, wanted: Wanted) -> Page:
    """One page of the customer's bills, returns as bills of their own."""
    async with ctx.db.transaction() as connection:
        row = await connection.fetchrow(
            sql.text("find_customer_bills"),
            ctx.org_id,
            *_arguments(customer_id, wanted),
        )
    assert row is not None
    found = {bill.id: bill for bill in await read(ctx, row["ids"])} if row["ids"] else {}
    return Page(row["total"], [found[bill_id] for bill_id in row["ids"] if bill_id in found])


def _arguments(customer_id: int, wanted: Wanted) -> list[object]:
    given: dict[str, object] = msgspec.structs.asdict(wanted)
    given |= {"customer_id": customer_id, "count": wanted.limit, "skipped": wanted.offset}
    return [given[name] for name in sql.parameters("find_customer_bills")[1:]]


def entities(ctx: RequestContext, type_: str, code: str) -> tuple[list[int] | None, list[int] | None]:
    """The tills, or the stores, that an entity of the organisation stands for. LookupError when there is no such entity."""
    all_entities = ctx.organization.entities
    found = next((one for one in all_entities if one.type == type_ and one.code == code), None)
    if found is None:
        raise LookupError(f"there is no {type_} with the code {code!r}")
    if type_ == "TILL":
        return [found.id], None
    if type_ == "STORE":
        return None, [found.id]
    inside = [one.id for one in all_entities if one.type == "STORE" and found.id in (one.zone_id, one.concept_id)]
    return None, inside
