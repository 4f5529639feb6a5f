"""Bills as v1.1 prints them: amounts as text, times in the organisation's zone (contract/05-transaction-v1)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec import UNSET

from earnest.core.context import RequestContext
from earnest.core.decimals import plain
from earnest.core.errors import ApiError
from earnest.core.http.v1_batch import ItemStatus
from earnest.core.http.v1_fields import Attributes, Fields
from earnest.core.instants import local_text
from earnest.domains.customers import service as customers
from earnest.domains.transactions import errors_v1 as codes
from earnest.domains.transactions import schemas_v1 as wire
from earnest.domains.transactions.bills import StoredBill, StoredItem
from earnest.domains.transactions.v1_bills import BookedBill
from earnest.engine.outcome import ChangeTier
from earnest.engine.party import ZERO
from earnest.loyalty.programs import Programs

_DELIVERED = "DELIVERED"
_NOBODY = wire.BillCustomer(mobile="", firstname="", lastname="", email="", external_id="")


async def added(
    ctx: RequestContext, item: wire.AddTransaction, bill: BookedBill, record: customers.CustomerRecord | None
) -> wire.Transaction:
    """The item of transaction/add for a stored bill; `record` None: it is nobody's."""
    booked = bill.booked
    is_return = booked.bill.type == "RETURN"
    # "Transaction added successfully,Mobile update is not allowed" (_notes.md).
    message = ",".join([codes.ADDED.message, *(remark.message for remark in bill.remarks)])
    return wire.Transaction(
        id=booked.bill.id,
        shipping_source_till_code="",
        number=booked.bill.number,
        bill_client_id=item.bill_client_id or "",
        type=booked.bill.type,
        delivery_status=booked.bill.delivery_status or _DELIVERED,
        parent_bill_number=item.parent_bill_number or "",
        outlier_status=booked.bill.outlier_status,
        customer=_NOBODY if record is None else _customer(ctx, record),
        side_effects=wire.SideEffects([]) if record is None else await _side_effects(ctx, bill, record),
        points_deducted=plain(booked.outcome.taken_back) if is_return else UNSET,
        points_balance=customers.total_points(record) if is_return and record is not None else UNSET,
        source=(item.source or "").strip().upper(),
        custom_fields=Fields.of(booked.bill.custom_fields),
        extended_fields=Fields.of(booked.bill.extended_fields),
        item_status=ItemStatus("true", codes.ADDED.code, message),
    )


def refused(item: wire.AddTransaction, error: ApiError) -> wire.Transaction:
    """The item of transaction/add for a bill that was not stored: what was sent, and why not."""
    given = item.customer
    return wire.Transaction(
        number=item.number or "",
        bill_client_id=item.bill_client_id or "",
        type=(item.type or "").upper(),
        customer=wire.BillCustomer(
            mobile=given.mobile or "",
            firstname=given.firstname or "",
            lastname=given.lastname or "",
            email=given.email or "",
            external_id=given.external_id or "",
        ),
        item_status=ItemStatus.of(error, success=False),
    )


def _customer(ctx: RequestContext, record: customers.CustomerRecord) -> wire.BillCustomer:
    zone = ctx.organization.zone
    return wire.BillCustomer(
        user_id=str(record.customer_id),
        mobile=record.value_of("mobile"),
        firstname=record.main.first_name,
        lastname=record.main.last_name,
        email=record.value_of("email"),
        external_id=record.value_of("externalId"),
        lifetime_points=customers.figure(customers.lifetime_points(record)),
        loyalty_points=customers.figure(customers.total_points(record)),
        current_slab=customers.current_slab(record),
        tier_expiry_date=customers.tier_expiry_date(ctx, record),
        points_summaries=customers.points_summaries(ctx, record),
        lifetime_purchases=customers.figure(customers.lifetime_purchases(record)),
        type=record.loyalty_type.upper(),
        source=record.main.source.lower(),
        registered_on=local_text(record.registered_at, zone),
        updated_on=local_text(record.modified_at, zone),
    )


async def _side_effects(ctx: RequestContext, bill: BookedBill, record: customers.CustomerRecord) -> wire.SideEffects:
    """Points awarded per programme, and changes of tier; a return tells what it took back elsewhere."""
    programs = await ctx.resource(Programs).of(ctx.organization)
    balances = {standing.program.id: plain(standing.wallet.spendable) for standing in record.standings}
    effects: list[wire.Effect] = []
    for outcome in (*bill.registration, bill.booked.outcome):
        effects.extend(
            wire.Effect(
                awarded_points=plain(decision.points),
                total_points=balances.get(decision.program_id, ZERO),
                customer_id=str(record.customer_id),
                is_referrer="false",
                type="points",
            )
            for decision in outcome.decisions
            if decision.awards
        )
        effects.extend(
            wire.Effect(
                previous_slab_name=programs[effect.program_id].tier(effect.from_tier).name,
                previous_slab_number=str(effect.from_tier),
                upgraded_slab_name=programs[effect.program_id].tier(effect.to_tier).name,
                upgraded_slab_number=str(effect.to_tier),
                type="slab",
            )
            for effect in outcome.effects
            if isinstance(effect, ChangeTier)
        )
    return wire.SideEffects(effects)


