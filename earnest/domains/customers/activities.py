"""What a registration does to the member it creates, and a further profile to the member that is there."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from earnest.core.config_keys.status_labels import StatusLabel
from earnest.core.context import RequestContext
from earnest.core.db.batch import Write
from earnest.core.db.statements import load
from earnest.core.errors import ApiError
from earnest.domains.customers import errors
from earnest.engine.events import CustomerRegistration, EnrolmentGrant
from earnest.engine.outcome import Outcome
from earnest.engine.party import HolderKind, LoyaltyType, Party
from earnest.loyalty import holders
from earnest.loyalty.ledger.post import emit
from earnest.loyalty.registry import Activity, IdentifierKey, Key, NaturalKey, Reader, Snapshot, Store

sql = load(Path(__file__).with_name("queries.sql"))

ADD_CUSTOMERS = Write(sql, "add_customers")
ADD_PROFILES = Write(sql, "add_profiles")
ADD_SUBSCRIPTIONS = Write(sql, "add_subscriptions")
ADD_STATUS_ROWS = Write(sql, "add_status_rows")
IDENTITY = Reader("customer_identity", sql.text("identity_fragment"))
NAMES = Reader("names", sql.text("names_fragment"))
IDENTIFIER = "IDENTIFIER"
"""Kind of the natural keys `type:value` by which registrations on several sources meet."""

_json = msgspec.json.Encoder(decimal_format="number")


class Names(msgspec.Struct, frozen=True):
    """How answers print a member: names and the identifiers of the main profile, by type."""

    first_name: str = ""
    last_name: str = ""
    identifiers: dict[str, str] | None = None

    @classmethod
    def of(cls, snapshot: Snapshot) -> Names:
        """From a snapshot that was read with `NAMES`."""
        text = snapshot.facts.get("names")
        return _names.decode(text) if text else cls()


_names = msgspec.json.Decoder(Names)


class NewProfile(msgspec.Struct, frozen=True):
    """A checked profile: identifiers in normal form as (type, value)."""

    source: str
    account_id: str
    first_name: str
    last_name: str
    identifiers: tuple[tuple[str, str], ...]
    comm_channels: list[dict[str, Any]]
    fields: dict[str, Any]


class SubscriptionChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer wants to hear, or no longer. `org_unit_id` -1: of the whole organisation."""

    channel: str
    priority: str
    is_subscribed: bool
    source: str = ""
    account_id: str = ""
    org_unit_id: int = -1
    reason: str = ""


class FraudMark(msgspec.Struct, frozen=True):
    status: str = "NONE"
    reason: str = ""


class CustomerAdded(msgspec.Struct, frozen=True, rename="camel"):
    """Outbox body of a registration."""

    customer_id: int
    sources: list[str]
    registered_at: datetime


class Added(msgspec.Struct, frozen=True):
    """A customer that was created or got a profile, and what the registration decided."""

    customer_id: int
    outcome: Outcome


def identifier_keys(
    profiles: tuple[NewProfile, ...], customer_id: int, known: frozenset[tuple[str, str]] = frozenset()
) -> tuple[Key, ...]:
    """Each identifier on its source, and in the whole organisation those that are not known to be the customer's: whoever
    registers them on another source at this moment has to find this customer."""
    on_sources = (
        IdentifierKey(type=type_, value=value, source=p.source, account_id=p.account_id, customer_id=customer_id)
        for p in profiles
        for type_, value in p.identifiers
    )
    new = sorted({pair for p in profiles for pair in p.identifiers} - known)
    return *on_sources, *(
        NaturalKey(kind=IDENTIFIER, scope_id=0, key=f"{type_}:{value}", owner_id=customer_id) for type_, value in new
    )


def store_subscriptions(store: Store, subscriptions: tuple[SubscriptionChange, ...]) -> None:
    """One row for each; the log of changes is what there is."""
    for number, one in enumerate(subscriptions, 1):
        store.batch.row(
            ADD_SUBSCRIPTIONS,
            store.holder_id,
            store.seq,
            number,
            one.channel,
            one.priority,
            one.source,
            one.account_id,
            one.org_unit_id,
            one.is_subscribed,
            one.reason,
            store.ctx.now,
            store.ctx.till.id,
        )


def store_status(store: Store, label: StatusLabel, actions: frozenset[str], reason: str, created_on: datetime) -> None:
    """A row of the status log; it deactivates the one before it."""
    store.batch.row(
        ADD_STATUS_ROWS,
        store.holder_id,
        store.seq,
        label.label,
        label.status,
        ",".join(sorted(actions)),
        reason,
        created_on,
        store.ctx.till.id,
        store.ctx.now,
    )


def _store_profiles(store: Store, profiles: tuple[NewProfile, ...], created_at: datetime) -> None:
    till_id, now = store.ctx.till.id, store.ctx.now
    for profile in profiles:
        store.batch.row(
            ADD_PROFILES,
            store.holder_id,
            profile.source,
            profile.account_id,
            profile.first_name,
            profile.last_name,
            _json.encode(profile.fields).decode(),
            _json.encode(profile.comm_channels).decode(),
            created_at,
            till_id,
            now,
            till_id,
        )


