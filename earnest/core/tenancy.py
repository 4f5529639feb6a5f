"""Organisations as a process holds them: settings, entities and config values, one immutable value per config_version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from earnest.core.db.pool import Database
from earnest.core.db.statements import load

sql = load(Path(__file__).with_name("tenancy.sql"))


class Entity(msgspec.Struct, frozen=True, array_like=True):
    """A concept, zone, store or till of an organisation; `store_id` is set on tills."""

    id: int
    type: str
    code: str
    name: str
    description: str
    concept_id: int | None
    zone_id: int | None
    store_id: int | None
    is_active: bool


class Organization(msgspec.Struct, frozen=True, dict=True):
    """`config` holds the organisation's own values of the registered config keys; see `core.config_keys` for defaults."""

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

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def entities_by_id(self) -> Mapping[int, Entity]:
        return {entity.id: entity for entity in self.entities}

    def till(self, code: str) -> Entity | None:
        return next((e for e in self.entities if e.type == "TILL" and e.code == code), None)


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
            self._known[org_id] = organization = Organization(**fields)
            return organization
