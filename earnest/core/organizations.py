"""Creating an organisation with its entities, tills and programmes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from earnest.core.auth.passwords import hash_password
from earnest.core.db.statements import load

sql = load(Path(__file__).with_name("organizations.sql"))


class NewStore(msgspec.Struct, frozen=True, kw_only=True):
    """A store below a concept and a zone, with its tills: code (also the user name) to password."""

    concept: str
    zone: str
    code: str
    tills: Mapping[str, str]


class NewOrganization(msgspec.Struct, frozen=True, kw_only=True):
    org_id: int
    name: str
    stores: tuple[NewStore, ...]
    country_code: str = "IN"
    currency: str = "INR"
    currency_decimals: int = 2
    time_zone: str = "Asia/Kolkata"
    primary_identifier: str = "mobile"
    config: Mapping[str, Any] = {}


async def organization_exists(owner_url: str, org_id: int) -> bool:
    connection = await asyncpg.connect(owner_url)
    try:
        found: bool = await connection.fetchval(sql.text("organization_exists"), org_id)
    finally:
        await connection.close()
    return found


async def create_organization(
    owner_url: str, organization: NewOrganization, programs: Mapping[int, bytes], *, now: datetime
) -> None:
    """Stores everything in one transaction, as the owner of the database. Arguments and errors as `store_organization`."""
    connection = await asyncpg.connect(owner_url)
    try:
        async with connection.transaction():
            await store_organization(connection, organization, programs, now=now)
    finally:
        await connection.close()


async def store_organization(
    connection: Any, organization: NewOrganization, programs: Mapping[int, bytes], *, now: datetime
) -> None:
    """Stores everything on a connection inside a transaction: the owner's, or the application's in the name of the new
    organisation. `programs` are programme documents (JSON) by id, in the form in which versions are stored.

    UniqueViolationError when the organisation or one of its till names exists already.
    """
    org_id = organization.org_id
    await connection.execute(
        sql.text("add_organization"),
        org_id,
        organization.name,
        organization.country_code,
        organization.currency,
        organization.currency_decimals,
        organization.time_zone,
        organization.primary_identifier,
        now,
    )
    entities = _Entities(connection, org_id)
    for store in organization.stores:
        concept_id = await entities.of("CONCEPT", store.concept)
        zone_id = await entities.of("ZONE", store.zone)
        store_id = await entities.of("STORE", store.code, concept_id, zone_id)
        for code, password in store.tills.items():
            till_id = await entities.of("TILL", code, concept_id, zone_id, store_id)
            await connection.execute(
                sql.text("add_credential"), org_id, till_id, till_id, code, hash_password(password)
            )
            await connection.execute(sql.text("add_credential_index"), org_id, code, till_id)
    for key, value in organization.config.items():
        await connection.execute(sql.text("add_config_value"), org_id, key, msgspec.json.encode(value).decode())
    for program_id, document in programs.items():
        header = msgspec.json.decode(document, type=_ProgramHeader)
        await connection.execute(
            sql.text("add_program"), org_id, program_id, header.name, header.is_of_everybody, header.version
        )
        await connection.execute(
            sql.text("add_program_version"), org_id, program_id, header.version, document.decode(), now
        )


class _ProgramHeader(msgspec.Struct, frozen=True):
    """A programme that is bound to something is not the default one; older forms say so themselves."""

    name: str
    version: int = 1
    is_default: bool = True
    binding: msgspec.Raw = msgspec.Raw()

    @property
    def is_of_everybody(self) -> bool:
        return self.is_default and not self.binding


class _Entities:
    """Concepts, zones, stores and tills of a new organisation, each made once."""

    def __init__(self, connection: Any, org_id: int) -> None:
        self._connection = connection
        self._org_id = org_id
        self._made: dict[tuple[str, str], int] = {}
        self._free: list[int] = []

    async def of(
        self,
        type_: str,
        code: str,
        concept_id: int | None = None,
        zone_id: int | None = None,
        store_id: int | None = None,
    ) -> int:
        if (type_, code) not in self._made:
            if not self._free:
                first: int = await self._connection.fetchval("SELECT nextval('id_entity')")
                self._free = list(range(first + 99, first - 1, -1))
            entity_id = self._free.pop()
            await self._connection.execute(
                sql.text("add_entity"), self._org_id, entity_id, type_, code, code, concept_id, zone_id, store_id
            )
            self._made[type_, code] = entity_id
        return self._made[type_, code]
