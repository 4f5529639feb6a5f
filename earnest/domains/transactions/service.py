"""Use cases of transactions: add a sale, take it back."""

from __future__ import annotations

import msgspec

from earnest.core import config_keys
from earnest.core.context import RequestContext
from earnest.core.messages import Message, warning
from earnest.domains.customers import service as customers
from earnest.domains.transactions import checks, errors, schemas
from earnest.domains.transactions.activities import AddSale, Booked, CheckedBill, ReturnSale
from earnest.domains.transactions.activities import sql as transactions_sql
from earnest.domains.transactions.side_effects import raw_awards, side_effects
from earnest.loyalty.process import Processor
from earnest.loyalty.programs import Programs
from earnest.loyalty.registry import Identified, KeyTaken, NaturalKey

RETURN_KINDS = ("AMOUNT", "FULL", "LINE_ITEM", "CANCELLED")


async def add(
    ctx: RequestContext, body: schemas.AddTransaction, query: schemas.AddTransactionQuery
) -> schemas.AddTransactionAnswer:
    """Adds a sale or a return for a registered customer and answers what it did (06-transaction-v2/01)."""
    if body.type == "REGULAR":
        booked = await _add_sale(ctx, body, query)
    elif body.type == "RETURN":
        booked = await _return_sale(ctx, body, query)
    else:
        raise errors.INVALID_TYPE.error()
    return await _answer(ctx, booked, query)


def _customer(ctx: RequestContext, query: schemas.AddTransactionQuery) -> Identified:
    if not query.identifier_name and not query.identifier_value:
        raise errors.CUSTOMER_MISSING.error()
    return customers.identified(
        ctx.organization,
        source=query.source,
        account_id=query.account_id,
        name=query.identifier_name,
        value=query.identifier_value,
    )


async def _add_sale(ctx: RequestContext, body: schemas.AddTransaction, query: schemas.AddTransactionQuery) -> Booked:
    who = _customer(ctx, query)
    bill = await checks.sale(ctx, body, query.source)
    customer = int(who.value) if who.type == "id" else who
    activity = AddSale(ctx, bill=bill, customer=customer, number_key=_number_key(ctx, bill))
    try:
        return await ctx.resource(Processor).process(activity)
    except KeyTaken as taken:
        raise errors.DUPLICATE_NUMBER.error() from taken


def _number_key(ctx: RequestContext, bill: CheckedBill) -> NaturalKey | None:
    """The claim on the bill number in its scope; None when the organisation does not ask for unique numbers."""
    organization = ctx.organization
    if not config_keys.BILL_NUMBER_UNIQUE.of(organization):
        return None
    scope = 0
    if config_keys.BILL_NUMBER_UNIQUE_ONLY_TILL.of(organization):
        scope = ctx.till.id
    elif config_keys.BILL_NUMBER_UNIQUE_ONLY_STORE.of(organization):
        scope = ctx.till.store_id or ctx.till.id
    days = config_keys.BILL_NUMBER_UNIQUE_IN_DAYS.of(organization)
    until = checks.end_of_window(ctx, days) if days > 0 else None
    return NaturalKey(kind="BILL", scope_id=scope, key=bill.number, owner_id=bill.id, claimed_until=until)


async def _return_sale(ctx: RequestContext, body: schemas.AddTransaction, query: schemas.AddTransactionQuery) -> Booked:
    who = _customer(ctx, query)
    kind = body.return_type
    if kind not in RETURN_KINDS:
        raise errors.INVALID_RETURN_TYPE.error()
    if not body.purchase_time:
        raise errors.RETURN_TIME.error()
    bill = await checks.returned(ctx, body, query.source, kind)
    customer_id = await customers.require(ctx, who)
    sale_id = await _sale(ctx, body, bill, customer_id)
    if kind == "CANCELLED":
        kind = "LINE_ITEM" if bill.items else "FULL"
    return await ctx.resource(Processor).process(
        ReturnSale(ctx, bill=bill, customer_id=customer_id, sale_id=sale_id, kind=kind)
    )


async def _sale(ctx: RequestContext, body: schemas.AddTransaction, bill: CheckedBill, customer_id: int) -> int:
    """The sale that a return means: by `id`, else by number; of several with one number the one of purchaseTime, else
    the latest."""
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(transactions_sql.text("find_sales"), ctx.org_id, bill.number)
    if body.id is not None:
        rows = [row for row in rows if row["id"] == body.id]
        if not rows:
            raise errors.INVALID_ID.error()
    if not rows:
        raise errors.PARENT_UNKNOWN.error()
    own = [row for row in rows if row["holder_id"] == customer_id]
    if not own:
        raise errors.NOT_OF_CUSTOMER.error()
    bought_at = checks.instant(ctx, body.purchase_time)
    same_time = [row for row in own if row["billed_at"] == bought_at]
    return int((same_time or own)[0]["id"])


async def _answer(
    ctx: RequestContext, booked: Booked, query: schemas.AddTransactionQuery
) -> schemas.AddTransactionAnswer:
    programs = await ctx.resource(Programs).of(ctx.organization)
    warnings: list[Message] = []
    if booked.bill.outlier_status != "NORMAL":
        warnings.append(warning(errors.MARKED_OUTLIER))
    if booked.outcome.unrecovered:
        warnings.append(warning(errors.RETURN_NOT_RECOVERED))
    return schemas.AddTransactionAnswer(
        created_id=booked.bill.id,
        warnings=warnings,
        side_effects=side_effects(ctx, programs, booked),
        raw_side_effects=raw_awards(ctx, programs, booked) if query.raw_side_effects else msgspec.UNSET,
        customer_info=schemas.CustomerInfo(booked.names.first_name, booked.names.last_name),
    )
