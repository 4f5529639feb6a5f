"""Registering a customer by identifiers, or updating who is known by them: the rules of v1.

One customer for an identifier, whatever the source (contract/01-customer-v1/_notes.md, "Identity model"): an identifier that
the customer lacks is added, one that is set is kept unless the organisation lets it be replaced, the primary one always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from earnest.core import config_keys
from earnest.core.config_keys import ConfigKey
from earnest.core.context import RequestContext
from earnest.core.errors import CUSTOMER_BUSY, ErrorCode
from earnest.core.ids import Ids
from earnest.core.instants import parse_local
from earnest.core.messages import Message, warning
from earnest.domains.customers import errors_v1 as errors
from earnest.domains.customers import record as records
from earnest.domains.customers import subscriptions
from earnest.domains.customers.activities import CustomerMoved, FraudMark, NewProfile, Register, SubscriptionChange
from earnest.domains.customers.changes import ChangeCustomer, Changes, Enrol, ProfileChange
from earnest.domains.customers.channels import checked_channels
from earnest.domains.customers.errors import NO_DEFAULT_LABEL
from earnest.domains.customers.identifiers import ALL_SOURCES, NAME_LENGTH_MAX, SOURCES, account_of, normal
from earnest.domains.customers.record import CustomerRecord, StoredIdentifier
from earnest.domains.customers.restrictions import label_of
from earnest.domains.customers.schemas import CommChannel
from earnest.domains.customers.schemas_v1 import Subscription
from earnest.engine.events import EnrolmentGrant
from earnest.engine.outcome import Outcome
from earnest.engine.party import LoyaltyType
from earnest.loyalty import holders
from earnest.loyalty.look import check_configuration, find
from earnest.loyalty.process import Processor
from earnest.loyalty.programs import Programs, default_program
from earnest.loyalty.registry import Identified, KeyTaken

IDENTIFIER_TYPES = ("mobile", "email", "externalId")
# How often a registration looks anew because another one was faster.
_LOOKS_MAX = 4
# Registration dates are accepted this far ahead of now (clocks of stores differ).
REASON_LENGTH_MAX = 255
_AHEAD_MAX = timedelta(days=1)

_UPDATE_ALLOWED: Mapping[str, ConfigKey[bool]] = {
    "mobile": config_keys.ALLOW_MOBILE_UPDATE,
    "email": config_keys.ALLOW_EMAIL_UPDATE,
    "externalId": config_keys.ALLOW_EXTERNAL_ID_UPDATE,
}
_REQUIRED: Mapping[str, ConfigKey[bool]] = {
    "mobile": config_keys.MOBILE_REQUIRED,
    "email": config_keys.EMAIL_REQUIRED,
    "externalId": config_keys.EXTERNAL_ID_REQUIRED,
}


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What a client says of a customer. Empty and None: nothing is said.

    `identifiers` by type (IDENTIFIER_TYPES) as they were sent; times as v1 writes them; tills by code; `country_code`
    (ISO 3166) completes mobile numbers.
    """

    identifiers: Mapping[str, str | None]
    first_name: str | None = None
    last_name: str | None = None
    source: str | None = None
    account_id: str | None = None
    loyalty_type: str | None = None
    registered_on: str | None = None
    updated_on: str | None = None
    registered_till: str | None = None
    associated_with: str | None = None
    custom_fields: Mapping[str, Any] = {}
    extended_fields: Mapping[str, Any] = {}
    comm_channels: Sequence[CommChannel] = ()
    wants_card: bool = False
    referral_code: str | None = None
    country_code: str | None = None
    fraud_status: str | None = None
    fraud_reason: str | None = None
    subscriptions: Sequence[Subscription] = ()


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """The customer and what was done. `outcomes` are the engine's; `remarks` what was asked for and not done."""

    customer_id: int
    is_new: bool
    outcomes: tuple[Outcome, ...]
    remarks: tuple[Message, ...]


