"""Use cases of customers: add, look up, read."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.core.ids import Ids
from earnest.core.instants import parse_instant
from earnest.core.messages import Message, warning
from earnest.domains.customers import errors, schemas
from earnest.domains.customers.activities import NAMES, Added, AddProfiles, Names, NewProfile, Register
from earnest.domains.customers.details import get
from earnest.domains.customers.identifiers import (
    ALL_SOURCES,
    NAME_LENGTH_MAX,
    SOURCES,
    account_of,
    identified,
    normal,
    type_of,
)
from earnest.engine.events import EnrolmentGrant
from earnest.engine.party import LoyaltyType
from earnest.engine.program.model import Program
from earnest.loyalty import holders
from earnest.loyalty.look import find, look
from earnest.loyalty.process import Processor
from earnest.loyalty.programs import Programs, default_program
from earnest.loyalty.registry import Identified, KeyTaken

__all__ = [
    "ALL_SOURCES",
    "NAMES",
    "NOT_FOUND",
    "Names",
    "add",
    "get",
    "identified",
    "lookup",
    "named",
    "normal",
    "require",
]

NOT_FOUND = errors.NOT_FOUND

_CHANNELS = frozenset({"mobile", "email", "wechat", "ios", "android", "line", "whatsapp", "mobilePush"})
# Registration dates are accepted this far ahead of now (clocks of stores differ).
_AHEAD_MAX = timedelta(days=1)


async def add(
    ctx: RequestContext, body: schemas.AddCustomer, query: schemas.AddCustomerQuery
) -> schemas.AddCustomerAnswer:
    """Registers a customer, or adds profiles of further sources to one who is known elsewhere (02-customer-v2/01)."""
    warnings: list[Message] = []
    profiles = tuple(_checked(ctx, profile, warnings) for profile in body.profiles)
    if not profiles:
        raise errors.NO_SOURCE_ON_ADD.error()
    if len({(p.source, p.account_id) for p in profiles}) < len(profiles):
        raise errors.NO_VALID_IDENTIFIERS.error()
    registered_at = _registration_date(ctx, body.create_date)
    associated_with = _associated_with(ctx, body.associated_with, warnings)
    loyalty_type = _loyalty_type(body)
    grants = await _grants(ctx, body, query, loyalty_type)
    known = await _known(ctx, profiles)
    processor = ctx.resource(Processor)
    try:
        if known is not None:
            warnings.append(warning(errors.COMBINING))
            added = await processor.process(AddProfiles(ctx, customer_id=known, profiles=profiles))
        else:
            ids = ctx.resource(Ids)
            customer_id = await ids.one("HOLDER")
            added = await processor.process(
                Register(
                    ctx,
                    customer_id=customer_id,
                    profiles=profiles,
                    loyalty_type=loyalty_type,
                    registered_at=registered_at,
                    associated_with=associated_with,
                    extended_fields=body.extended_fields,
                    grants=grants,
                )
            )
    except KeyTaken as taken:
        # Somebody registered the same identifier between our look and our claim.
        await _known(ctx, profiles)
        raise errors.CONFLICTING.error() from taken
    return schemas.AddCustomerAnswer(added.customer_id, warnings, _side_effects(added))


def _checked(ctx: RequestContext, profile: schemas.Profile, warnings: list[Message]) -> NewProfile:
    if not profile.source:
        raise errors.NO_SOURCE_ON_ADD.error()
    if profile.source not in SOURCES:
        raise errors.INVALID_SOURCE_ON_ADD.error()
    account_id = account_of(profile.source, profile.account_id)
    identifiers: dict[str, str] = {}
    for identifier in profile.identifiers:
        type_ = type_of(identifier.type or "")
        if type_ is None or type_ == "id":
            raise errors.INVALID_IDENTIFIER_NAME.error()
        value = normal(ctx.organization, type_, str(identifier.value if identifier.value is not None else ""))
        if value is not None:
            identifiers[type_] = value
        elif type_ == ctx.organization.primary_identifier:
            raise errors.INVALID_PRIMARY.error(identifier=type_)
        elif type_ == "email":
            warnings.append(warning(errors.INVALID_EMAIL))
        elif type_ == "mobile":
            warnings.append(warning(errors.INVALID_MOBILE))
    if not identifiers:
        raise errors.NO_VALID_IDENTIFIERS.error()
    return NewProfile(
        source=profile.source,
        account_id=account_id,
        first_name=(profile.first_name or "")[:NAME_LENGTH_MAX],
        last_name=(profile.last_name or "")[:NAME_LENGTH_MAX],
        identifiers=tuple(sorted(identifiers.items())),
        comm_channels=_channels(ctx, profile, warnings),
        fields=profile.fields,
    )


def _channels(ctx: RequestContext, profile: schemas.Profile, warnings: list[Message]) -> list[dict[str, Any]]:
    channels: list[dict[str, Any]] = []
    for channel in profile.comm_channels:
        if channel.type not in _CHANNELS:
            raise errors.INVALID_CHANNEL.error()
        text = str(channel.value if channel.value is not None else "")
        value = normal(ctx.organization, channel.type, text) if channel.type in ("mobile", "email") else text
        if value is None:
            code = errors.INVALID_CHANNEL_EMAIL if channel.type == "email" else errors.INVALID_CHANNEL_MOBILE
            warnings.append(warning(code))
            continue
        kept = msgspec.to_builtins(channel)
        kept["value"] = value
        kept["meta"] = msgspec.to_builtins(channel.meta or schemas.ChannelMeta())
        channels.append({name: item for name, item in kept.items() if item is not None})
    return channels


def _registration_date(ctx: RequestContext, text: str | None) -> datetime:
    if not text:
        return ctx.now
    at = parse_instant(text, ctx.organization.zone)
    if at is None or at > ctx.now + _AHEAD_MAX or at.year < 1900:
        raise errors.INVALID_REGISTRATION_DATE.error()
    return at


def _associated_with(ctx: RequestContext, code: str | None, warnings: list[Message]) -> str:
    if code and ctx.organization.till(code) is None:
        warnings.append(warning(errors.INVALID_ASSOCIATED_WITH))
        return ctx.till.code
    return code or ctx.till.code


def _loyalty_type(body: schemas.AddCustomer) -> LoyaltyType:
    if body.loyalty_info is None or body.loyalty_info.loyalty_type is None:
        return LoyaltyType.LOYALTY
    try:
        return LoyaltyType(body.loyalty_info.loyalty_type.lower())
    except ValueError as error:
        raise errors.NO_VALID_IDENTIFIERS.error() from error


async def _grants(
    ctx: RequestContext, body: schemas.AddCustomer, query: schemas.AddCustomerQuery, loyalty_type: LoyaltyType
) -> tuple[EnrolmentGrant, ...]:
    """What to enrol in: the programmes asked for, all of them with mlp_single_enroll, else the default one."""
    if loyalty_type is LoyaltyType.NON_LOYALTY:
        return ()
    programs = await ctx.resource(Programs).of(ctx.organization)
    grants: dict[int, EnrolmentGrant] = {}
    for enrollment in body.loyalty_program_enrollments:
        program = programs.get(enrollment.program_id or 0)
        if program is None:
            raise errors.INVALID_PROGRAM.error()
        grants[program.id] = _grant(ctx, program, enrollment)
    if query.mlp_single_enroll:
        for program_id in programs:
            grants.setdefault(program_id, EnrolmentGrant(program_id=program_id))
    if not grants:
        default = default_program(programs)
        if default is not None:
            grants[default.id] = EnrolmentGrant(program_id=default.id)
    return tuple(grants[program_id] for program_id in sorted(grants))


def _grant(ctx: RequestContext, program: Program, enrollment: schemas.Enrollment) -> EnrolmentGrant:
    tier = 1 if enrollment.tier_number is None else enrollment.tier_number
    if not 1 <= tier <= len(program.tiers):
        raise errors.INVALID_TIER.error()
    points = enrollment.loyalty_points or Decimal(0)
    if points < 0:
        raise errors.INVALID_INPUT_POINTS.error()
    return EnrolmentGrant(
        program_id=program.id,
        tier=tier,
        tier_expires_at=_date(ctx, enrollment.tier_expiry_date),
        points=points,
        points_expire_at=_date(ctx, enrollment.points_expiry_date),
    )


def _date(ctx: RequestContext, text: str | None) -> datetime | None:
    if not text:
        return None
    at = parse_instant(text, ctx.organization.zone)
    if at is None:
        raise errors.INVALID_REGISTRATION_DATE.error()
    return at


async def _known(ctx: RequestContext, profiles: tuple[NewProfile, ...]) -> int | None:
    """The customer who has one of these identifiers on another source; 8006 when on the same one, 8052 when they are two."""
    wanted = sorted({pair for profile in profiles for pair in profile.identifiers})
    async with ctx.db.transaction() as connection:
        found = await holders.find(connection, ctx.org_id, wanted)
    ids: set[int] = set()
    for position, holder_id, source, account_id in found:
        for profile in profiles:
            if (profile.source, profile.account_id) == (source, account_id) and wanted[position] in profile.identifiers:
                raise errors.ALREADY_EXISTS.error(id=holder_id)
        ids.add(holder_id)
    if len(ids) > 1:
        raise errors.CONFLICTING.error()
    return next(iter(ids), None)


def _side_effects(added: Added) -> list[schemas.PointsSideEffect]:
    awards = [award for decision in added.outcome.decisions for award in decision.awards if award.points]
    if not awards:
        return []
    return [
        schemas.PointsSideEffect(
            raw_awarded_points=sum((award.raw for award in awards), Decimal(0)),
            customer_id=added.customer_id,
            awarded_points=sum((award.points for award in awards), Decimal(0)),
        )
    ]


async def named(ctx: RequestContext, query: schemas.LookupQuery) -> int:
    """The id of the customer that documented lookup parameters name. 8015 or 8065 when there is none."""
    who = identified(
        ctx.organization,
        source=query.source,
        account_id=query.account_id,
        name=query.identifier_name,
        value=query.identifier_value,
    )
    return await require(ctx, who)


async def require(ctx: RequestContext, who: Identified) -> int:
    """The customer's id. 8015 when nobody has the identifier, 8065 when only on other sources."""
    if who.type == "id":
        if await look(ctx, int(who.value)) is None:
            raise errors.NOT_FOUND.error()
        return int(who.value)
    found = await find(ctx, who)
    if found is not None:
        return found
    elsewhere = await find(ctx, Identified(who.type, who.value, ALL_SOURCES))
    raise (errors.NOT_FOUND if elsewhere is None else errors.NOT_IN_SOURCE).error()


async def lookup(ctx: RequestContext, query: schemas.LookupQuery) -> schemas.LookupAnswer:
    """Resolves an identifier to the customer id (03-customer-lookup/03)."""
    return schemas.LookupAnswer(await named(ctx, query), [])