async def found(ctx: RequestContext, bill: StoredBill, query: wire.GetTransactionsQuery) -> wire.FoundTransaction:
    """The item of transaction/get for a stored bill."""
    entities, zone = ctx.organization.entities_by_id, ctx.organization.zone
    till, store = entities.get(bill.till_id), entities.get(bill.store_id)
    till_code = "" if till is None else till.code
    is_return = bill.type.endswith("RETURN")
    note = bill.details.get("creditNote")
    return wire.FoundTransaction(
        customer=UNSET if bill.holder_id is None else await _found_customer(ctx, bill.holder_id, query.user_id),
        billing_till=wire.EntityName(till_code, "" if till is None else till.name),
        billing_store=wire.EntityName("" if store is None else store.code, "" if store is None else store.name),
        id=str(bill.id),
        number=bill.number,
        type=bill.type,
        return_type=bill.return_kind or "" if is_return else UNSET,
        parent_bill_number=bill.details.get("returnNumber", "") if is_return else UNSET,
        outlier_status=bill.outlier_status,
        store=till_code,
        delivery_status=bill.delivery_status or _DELIVERED,
        source=bill.source.lower(),
        custom_fields=Fields.of(bill.custom_fields),
        extended_fields=Fields.of(bill.extended_fields),
        amount=_money(ctx, bill.amount),
        billing_time=local_text(bill.billed_at, zone),
        auto_update_time=local_text(bill.recorded_at, zone),
        gross_amount=_money(ctx, bill.gross),
        discount=_money(ctx, bill.discount),
        notes=bill.note,
        payment_details=_payments(ctx, bill) if query.tenders or query.tender else UNSET,
        credit_notes=credit_notes(ctx, note) if query.credit_notes else UNSET,
        line_items=wire.FoundLines([_line(ctx, bill, item) for item in bill.items]),
        item_status=ItemStatus.of(codes.RETRIEVED, success=True),
    )


def not_found(parameter: str, value: str, error: ApiError) -> wire.FoundTransaction:
    """The item of transaction/get for an id or number that leads to no bill."""
    return wire.FoundTransaction(
        id=value if parameter == "id" else UNSET,
        number=value if parameter == "number" else UNSET,
        item_status=ItemStatus.of(error, success=False),
    )


async def _found_customer(ctx: RequestContext, customer_id: int, with_id: bool) -> wire.FoundCustomer:
    record = await customers.record(ctx, customer_id)
    return wire.FoundCustomer(
        user_id=str(customer_id) if with_id else UNSET,
        mobile=record.value_of("mobile"),
        first_name=record.main.first_name,
        last_name=record.main.last_name,
        email=record.value_of("email"),
        external_id=record.value_of("externalId"),
        source=record.main.source.lower(),
    )


def _money(ctx: RequestContext, amount: Decimal | None) -> str:
    """An amount with the decimals of the organisation's currency: 5160.00."""
    return format((amount or ZERO).quantize(Decimal(1).scaleb(-ctx.organization.currency_decimals)), "f")


def _line(ctx: RequestContext, bill: StoredBill, item: StoredItem) -> wire.FoundLine:
    details = item.details
    return wire.FoundLine(
        type=bill.type,
        outlier_status=bill.outlier_status,
        serial=str(item.serial),
        item_code=item.item_code,
        description=item.description,
        qty=format(item.quantity.quantize(Decimal(1), ROUND_HALF_UP), "f"),
        rate=_money(ctx, item.rate),
        value=_money(ctx, item.value),
        discount=_money(ctx, item.discount),
        img_url=details.get("imgUrl", ""),
        amount=_money(ctx, item.amount),
        returnable=str(details.get("returnable", True)).lower(),
        returnable_days=str(details.get("returnableDays", -1)),
        extended_fields=Fields.of(details.get("extendedFields", {})),
        combo_items=wire.ComboItems(_parts(details.get("comboDetails", []))),
        addon_items=wire.AddonItems(_parts(details.get("addOnDetails", []))),
        split_items=wire.SplitItems(_parts(details.get("splitDetails", []))),
        attributes=Attributes.of(details.get("attributes", {})),
    )


def _parts(parts: Sequence[dict[str, Any]]) -> list[wire.Part]:
    return [
        wire.Part(_text(part.get("itemCode")), _text(part.get("quantity")), _text(part.get("description")))
        for part in parts
    ]


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _payments(ctx: RequestContext, bill: StoredBill) -> wire.FoundPayments:
    return wire.FoundPayments(
        [
            wire.FoundPayment(
                payment.mode, _money(ctx, payment.value), payment.notes, Attributes.of(payment.attributes)
            )
            for payment in bill.payments
        ]
    )


def credit_notes(ctx: RequestContext, note: dict[str, Any] | None) -> wire.FoundCreditNotes:
    """The credit note that was issued with a bill, as a list of at most one."""
    if note is None:
        return wire.FoundCreditNotes([])
    amount = Decimal(str(note.get("amount", 0)))
    return wire.FoundCreditNotes(
        [wire.FoundCreditNote(_money(ctx, amount), note.get("number", ""), note.get("notes", ""))]
    )
