"""Stored bills, read whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.domains.transactions.activities import sql


class StoredItem(msgspec.Struct, frozen=True, kw_only=True):
    """A line; `details` holds what is shown but not computed with, `parent_item_id` the sold line that a return is of."""

    id: int
    serial: int
    type: str
    item_code: str
    description: str
    quantity: Decimal
    rate: Decimal
    value: Decimal
    discount: Decimal
    amount: Decimal
    details: dict[str, Any]
    returned_quantity: Decimal
    returned_amount: Decimal
    parent_item_id: int | None


class StoredPayment(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    mode: str
    value: Decimal
    notes: str
    attributes: dict[str, Any]


class StoredBill(msgspec.Struct, frozen=True, kw_only=True):
    """A sale or a return. Instants are UTC; `holder_id` is None for a bill of nobody; a return names its sale
    (`parent_bill_id`), a sale what has been returned of it."""

    id: int
    holder_id: int | None
    number: str
    type: str
    amount: Decimal
    gross: Decimal | None
    discount: Decimal | None
    billed_at: datetime
    billed_offset_minutes: int
    till_id: int
    store_id: int
    source: str
    outlier_status: str
    delivery_status: str | None
    note: str
    not_interested_reason: str
    currency_code: str | None
    custom_fields: dict[str, Any]
    extended_fields: dict[str, Any]
    parent_bill_id: int | None
    return_kind: str | None
    returned_amount: Decimal
    recorded_at: datetime
    updated_at: datetime | None
    updated_by: int | None
    items: tuple[StoredItem, ...]
    payments: tuple[StoredPayment, ...]
    details: dict[str, Any]

    @property
    def is_return(self) -> bool:
        return self.type.endswith("RETURN")


_fields = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_items = msgspec.json.Decoder(tuple[StoredItem, ...], float_hook=Decimal)
_payments = msgspec.json.Decoder(tuple[StoredPayment, ...], float_hook=Decimal)


async def read(ctx: RequestContext, ids: Sequence[int]) -> list[StoredBill]:
    """The bills with these ids, the latest first; unknown ids are missing."""
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("read_bills"), ctx.org_id, list(ids))
    bills = []
    for row in rows:
        values = dict(row)
        for name in ("custom_fields", "extended_fields", "details"):
            values[name] = _fields.decode(values[name] or "{}")
        values["items"] = _items.decode(values["items"] or "[]")
        values["payments"] = _payments.decode(values["payments"] or "[]")
        bills.append(StoredBill(**values))
    return bills


async def read_by_number(ctx: RequestContext, number: str) -> list[StoredBill]:
    """The bills with this number, the latest first: a sale and its returns, and sales of other stores."""
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("find_bills"), ctx.org_id, number)
    return await read(ctx, [row["id"] for row in rows]) if rows else []


class ReturnedItem(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a return (`bill_id`) of a sold line (`parent_item_id`; None: of none in particular) of a sale."""

    parent_bill_id: int
    bill_id: int
    number: str
    type: str
    return_kind: str | None
    billed_at: datetime
    id: int
    parent_item_id: int | None
    quantity: Decimal
    amount: Decimal


async def read_returned_items(ctx: RequestContext, bills: Sequence[StoredBill]) -> list[ReturnedItem]:
    """The lines of all returns of those of the bills of which something has been returned."""
    ids = [bill.id for bill in bills if bill.return_kind is not None and not bill.is_return]
    if not ids:
        return []
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("read_returned_items"), ctx.org_id, ids)
    return [ReturnedItem(**dict(row)) for row in rows]