class _Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A registration whose fields are valid by themselves."""

    source: str
    account_id: str
    identifiers: dict[str, str]
    loyalty_type: LoyaltyType | None
    registered_at: datetime
    modified_at: datetime
    associated_with: str | None
    comm_channels: list[dict[str, Any]]
    fraud: FraudMark | None
    subscriptions: tuple[SubscriptionChange, ...]
    given: Registration


async def register(ctx: RequestContext, given: Registration) -> Registered:
    """Registers the customer, or updates the one who has one of the identifiers (01-customer-v1/01).

    ApiError with a code of v1: 1001 to 1003, 1006, 1007, 1034, 1039, 1043, 1046, 1047, 8003.
    """
    remarks: list[Message] = []
    ctx = _at_till(ctx, given, remarks)
    wish = _checked(ctx, given, remarks)
    for _ in range(_LOOKS_MAX):
        owners = await _owners(ctx, wish)
        customer_id = _whom(ctx, wish, owners)
        record = None if customer_id is None else await records.read(ctx, customer_id)
        try:
            if customer_id is None:
                return await _create(ctx, wish, owners, remarks)
            if record is not None:
                return await _update(ctx, wish, owners, record, remarks)
        except (KeyTaken, CustomerMoved):
            # Somebody registered one of the identifiers between our look and our claim: look again.
            continue
    raise CUSTOMER_BUSY.error()


async def update(ctx: RequestContext, given: Registration, customer_id: int | None) -> Registered:
    """Updates the customer with this id or, without one, with one of the identifiers (01-customer-v1/02).

    ApiError with a code of v1: 1001 to 1003, 1007, 1011, 1012, 1015, 1034, 1046 to 1049, 8003, 91003.
    """
    remarks: list[Message] = []
    ctx = _at_till(ctx, given, remarks)
    wish = _checked(ctx, given, remarks, none=None if customer_id is not None else errors.NO_IDENTIFIER_ON_UPDATE)
    for _ in range(_LOOKS_MAX):
        owners = await _owners(ctx, wish)
        whom = _whom(ctx, wish, owners) if customer_id is None else customer_id
        record = None if whom is None else await records.read(ctx, whom)
        if record is None:
            await check_configuration(ctx)
            raise (errors.NOT_FOUND if customer_id is None else errors.NOT_FOUND_BY_ID).error()
        try:
            return await _update(ctx, wish, owners, record, remarks)
        except (KeyTaken, CustomerMoved):
            continue
    raise CUSTOMER_BUSY.error()


def _at_till(ctx: RequestContext, given: Registration, remarks: list[Message]) -> RequestContext:
    """The context of the till that the customer is to be registered at."""
    if not given.registered_till:
        return ctx
    till = ctx.organization.till(given.registered_till)
    if till is None:
        remarks.append(warning(errors.INVALID_REGISTERED_TILL))
        return ctx
    return msgspec.structs.replace(ctx, till=till)


def _checked(
    ctx: RequestContext, given: Registration, remarks: list[Message], none: ErrorCode | None = errors.NO_PRIMARY
) -> _Wish:
    """`none` is the refusal of a call without identifiers; None: it needs none."""
    source = (given.source or "INSTORE").upper()
    if source not in SOURCES:
        raise errors.INVALID_SOURCE.error()
    identifiers: dict[str, str] = {}
    for type_ in IDENTIFIER_TYPES:
        text = (given.identifiers.get(type_) or "").strip()
        if text:
            value = normal(ctx.organization, type_, text, given.country_code)
            if value is None:
                raise errors.INVALID_IDENTIFIER[type_].error()
            identifiers[type_] = value
    if not identifiers and none is not None:
        raise none.error()
    if given.wants_card:
        # There are no card series that one could be issued from.
        remarks.append(warning(errors.NO_CARD_ISSUED))
    if (given.referral_code or "").strip():
        # No customer has got a referral code.
        remarks.append(warning(errors.REFERRER_UNKNOWN))
    associated_with = given.associated_with or None
    if associated_with is not None and ctx.organization.till(associated_with) is None:
        remarks.append(warning(errors.INVALID_ASSOCIATED_TILL))
        associated_with = None
    return _Wish(
        source=source,
        account_id=account_of(source, given.account_id),
        identifiers=identifiers,
        loyalty_type=_loyalty_type(given.loyalty_type),
        registered_at=_registered_at(ctx, given.registered_on),
        modified_at=_modified_at(ctx, given.updated_on),
        associated_with=associated_with,
        comm_channels=checked_channels(ctx, given.comm_channels, remarks),
        fraud=_fraud(given),
        subscriptions=subscriptions.checked(given.subscriptions, remarks),
        given=given,
    )


# How calls write a fraud status, and what answers print for it.
_FRAUD_STATUSES: Mapping[str, str] = {
    **{name: name for name in ("NONE", "NOT_FRAUD", "MARKED", "CONFIRMED", "INTERNAL", "OUTLIER", "INVALID")},
    "NORMAL": "NONE",
    "FRAUD": "CONFIRMED",
    "FRAUD_SUSPECTED": "MARKED",
}


def _fraud(given: Registration) -> FraudMark | None:
    text = (given.fraud_status or "").strip().upper()
    if not text:
        return None
    status = _FRAUD_STATUSES.get(text)
    if status is None:
        raise errors.INVALID_TYPE.error()
    return FraudMark(status, (given.fraud_reason or "")[:REASON_LENGTH_MAX])


def _loyalty_type(text: str | None) -> LoyaltyType | None:
    """NOT_INTERESTED has no identifiers; whoever has one is at least NON_LOYALTY (_notes.md, "Type states")."""
    match (text or "").strip().upper():
        case "":
            return None
        case "LOYALTY":
            return LoyaltyType.LOYALTY
        case "NON_LOYALTY" | "NOT_INTERESTED":
            return LoyaltyType.NON_LOYALTY
        case _:
            raise errors.INVALID_TYPE.error()


def _registered_at(ctx: RequestContext, text: str | None) -> datetime:
    if not text or not text.strip():
        return ctx.now
    at = parse_local(text, ctx.organization.zone)
    first = date.fromisoformat(config_keys.MIN_REGISTRATION_DATE.of(ctx.organization))
    if at is None or at > ctx.now + _AHEAD_MAX or at.astimezone(ctx.organization.zone).date() < first:
        raise errors.INVALID_DATE.error()
    return at


def _modified_at(ctx: RequestContext, text: str | None) -> datetime:
    at = parse_local(text, ctx.organization.zone) if text else None
    return ctx.now if at is None or at > ctx.now or at.year < 1900 else at


async def _owners(ctx: RequestContext, wish: _Wish) -> dict[str, int]:
    """Whose the identifiers are, by type; on the wish's own source first."""
    wanted = list(wish.identifiers.items())
    async with ctx.db.transaction() as connection:
        found = await holders.find(connection, ctx.org_id, ctx.organization.config_version, wanted)
    here = (wish.source, wish.account_id)
    owners: dict[str, int] = {}
    for position, holder_id, *_ in sorted(found, key=lambda row: ((row[2], row[3]) != here, row[1])):
        owners.setdefault(wanted[position][0], holder_id)
    return owners


