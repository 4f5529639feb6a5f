"""A change of a customer who is there: names, fields, further identifiers, the step from non-loyalty to loyalty."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.core.db.batch import Write
from earnest.core.errors import ApiError
from earnest.domains.customers import errors
from earnest.domains.customers.activities import (
    ADD_PROFILES,
    IDENTIFIER,
    Added,
    CustomerAdded,
    NewProfile,
    identifier_keys,
    sql,
)
from earnest.domains.customers.record import CustomerRecord, StoredIdentifier
from earnest.engine.events import CustomerRegistration
from earnest.engine.outcome import Outcome
from earnest.engine.party import LoyaltyType
from earnest.loyalty import holders
from earnest.loyalty.ledger.post import emit
from earnest.loyalty.registry import Activity, IdentifierKey, Key, NaturalKey, Snapshot, Store

CHANGE_CUSTOMERS = Write(sql, "change_customers")
CHANGE_PROFILES = Write(sql, "change_profiles")

_json = msgspec.json.Encoder(decimal_format="number")


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What changes on one source. None and empty: stays as it is.

    `identifiers` are new ones in normal form, `replaced` those of the customer that they take the place of.
    """

    source: str
    account_id: str
    first_name: str | None = None
    last_name: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    replaced: tuple[StoredIdentifier, ...] = ()
    comm_channels: list[dict[str, Any]] | None = None
    custom_fields: dict[str, Any] = {}
    extended_fields: dict[str, Any] = {}
    associated_with: str | None = None
    loyalty_type: LoyaltyType | None = None

    def are_none(self, record: CustomerRecord) -> bool:
        """Whether the customer already is as they say."""
        profile = record.profile(self.source, self.account_id)
        return (
            profile is not None
            and not self.identifiers
            and self.loyalty_type is None
            and self.first_name in (None, profile.first_name)
            and self.last_name in (None, profile.last_name)
            and self.comm_channels in (None, profile.comm_channels)
            and self.associated_with in (None, record.associated_with)
            and self.custom_fields.items() <= profile.fields.items()
            and self.extended_fields.items() <= record.extended_fields.items()
        )


class ChangeCustomer(Activity[Added]):
    """Changes a customer; makes the profile of a source that the customer has none of."""

    type = "CustomerUpdate"
    answer = Added

    def __init__(self, ctx: RequestContext, *, record: CustomerRecord, changes: Changes, modified_at: datetime) -> None:
        super().__init__(ctx)
        self.reference_id = record.customer_id
        self._record = record
        self._changes = changes
        self._modified_at = modified_at
        self._is_new_profile = record.profile(changes.source, changes.account_id) is None

    @property
    def _profile(self) -> NewProfile:
        changes = self._changes
        return NewProfile(
            source=changes.source,
            account_id=changes.account_id,
            first_name=changes.first_name or "",
            last_name=changes.last_name or "",
            identifiers=changes.identifiers,
            comm_channels=changes.comm_channels or [],
            fields=changes.custom_fields,
        )

    def claims(self) -> tuple[Key, ...]:
        known = frozenset((i.type, i.value) for i in self._record.identifiers)
        return identifier_keys((self._profile,), self._record.customer_id, known)

    def holder(self) -> int:
        return self._record.customer_id

    def unknown_holder(self) -> ApiError:
        return errors.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        return CustomerRegistration(at=self.ctx.now, program_ids=())

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Added:
        changes, customer_id, till_id = self._changes, self._record.customer_id, self.ctx.till.id
        holders.release(store.batch, self._released())
        if self._is_new_profile:
            profile = self._profile
            store.batch.row(
                ADD_PROFILES,
                customer_id,
                profile.source,
                profile.account_id,
                profile.first_name,
                profile.last_name,
                _json.encode(profile.fields).decode(),
                _json.encode(profile.comm_channels).decode(),
                self._modified_at,
                till_id,
                self._modified_at,
                till_id,
            )
        else:
            store.batch.row(
                CHANGE_PROFILES,
                customer_id,
                changes.source,
                changes.account_id,
                changes.first_name,
                changes.last_name,
                _json.encode(changes.custom_fields).decode(),
                None if changes.comm_channels is None else _json.encode(changes.comm_channels).decode(),
                self._modified_at,
                till_id,
            )
        store.batch.row(
            CHANGE_CUSTOMERS,
            customer_id,
            None if changes.loyalty_type is None else changes.loyalty_type.value,
            changes.associated_with,
            self._modified_at,
            till_id,
            _json.encode(changes.extended_fields).decode(),
        )
        emit(store, "customerUpdated", CustomerAdded(customer_id, [changes.source], snapshot.party.registered_at))
        return Added(customer_id, outcome)

    def _released(self) -> list[Key]:
        """The claims on the identifiers that are replaced; in the organisation only those that no other source has."""
        keys: list[Key] = []
        customer_id = self._record.customer_id
        for old in self._changes.replaced:
            keys.append(
                IdentifierKey(
                    type=old.type,
                    value=old.value,
                    source=old.source,
                    account_id=old.account_id,
                    customer_id=customer_id,
                )
            )
            if not any(i != old and (i.type, i.value) == (old.type, old.value) for i in self._record.identifiers):
                keys.append(
                    NaturalKey(kind=IDENTIFIER, scope_id=0, key=f"{old.type}:{old.value}", owner_id=customer_id)
                )
        return keys


class Enrol(Activity[Added]):
    """Enrols a loyalty customer in programmes; twice changes nothing."""

    type = "CustomerRegistration"
    answer = Added

    def __init__(self, ctx: RequestContext, *, customer_id: int, program_ids: tuple[int, ...]) -> None:
        super().__init__(ctx)
        self.reference_id = customer_id
        self._customer_id = customer_id
        self._program_ids = program_ids

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return errors.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        return CustomerRegistration(at=self.ctx.now, program_ids=self._program_ids)

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Added:
        emit(store, "customerUpdated", CustomerAdded(self._customer_id, [], snapshot.party.registered_at))
        return Added(self._customer_id, outcome)
