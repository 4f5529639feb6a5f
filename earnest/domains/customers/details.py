"""Reading a customer: profile, identifiers, channels and the embedded blocks (contract/02-customer-v2/05)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from earnest.core.context import RequestContext
from earnest.core.tenancy import Entity
from earnest.domains.customers import errors, schemas, status, subscriptions
from earnest.domains.customers.identifiers import ALL_SOURCES, SOURCES, account_of
from earnest.domains.customers.record import (
    CustomerRecord,
    Standing,
    StoredIdentifier,
    StoredProfile,
    read,
    tier_expires_at,
    upgrade_gap,
)


async def get(ctx: RequestContext, customer_id: int, query: schemas.GetCustomerQuery) -> schemas.GetCustomerAnswer:
    """Profile, identifiers, channels and, as `embed` asks, balance and programmes (02-customer-v2/05)."""
    if not query.source:
        raise errors.NO_GET_SOURCE.error()
    if query.source != ALL_SOURCES and query.source not in SOURCES:
        raise errors.INVALID_GET_SOURCE.error()
    account_id = "" if query.source == ALL_SOURCES else account_of(query.source, query.account_id)
    record = await read(ctx, customer_id)
    if record is None:
        raise errors.NOT_FOUND.error()
    profiles = record.profiles
    if query.source != ALL_SOURCES:
        asked = record.profile(query.source, account_id)
        if asked is None:
            raise errors.NOT_IN_SOURCE.error()
        if query.included_only_current_profile:
            profiles = [asked]
    embed = {part.strip() for part in query.embed.split(",")}
    summary = None
    if "points" in embed and record.standing is not None:
        summary = schemas.PointsSummary(**_summary(ctx, record.standing))
    blocks: dict[str, Any] = {}
    if "subscriptions" in embed:
        blocks["subscription_info"] = schemas.SubscriptionInfo(subscriptions.states(record.subscriptions))
    if query.included_fraud_details:
        blocks["fraud_details"] = _fraud_details(ctx, record)
    if "customerStatus" in embed:
        blocks["customer_status"] = status.current(ctx, record)
    if "alternateCurrencies" in embed:
        # No programme has another currency than points.
        blocks["alternate_currency_details"] = []
    if query.ug2_pagination_details:
        # There are no user groups that the customer could have joined.
        blocks["ug2_pagination"] = schemas.Ug2Pagination(query.ug2_limit, query.ug2_offset, 0)
    details = None
    if "mlp" in embed:
        details = [_details(ctx, standing, query) for standing in record.standings]
    attribution = _attribution(
        ctx,
        record.registered_at,
        record.registered_by,
        record.modified_at,
        record.modified_by,
        record.registered_from,
    )
    return schemas.GetCustomerAnswer(
        id=customer_id,
        profiles=[_profile(ctx, customer_id, profile, record.identifiers) for profile in profiles],
        loyalty_info=schemas.LoyaltyInfoView(
            record.loyalty_type,
            attribution,
            sum((wallet.purchases for wallet in record.party.wallets.values()), Decimal(0)),
        ),
        points_summary=summary,
        loyalty_program_details=details,
        segments={},
        card_details=[],
        associated_with=record.associated_with,
        extended_fields=record.extended_fields,
        warnings=[],
        **blocks,
    )


def _fraud_details(ctx: RequestContext, record: CustomerRecord) -> schemas.FraudDetails:
    fraud = record.fraud
    return schemas.FraudDetails(
        schemas.Nobody() if fraud.marked_by is None else _entity(ctx, fraud.marked_by),
        None if fraud.marked_at is None else _local(ctx, fraud.marked_at),
        fraud.status,
    )


def _local(ctx: RequestContext, at: datetime) -> datetime:
    return at.astimezone(ctx.organization.zone).replace(microsecond=0)


def _entity(ctx: RequestContext, entity_id: int) -> schemas.EntityRef:
    entity: Entity | None = ctx.organization.entities_by_id.get(entity_id)
    if entity is None:
        return schemas.EntityRef(entity_id, "", "", "TILL")
    return schemas.EntityRef(entity.id, entity.code, entity.name, entity.type)


def _attribution(
    ctx: RequestContext,
    created_at: datetime,
    created_by: int,
    modified_at: datetime,
    modified_by: int,
    source: str | None,
) -> schemas.Attribution:
    return schemas.Attribution(
        _local(ctx, created_at), _entity(ctx, created_by), _entity(ctx, modified_by), _local(ctx, modified_at), source
    )


def _profile(
    ctx: RequestContext, customer_id: int, profile: StoredProfile, identifiers: list[StoredIdentifier]
) -> schemas.ProfileView:
    everywhere = {(i.type, i.value) for i in identifiers}
    here = [
        schemas.IdentifierView(i.type, i.value)
        for i in identifiers
        if (i.source, i.account_id) == (profile.source, profile.account_id)
    ]
    return schemas.ProfileView(
        first_name=profile.first_name,
        last_name=profile.last_name,
        attribution=_attribution(
            ctx, profile.created_at, profile.created_by, profile.modified_at, profile.modified_by, None
        ),
        fields=profile.fields,
        all_fields=profile.fields,
        identifiers=here,
        comm_channels=profile.comm_channels,
        source=profile.source,
        user_id=customer_id,
        account_id=profile.account_id,
        conflicting_profile_list=[],
        auto_update_time=_local(ctx, profile.recorded_at),
        identifiers_all=[schemas.IdentifierView(t, v) for t, v in sorted(everywhere)],
    )


def _summary(ctx: RequestContext, standing: Standing) -> dict[str, Any]:
    wallet, tier, above = standing.wallet, standing.tier, standing.above
    return {
        "redeemed": wallet.redeemed,
        "expired": wallet.expired,
        "returned": wallet.returned,
        "adjusted": Decimal(0),
        "lifetime_points": wallet.lifetime,
        "loyalty_points": wallet.spendable,
        "cumulative_purchases": wallet.purchases,
        "loyalty_id": standing.loyalty_id,
        "current_slab": tier.name,
        "next_slab": above.name if above else "",
        "next_slab_serial_number": above.serial if above else -1,
        "next_slab_description": above.description if above else "",
        "slab_s_no": tier.serial,
        "slab_expiry_date": _local(ctx, tier_expires_at(ctx, standing.enrolment)),
    }


def _details(ctx: RequestContext, standing: Standing, query: schemas.GetCustomerQuery) -> schemas.LoyaltyProgramDetails:
    program, wallet = standing.program, standing.wallet
    return schemas.LoyaltyProgramDetails(
        **_summary(ctx, standing),
        program_id=program.id,
        delayed_points=wallet.promised,
        delayed_returned_points=Decimal(0),
        delayed_expired_points=Decimal(0),
        total_available_points=wallet.spendable + wallet.promised,
        total_returned_points=wallet.returned,
        linked_partner_programs=[],
        program_title=program.name,
        program_description=program.description,
        program_points_to_currency_ratio=program.points_currency_ratio,
        upgrade_strategies=None if query.gap_to_upgrade is None else _gaps(ctx, standing, query.gap_to_upgrade),
    )


def _gaps(ctx: RequestContext, standing: Standing, days: int) -> list[schemas.UpgradeStrategy]:
    """What is missing to the next tier, valid for the `days` that the caller asked about."""
    gap = upgrade_gap(standing)
    if gap is None:
        return []
    until = (ctx.now.astimezone(ctx.organization.zone) + timedelta(days=days)).date().isoformat()
    return [
        schemas.UpgradeStrategy(
            gap.based_on,
            gap.threshold,
            schemas.UpgradeValues(gap.value, gap.missing, until),
        )
    ]
