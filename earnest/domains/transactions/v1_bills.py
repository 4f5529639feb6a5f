"""A bill as v1.1 sends one: turned into the bill that both versions check, booked for whoever bought.

Times are the organisation's, whatever offset they carry (contract/_conventions.md, section 9); quantities are whole numbers
(contract/05-transaction-v1/01: 0.003 becomes 0). A customer who is not known is registered before a sale is booked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.core.errors import INVALID_INPUT, ApiError
from earnest.core.ids import ID_MAX
from earnest.core.instants import parse_local
from earnest.core.messages import Message, warning
from earnest.domains.customers import service as customers
from earnest.domains.transactions import anonymous, checks, schemas, service
from earnest.domains.transactions import errors_v1 as codes
from earnest.domains.transactions import schemas_v1 as wire
from earnest.domains.transactions.activities import Booked, CheckedBill
from earnest.domains.transactions.redemptions import NamedRedemptions
from earnest.engine.outcome import Outcome

_NOT_INTERESTED_RETURN = "NOT_INTERESTED_RETURN"
# Statuses that v1 has and v2 has not.
_V1_OUTLIER_STATUSES = frozenset({"INVALID", "RETRO"})
_SOURCE = "INSTORE"
_WHOLE = Decimal(1)


class BookedBill(msgspec.Struct, frozen=True, kw_only=True):
    """A stored bill, what the registration of its customer decided, and what was asked for and not done."""

    booked: Booked
    registration: tuple[Outcome, ...]
    remarks: tuple[Message, ...]


async def book(ctx: RequestContext, item: wire.AddTransaction, country_code: str | None) -> BookedBill:
    """Stores the sale, the sale to nobody or the return. ApiError with a code of v1's table."""
    type_ = (item.type or "").strip().upper()
    try:
        match type_:
            case "REGULAR":
                return await _sell(ctx, item, country_code)
            case "RETURN":
                return await _take_back(ctx, item, country_code)
            case anonymous.TYPE:
                return await _keep(ctx, item)
    except ApiError as error:
        raise codes.of_bill(error) from error
    # What nobody bought nobody can bring back: such returns are not kept yet.
    raise (codes.NOT_INTERESTED_FAILED if type_ == _NOT_INTERESTED_RETURN else codes.INVALID_TYPE).error()


async def _keep(ctx: RequestContext, item: wire.AddTransaction) -> BookedBill:
    """A bill of nobody: whoever is named in it is neither looked up nor registered."""
    bill = _kept(item, await checks.sale(ctx, _body(ctx, item, anonymous.TYPE), _source(item)))
    booked = await service.keep(ctx, bill, _redemptions(item))
    return BookedBill(booked=booked, registration=(), remarks=_remarks(booked))


def _redemptions(item: wire.AddTransaction) -> NamedRedemptions:
    named = item.redemptions
    points, coupons = named.points_redemptions.id, named.coupon_redemptions.id
    return service.redemptions(*([name.strip() for name in ids if name.strip()] for ids in (points, coupons)))


def _remarks(booked: Booked) -> tuple[Message, ...]:
    found = service.remarks(booked)
    return (*found, warning(codes.REDEMPTIONS_NOT_TIED)) if booked.untied_redemptions else tuple(found)


async def _sell(ctx: RequestContext, item: wire.AddTransaction, country_code: str | None) -> BookedBill:
    bill = _kept(item, await checks.sale(ctx, _body(ctx, item, "REGULAR"), _source(item)))
    named = _redemptions(item)
    registered = await _buyer(ctx, item, country_code)
    booked = await service.sell(ctx, bill, registered.customer_id, named)
    remarks = (*registered.remarks, *_remarks(booked))
    return BookedBill(booked=booked, registration=registered.outcomes, remarks=remarks)


