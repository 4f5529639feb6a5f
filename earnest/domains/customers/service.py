"""Use cases of customers: add, look up, read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
from msgspec import UNSET

from earnest.core import config_keys
from earnest.core.config_keys.status_labels import StatusLabel
from earnest.core.context import RequestContext
from earnest.core.errors import CUSTOMER_BUSY
from earnest.core.ids import Ids
from earnest.core.instants import parse_instant
from earnest.core.messages import Message, warning
from earnest.domains.customers import errors, schemas, updates
from earnest.domains.customers.activities import NAMES, Added, AddProfiles, Names, NewProfile, Register
from earnest.domains.customers.answers_v1 import (
    current_slab,
    figure,
    lifetime_points,
    lifetime_purchases,
    points_summaries,
    tier_expiry_date,
    total_points,
)
from earnest.domains.customers.channels import checked_channels
from earnest.domains.customers.details import get
from earnest.domains.customers.enrolling import grants_of
from earnest.domains.customers.identifiers import (
    ALL_SOURCES,
    NAME_LENGTH_MAX,
    SOURCES,
    account_of,
    identified,
    normal,
    type_of,
)
from earnest.domains.customers.record import CustomerRecord, Standing, tier_expires_at
from earnest.domains.customers.record import read as read_record
from earnest.domains.customers.registration import Registered, Registration, register, update, whose
from earnest.domains.customers.restrictions import MARKS, Restrictions, label_of
from earnest.domains.customers.schemas_v1 import CountryHeaders, PointsSummaries
from earnest.domains.customers.updates import allows_profile
from earnest.engine.events import EnrolmentGrant
from earnest.engine.outcome import Outcome
from earnest.engine.party import LoyaltyType
from earnest.loyalty import holders
from earnest.loyalty.look import find, look
from earnest.loyalty.process import Processor
from earnest.loyalty.registry import Identified, KeyTaken

__all__ = [
    "ALL_SOURCES",
    "MARKS",
    "NAMES",
    "NOT_FOUND",
    "SOURCES",
    "CountryHeaders",
    "CustomerRecord",
    "Names",
    "PointsSummaries",
    "Registered",
    "Registration",
    "Restrictions",
    "Standing",
    "add",
    "current_slab",
    "figure",
    "get",
    "identified",
    "lifetime_points",
    "lifetime_purchases",
    "lookup",
    "named",
    "normal",
    "points_summaries",
    "record",
    "register",
    "require",
    "tier_expires_at",
    "tier_expiry_date",
    "total_points",
    "update",
    "whose",
]

NOT_FOUND = errors.NOT_FOUND

Named = schemas.LookupQuery | schemas.UpdateByLookupQuery | schemas.DetailsByLookupQuery

# How often a registration looks anew because another one was faster.
_LOOKS_MAX = 4
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
    grants: tuple[EnrolmentGrant, ...] = ()
    if loyalty_type is LoyaltyType.LOYALTY:
        grants = await grants_of(ctx, body, query.mlp_single_enroll, with_default=True)
    label = _label(ctx, body, warnings)

    async def as_newcomer() -> Added:
        return await ctx.resource(Processor).process(
            Register(
                ctx,
                customer_id=await ctx.resource(Ids).one("HOLDER"),
                profiles=profiles,
                loyalty_type=loyalty_type,
                registered_at=registered_at,
                associated_with=associated_with,
                extended_fields=body.extended_fields,
                grants=grants,
                label=label,
            )
        )

    for _ in range(_LOOKS_MAX):
        known = await _known(ctx, profiles)
        try:
            sources = {profile.source for profile in profiles} | (set() if known is None else known.sources)
            if not all(allows_profile(ctx, profile.source, sources) for profile in profiles):
                raise errors.NO_INSTORE_PROFILE.error()
            if known is None:
                return _answer(ctx, await as_newcomer(), warnings, query)
            added = await ctx.resource(Processor).process(
                AddProfiles(ctx, customer_id=known.customer_id, profiles=profiles, known=known.identifiers)
            )
            return _answer(ctx, added, [*warnings, warning(errors.COMBINING)], query)
        except KeyTaken:
            # Somebody registered one of the identifiers between our look and our claim: look again.
            continue
    raise CUSTOMER_BUSY.error()


def _answer(
    ctx: RequestContext, added: Added, warnings: list[Message], query: schemas.AddCustomerQuery
) -> schemas.AddCustomerAnswer:
    effects = [] if query.use_async else side_effects([added.outcome], customer_id=added.customer_id)
    return schemas.AddCustomerAnswer(added.customer_id, warnings, effects)


def _label(ctx: RequestContext, body: schemas.AddCustomer, warnings: list[Message]) -> StatusLabel | None:
    """The label that a new customer gets; 8086 for one that the organisation has not, a warning (8107) without a default."""
    if not config_keys.CUSTOMER_STATUS_ENABLED.of(ctx.organization):
        return None
    label = label_of(ctx.organization, (body.status_label or "").strip())
    if label is None:
        if body.status_label:
            raise errors.INVALID_STATUS_LABEL.error()
        warnings.append(warning(errors.NO_DEFAULT_LABEL))
    return label


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
        comm_channels=checked_channels(ctx, profile.comm_channels, warnings),
        fields=profile.fields,
    )


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


class _Known(msgspec.Struct, frozen=True):
    """A customer who is there already, and which of the identifiers in question are known to be theirs."""

    customer_id: int
    identifiers: frozenset[tuple[str, str]]
    sources: set[str]


async def _known(ctx: RequestContext, profiles: tuple[NewProfile, ...]) -> _Known | None:
    """The customer who has one of these identifiers on another source; 8006 when on the same one, 8052 when they are two."""
    wanted = sorted({pair for profile in profiles for pair in profile.identifiers})
    async with ctx.db.transaction() as connection:
        found = await holders.find(connection, ctx.org_id, ctx.organization.config_version, wanted)
    ids: set[int] = set()
    for position, holder_id, source, account_id in found:
        for profile in profiles:
            if (profile.source, profile.account_id) == (source, account_id) and wanted[position] in profile.identifiers:
                raise errors.ALREADY_EXISTS.error(id=holder_id)
        ids.add(holder_id)
    if len(ids) > 1:
        raise errors.CONFLICTING.error()
    if not ids:
        return None
    sources = {source for _, _, source, _ in found}
    return _Known(ids.pop(), frozenset(wanted[position] for position, *_ in found), sources)


def side_effects(outcomes: Iterable[Outcome], *, customer_id: int | None = None) -> list[schemas.PointsSideEffect]:
    """Points that were awarded, in one element; the receiver is printed where a customer is added."""
    awards = [a for outcome in outcomes for decision in outcome.decisions for a in decision.awards if a.points]
    if not awards:
        return []
    return [
        schemas.PointsSideEffect(
            raw_awarded_points=sum((award.raw for award in awards), Decimal(0)),
            customer_id=UNSET if customer_id is None else customer_id,
            awarded_points=sum((award.points for award in awards), Decimal(0)),
            is_referrer=UNSET if customer_id is None else False,
        )
    ]


async def change(
    ctx: RequestContext,
    customer_id: int,
    body: schemas.UpdateCustomer,
    query: schemas.UpdateQuery,
    *,
    adds_identifiers: bool = False,
) -> schemas.UpdateCustomerAnswer:
    """Updates a customer on one source (02-customer-v2/02); by identifier also adds identifiers (03-customer-lookup/01)."""
    updated = await updates.update(ctx, customer_id, body, query, adds_identifiers=adds_identifiers)
    effects = [] if query.use_async else side_effects(updated.outcomes)
    return schemas.UpdateCustomerAnswer(updated.customer_id, updated.warnings, effects)


async def named(ctx: RequestContext, query: Named) -> int:
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


async def record(ctx: RequestContext, customer_id: int) -> CustomerRecord:
    """Everything that is stored of a customer. 8015 when there is none."""
    found = await read_record(ctx, customer_id)
    if found is None:
        raise errors.NOT_FOUND.error()
    return found