def _whom(ctx: RequestContext, wish: _Wish, owners: Mapping[str, int]) -> int | None:
    """The customer whom the identifiers mean, the primary one before the others; None: a new one."""
    primary = ctx.organization.primary_identifier
    if not owners or primary in owners:
        return owners.get(primary)
    if primary in wish.identifiers:
        # The primary identifier is new and another one is known.
        if config_keys.SKIP_SECONDARY_ON_PRIMARY_MISMATCH.of(ctx.organization):
            return None
        if config_keys.PRIMARY_IDENTIFIER_STRICT_CHECK.of(ctx.organization):
            raise errors.PRIMARY_MISMATCH.error()
    return next(owners[type_] for type_ in IDENTIFIER_TYPES if type_ in owners)


async def _create(ctx: RequestContext, wish: _Wish, owners: Mapping[str, int], remarks: list[Message]) -> Registered:
    primary = ctx.organization.primary_identifier
    loyalty_type = wish.loyalty_type or LoyaltyType.LOYALTY
    # What is somebody else's is left out: SKIP_SECONDARY_ON_PRIMARY_MISMATCH.
    identifiers = {type_: value for type_, value in wish.identifiers.items() if type_ not in owners}
    for type_, required in _REQUIRED.items():
        if type_ not in identifiers and required.of(ctx.organization):
            raise errors.MISSING_IDENTIFIER[type_].error()
    any_will_do = config_keys.REGISTRATION_FROM_ANY_IDENTIFIER.of(ctx.organization)
    if loyalty_type is LoyaltyType.LOYALTY and primary not in identifiers and not any_will_do:
        raise errors.NO_PRIMARY.error()
    given = wish.given
    profile = NewProfile(
        source=wish.source,
        account_id=wish.account_id,
        first_name=(given.first_name or "")[:NAME_LENGTH_MAX],
        last_name=(given.last_name or "")[:NAME_LENGTH_MAX],
        identifiers=tuple(sorted(identifiers.items())),
        comm_channels=wish.comm_channels,
        fields=dict(given.custom_fields),
    )
    grants = await _grants(ctx) if loyalty_type is LoyaltyType.LOYALTY else ()
    label = label_of(ctx.organization, "")
    if label is None and config_keys.CUSTOMER_STATUS_ENABLED.of(ctx.organization):
        remarks = [*remarks, warning(NO_DEFAULT_LABEL)]
    added = await ctx.resource(Processor).process(
        Register(
            ctx,
            customer_id=await ctx.resource(Ids).one("HOLDER"),
            profiles=(profile,),
            loyalty_type=loyalty_type,
            registered_at=wish.registered_at,
            associated_with=wish.associated_with or ctx.till.code,
            extended_fields=dict(given.extended_fields),
            grants=grants,
            label=label,
            fraud=wish.fraud,
            subscriptions=wish.subscriptions,
        )
    )
    return Registered(customer_id=added.customer_id, is_new=True, outcomes=(added.outcome,), remarks=tuple(remarks))


