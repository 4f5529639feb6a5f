"""Updating a customer through v2, by id or by an identifier (contract/02-customer-v2/02, 03-customer-lookup/01)."""

from __future__ import annotations

import msgspec

from earnest.core import config_keys
from earnest.core.context import RequestContext
from earnest.core.errors import CUSTOMER_BUSY
from earnest.core.messages import Message, warning
from earnest.domains.customers import errors, schemas
from earnest.domains.customers.activities import CustomerMoved
from earnest.domains.customers.changes import ChangeCustomer, Changes, Enrol, ProfileChange
from earnest.domains.customers.channels import checked_channels
from earnest.domains.customers.enrolling import grants_of
from earnest.domains.customers.identifiers import NAME_LENGTH_MAX, SOURCES, account_of, normal, type_of
from earnest.domains.customers.record import CustomerRecord, read
from earnest.engine.events import EnrolmentGrant
from earnest.engine.outcome import Outcome
from earnest.engine.party import LoyaltyType
from earnest.loyalty import holders
from earnest.loyalty.process import Processor
from earnest.loyalty.registry import KeyTaken

# How often an update looks anew because another one was faster.
_LOOKS_MAX = 4


class Updated(msgspec.Struct, frozen=True):
    """The customer and what was done; `warnings` is what was asked for and not done."""

    customer_id: int
    outcomes: tuple[Outcome, ...]
    warnings: list[Message]


async def update(
    ctx: RequestContext,
    customer_id: int,
    body: schemas.UpdateCustomer,
    query: schemas.UpdateQuery,
    *,
    adds_identifiers: bool,
) -> Updated:
    """Changes names, channels, fields, loyalty type and enrolments. Only the call by identifier adds identifiers.

    ApiError 3217 and 8045 for a wrong source or account, 8008 when an identifier is another customer's, 8009 and 8015 for
    whom is not there, 8010, 8013, 8018, 8090, 1213, 8923.
    """
    if query.source not in SOURCES:
        raise errors.INVALID_SOURCE_ON_ADD.error()
    place = (query.source, account_of(query.source, query.account_id))
    for _ in range(_LOOKS_MAX):
        warnings: list[Message] = []
        record = await read(ctx, customer_id)
        if record is None:
            raise errors.NOT_FOUND.error()
        if record.profile(*place) is None:
            raise errors.UPDATE_NOT_FOUND.error()
        changes = Changes(
            profiles=tuple(
                [await _profile(ctx, record, profile, place, adds_identifiers, warnings) for profile in body.profiles]
            ),
            extended_fields=body.extended_fields,
            loyalty_type=_rise(record, body),
        )
        if len({change.place for change in changes.profiles}) < len(changes.profiles):
            raise errors.NO_VALID_IDENTIFIERS.error()
        becomes_loyal = changes.loyalty_type is not None or record.loyalty_type == LoyaltyType.LOYALTY.value
        grants = await grants_of(ctx, body, query.mlp_single_enroll, with_default=changes.loyalty_type is not None)
        if grants and not becomes_loyal:
            warnings.append(warning(errors.NOT_A_MEMBER))
            grants = ()
        try:
            return Updated(customer_id, await _store(ctx, record, changes, grants), warnings)
        except (KeyTaken, CustomerMoved):
            # Somebody changed the customer between our look and our lock: look again.
            continue
    raise CUSTOMER_BUSY.error()


async def _store(
    ctx: RequestContext, record: CustomerRecord, changes: Changes, grants: tuple[EnrolmentGrant, ...]
) -> tuple[Outcome, ...]:
    outcomes: list[Outcome] = []
    processor = ctx.resource(Processor)
    if not changes.are_none(record):
        activity = ChangeCustomer(ctx, record=record, changes=changes, modified_at=ctx.now)
        outcomes.append((await processor.process(activity)).outcome)
    new = tuple(grant for grant in grants if grant.program_id not in record.party.enrolments)
    if new:
        enrolled = await processor.process(Enrol(ctx, customer_id=record.customer_id, grants=new))
        outcomes.append(enrolled.outcome)
    return tuple(outcomes)


