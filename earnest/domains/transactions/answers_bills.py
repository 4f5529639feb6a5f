"""A stored bill as v2 prints it (contract/06-transaction-v2/05). Times are in the organisation's zone, with its offset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import UNSET, UnsetType

from earnest.core.context import RequestContext
from earnest.core.decimals import plain
from earnest.domains.transactions import schemas_bills as wire
from earnest.domains.transactions.bills import ReturnedItem, StoredBill, StoredItem
from earnest.engine.party import ZERO

DELIVERED = "DELIVERED"
# Statuses of bills that are none: they were entered by mistake.
_INVALID = frozenset({"DELETED", "FAILED", "INVALID"})


def local(ctx: RequestContext, at: datetime) -> datetime:
    return at.astimezone(ctx.organization.zone).replace(microsecond=0)


def entity(ctx: RequestContext, entity_id: int, type_: str = "TILL") -> wire.EntityView:
    found = ctx.organization.entities_by_id.get(entity_id)
    if found is None:
        return wire.EntityView(id=entity_id, code="", description="", name="", type=type_, is_active=False)
    return wire.EntityView(
        id=found.id,
        code=found.code,
        description=found.description,
        name=found.name,
        type=found.type,
        is_active=found.is_active,
    )


def attribution(ctx: RequestContext, bill: StoredBill) -> wire.Attribution:
    """Where and when the bill was made, and who changed it last."""
    return wire.Attribution(
        local(ctx, bill.billed_at),
        entity(ctx, bill.till_id),
        wire.Nothing() if bill.updated_by is None else entity(ctx, bill.updated_by),
        local(ctx, bill.updated_at or bill.recorded_at),
    )


def offset_text(minutes: int) -> str:
    """+05:30"""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def credit_note(bill: StoredBill) -> wire.CreditNote | UnsetType:
    note = bill.details.get("creditNote")
    if not note:
        return UNSET
    return wire.CreditNote(
        amount=Decimal(str(note.get("amount", 0))),
        notes=note.get("notes", ""),
        number=note.get("number", ""),
        validity=note.get("validity", UNSET),
    )


def _return_details(bill: StoredBill) -> wire.ReturnDetails:
    if not bill.is_return:
        return wire.ReturnDetails()
    return wire.ReturnDetails(
        return_type=bill.return_kind or UNSET,
        parent_transaction_id=bill.parent_bill_id or UNSET,
    )


def bill(
    ctx: RequestContext,
    stored: StoredBill,
    returned: Sequence[ReturnedItem] = (),
    *,
    tenders: bool = False,
    credit_notes: bool = False,
) -> wire.Bill:
    """The bill with its lines; `returned` are the lines of its returns."""
    return wire.Bill(
        attribution=attribution(ctx, stored),
        bill_details=wire.BillDetails(
            amount=plain(stored.amount),
            billing_store=entity(ctx, stored.store_id, "STORE"),
            bill_number=stored.number,
            billing_time=local(ctx, stored.billed_at),
            discount=plain(stored.discount or ZERO),
            gross_amount=plain(stored.gross or ZERO),
            note=stored.note,
            return_details=_return_details(stored),
            invalid_bill=stored.outlier_status in _INVALID,
            billing_time_input_offset=offset_text(stored.billed_offset_minutes),
            not_interested_reason=stored.not_interested_reason or UNSET,
        ),
        credit_note=credit_note(stored) if credit_notes else UNSET,
        custom_fields=stored.custom_fields,
        customer_id=UNSET if stored.holder_id is None else stored.holder_id,
        id=stored.id,
        line_items=[_line(ctx, stored, item, returned) for item in stored.items],
        outlier_status=stored.outlier_status,
        payment_modes=_payments(stored) if tenders else UNSET,
        type=stored.type,
        ignore_points=bool(stored.details.get("ignorePoints")),
        extended_fields=stored.extended_fields,
        auto_update_time=local(ctx, stored.updated_at or stored.recorded_at),
        basket_size=plain(sum((item.quantity for item in stored.items), ZERO)),
        return_details=_return_details(stored),
        source=stored.source.lower(),
        delivery_status=stored.delivery_status or DELIVERED,
    )


def _payments(stored: StoredBill) -> list[wire.Payment]:
    return [
        wire.Payment(
            plain(payment.value),
            [{name: value} for name, value in payment.attributes.items()],
            payment.id,
            payment.mode,
            payment.notes,
        )
        for payment in stored.payments
    ]


def _line(ctx: RequestContext, stored: StoredBill, item: StoredItem, returned: Sequence[ReturnedItem]) -> wire.Line:
    details = item.details
    attributes: dict[str, Any] = details.get("attributes", {})
    taken_back = [_taken_back(ctx, one) for one in returned if one.parent_item_id == item.id]
    is_anonymous = stored.type.startswith("NOT_INTERESTED")
    return wire.Line(
        id=item.id,
        customer_id=stored.holder_id or 0,
        details=wire.LineDetails(
            amount=plain(item.amount),
            description=item.description,
            discount=plain(item.discount),
            item_code=item.item_code,
            qty=plain(item.quantity),
            rate=plain(item.rate),
            serial=item.serial,
            value=plain(item.value),
            returnable=details.get("returnable", True),
            returnable_days=details.get("returnableDays", -1),
            img_url=details.get("imgUrl", UNSET),
            attributes=attributes,
            extended_fields=details.get("extendedFields", {}),
            custom_fields=details.get("customFields", UNSET),
            combo_details=details.get("comboDetails", UNSET),
            attributes_set=[{name: value} for name, value in attributes.items()],
        ),
        outlier_status=details.get("outlierStatus", stored.outlier_status),
        return_line_items=[] if is_anonymous else taken_back,
        ni_return_line_items=taken_back if is_anonymous else [],
        addon_details=details.get("addOnDetails", []),
        split_items_details=details.get("splitDetails", []),
        ni_return=stored.type == "NOT_INTERESTED_RETURN",
    )


def _taken_back(ctx: RequestContext, one: ReturnedItem) -> wire.ReturnedLine:
    return wire.ReturnedLine(
        one.id,
        one.bill_id,
        one.number,
        one.return_kind or "",
        local(ctx, one.billed_at),
        plain(one.quantity),
        plain(one.amount),
    )