async def _take_back(ctx: RequestContext, item: wire.AddTransaction, country_code: str | None) -> BookedBill:
    body = _body(ctx, item, "RETURN")
    bill = _kept(item, await service.checked_return(ctx, body, _source(item)))
    booked = await service.take_back(ctx, body, bill, await _known(ctx, item.customer, country_code))
    return BookedBill(booked=booked, registration=(), remarks=tuple(service.remarks(booked)))


async def _buyer(ctx: RequestContext, item: wire.AddTransaction, country_code: str | None) -> customers.Registered:
    """The customer of a sale; one who is not known is registered, one who is gets the names that were sent."""
    given = item.customer
    if not any((given.mobile, given.email, given.external_id)):
        customer_id = await _known(ctx, given, country_code)
        if customer_id is None:
            raise codes.CUSTOMER_MISSING.error()
        return customers.Registered(customer_id=customer_id, is_new=False, outcomes=(), remarks=())
    try:
        return await customers.register(
            ctx,
            customers.Registration(
                identifiers={"mobile": given.mobile, "email": given.email, "externalId": given.external_id},
                first_name=given.firstname,
                last_name=given.lastname,
                source=_source(item),
                loyalty_type=given.type,
                referral_code=item.referral_code,
                country_code=country_code,
            ),
        )
    except ApiError as error:
        raise codes.of_registration(error, ctx.organization.primary_identifier) from error


async def _known(ctx: RequestContext, given: wire.Customer, country_code: str | None) -> int | None:
    """The customer whom the first identifier names; None when none is given. 611 when nobody has it."""
    for type_, value in (
        ("id", given.id),
        ("mobile", given.mobile),
        ("email", given.email),
        ("externalId", given.external_id),
        ("cardnumber", given.card_number),
    ):
        if value:
            customer_id = await customers.whose(ctx, type_, value, country_code)
            if customer_id is None:
                raise codes.CUSTOMER_NOT_FOUND.error()
            return customer_id
    return None


def _source(item: wire.AddTransaction) -> str:
    source = (item.source or _SOURCE).strip().upper()
    if source not in customers.SOURCES:
        raise ApiError(INVALID_INPUT.code, f"{INVALID_INPUT.message}: source")
    return source


def _body(ctx: RequestContext, item: wire.AddTransaction, type_: str) -> schemas.AddTransaction:
    """The bill in the terms of v2."""
    outlier_status = (item.outlier_status or "").strip().upper()
    return schemas.AddTransaction(
        type=type_,
        bill_number=item.number,
        bill_amount=item.amount,
        gross_amount=item.gross_amount,
        discount=item.discount,
        billing_date=_time(ctx, item.billing_time),
        return_type=None if item.return_type is None else item.return_type.strip().upper(),
        id=item.id,
        purchase_time=_time(ctx, item.purchase_time),
        note=item.notes,
        not_interested_reason=item.not_interested_reason,
        outlier_status=None if outlier_status in _V1_OUTLIER_STATUSES else outlier_status or None,
        delivery_status=(item.delivery_status or "").strip().upper() or None,
        currency_code=item.currency_code or None,
        extended_fields=item.extended_fields.as_mapping(),
        custom_fields=item.custom_fields.as_mapping(),
        payment_modes=[
            schemas.PaymentMode(payment.mode, payment.value, payment.notes or "", payment.attributes.as_mapping())
            for payment in item.payment_details.payment
        ],
        line_items_v2=[_line(line) for line in item.line_items.line_item],
    )


def _time(ctx: RequestContext, text: str | None) -> str | None:
    """The time with the offset that the organisation's zone has then. 621 when it is none."""
    if text is None or not text.strip():
        return None
    at = parse_local(text, ctx.organization.zone)
    if at is None:
        raise codes.INVALID_DATE.error()
    return at.astimezone(ctx.organization.zone).isoformat()


