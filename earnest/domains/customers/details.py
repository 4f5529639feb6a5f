"""Reading a customer: profile, identifiers, channels and the embedded blocks (contract/02-customer-v2/05)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.core.tenancy import Entity
from earnest.domains.customers import errors, schemas
from earnest.domains.customers.activities import sql
from earnest.domains.customers.identifiers import ALL_SOURCES, SOURCES, account_of
from earnest.engine.party import Enrolment, Wallet
from earnest.engine.program.model import CriterionKind, Program
from earnest.loyalty.look import look
from earnest.loyalty.programs import Programs, default_program

# "No expiry" is printed as a hundred years after the tier began, as the documented examples do.
_NO_EXPIRY_YEARS = 100


class _Stored(msgspec.Struct, frozen=True):
    source: str
    account_id: str
    first_name: str
    last_name: str
    fields: dict[str, Any]
    comm_channels: list[dict[str, Any]]
    created_at: datetime
    created_by: int
    modified_at: datetime
    modified_by: int
    recorded_at: datetime


class _StoredIdentifier(msgspec.Struct, frozen=True):
    type: str
    value: str
    source: str
    account_id: str


async def get(ctx: RequestContext, customer_id: int, query: schemas.GetCustomerQuery) -> schemas.GetCustomerAnswer:
    """Profile, identifiers, channels and, as `embed` asks, balance and programmes (02-customer-v2/05)."""
    if not query.source:
        raise errors.NO_GET_SOURCE.error()
    if query.source != ALL_SOURCES and query.source not in SOURCES:
        raise errors.INVALID_GET_SOURCE.error()
    account_id = "" if query.source == ALL_SOURCES else account_of(query.source, query.account_id)
    snapshot = await look(ctx, customer_id)
    async with ctx.db.transaction() as connection:
        row = await connection.fetchrow(sql.text("read_customer"), ctx.org_id, customer_id)
    if row is None or snapshot is None:
        raise errors.NOT_FOUND.error()
    stored = msgspec.json.decode(row["profiles"], type=list[_Stored])
    if query.source != ALL_SOURCES:
        if not any((p.source, p.account_id) == (query.source, account_id) for p in stored):
            raise errors.NOT_IN_SOURCE.error()
        if query.included_only_current_profile:
            stored = [p for p in stored if (p.source, p.account_id) == (query.source, account_id)]
    identifiers = msgspec.json.decode(row["identifiers"] or "[]", type=list[_StoredIdentifier])
    embed = {part.strip() for part in query.embed.split(",")}
    loyalty_ids = msgspec.json.decode(row["loyalty_ids"] or "{}", type=dict[int, int])
    programs = await ctx.resource(Programs).of(ctx.organization)
    default = default_program(programs)
    party = snapshot.party
    summary = None
    if "points" in embed and default is not None and default.id in party.enrolments:
        summary = schemas.PointsSummary(
            **_summary(ctx, default, party.enrolments[default.id], party.wallets[default.id], loyalty_ids[default.id])
        )
    details = None
    if "mlp" in embed:
        details = [
            _details(
                ctx, programs[program_id], party.enrolments[program_id], party.wallets[program_id], loyalty_id, query
            )
            for program_id, loyalty_id in sorted(loyalty_ids.items())
            if program_id in programs
        ]
    attribution = _attribution(
        ctx, row["registered_at"], row["registered_by"], row["modified_at"], row["modified_by"], row["registered_from"]
    )
    return schemas.GetCustomerAnswer(
        id=customer_id,
        profiles=[_profile(ctx, customer_id, profile, identifiers) for profile in stored],
        loyalty_info=schemas.LoyaltyInfoView(
            row["loyalty_type"],
            attribution,
            sum((wallet.purchases for wallet in party.wallets.values()), Decimal(0)),
        ),
        points_summary=summary,
        loyalty_program_details=details,
        associated_with=row["associated_with"],
        extended_fields=msgspec.json.decode(row["extended_fields"]),
        warnings=[],
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
    ctx: RequestContext, customer_id: int, profile: _Stored, identifiers: list[_StoredIdentifier]
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


def _summary(
    ctx: RequestContext, program: Program, enrolment: Enrolment, wallet: Wallet, loyalty_id: int
) -> dict[str, Any]:
    tier = program.tier(enrolment.tier)
    above = program.tier(enrolment.tier + 1) if enrolment.tier < len(program.tiers) else None
    expires_at = enrolment.tier_expires_at
    if expires_at is None:
        since = (enrolment.tier_since or enrolment.enrolled_at).astimezone(ctx.organization.zone)
        day = 28 if (since.month, since.day) == (2, 29) else since.day
        expires_at = since.replace(
            year=since.year + _NO_EXPIRY_YEARS, day=day, hour=23, minute=59, second=59, microsecond=0
        ).astimezone(UTC)
    return {
        "redeemed": wallet.redeemed,
        "expired": wallet.expired,
        "returned": wallet.returned,
        "adjusted": Decimal(0),
        "lifetime_points": wallet.lifetime,
        "loyalty_points": wallet.spendable,
        "cumulative_purchases": wallet.purchases,
        "loyalty_id": loyalty_id,
        "current_slab": tier.name,
        "next_slab": above.name if above else "",
        "next_slab_serial_number": above.serial if above else -1,
        "next_slab_description": above.description if above else "",
        "slab_s_no": tier.serial,
        "slab_expiry_date": _local(ctx, expires_at),
    }


def _details(
    ctx: RequestContext,
    program: Program,
    enrolment: Enrolment,
    wallet: Wallet,
    loyalty_id: int,
    query: schemas.GetCustomerQuery,
) -> schemas.LoyaltyProgramDetails:
    return schemas.LoyaltyProgramDetails(
        **_summary(ctx, program, enrolment, wallet, loyalty_id),
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
        upgrade_strategies=None
        if query.gap_to_upgrade is None
        else _gaps(ctx, program, enrolment, wallet, query.gap_to_upgrade),
    )


_UPGRADE_BASES = {
    CriterionKind.LIFETIME_PURCHASES: "CUMULATIVE_PURCHASES",
    CriterionKind.LIFETIME_POINTS: "CUMULATIVE_POINTS",
    CriterionKind.CURRENT_POINTS: "CURRENT_POINTS",
}


def _gaps(
    ctx: RequestContext, program: Program, enrolment: Enrolment, wallet: Wallet, days: int
) -> list[schemas.UpgradeStrategy]:
    """What is missing to the next tier, valid for the `days` that the caller asked about."""
    upgrade = program.upgrade
    threshold = None if upgrade is None else upgrade.thresholds.get(enrolment.tier + 1)
    if upgrade is None or threshold is None:
        return []
    value = {
        CriterionKind.LIFETIME_PURCHASES: wallet.purchases,
        CriterionKind.LIFETIME_POINTS: wallet.lifetime,
        CriterionKind.CURRENT_POINTS: wallet.spendable,
    }[upgrade.criterion]
    until = (ctx.now.astimezone(ctx.organization.zone) + timedelta(days=days)).date().isoformat()
    return [
        schemas.UpgradeStrategy(
            _UPGRADE_BASES[upgrade.criterion],
            threshold,
            schemas.UpgradeValues(value, max(threshold - value, Decimal(0)), until),
        )
    ]
