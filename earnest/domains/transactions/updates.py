"""Use cases that change what a stored sale says of itself: delivery status and fields, never money, lines or dates."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec.structs import replace

from earnest.core.context import RequestContext
from earnest.core.errors import ApiError
from earnest.core.http.v1_batch import each
from earnest.core.ids import ID_MAX
from earnest.core.messages import Message
from earnest.core.renewal import reading
from earnest.domains.customers import service as customers
from earnest.domains.transactions import answers_bills, checks, errors, schemas, service
from earnest.domains.transactions import schemas_updates as wire
from earnest.domains.transactions.activities import sql
from earnest.domains.transactions.bills import StoredBill, StoredItem, read, read_by_number
from earnest.engine.party import ZERO

_json = msgspec.json.Encoder(decimal_format="number")


async def update(ctx: RequestContext, query: wire.UpdateQuery, body: wire.UpdateTransaction) -> wire.UpdateAnswer:
    """Changes one sale of a customer (06-transaction-v2/03). 607, 620, 667, 668, 671, 1118, 1119, 1120 otherwise."""
    customer_id = await _customer(ctx, query)
    await _change(ctx, customer_id, body)

    async def answer(ctx: RequestContext) -> wire.UpdateAnswer:
        return wire.UpdateAnswer([], [], _loyalty(ctx, await customers.record(ctx, customer_id)))

    return await reading(ctx, answer)


async def update_several(ctx: RequestContext, body: Sequence[wire.BulkUpdate]) -> wire.BulkUpdateAnswer:
    """Changes several sales, each on its own (06-transaction-v2/04)."""

    async def act(ctx: RequestContext, item: wire.BulkUpdate) -> wire.BulkUpdateItem:
        if item.id is None:
            raise errors.NO_ID.error()
        customer_id = await _customer(ctx, _named(item))
        bill = await _change(ctx, customer_id, item)
        asked = {line.item_code for line in item.line_items} | {line.id for line in item.line_items}
        lines = [
            wire.LineChange(line.item_code, line.id, line.details.get("extendedFields", {}))
            for line in bill.items
            if line.item_code in asked or line.id in asked
        ]
        changed = wire.ChangedBill(
            bill.id,
            bill.custom_fields,
            bill.extended_fields,
            item.identifier_type or "",
            item.identifier_value or "",
            item.source or "",
            lines,
        )
        return wire.BulkUpdateItem(result=changed)

    async def refuse(ctx: RequestContext, item: wire.BulkUpdate, error: ApiError) -> wire.BulkUpdateItem:
        return wire.BulkUpdateItem(errors=[Message(error.code, error.message)])

    results = await each(ctx, body, act, refuse, too_many=errors.BATCH_LIMIT)
    return wire.BulkUpdateAnswer(results.items, len(results.items), results.failed)


async def add_several(ctx: RequestContext, body: Sequence[wire.BulkAdd]) -> wire.BulkAddAnswer:
    """Adds or takes back several bills, each on its own and in order (06-transaction-v2/02)."""

    async def act(ctx: RequestContext, item: wire.BulkAdd) -> wire.BulkAddItem:
        # Custom fields are kept of the bill, not of its lines (06-transaction-v2/02).
        lines = [replace(line, custom_fields={}) for line in item.line_items_v2]
        item = replace(item, line_items_v2=lines)
        named = _named(item)
        query = schemas.AddTransactionQuery(
            named.identifier_name, named.identifier_value, item.source or "", item.account_id
        )
        booked = await service.book(ctx, item, query)

        async def answer(ctx: RequestContext) -> schemas.AddTransactionAnswer:
            return await service.answer(ctx, booked, query)

        added = await reading(ctx, answer)
        bill = booked.bill
        result = wire.AddedBill(
            identifier_type=item.identifier_type or "",
            identifier_value=item.identifier_value or "",
            source=item.source or "",
            account_id=item.account_id or "",
            extended_fields=bill.extended_fields,
            delivery_status=bill.delivery_status or answers_bills.DELIVERED,
            type=bill.type,
            bill_amount=bill.amount,
            bill_number=bill.number,
            discount=bill.discount or ZERO,
            gross_amount=bill.gross or ZERO,
            note=bill.note,
            redemptions=item.redemptions,
            line_items_v2=[_echo(line) for line in lines],
            custom_fields=bill.custom_fields,
            not_interested_reason=bill.not_interested_reason,
            side_effects=added.side_effects,
            payment_modes=list(item.payment_modes),
            billing_date=answers_bills.local(ctx, bill.billed_at),
        )
        return wire.BulkAddItem([], added.warnings, added.created_id, result)

    async def refuse(ctx: RequestContext, item: wire.BulkAdd, error: ApiError) -> wire.BulkAddItem:
        return wire.BulkAddItem([Message(error.code, error.message)], [])

    results = await each(ctx, body, act, refuse, too_many=errors.BATCH_LIMIT)
    return wire.BulkAddAnswer(results.items, len(results.items), results.failed)


def _echo(line: schemas.LineItem) -> dict[str, Any]:
    """A line as it was accepted, with what holds where nothing was sent."""
    sent: dict[str, Any] = msgspec.to_builtins(line, builtin_types=(Decimal,))
    defaults = {"returnable": True, "returnableDays": -1, "comboDetails": [], "addOnDetails": [], "splitDetails": []}
    return {**defaults, **sent}


def _named(item: wire.BulkUpdate | wire.BulkAdd) -> wire.UpdateQuery:
    return wire.UpdateQuery(item.identifier_type, item.identifier_value, item.source or "", item.account_id)


async def _customer(ctx: RequestContext, query: wire.UpdateQuery) -> int:
    if not query.identifier_name and not query.identifier_value:
        raise errors.CUSTOMER_DETAILS_MISSING.error()
    who = customers.identified(
        ctx.organization,
        source=query.source,
        account_id=query.account_id,
        name=query.identifier_name,
        value=query.identifier_value,
    )
    return await customers.require(ctx, who)


async def _change(ctx: RequestContext, customer_id: int, change: wire.UpdateTransaction) -> StoredBill:
    """The sale after the change."""
    bill = await _sale(ctx, customer_id, change)
    if change.delivery_status is not None and change.delivery_status not in checks.DELIVERY_STATUSES:
        raise checks.invalid("deliveryStatus")
    till = ctx.till if not change.till_code else ctx.organization.till(change.till_code)
    if till is None:
        raise errors.INVALID_ENTITY.error()
    items = [(_item(bill, line).id, line.extended_fields) for line in change.line_items]
    merged: dict[int, dict[str, object]] = {}
    for item_id, fields in items:
        merged.setdefault(item_id, {}).update(fields)
    bill_values = {
        "custom_fields": _json.encode(change.custom_fields).decode(),
        "extended_fields": _json.encode(change.extended_fields).decode(),
        "delivery_status": change.delivery_status,
        "at": ctx.now,
        "till_id": till.id,
        "bill_id": bill.id,
    }
    item_values = {
        "ids": list(merged),
        "fields": [_json.encode(fields).decode() for fields in merged.values()],
        "bill_id": bill.id,
    }
    async with ctx.db.transaction() as connection:
        for name, values in (("change_bill", bill_values), ("change_items", item_values)):
            if name == "change_bill" or merged:
                ordered = [ctx.org_id if p == "org_id" else values[p] for p in sql.parameters(name)]
                await connection.execute(sql.text(name), *ordered)
    (changed,) = await read(ctx, [bill.id])
    return changed


async def _sale(ctx: RequestContext, customer_id: int, change: wire.UpdateTransaction) -> StoredBill:
    """The sale that is meant: of several with one number the one that was added first (06-transaction-v2/04)."""
    number = "" if change.number is None else str(change.number).strip()
    if change.id is not None:
        found = await read(ctx, [change.id]) if 0 < change.id <= ID_MAX else []
        if not found:
            raise errors.UNKNOWN_ID.error()
        foreign = errors.ID_NOT_OF_CUSTOMER
    elif number:
        found = sorted(await read_by_number(ctx, number), key=lambda bill: (bill.recorded_at, bill.id))
        foreign = errors.NOT_OF_CUSTOMER
    else:
        raise errors.NO_ID.error()
    own = [bill for bill in found if bill.holder_id == customer_id]
    if not own:
        raise foreign.error()
    sales = [bill for bill in own if bill.type == "REGULAR"]
    if not sales:
        # Only regular loyalty bills can be changed.
        raise errors.NOT_UPDATED.error()
    return sales[0]


def _item(bill: StoredBill, line: wire.LineChange) -> StoredItem:
    for item in bill.items:
        if line.id is not None and item.id == line.id:
            return item
        if line.id is None and line.item_code and item.item_code == line.item_code:
            return item
    raise (errors.UNKNOWN_LINE_CODE if line.id is None else errors.UNKNOWN_LINE_ID).error()


def _loyalty(ctx: RequestContext, record: customers.CustomerRecord) -> list[schemas.LoyaltyDetails]:
    found = []
    for standing in record.standings:
        wallet, tier, above, program = standing.wallet, standing.tier, standing.above, standing.program
        found.append(
            schemas.LoyaltyDetails(
                redeemed=wallet.redeemed,
                expired=wallet.expired,
                returned=wallet.returned,
                lifetime_points=wallet.lifetime,
                loyalty_points=wallet.spendable,
                cumulative_purchases=wallet.purchases,
                loyalty_id=standing.loyalty_id,
                current_slab=tier.name,
                next_slab=above.name if above else "",
                next_slab_serial_number=above.serial if above else -1,
                next_slab_description=above.description if above else "",
                slab_s_no=tier.serial,
                slab_expiry_date=answers_bills.local(ctx, customers.tier_expires_at(ctx, standing.enrolment)),
                program_id=program.id,
                delayed_points=wallet.promised,
                total_available_points=wallet.spendable + wallet.promised,
                total_returned_points=wallet.returned,
                program_title=program.name,
                program_description=program.description,
                program_points_to_currency_ratio=program.points_currency_ratio,
            )
        )
    return found