def _line(line: wire.Line) -> schemas.LineItem:
    type_ = (line.type or "REGULAR").strip().upper()
    return schemas.LineItem(
        item_code=line.item_code,
        description=line.description,
        serial=line.serial,
        qty=None if line.qty is None else line.qty.quantize(_WHOLE, ROUND_HALF_UP),
        rate=line.rate,
        value=line.value,
        discount=line.discount,
        amount=line.amount,
        # A line of a return is one by the bill's type.
        type=None if type_ == "RETURN" else type_,
        returnable=line.returnable,
        returnable_days=line.returnable_days,
        img_url=line.img_url,
        attributes=line.attributes.as_mapping(),
        extended_fields=line.extended_fields.as_mapping(),
        custom_fields=line.custom_fields.as_mapping(),
        combo_details=[_part(part) for part in line.combo_items.combo_item],
        add_on_details=[_part(part) for part in line.addon_items.addon_item],
        split_details=[_part(part) for part in line.split_items.split_item],
    )


def _part(part: wire.Part) -> dict[str, Any]:
    return wire.without_nothing(
        {"itemCode": part.item_code, "quantity": part.quantity, "description": part.description}
    )


def _kept(item: wire.AddTransaction, bill: CheckedBill) -> CheckedBill:
    """The checked bill with what only v1 says of it."""
    associate, note = item.associate_details, item.credit_note
    details = wire.without_nothing(
        {
            "clientId": item.bill_client_id,
            "returnNumber": item.parent_bill_number,
            "associate": wire.without_nothing(msgspec.to_builtins(associate)) if associate is not None else None,
            "creditNote": wire.without_nothing(msgspec.to_builtins(note, builtin_types=(Decimal,))) if note else None,
        }
    )
    outlier_status = (item.outlier_status or "").strip().upper()
    return msgspec.structs.replace(
        bill,
        details={**bill.details, **details},
        outlier_status=outlier_status if outlier_status in _V1_OUTLIER_STATUSES else bill.outlier_status,
    )


_SALES_AND_RETURNS: Mapping[str, frozenset[str]] = {
    "REGULAR": frozenset({"REGULAR"}),
    "RETURN": frozenset({"RETURN"}),
    "MIXED": frozenset({"REGULAR", "RETURN"}),
    "NOT_INTERESTED": frozenset({"NOT_INTERESTED"}),
    "NOT_INTERESTED_RETURN": frozenset({"NOT_INTERESTED_RETURN"}),
    "NI_MIXED": frozenset({"NOT_INTERESTED", "NOT_INTERESTED_RETURN"}),
    "ALL": frozenset({"REGULAR", "RETURN", "NOT_INTERESTED", "NOT_INTERESTED_RETURN"}),
}


def wanted(ctx: RequestContext, query: wire.GetTransactionsQuery, parameter: str, value: str) -> service.BillQuery:
    """Which bills transaction/get asks for. ApiError 620, 621, 671, 1623 when it says it wrongly."""
    types = _SALES_AND_RETURNS.get(query.type.strip().upper())
    if types is None:
        raise codes.INVALID_READ_TYPE.error()
    id_ = int(value) if value.isascii() and value.isdigit() and len(value) <= len(str(ID_MAX)) else 0
    if parameter == "id" and not 0 < id_ <= ID_MAX:
        raise codes.INVALID_ID.error()
    store = ctx.organization.store(query.store_code) if query.store_code else None
    till = ctx.organization.till(query.till_code) if query.till_code else None
    if (query.store_code and store is None) or (query.till_code and till is None):
        raise codes.INVALID_ENTITY.error()
    day = parse_local(query.date, ctx.organization.zone) if query.date else None
    if query.date and day is None:
        raise codes.INVALID_DATE.error()
    return service.BillQuery(
        id=id_ if parameter == "id" else None,
        number=value if parameter == "number" else None,
        types=types,
        store_id=None if store is None else store.id,
        till_id=None if till is None else till.id,
        amount=query.amount,
        from_at=day,
        before_at=None if day is None else day + timedelta(days=1),
    )
