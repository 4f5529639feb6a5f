"""What must be right about a bill by itself, before anybody looks at the member."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from earnest.core import config_keys
from earnest.core.context import RequestContext
from earnest.core.errors import INVALID_INPUT, ApiError
from earnest.core.ids import Family, Ids
from earnest.core.instants import offset_minutes, parse_instant, parse_local
from earnest.domains.transactions import errors, organization_rules, schemas
from earnest.domains.transactions.activities import CheckedBill, Item, Payment

NUMBER_LENGTH_MAX = 50
PAYMENT_NOTES_LENGTH_MAX = 250
REASON_LENGTH_MAX = 255
TEXT_LENGTH_MAX = 4_000
LINES_MAX = 1_000

OUTLIER_STATUSES = frozenset({"NORMAL", "INTERNAL", "FRAUD", "OUTLIER", "TEST", "DELETED", "FAILED", "OTHER"})
DELIVERY_STATUSES = frozenset({"PLACED", "PROCESSED", "SHIPPED", "DELIVERED", "RETURNED"})

_ZERO = Decimal(0)
_json = msgspec.json.Encoder(decimal_format="number")


def invalid(what: str) -> ApiError:
    """Input that no documented code of transactions speaks of."""
    return ApiError(INVALID_INPUT.code, f"{INVALID_INPUT.message}: {what}")


def instant(ctx: RequestContext, text: str | None) -> datetime | None:
    """A time of the v2 API: one without an offset is UTC (_conventions.md, section 9). 1114 when it is none.

    With CONF_ORG_DISABLE_MACHINE_TIME_CONV the clock time is the organisation's, whatever offset it has.
    """
    if not text:
        return None
    if config_keys.MACHINE_TIME_UNCONVERTED.of(ctx.organization):
        at = parse_local(text, ctx.organization.zone)
    else:
        at = parse_instant(text, UTC)
    if at is None:
        raise errors.INVALID_DATE.error()
    return at


def end_of_window(ctx: RequestContext, days: int) -> datetime:
    """The instant from which a bill number may be used again."""
    return ctx.now + timedelta(days=days)


async def sale(ctx: RequestContext, body: schemas.AddTransaction, source: str) -> CheckedBill:
    """The checked sale, with its ids. The lines of a sale to somebody who is not interested have its type."""
    amount = body.bill_amount
    if amount is None or amount < 0:
        raise errors.INVALID_AMOUNT.error()
    type_ = body.type or "REGULAR"
    if any((line.type or "REGULAR") not in ("REGULAR", type_) for line in body.line_items_v2):
        raise errors.INVALID_RETURN_LINE.error()
    bill = await _bill(ctx, body, source, amount)
    organization_rules.check(ctx.organization, bill)
    if type_ != "REGULAR":
        items = tuple(msgspec.structs.replace(item, type=type_) for item in bill.items)
        bill = msgspec.structs.replace(bill, items=items, issues_points=False)
        return organization_rules.marked(ctx, bill, body.outlier_status)
    if not organization_rules.issues_points(ctx.organization, bill):
        bill = msgspec.structs.replace(bill, issues_points=False, details={"ignorePoints": True})
    return organization_rules.marked(ctx, bill, body.outlier_status)


async def returned(ctx: RequestContext, body: schemas.AddTransaction, source: str, kind: str) -> CheckedBill:
    """The checked return; `billAmount` counts only for returns by amount."""
    amount = body.bill_amount
    if kind == "AMOUNT" and (amount is None or amount <= 0):
        raise errors.INVALID_AMOUNT.error()
    if kind == "LINE_ITEM" and not body.line_items_v2:
        raise errors.INVALID_RETURN_LINE.error()
    if kind in ("FULL", "AMOUNT"):
        body = msgspec.structs.replace(body, line_items_v2=[])
    bill = await _bill(ctx, body, source, abs(amount or _ZERO))
    if any(item.quantity <= 0 for item in bill.items):
        raise errors.NEGATIVE_QUANTITY.error()
    return bill


async def _bill(ctx: RequestContext, body: schemas.AddTransaction, source: str, amount: Decimal) -> CheckedBill:
    number = str(body.bill_number if body.bill_number is not None else "").strip()
    if not number or len(number) > NUMBER_LENGTH_MAX:
        raise errors.INVALID_NUMBER.error()
    gross, discount = body.gross_amount, body.discount
    if gross is not None and gross < 0:
        raise errors.NEGATIVE_GROSS.error()
    if discount is not None and discount < 0:
        raise errors.NEGATIVE_DISCOUNT.error()
    if body.delivery_status is not None and body.delivery_status not in DELIVERY_STATUSES:
        raise invalid("deliveryStatus")
    outlier_status = body.outlier_status or "NORMAL"
    if outlier_status not in OUTLIER_STATUSES:
        raise invalid("outlierStatus")
    if len(body.line_items_v2) > LINES_MAX or len(body.payment_modes) > LINES_MAX:
        raise invalid(f"more than {LINES_MAX} lines")
    for text, longest in ((body.note, TEXT_LENGTH_MAX), (body.not_interested_reason, REASON_LENGTH_MAX)):
        if text is not None and len(text) > longest:
            raise errors.FIELD_TOO_LONG.error()
    billed_at = _billed_at(ctx, body)
    ids = ctx.resource(Ids)
    await ids.reserve(BILL=1, ITEM=len(body.line_items_v2) + len(body.payment_modes))
    return CheckedBill(
        id=ids.take(Family.BILL),
        number=number,
        type=body.type or "",
        amount=amount,
        gross=gross,
        discount=discount,
        billed_at=billed_at,
        billed_offset_minutes=_offset_minutes(ctx, body.billing_date, billed_at),
        source=source,
        outlier_status=outlier_status,
        delivery_status=body.delivery_status,
        note=body.note or "",
        not_interested_reason=body.not_interested_reason or "",
        currency_code=body.currency_code,
        custom_fields=body.custom_fields,
        extended_fields=body.extended_fields,
        items=tuple(_item(ids, serial, line) for serial, line in enumerate(body.line_items_v2, 1)),
        payments=tuple(_payment(ids, payment) for payment in body.payment_modes),
    )


def _offset_minutes(ctx: RequestContext, text: str | None, at: datetime) -> int:
    """The offset in which the time is shown again: the client's, or the organisation's where its own is dropped."""
    if not text:
        return 0
    if config_keys.MACHINE_TIME_UNCONVERTED.of(ctx.organization):
        return offset_minutes(at.astimezone(ctx.organization.zone).isoformat())
    return offset_minutes(text)


def _billed_at(ctx: RequestContext, body: schemas.AddTransaction) -> datetime:
    at = instant(ctx, body.billing_date)
    if at is None:
        return ctx.now
    if at > ctx.now + timedelta(days=config_keys.BILL_DAYS_AHEAD_MAX.of(ctx.organization)):
        raise errors.TOO_FAR_AHEAD.error()
    first = date.fromisoformat(config_keys.MIN_BILLING_DATE.of(ctx.organization))
    if at.astimezone(ctx.organization.zone).date() < first:
        raise errors.TOO_FAR_BEHIND.error()
    return at


def _item(ids: Ids, serial: int, line: schemas.LineItem) -> Item:
    quantity = line.qty
    rate, value = line.rate, line.value
    discount, amount = line.discount, line.amount
    for figure, error in (
        (quantity, errors.NEGATIVE_QUANTITY),
        (amount, errors.NEGATIVE_LINE_AMOUNT),
        (value, errors.NEGATIVE_LINE_VALUE),
        (rate, errors.NEGATIVE_LINE_RATE),
        (discount, errors.NEGATIVE_LINE_DISCOUNT),
    ):
        if figure is not None and figure < 0:
            raise error.error()
    if line.returnable_days is not None and line.returnable_days <= -1:
        raise errors.RETURNABLE_DAYS.error()
    if len(line.item_code or "") > REASON_LENGTH_MAX or len(line.description or "") > TEXT_LENGTH_MAX:
        raise errors.FIELD_TOO_LONG.error()
    return Item(
        id=ids.take(Family.ITEM),
        serial=serial if line.serial is None or not 0 <= line.serial < 2**31 else line.serial,
        item_code=line.item_code or "",
        description=line.description or "",
        quantity=Decimal(1) if quantity is None else quantity,
        rate=rate or _ZERO,
        value=value or _ZERO,
        discount=discount or _ZERO,
        amount=amount or _ZERO,
        details=_json.encode(_details(line)),
    )


def _details(line: schemas.LineItem) -> dict[str, Any]:
    """What of a line is kept and shown but not computed with; only what was sent."""
    kept = {
        "returnable": line.returnable,
        "returnableDays": line.returnable_days,
        "imgUrl": line.img_url,
        "attributes": line.attributes,
        "extendedFields": line.extended_fields,
        "customFields": line.custom_fields,
        "comboDetails": line.combo_details,
        "addOnDetails": line.add_on_details,
        "splitDetails": line.split_details,
    }
    return {name: value for name, value in kept.items() if value not in (None, {}, [])}


def _payment(ids: Ids, payment: schemas.PaymentMode) -> Payment:
    if not payment.mode:
        raise invalid("paymentModes.mode")
    if len(payment.notes) > PAYMENT_NOTES_LENGTH_MAX or len(payment.mode) > REASON_LENGTH_MAX:
        raise errors.FIELD_TOO_LONG.error()
    return Payment(
        id=ids.take(Family.ITEM),
        mode=payment.mode,
        value=payment.value or _ZERO,
        notes=payment.notes,
        attributes=payment.attributes,
    )
