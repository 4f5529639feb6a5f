"""What concepts, zones, stores and tills have in common: lists, ids, codes, and that nothing active stands in what is not."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.administration import Change
from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.errors import ErrorCode
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import PageQuery, decode_cursor
from earnest.core.ids import Ids
from earnest.core.tenancy import Entity
from earnest.domains.organization import errors
from earnest.domains.organization.service.organizations import require

sql = load(Path(__file__).parent.with_name("queries.sql"))


class Kind(StrEnum):
    CONCEPT = "CONCEPT"
    ZONE = "ZONE"
    STORE = "STORE"
    TILL = "TILL"


UNKNOWN: Mapping[Kind, ErrorCode] = {
    Kind.CONCEPT: errors.CONCEPT_UNKNOWN,
    Kind.ZONE: errors.AREA_UNKNOWN,
    Kind.STORE: errors.STORE_UNKNOWN,
    Kind.TILL: errors.TILL_UNKNOWN,
}


async def list_entities(
    ctx: AdminContext,
    org_id: int,
    kind: Kind,
    query: PageQuery,
    *,
    store_id: int | None = None,
    is_active: bool | None = None,
) -> tuple[list[Entity], int | UnsetType]:
    """One more than the page holds, by code, and the total when it is asked for. ApiError 404 for an unknown organisation."""
    after = decode_cursor(query.cursor, str) or ""
    total: int | UnsetType = UNSET
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        rows = await connection.fetch(
            sql.text("list_entities"), org_id, kind.value, after, store_id, is_active, query.limit + 1
        )
        if query.total:
            total = await connection.fetchval(sql.text("count_entities"), org_id, kind.value, store_id, is_active)
    return [Entity(**dict(row)) for row in rows], total


async def look_up(ctx: AdminContext, org_id: int, kind: Kind, entity_id: int) -> Entity:
    """ApiError 404 for an unknown organisation or entity."""
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        return await read(connection, org_id, kind, entity_id)


async def read(connection: Connection, org_id: int, kind: Kind, entity_id: int) -> Entity:
    """ApiError 404 for an unknown one, or one of another kind."""
    row = await connection.fetchrow(sql.text("read_entity"), org_id, entity_id, kind.value)
    if row is None:
        raise UNKNOWN[kind].error()
    return Entity(**dict(row))


async def read_active(connection: Connection, org_id: int, kind: Kind, entity_id: int | None, pointer: str) -> None:
    """ApiError 404 at `pointer` unless there is such an entity and it is active; None is no entity."""
    if entity_id is None:
        return
    row = await connection.fetchrow(sql.text("read_entity"), org_id, entity_id, kind.value)
    if row is None or not row["is_active"]:
        raise UNKNOWN[kind].error().at(pointer)


async def add(change: Change, entity: Entity) -> None:
    """Stores a new entity. ApiError 409 for a code that another of its kind has."""
    try:
        await change.connection.execute(
            sql.text("add_entity"),
            change.org_id,
            entity.id,
            entity.type,
            entity.code,
            entity.name,
            entity.description,
            entity.concept_id,
            entity.zone_id,
            entity.store_id,
            entity.external_id,
            entity.external_id_1,
            entity.external_id_2,
            entity.access_group_id,
        )
    except asyncpg.UniqueViolationError:
        raise errors.CODE_TAKEN.error().at("/code") from None


async def store_change(change: Change, before: Entity, after: Entity) -> None:
    """Stores a changed entity. ApiError 409 when something active stands in one that is to be no longer active."""
    if before.is_active and not after.is_active:
        count = await change.connection.fetchval(sql.text("count_active_below"), change.org_id, before.id, before.type)
        if count:
            raise errors.STILL_IN_USE.error(count=count).at("/isActive")
    await change.connection.execute(
        sql.text("change_entity"),
        change.org_id,
        after.name,
        after.description,
        after.concept_id,
        after.zone_id,
        after.is_active,
        after.external_id,
        after.external_id_1,
        after.external_id_2,
        after.access_group_id,
        after.id,
    )


async def next_id(ctx: AdminContext) -> int:
    """An id of the family that all entities share."""
    return await ctx.resource(Ids).one("ENTITY")


def changed(entity: Entity, **values: object) -> Entity:
    """The entity with what is given; UNSET is not."""
    return msgspec.structs.replace(entity, **{name: value for name, value in values.items() if value is not UNSET})
