"""A customer as v1.1 prints one: text for most figures, times in the organisation's zone (contract/01-customer-v1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from earnest.core.context import RequestContext
from earnest.core.decimals import plain
from earnest.core.errors import ApiError, ErrorCode
from earnest.core.http.v1_fields import Fields
from earnest.core.instants import local_text, parse_local
from earnest.core.messages import Message
from earnest.domains.customers import errors_v1 as errors
from earnest.domains.customers import schemas_v1 as schemas
from earnest.domains.customers.activities import sql
from earnest.domains.customers.record import CustomerRecord, Standing, tier_expires_at, upgrade_gap
from earnest.domains.customers.registration import Registered
from earnest.engine.outcome import Outcome
from earnest.engine.party import ZERO
from earnest.loyalty.programs import Programs

RECENT_BILLS_MAX = 10


def figure(value: Decimal) -> str:
    """A number as text: 26447.104, 0."""
    return format(plain(value), "f")


def item_status(code: ErrorCode, remarks: Sequence[Message] = ()) -> schemas.CustomerStatus:
    """The status of an item that succeeded: the texts of what was not done stand behind its own."""
    message = ", ".join([code.message, *(remark.message for remark in remarks)])
    warnings = schemas.Warnings([str(remark.code) for remark in remarks])
    return schemas.CustomerStatus("true", str(code.code), message, warnings)


def refused_status(error: ApiError) -> schemas.CustomerStatus:
    return schemas.CustomerStatus("false", str(error.code), error.message)


def total_points(record: CustomerRecord) -> Decimal:
    """Redeemable points in the default programme."""
    return ZERO if record.standing is None else plain(record.standing.wallet.spendable)


def lifetime_points(record: CustomerRecord) -> Decimal:
    return ZERO if record.standing is None else plain(record.standing.wallet.lifetime)


def lifetime_purchases(record: CustomerRecord) -> Decimal:
    return ZERO if record.standing is None else plain(record.standing.wallet.purchases)


def current_slab(record: CustomerRecord) -> str:
    return "" if record.standing is None else record.standing.tier.name


def tier_expiry_date(ctx: RequestContext, record: CustomerRecord) -> str:
    standing = record.standing
    zone = ctx.organization.zone
    return "" if standing is None else local_text(tier_expires_at(ctx, standing.enrolment), zone)


def points_summaries(ctx: RequestContext, record: CustomerRecord) -> schemas.PointsSummaries:
    """One element for each programme that the customer is enrolled in."""
    return schemas.PointsSummaries([_summary(ctx, standing) for standing in record.standings])


def _summary(ctx: RequestContext, standing: Standing, **details: Any) -> schemas.PointsSummary:
    wallet, tier, above = standing.wallet, standing.tier, standing.above
    return schemas.PointsSummary(
        program_id=str(standing.program.id),
        redeemed=figure(wallet.redeemed),
        expired=figure(wallet.expired),
        returned=figure(wallet.returned),
        adjusted=figure(ZERO),
        lifetime_points=figure(wallet.lifetime),
        loyalty_points=figure(wallet.spendable),
        cumulative_purchases=figure(wallet.purchases),
        current_slab=tier.name,
        next_slab=above.name if above else "",
        next_slab_serial_number=str(above.serial if above else -1),
        next_slab_description=above.description if above else "",
        slab_s_no=str(tier.serial),
        slab_expiry_date=local_text(tier_expires_at(ctx, standing.enrolment), ctx.organization.zone),
        **details,
    )


def subscriptions(record: CustomerRecord) -> schemas.SubscriptionViews:
    """What the customer has said for the whole organisation."""
    return schemas.SubscriptionViews(
        [
            schemas.SubscriptionView(one.channel, one.priority, "ALL", str(int(one.is_subscribed)))
            for one in record.subscriptions
            if one.org_unit_id == -1
        ]
    )


def fraud_details(ctx: RequestContext, record: CustomerRecord) -> schemas.FraudDetails:
    """The fraud status, the till that set it, and when."""
    fraud = record.fraud
    till = ctx.organization.entities_by_id.get(fraud.marked_by or 0)
    modified_on = _date_or_empty(ctx, fraud.marked_at)
    return schemas.FraudDetails(fraud.status, "" if till is None else till.code, modified_on, fraud.reason)


def side_effects(record: CustomerRecord, outcomes: Iterable[Outcome]) -> schemas.SideEffects:
    """Points that a registration or an update awarded."""
    awards = [
        award for outcome in outcomes for decision in outcome.decisions for award in decision.awards if award.points
    ]
    if not awards:
        return schemas.SideEffects([])
    awarded = sum((award.points for award in awards), ZERO)
    effect = schemas.PointsEffect(
        awarded_points=plain(awarded), total_points=total_points(record), customer_id=str(record.customer_id)
    )
    return schemas.SideEffects([effect])


def added(
    ctx: RequestContext, record: CustomerRecord, registered: Registered, *, with_reason: bool = True
) -> schemas.Customer:
    """The item of customer/add and of customer/update, which prints no reason of a fraud status."""
    zone = ctx.organization.zone
    done = errors.REGISTERED if registered.is_new else errors.UPDATED
    return schemas.Customer(
        user_id=record.customer_id,
        firstname=record.main.first_name,
        lastname=record.main.last_name,
        mobile=record.value_of("mobile"),
        email=record.value_of("email"),
        external_id=record.value_of("externalId"),
        lifetime_points=lifetime_points(record),
        loyalty_points=total_points(record),
        current_slab=current_slab(record),
        tier_expiry_date=tier_expiry_date(ctx, record),
        points_summaries=points_summaries(ctx, record),
        lifetime_purchases=lifetime_purchases(record),
        registered_on=local_text(record.registered_at, zone),
        updated_on=local_text(record.modified_at, zone),
        type=record.loyalty_type.upper(),
        source=record.main.source.lower(),
        fraud_status=record.fraud.status,
        reason=record.fraud.reason if with_reason else UNSET,
        custom_fields=Fields.of(record.main.fields),
        extended_fields=Fields.of(record.extended_fields),
        subscriptions=subscriptions(record),
        side_effects=side_effects(record, registered.outcomes),
        item_status=item_status(done, registered.remarks),
    )


def refused(item: schemas.AddCustomer, error: ApiError) -> schemas.Customer:
    """The item of customer/add for a customer who was not registered: what was sent, and why not."""
    return schemas.Customer(
        firstname=item.firstname or "",
        lastname=item.lastname or "",
        mobile=item.mobile or "",
        email=item.email or "",
        external_id=item.external_id or "",
        item_status=refused_status(error),
    )


async def details(
    ctx: RequestContext, record: CustomerRecord, query: schemas.GetCustomersQuery
) -> schemas.CustomerDetails:
    """The item of customer/get, with the blocks that the query asks for."""
    zone = ctx.organization.zone
    till = ctx.organization.entities_by_id.get(record.registered_by)
    store = None if till is None else ctx.organization.entities_by_id.get(till.store_id or 0)
    store_name = schemas.EntityName("" if store is None else store.code, "" if store is None else store.name)
    till_name = schemas.EntityName("" if till is None else till.code, "" if till is None else till.name)
    return schemas.CustomerDetails(
        firstname=record.main.first_name,
        lastname=record.main.last_name,
        mobile=record.value_of("mobile"),
        email=record.value_of("email"),
        external_id=record.value_of("externalId"),
        lifetime_points=lifetime_points(record),
        lifetime_purchases=lifetime_purchases(record),
        loyalty_points=total_points(record),
        current_slab=current_slab(record),
        registered_on=local_text(record.registered_at, zone),
        updated_on=local_text(record.modified_at, zone),
        type=record.loyalty_type.upper(),
        source=record.main.source.lower(),
        identifiers=[],
        gender=None,
        registered_by=store_name.name,
        registered_store=store_name if query.registered_store else UNSET,
        registered_till=till_name if query.registered_till else UNSET,
        user_groups2=[],
        fraud_details=fraud_details(ctx, record) if query.fraud_details else UNSET,
        trackers="",
        user_id=str(record.customer_id) if query.user_id else UNSET,
        slab_history=await _slab_history(ctx, record) if query.slab_history and query.mlp else UNSET,
        current_nps_status=None if query.next_slab else UNSET,
        custom_fields=Fields.of(record.main.fields),
        extended_fields=Fields.of(record.extended_fields),
        transactions=await _recent_bills(ctx, record, query) if query.transactions else UNSET,
        coupons=schemas.Coupons([]),
        notes=[],
        programs_list=await _programs_list(ctx) if query.program_summary else UNSET,
        points_summaries=_detailed_summaries(ctx, record, query) if query.mlp else UNSET,
        item_status=item_status(errors.RETRIEVED),
    )


def not_found(parameter: str, value: str, error: ApiError) -> schemas.CustomerDetails:
    """The item of customer/get for an identifier that leads to nobody."""
    return schemas.CustomerDetails(
        mobile=value if parameter == "mobile" else UNSET,
        email=value if parameter == "email" else UNSET,
        external_id=value if parameter == "external_id" else UNSET,
        item_status=refused_status(error),
    )


def _detailed_summaries(
    ctx: RequestContext, record: CustomerRecord, query: schemas.GetCustomersQuery
) -> schemas.PointsSummaries:
    return schemas.PointsSummaries(
        [
            _summary(
                ctx,
                standing,
                current_slab_description=standing.tier.description,
                delayed_points=figure(standing.wallet.promised),
                delayed_returned_points=figure(ZERO),
                total_available_points=figure(standing.wallet.spendable + standing.wallet.promised),
                total_returned_points=figure(standing.wallet.returned),
                program_title=standing.program.name,
                program_description=standing.program.description,
                program_points_to_currency_ratio=figure(standing.program.points_currency_ratio),
                linked_partner_programs=schemas.PartnerPrograms([]),
                gap_to_upgrade=_gap(ctx, standing, query.gap_to_upgrade_for),
            )
            for standing in record.standings
            if query.program_id in (None, standing.program.id)
        ]
    )


def _gap(ctx: RequestContext, standing: Standing, days: int | None) -> schemas.GapToUpgrade | msgspec.UnsetType:
    """What is missing to the next tier; unset in the highest one and when it was not asked for."""
    gap = None if days is None else upgrade_gap(standing)
    if gap is None or days is None:
        return UNSET
    until = (ctx.now.astimezone(ctx.organization.zone) + timedelta(days=days)).date().isoformat()
    strategy = schemas.UpgradeStrategy(
        upgrade_based_on=gap.based_on,
        upgrade_threshold=figure(gap.threshold),
        customer_upgrade_entity_values=schemas.UpgradeValues(figure(gap.value), figure(gap.missing), until),
    )
    return schemas.GapToUpgrade([strategy])


async def _slab_history(ctx: RequestContext, record: CustomerRecord) -> schemas.SlabHistory:
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("read_tier_history"), ctx.org_id, record.customer_id)
    programs = await ctx.resource(Programs).of(ctx.organization)
    entities = ctx.organization.entities_by_id
    changes = []
    for row in rows:
        program = programs.get(row["program_id"])
        if program is None:
            continue
        till = entities.get(row["till_id"] or 0)
        store = None if till is None else entities.get(till.store_id or 0)
        changes.append(
            schemas.SlabChange(
                to=program.tier(row["to_tier"]).name,
                from_=program.tier(row["from_tier"]).name,
                store=schemas.EntityName("" if store is None else store.code, "" if store is None else store.name),
                type=row["type"],
                changed_on=local_text(row["at"], ctx.organization.zone),
                to_tier_expiry_date=_date_or_empty(ctx, row["expires_at"]),
                from_tier_expiry_date=_date_or_empty(ctx, row["old_expires_at"]),
                program_id=str(program.id),
            )
        )
    return schemas.SlabHistory(changes)


def _date_or_empty(ctx: RequestContext, at: datetime | None) -> str:
    return "" if at is None else local_text(at, ctx.organization.zone)


async def _recent_bills(
    ctx: RequestContext, record: CustomerRecord, query: schemas.GetCustomersQuery
) -> schemas.RecentBills:
    """The latest bills that pass the filters of the query."""
    store = ctx.organization.store(query.store_code) if query.store_code else None
    till = ctx.organization.till(query.till_code) if query.till_code else None
    day = parse_local(query.date, ctx.organization.zone) if query.date else None
    type_ = (query.type or "ALL").upper()
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(
            sql.text("read_recent_bills"),
            ctx.org_id,
            record.customer_id,
            query.number or None,
            None if type_ == "ALL" else type_,
            None if not query.store_code else 0 if store is None else store.id,
            None if not query.till_code else 0 if till is None else till.id,
            query.amount,
            day,
            None if day is None else day + timedelta(days=1),
            RECENT_BILLS_MAX,
        )
    entities = ctx.organization.entities_by_id
    return schemas.RecentBills(
        [
            schemas.RecentBill(
                str(row["id"]),
                row["number"],
                row["type"],
                local_text(row["billed_at"], ctx.organization.zone),
                entities[row["store_id"]].name if row["store_id"] in entities else "",
            )
            for row in rows
        ]
    )


async def _programs_list(ctx: RequestContext) -> schemas.ProgramsList:
    programs = await ctx.resource(Programs).of(ctx.organization)
    return schemas.ProgramsList(
        [
            schemas.ListedProgram(
                program_id=str(program.id),
                program_name=program.name,
                program_description=program.description,
                is_default=str(program.is_default).lower(),
                points_to_currency_ratio=figure(program.points_currency_ratio),
            )
            for program in programs.values()
        ]
    )