def _rise(record: CustomerRecord, body: schemas.UpdateCustomer) -> LoyaltyType | None:
    """LOYALTY when the customer becomes it now. 8018 for the way back."""
    wanted = None if body.loyalty_info is None else body.loyalty_info.loyalty_type
    if not wanted:
        return None
    try:
        loyalty_type = LoyaltyType(wanted.lower())
    except ValueError as error:
        raise errors.NO_VALID_IDENTIFIERS.error() from error
    if record.loyalty_type == loyalty_type.value:
        return None
    if loyalty_type is LoyaltyType.NON_LOYALTY:
        raise errors.NO_DOWNGRADE.error()
    return loyalty_type


async def _profile(
    ctx: RequestContext,
    record: CustomerRecord,
    profile: schemas.Profile,
    asked: tuple[str, str],
    adds_identifiers: bool,
    warnings: list[Message],
) -> ProfileChange:
    """The change of one profile; one that names no source is that of the query."""
    if profile.source and profile.source not in SOURCES:
        raise errors.INVALID_SOURCE_ON_ADD.error()
    place = (profile.source, account_of(profile.source, profile.account_id)) if profile.source else asked
    wanted = _identifiers(ctx, profile, warnings)
    own = {(i.type, i.value) for i in record.identifiers if (i.source, i.account_id) == place}
    new = {pair for pair in wanted if pair not in own}
    if new and not adds_identifiers:
        warnings.append(warning(errors.IDENTIFIERS_KEPT))
        new = set()
    new = await _addable(ctx, record, place, new, warnings)
    if record.profile(*place) is None:
        if not new:
            raise errors.UPDATE_NOT_FOUND.error()
        if not allows_profile(ctx, place[0], {p.source for p in record.profiles}):
            raise errors.NO_INSTORE_PROFILE.error()
    return ProfileChange(
        source=place[0],
        account_id=place[1],
        first_name=None if profile.first_name is None else profile.first_name[:NAME_LENGTH_MAX],
        last_name=None if profile.last_name is None else profile.last_name[:NAME_LENGTH_MAX],
        identifiers=tuple(sorted(new)),
        comm_channels=checked_channels(ctx, profile.comm_channels, warnings),
        fields=profile.fields,
    )


def allows_profile(ctx: RequestContext, source: str, known: set[str]) -> bool:
    """Whether a customer with profiles of the sources `known` may get one of `source`: CONF_RESTRICT_ORPHAN_V2_PROFILE."""
    return source == "INSTORE" or "INSTORE" in known or not config_keys.RESTRICT_ORPHAN_PROFILE.of(ctx.organization)


def _identifiers(ctx: RequestContext, profile: schemas.Profile, warnings: list[Message]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for identifier in profile.identifiers:
        type_ = type_of(identifier.type or "")
        if type_ is None or type_ == "id":
            raise errors.INVALID_IDENTIFIER_NAME.error()
        value = normal(ctx.organization, type_, "" if identifier.value is None else str(identifier.value))
        if value is not None:
            found.append((type_, value))
        elif type_ == "email":
            warnings.append(warning(errors.INVALID_EMAIL))
        elif type_ == "mobile":
            warnings.append(warning(errors.INVALID_MOBILE))
    return found


async def _addable(
    ctx: RequestContext,
    record: CustomerRecord,
    place: tuple[str, str],
    wanted: set[tuple[str, str]],
    warnings: list[Message],
) -> set[tuple[str, str]]:
    """Those that the profile lacks. 8008 when one is another customer's on this source, a warning (8053) on another one."""
    if not wanted:
        return wanted
    taken = {i.type for i in record.identifiers if (i.source, i.account_id) == place}
    pairs = sorted(pair for pair in wanted if pair[0] not in taken)
    if len(pairs) < len(wanted):
        warnings.append(warning(errors.IDENTIFIERS_KEPT))
    if not pairs:
        return set()
    async with ctx.db.transaction() as connection:
        found = await holders.find(connection, ctx.org_id, ctx.organization.config_version, pairs)
    others = set()
    for position, holder_id, source, account_id in found:
        if holder_id != record.customer_id:
            if (source, account_id) == place:
                raise errors.UPDATE_CONFLICT.error()
            others.add(pairs[position])
    if others:
        warnings.append(warning(errors.CONFLICTING_ON_UPDATE))
    return set(pairs) - others