class Register(Activity[Added]):
    """Creates a customer with profiles, identifiers and enrolments."""

    type = "CustomerRegistration"
    answer = Added

    def __init__(
        self,
        ctx: RequestContext,
        *,
        customer_id: int,
        profiles: tuple[NewProfile, ...],
        loyalty_type: LoyaltyType,
        registered_at: datetime,
        associated_with: str,
        extended_fields: dict[str, Any],
        grants: tuple[EnrolmentGrant, ...],
        label: StatusLabel | None = None,
        fraud: FraudMark | None = None,
        subscriptions: tuple[SubscriptionChange, ...] = (),
    ) -> None:
        super().__init__(ctx)
        self.reference_id = customer_id
        self._customer_id = customer_id
        self._profiles = profiles
        self._loyalty_type = loyalty_type
        self._registered_at = registered_at
        self._associated_with = associated_with
        self._extended_fields = extended_fields
        self._grants = grants
        self._label = label
        self._fraud = fraud or FraudMark()
        self._subscriptions = subscriptions
        self.event_at = registered_at

    def claims(self) -> tuple[Key, ...]:
        return identifier_keys(self._profiles, self._customer_id)

    def holder(self) -> None:
        return None

    def newcomer(self) -> Party:
        return Party(
            holder_id=self._customer_id,
            kind=HolderKind.CUSTOMER,
            loyalty_type=self._loyalty_type,
            registered_at=self._registered_at,
        )

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        return CustomerRegistration(
            at=self._registered_at,
            program_ids=tuple(grant.program_id for grant in self._grants),
            grants=self._grants,
        )

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Added:
        till_id, now = self.ctx.till.id, self.ctx.now
        store.batch.row(
            ADD_CUSTOMERS,
            self._customer_id,
            self._loyalty_type.value,
            self._registered_at,
            till_id,
            self._profiles[0].source.lower(),
            self._associated_with,
            now,
            till_id,
            _json.encode(self._extended_fields).decode(),
            "" if self._label is None else self._label.label,
            self._fraud.status,
            self._fraud.reason,
        )
        _store_profiles(store, self._profiles, self._registered_at)
        store_subscriptions(store, self._subscriptions)
        if self._label is not None:
            store_status(store, self._label, frozenset(self._label.actions), "Registration", self._registered_at)
        sources = [profile.source for profile in self._profiles]
        emit(store, "customerAdded", CustomerAdded(self._customer_id, sources, self._registered_at))
        return Added(self._customer_id, outcome)


class Identity(msgspec.Struct, frozen=True):
    """Profiles as (source, account), identifiers as (type, value, source, account)."""

    profiles: frozenset[tuple[str, str]]
    identifiers: frozenset[tuple[str, str, str, str]]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Identity:
        """From a snapshot that was read with `IDENTITY`."""
        return _identity.decode(snapshot.facts["customer_identity"] or "")


_identity = msgspec.json.Decoder(Identity)


class CustomerMoved(Exception):
    """Somebody changed the customer between our look and our lock: look again."""


def change_key(customer_id: int) -> NaturalKey:
    """Held while a customer's identity is changed, and given back with the change: two changes never share a read."""
    return NaturalKey(kind="CUSTOMER_CHANGE", scope_id=customer_id, key="", owner_id=customer_id)


class AddProfiles(Activity[Added]):
    """Adds profiles of further sources to a customer who is known elsewhere (code 8050)."""

    type = "CustomerUpdate"
    answer = Added
    readers = (IDENTITY,)

    def __init__(
        self,
        ctx: RequestContext,
        *,
        customer_id: int,
        profiles: tuple[NewProfile, ...],
        known: frozenset[tuple[str, str]],
    ) -> None:
        """`known` are the identifiers that the customer has on some source already."""
        super().__init__(ctx)
        self.reference_id = customer_id
        self._customer_id = customer_id
        self._profiles = profiles
        self._known = known

    def claims(self) -> tuple[Key, ...]:
        keys = identifier_keys(self._profiles, self._customer_id, self._known)
        return *keys, change_key(self._customer_id)

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return errors.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        if Identity.of(snapshot).profiles & {(p.source, p.account_id) for p in self._profiles}:
            raise errors.ALREADY_EXISTS.error(id=self._customer_id)
        return CustomerRegistration(at=self.ctx.now, program_ids=())

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Added:
        holders.release(store.batch, [change_key(self._customer_id)])
        _store_profiles(store, self._profiles, self.ctx.now)
        sources = [profile.source for profile in self._profiles]
        emit(store, "customerUpdated", CustomerAdded(self._customer_id, sources, snapshot.party.registered_at))
        return Added(self._customer_id, outcome)
