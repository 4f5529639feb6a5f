"""A change of a customer who is there: names, fields, channels, identifiers, the step from non-loyalty to loyalty.

A change is made of what a look without a lock has shown. Under the lock it is held against the customer as they are: when
profiles or identifiers are others by then, nothing is stored and the caller looks again (`CustomerMoved`). Names, fields and
channels need no such care: each is merged into what is stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import msgspec

from earnest.core.context import RequestContext
from earnest.core.db.batch import Write
from earnest.core.errors import ApiError
from earnest.domains.customers import errors
from earnest.domains.customers.activities import (
    ADD_PROFILES,
    IDENTIFIER,
    IDENTITY,
    Added,
    CustomerAdded,
    CustomerMoved,
    FraudMark,
    Identity,
    NewProfile,
    SubscriptionChange,
    change_key,
    identifier_keys,
    sql,
    store_subscriptions,
)
from earnest.domains.customers.record import CustomerRecord, StoredIdentifier
from earnest.engine.events import CustomerRegistration, EnrolmentGrant
from earnest.engine.outcome import Outcome
from earnest.engine.party import LoyaltyType
from earnest.loyalty import holders
from earnest.loyalty.ledger.post import emit
from earnest.loyalty.registry import Activity, IdentifierKey, Key, NaturalKey, Reader, Snapshot, Store

CHANGE_CUSTOMERS = Write(sql, "change_customers")
CHANGE_PROFILES = Write(sql, "change_profiles")

_json = msgspec.json.Encoder(decimal_format="number")


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changes on one source. None and empty: stays as it is. `identifiers` are new ones in normal form."""

    source: str
    account_id: str
    first_name: str | None = None
    last_name: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    comm_channels: list[dict[str, Any]] = []
    fields: dict[str, Any] = {}

    @property
    def place(self) -> tuple[str, str]:
        return (self.source, self.account_id)

    def is_none(self, record: CustomerRecord) -> bool:
        """Whether the profile already is as it says."""
        profile = record.profile(self.source, self.account_id)
        return (
            profile is not None
            and not self.identifiers
            and self.first_name in (None, profile.first_name)
            and self.last_name in (None, profile.last_name)
            and all(channel in profile.comm_channels for channel in self.comm_channels)
            and self.fields.items() <= profile.fields.items()
        )


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changes of a customer; at most one change for each profile.

    `replaced` are identifiers of the customer that new ones take the place of.
    """

    profiles: tuple[ProfileChange, ...]
    replaced: tuple[StoredIdentifier, ...] = ()
    extended_fields: dict[str, Any] = {}
    associated_with: str | None = None
    loyalty_type: LoyaltyType | None = None
    fraud: FraudMark | None = None
    subscriptions: tuple[SubscriptionChange, ...] = ()

    def are_none(self, record: CustomerRecord) -> bool:
        """Whether the customer already is as they say."""
        return (
            all(profile.is_none(record) for profile in self.profiles)
            and self.loyalty_type is None
            and self.fraud in (None, record.fraud.mark)
            and not self.subscriptions
            and self.associated_with in (None, record.associated_with)
            and self.extended_fields.items() <= record.extended_fields.items()
        )


class ChangeCustomer(Activity[Added]):
    """Changes a customer; makes the profile of a source that the customer has none of."""

    type = "CustomerUpdate"
    answer = Added
    readers: ClassVar[tuple[Reader, ...]] = (IDENTITY,)

    def __init__(self, ctx: RequestContext, *, record: CustomerRecord, changes: Changes, modified_at: datetime) -> None:
        super().__init__(ctx)
        self.reference_id = record.customer_id
        self._record = record
        self._changes = changes
        self._modified_at = modified_at

    def claims(self) -> tuple[Key, ...]:
        customer_id = self._record.customer_id
        known = frozenset((i.type, i.value) for i in self._record.identifiers)
        profiles = tuple(_as_new(change) for change in self._changes.profiles)
        return *identifier_keys(profiles, customer_id, known), change_key(customer_id)

    def holder(self) -> int:
        return self._record.customer_id

    def unknown_holder(self) -> ApiError:
        return errors.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        found = Identity.of(snapshot)
        ours = {
            (type_, value, *change.place) for change in self._changes.profiles for type_, value in change.identifiers
        }
        seen = {(i.type, i.value, i.source, i.account_id) for i in self._record.identifiers}
        if found.identifiers - ours != seen or found.profiles != {
            (profile.source, profile.account_id) for profile in self._record.profiles
        }:
            raise CustomerMoved
        return CustomerRegistration(at=self.ctx.now, program_ids=())

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Added:
        changes, customer_id, till_id = self._changes, self._record.customer_id, self.ctx.till.id
        holders.release(store.batch, [change_key(customer_id), *self._released()])
        for change in changes.profiles:
            self._store_profile(store, change)
        store_subscriptions(store, changes.subscriptions)
        store.batch.row(
            CHANGE_CUSTOMERS,
            customer_id,
            None if changes.loyalty_type is None else changes.loyalty_type.value,
            changes.associated_with,
            self._modified_at,
            till_id,
            _json.encode(changes.extended_fields).decode(),
            None if changes.fraud is None else changes.fraud.status,
            None if changes.fraud is None else changes.fraud.reason,
        )
        sources = [change.source for change in changes.profiles]
        emit(store, "customerUpdated", CustomerAdded(customer_id, sources, snapshot.party.registered_at))
        return Added(customer_id, outcome)

    def _store_profile(self, store: Store, change: ProfileChange) -> None:
        customer_id, till_id = self._record.customer_id, self.ctx.till.id
        fields, channels = _json.encode(change.fields).decode(), _json.encode(change.comm_channels).decode()
        if self._record.profile(change.source, change.account_id) is None:
            store.batch.row(
                ADD_PROFILES,
                customer_id,
                change.source,
                change.account_id,
                change.first_name or "",
                change.last_name or "",
                fields,
                channels,
                self._modified_at,
                till_id,
                self._modified_at,
                till_id,
            )
        else:
            store.batch.row(
                CHANGE_PROFILES,
                customer_id,
                change.source,
                change.account_id,
                change.first_name,
                change.last_name,
                fields,
                channels,
                self._modified_at,
                till_id,
            )

    def _released(self) -> list[Key]:
        """The claims on the identifiers that are replaced; in the organisation only those that no other source has."""
        keys: list[Key] = []
        customer_id, replaced = self._record.customer_id, self._changes.replaced
        gone: set[tuple[str, str]] = set()
        for old in replaced:
            keys.append(
                IdentifierKey(
                    type=old.type,
                    value=old.value,
                    source=old.source,
                    account_id=old.account_id,
                    customer_id=customer_id,
                )
            )
            pair = (old.type, old.value)
            kept = any(i not in replaced and (i.type, i.value) == pair for i in self._record.identifiers)
            if not kept and pair not in gone:
                gone.add(pair)
                keys.append(
                    NaturalKey(kind=IDENTIFIER, scope_id=0, key=f"{old.type}:{old.value}", owner_id=customer_id)
                )
        return keys


def _as_new(change: ProfileChange) -> NewProfile:
    return NewProfile(
        source=change.source,
        account_id=change.account_id,
        first_name=change.first_name or "",
        last_name=change.last_name or "",
        identifiers=change.identifiers,
        comm_channels=change.comm_channels,
        fields=change.fields,
    )


class Enrol(Activity[Added]):
    """Enrols a loyalty customer in programmes; twice changes nothing."""

    type = "CustomerRegistration"
    answer = Added

    def __init__(self, ctx: RequestContext, *, customer_id: int, grants: tuple[EnrolmentGrant, ...]) -> None:
        super().__init__(ctx)
        self.reference_id = customer_id
        self._customer_id = customer_id
        self._grants = grants

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return errors.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        program_ids = tuple(grant.program_id for grant in self._grants)
        return CustomerRegistration(at=self.ctx.now, program_ids=program_ids, grants=self._grants)

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Added:
        emit(store, "customerUpdated", CustomerAdded(self._customer_id, [], snapshot.party.registered_at))
        return Added(self._customer_id, outcome)
