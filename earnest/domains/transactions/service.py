"""Use cases of transactions: add a sale, take it back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import msgspec

from earnest.core import config_keys
from earnest.core.context import RequestContext
from earnest.core.messages import Message, warning
from earnest.domains.customers import service as customers
from earnest.domains.transactions import anonymous, checks, errors, schemas
from earnest.domains.transactions.activities import AddSale, Booked, CheckedBill, ReturnSale, ReturnUnknownSale
from earnest.domains.transactions.activities import sql as transactions_sql
from earnest.domains.transactions.bills import StoredBill, read, read_by_number
from earnest.domains.transactions.redemptions import AddSaleWithRedemptions, NamedRedemptions
from earnest.domains.transactions.side_effects import raw_awards, side_effects
from earnest.loyalty.process import Processor
from earnest.loyalty.programs import Programs
from earnest.loyalty.registry import Identified, KeyTaken, NaturalKey

REDEMPTIONS_MAX = 100
RETURN_KINDS = ("AMOUNT", "FULL", "LINE_ITEM", "CANCELLED")


async def add(
    ctx: RequestContext, body: schemas.AddTransaction, query: schemas.AddTransactionQuery
) -> schemas.AddTransactionAnswer:
    """Adds a sale or a return for a registered customer, or a sale to nobody, and answers what it did
    (06-transaction-v2/01)."""
    return await answer(ctx, await book(ctx, body, query), query)


async def book(ctx: RequestContext, body: schemas.AddTransaction, query: schemas.AddTransactionQuery) -> Booked:
    """Stores a sale, a return or a sale to nobody. 690 for any other type."""
    if body.type == "REGULAR":
        return await _add_sale(ctx, body, query)
    if body.type == "RETURN":
        return await _return_sale(ctx, body, query)
    if body.type == anonymous.TYPE:
        return await keep(ctx, await checks.sale(ctx, body, _source(query)), _redemptions(body))
    raise errors.INVALID_TYPE.error()


def _source(query: schemas.AddTransactionQuery) -> str:
    if query.source not in customers.SOURCES:
        raise errors.INVALID_SOURCE.error()
    return query.source


def redemptions(points: Iterable[object], coupons: Iterable[object]) -> NamedRedemptions:
    """The redemptions that a bill names, by what v1.1 or v2 calls them. 400 when there are too many."""
    named = NamedRedemptions(tuple(str(name) for name in points), tuple(str(name) for name in coupons))
    if len(named.all) > REDEMPTIONS_MAX:
        raise checks.invalid(f"more than {REDEMPTIONS_MAX} redemptions")
    return named


def _redemptions(body: schemas.AddTransaction) -> NamedRedemptions:
    return redemptions(body.redemptions.points_redemptions, body.redemptions.coupon_redemptions)


async def keep(ctx: RequestContext, bill: CheckedBill, named: NamedRedemptions) -> Booked:
    """Stores a checked bill of nobody, to which no redemption is tied. Its number is one of the organisation's like that
    of any other sale (604)."""
    booked = await anonymous.keep(ctx, bill, number_key(ctx, bill))
    return msgspec.structs.replace(booked, untied_redemptions=named.all)


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
    return await sell(ctx, bill, int(who.value) if who.type == "id" else who, _redemptions(body))


async def sell(ctx: RequestContext, bill: CheckedBill, customer: Identified | int, named: NamedRedemptions) -> Booked:
    """Stores a checked sale of a registered customer and ties the redemptions to it that it names. 604 when its number is
    used up in its scope."""
    key = number_key(ctx, bill)
    activity = (
        AddSaleWithRedemptions(ctx, bill=bill, customer=customer, number_key=key, named=named)
        if named.all
        else AddSale(ctx, bill=bill, customer=customer, number_key=key)
    )
    try:
        return await ctx.resource(Processor).process(activity)
    except KeyTaken as taken:
        raise errors.DUPLICATE_NUMBER.error() from taken


def number_key(ctx: RequestContext, bill: CheckedBill) -> NaturalKey | None:
    """The claim on the bill number in its scope; None when the organisation does not ask for unique numbers."""
    if not config_keys.BILL_NUMBER_UNIQUE.of(ctx.organization):
        return None
    return _in_scope(ctx, "BILL", bill.number, bill.id)


def _return_key(ctx: RequestContext, bill: CheckedBill) -> NaturalKey | None:
    """The claim on a return's own number, which v1.1 sends beside that of the sale and v2 does not know: there it is the
    number that the return is stored with. 602 when it is too long."""
    if not config_keys.RETURN_NUMBER_UNIQUE.of(ctx.organization):
        return None
    number = str(bill.details.get("returnNumber") or "").strip() or bill.number
    if len(number) > checks.NUMBER_LENGTH_MAX:
        raise errors.INVALID_NUMBER.error()
    return _in_scope(ctx, "RETURN_BILL", number, bill.id)


def _in_scope(ctx: RequestContext, kind: str, number: str, bill_id: int) -> NaturalKey:
    organization = ctx.organization
    scope = 0
    if config_keys.BILL_NUMBER_UNIQUE_ONLY_TILL.of(organization):
        scope = ctx.till.id
    elif config_keys.BILL_NUMBER_UNIQUE_ONLY_STORE.of(organization):
        scope = ctx.till.store_id or ctx.till.id
    days = config_keys.BILL_NUMBER_UNIQUE_IN_DAYS.of(organization)
    until = checks.end_of_window(ctx, days) if days > 0 else None
    return NaturalKey(kind=kind, scope_id=scope, key=number, owner_id=bill_id, claimed_until=until)


async def _return_sale(ctx: RequestContext, body: schemas.AddTransaction, query: schemas.AddTransactionQuery) -> Booked:
    who = _customer(ctx, query)
    bill = await checked_return(ctx, body, query.source)
    return await take_back(ctx, body, bill, await customers.require(ctx, who))


async def checked_return(ctx: RequestContext, body: schemas.AddTransaction, source: str) -> CheckedBill:
    """The return, when its fields are valid by themselves."""
    if body.return_type not in RETURN_KINDS:
        raise errors.INVALID_RETURN_TYPE.error()
    if not body.purchase_time:
        raise errors.RETURN_TIME.error()
    return await checks.returned(ctx, body, source, body.return_type)


async def take_back(
    ctx: RequestContext, body: schemas.AddTransaction, bill: CheckedBill, customer_id: int | None
) -> Booked:
    """Stores a checked return of a stored sale. `customer_id` None: of whoever bought.

    625 for an unknown sale, unless the organisation stores such returns too and it is known whose it is; 604 when the
    return's own number must be unique (IS_RETURN_BILL_UNIQUE) and is not.
    """
    try:
        return await _take_back(ctx, body, bill, customer_id, _return_key(ctx, bill))
    except KeyTaken as taken:
        raise errors.DUPLICATE_NUMBER.error() from taken


async def _take_back(
    ctx: RequestContext,
    body: schemas.AddTransaction,
    bill: CheckedBill,
    customer_id: int | None,
    number_key: NaturalKey | None,
) -> Booked:
    found = await _sale(ctx, body, bill, customer_id)
    if found is None:
        if customer_id is None or not config_keys.RETURN_OF_UNKNOWN_BILL.of(ctx.organization):
            raise errors.PARENT_UNKNOWN.error()
        bill = msgspec.structs.replace(bill, amount=bill.amount or sum((i.amount for i in bill.items), Decimal(0)))
        return await ctx.resource(Processor).process(
            ReturnUnknownSale(ctx, bill=bill, customer_id=customer_id, number_key=number_key)
        )
    sale_id, customer_id = found
    kind = body.return_type or ""
    if kind == "CANCELLED":
        kind = "LINE_ITEM" if bill.items else "FULL"
    return await ctx.resource(Processor).process(
        ReturnSale(ctx, bill=bill, customer_id=customer_id, sale_id=sale_id, kind=kind, number_key=number_key)
    )


async def _sale(
    ctx: RequestContext, body: schemas.AddTransaction, bill: CheckedBill, customer_id: int | None
) -> tuple[int, int] | None:
    """The sale that a return means, and whose it is: by `id`, else by number; of several with one number the one of
    purchaseTime, else the latest. None when there is no sale with this number."""
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(transactions_sql.text("find_sales"), ctx.org_id, bill.number)
    if body.id is not None:
        rows = [row for row in rows if row["id"] == body.id]
        if not rows:
            raise errors.INVALID_ID.error()
    if not rows:
        return None
    own = [row for row in rows if customer_id in (None, row["holder_id"]) and row["holder_id"] is not None]
    if not own:
        raise errors.NOT_OF_CUSTOMER.error()
    bought_at = checks.instant(ctx, body.purchase_time)
    same_time = [row for row in own if row["billed_at"] == bought_at]
    found = (same_time or own)[0]
    return int(found["id"]), int(found["holder_id"])


def remarks(booked: Booked) -> list[Message]:
    """What the answer warns of, although the bill is stored; of redemptions each version tells in its own codes."""
    found: list[Message] = [
        warning(errors.LINE_MARKED_OUTLIER, item_code=code) for code in booked.bill.outlier_item_codes
    ]
    if booked.bill.outlier_status != "NORMAL":
        found.append(warning(errors.MARKED_OUTLIER))
    if booked.is_of_unknown_sale:
        found.append(warning(errors.PARENT_UNKNOWN))
    if booked.outcome.unrecovered:
        found.append(warning(errors.RETURN_NOT_RECOVERED))
    return found


async def answer(
    ctx: RequestContext, booked: Booked, query: schemas.AddTransactionQuery
) -> schemas.AddTransactionAnswer:
    """What a stored bill did. A call with use_async is told nothing of it: for its client the evaluation comes later."""
    programs = await ctx.resource(Programs).of(ctx.organization)
    return schemas.AddTransactionAnswer(
        created_id=booked.bill.id,
        warnings=[
            *remarks(booked),
            *(warning(errors.REDEMPTION_NOT_TIED, redemption_id=name) for name in booked.untied_redemptions),
        ],
        side_effects=[] if query.use_async else side_effects(ctx, programs, booked),
        raw_side_effects=raw_awards(ctx, programs, booked)
        if query.raw_side_effects and not query.use_async
        else msgspec.UNSET,
        customer_info=msgspec.UNSET
        if booked.customer_id is None
        else schemas.CustomerInfo(booked.names.first_name, booked.names.last_name),
    )


class BillQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which bills: those of `id` or `number`, as far as they pass the filters. None lets everything pass.

    `from_at` is the first instant that counts, `before_at` the first one that does not.
    """

    id: int | None = None
    number: str | None = None
    types: frozenset[str] | None = None
    store_id: int | None = None
    till_id: int | None = None
    amount: Decimal | None = None
    from_at: datetime | None = None
    before_at: datetime | None = None

    def matches(self, bill: StoredBill) -> bool:
        return (
            (self.types is None or bill.type in self.types)
            and self.store_id in (None, bill.store_id)
            and self.till_id in (None, bill.till_id)
            and self.amount in (None, bill.amount)
            and (self.from_at is None or bill.billed_at >= self.from_at)
            and (self.before_at is None or bill.billed_at < self.before_at)
        )


async def bills(ctx: RequestContext, query: BillQuery) -> list[StoredBill]:
    """Stored bills by id or number, the latest first (05-transaction-v1/05)."""
    found = await read(ctx, [query.id]) if query.id is not None else await read_by_number(ctx, query.number or "")
    return [bill for bill in found if query.matches(bill)]
