"""Organisations as a process holds them: settings, entities and config values, one immutable value per config_version."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from earnest.core.access import BUILT_IN, FULL_ACCESS, NO_ACCESS, AccessGroup
from earnest.core.clock import OrganizationClock
from earnest.core.db.pool import Database
from earnest.core.db.statements import load

sql = load(Path(__file__).with_name("tenancy.sql"))

K = TypeVar("K")

# On the wire: what the columns of organisations hold.
OrganizationId = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class Entity(msgspec.Struct, frozen=True, array_like=True):
    """A concept, zone, store or till of an organisation; `store_id` is set on tills, external ids and group on stores."""

    id: int
    type: str
    code: str
    name: str
    description: str
    concept_id: int | None
    zone_id: int | None
    store_id: int | None
    is_active: bool
    external_id: str | None = None
    external_id_1: str | None = None
    external_id_2: str | None = None
    access_group_id: int | None = None


class Client(msgspec.Struct, frozen=True, array_like=True):
    """A program of the organisation that calls with tokens; `key` is what it names itself by, `ttl_s` that of its tokens."""

    id: int
    key: str
    name: str
    description: str
    ttl_s: int
    default_till_id: int
    use_default_till_when_invalid: bool
    access_group_id: int
    is_active: bool


class Organization(msgspec.Struct, frozen=True, dict=True):
    """`config` holds the organisation's own values of the registered config keys; see `core.config_keys` for defaults.

    `access_groups` are its own ones, `access_group_id` the one of stores that have none; `till_lookups` leads from the
    type and value of X-CAP-API-ATTRIBUTION-LOOKUP to a till; `clock` is there when it was set for a test.
    `credential_version` is raised with every change of a password or secret.
    Connected organisations: a child has a parent, and the till that the parent's calls are booked on; a parent has children.
    """

    org_id: int
    name: str
    country_code: str
    currency: str
    currency_decimals: int
    time_zone: str
    primary_identifier: str
    config_version: int
    entities: tuple[Entity, ...] = ()
    config: Mapping[str, object] = {}
    access_group_id: int | None = None
    access_groups: tuple[AccessGroup, ...] = ()
    clients: tuple[Client, ...] = ()
    till_lookups: tuple[tuple[str, str, int], ...] = ()
    clock: OrganizationClock | None = None
    parent_org_id: int | None = None
    parent_till_id: int | None = None
    children: tuple[int, ...] = ()
    credential_version: int = 1

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def entities_by_id(self) -> Mapping[int, Entity]:
        return {entity.id: entity for entity in self.entities}

    @cached_property
    def clients_by_key(self) -> Mapping[str, Client]:
        return {client.key: client for client in self.clients}

    @cached_property
    def _tills_by_code(self) -> Mapping[str, Entity]:
        return {entity.code: entity for entity in self.entities if entity.type == "TILL"}

    @cached_property
    def _groups_by_id(self) -> Mapping[int, AccessGroup]:
        return {**BUILT_IN, **{group.id: group for group in self.access_groups}}

    @cached_property
    def tills_by_lookup(self) -> Mapping[tuple[str, str], int]:
        return {(type_, value): till_id for type_, value, till_id in self.till_lookups}

    @cached_property
    def _active_tills(self) -> Mapping[int, tuple[Entity, ...]]:
        return _grouped((e.store_id or 0, e) for e in self.entities if e.type == "TILL" and e.is_active)

    @cached_property
    def _active_stores(self) -> Mapping[tuple[str, str], tuple[Entity, ...]]:
        stores = [entity for entity in self.entities if entity.type == "STORE" and entity.is_active]
        return _grouped(
            ((field, value), store)
            for store in stores
            for field in ("code", "name", "external_id", "external_id_1", "external_id_2")
            if (value := getattr(store, field))
        )

    def till(self, code: str) -> Entity | None:
        return self._tills_by_code.get(code)

    def store(self, code: str) -> Entity | None:
        return next((entity for entity in self.entities if entity.type == "STORE" and entity.code == code), None)

    def active_tills(self, store_id: int) -> tuple[Entity, ...]:
        return self._active_tills.get(store_id, ())

    def active_stores(self, field: str, value: str) -> tuple[Entity, ...]:
        """The stores whose `field` (code, name, external_id, external_id_1, external_id_2) has this value."""
        return self._active_stores.get((field, value), ())

    def access_group(self, group_id: int) -> AccessGroup:
        return self._groups_by_id.get(group_id, NO_ACCESS)

    def access_group_of(self, till: Entity) -> AccessGroup:
        """A till has the group of its store, a store that of the organisation, an organisation full access."""
        store = self.entities_by_id.get(till.store_id or 0)
        group_id = (store and store.access_group_id) or self.access_group_id or FULL_ACCESS.id
        return self.access_group(group_id)


def _grouped(pairs: Iterable[tuple[K, Entity]]) -> Mapping[K, tuple[Entity, ...]]:
    groups: dict[K, tuple[Entity, ...]] = {}
    for key, entity in pairs:
        groups[key] = (*groups.get(key, ()), entity)
    return groups


class StaleConfiguration(Exception):
    """A read met a newer config_version than the caller worked with: nothing was stored, the call starts over."""

    def __init__(self, org_id: int, config_version: int) -> None:
        super().__init__(org_id, config_version)
        self.org_id = org_id
        self.config_version = config_version


class Tenants:
    """The organisations that this process has met. `current` answers from memory; `at_least` loads when it is older."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, Organization] = {}
        self._loading: dict[int, asyncio.Lock] = {}

    async def current(self, org_id: int) -> Organization:
        return self._known.get(org_id) or await self.at_least(org_id, 1)

    async def at_least(self, org_id: int, config_version: int) -> Organization:
        """The organisation at `config_version` or newer. LookupError when there is no such organisation."""
        async with self._loading.setdefault(org_id, asyncio.Lock()):
            known = self._known.get(org_id)
            if known is not None and known.config_version >= config_version:
                return known
            async with self._database.tenant(org_id).transaction() as connection:
                row = await connection.fetchrow(sql.text("read_organization"), org_id)
            if row is None:
                raise LookupError(f"organisation {org_id} does not exist")
            fields = dict(row)
            fields["entities"] = msgspec.json.decode(fields["entities"], type=tuple[Entity, ...])
            fields["config"] = msgspec.json.decode(fields["config"])
            fields["access_groups"] = msgspec.json.decode(fields["access_groups"], type=tuple[AccessGroup, ...])
            fields["clients"] = msgspec.json.decode(fields["clients"], type=tuple[Client, ...])
            fields["children"] = tuple(fields["children"])
            fields["till_lookups"] = msgspec.json.decode(fields["till_lookups"], type=tuple[tuple[str, str, int], ...])
            shift, fixed = fields.pop("clock_shift"), fields.pop("clock_fixed")
            if shift is not None or fixed is not None:
                fields["clock"] = OrganizationClock(shift=shift, fixed=fixed)
            self._known[org_id] = organization = Organization(**fields)
            return organization