async def _grants(ctx: RequestContext) -> tuple[EnrolmentGrant, ...]:
    default = default_program(await ctx.resource(Programs).of(ctx.organization))
    return () if default is None else (EnrolmentGrant(program_id=default.id),)


async def _update(
    ctx: RequestContext, wish: _Wish, owners: Mapping[str, int], record: CustomerRecord, earlier: list[Message]
) -> Registered:
    remarks = list(earlier)
    is_loyalty = record.loyalty_type == LoyaltyType.LOYALTY.value
    if wish.loyalty_type is LoyaltyType.NON_LOYALTY and is_loyalty:
        raise errors.NO_DOWNGRADE.error()
    added: dict[str, str] = {}
    replaced: list[StoredIdentifier] = []
    for type_, value in wish.identifiers.items():
        owner, current = owners.get(type_), record.identifier(type_)
        if owner is not None and owner != record.customer_id:
            remarks.append(_remark(errors.OCCUPIED, type_))
        elif owner is not None or current is None:
            added[type_] = value
        elif type_ == ctx.organization.primary_identifier:
            remarks.append(_remark(errors.PRIMARY_KEPT, type_))
        elif _UPDATE_ALLOWED[type_].of(ctx.organization):
            added[type_] = value
            replaced.append(current)
        else:
            remarks.append(_remark(errors.UPDATE_NOT_ALLOWED, type_))
    here = {(i.type, i.value) for i in record.identifiers if (i.source, i.account_id) == (wish.source, wish.account_id)}
    given = wish.given
    rises = wish.loyalty_type is LoyaltyType.LOYALTY and not is_loyalty
    if rises:
        _check_conversion(ctx, record, added)
    profile = ProfileChange(
        source=wish.source,
        account_id=wish.account_id,
        first_name=(given.first_name or "")[:NAME_LENGTH_MAX] or None,
        last_name=(given.last_name or "")[:NAME_LENGTH_MAX] or None,
        identifiers=tuple(sorted(set(added.items()) - here)),
        comm_channels=wish.comm_channels,
        fields=dict(given.custom_fields),
    )
    changes = Changes(
        profiles=(profile,),
        replaced=tuple(replaced),
        extended_fields=dict(given.extended_fields),
        associated_with=wish.associated_with,
        loyalty_type=LoyaltyType.LOYALTY if rises else None,
        fraud=wish.fraud,
        subscriptions=wish.subscriptions,
    )
    outcomes: list[Outcome] = []
    processor = ctx.resource(Processor)
    if not changes.are_none(record):
        activity = ChangeCustomer(ctx, record=record, changes=changes, modified_at=wish.modified_at)
        outcomes.append((await processor.process(activity)).outcome)
    if wish.loyalty_type is LoyaltyType.LOYALTY and record.standing is None and (grants := await _grants(ctx)):
        enrolled = await processor.process(Enrol(ctx, customer_id=record.customer_id, grants=grants))
        outcomes.append(enrolled.outcome)
    return Registered(customer_id=record.customer_id, is_new=False, outcomes=tuple(outcomes), remarks=tuple(remarks))


def _check_conversion(ctx: RequestContext, record: CustomerRecord, added: Mapping[str, str]) -> None:
    """1048, 1049: what the organisation wants to know of a loyalty customer has to be known."""
    for type_, code in errors.CONVERSION_NEEDS.items():
        if _REQUIRED[type_].of(ctx.organization) and type_ not in added and record.identifier(type_) is None:
            raise code.error()


def _remark(code: ErrorCode, type_: str) -> Message:
    return warning(code, identifier=errors.IDENTIFIER_NAMES[type_])


async def whose(ctx: RequestContext, type_: str, value: str, country_code: str | None = None) -> int | None:
    """The id of the customer who has an identifier on any source, or None. `type_` as identifiers are stored, or `id`."""
    stored = normal(ctx.organization, type_, value, country_code)
    if stored is None:
        return None
    if type_ == "id":
        return int(stored)
    return await find(ctx, Identified(type_, stored, ALL_SOURCES))
