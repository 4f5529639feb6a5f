"""Tills: who calls with user name and password; and the values of other systems that lead to one."""

from __future__ import annotations

import asyncio

import asyncpg
from msgspec import UNSET

from earnest.core import till_lookups
from earnest.core.administration import Change, administer, pointing
from earnest.core.audit import MASKED
from earnest.core.auth.passwords import hash_password
from earnest.core.config_version import raise_credential_version
from earnest.core.db.pool import Database
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, PageQuery, decode_cursor, page
from earnest.core.tenancy import Entity
from earnest.core.till_lookups import LookupType
from earnest.domains.organization import errors
from earnest.domains.organization.schemas import NewTill, Till, TillChange, TillLookup
from earnest.domains.organization.service import entities
from earnest.domains.organization.service.entities import Kind, sql
from earnest.domains.organization.service.organizations import require


async def list_tills(
    ctx: AdminContext, org_id: int, query: PageQuery, *, store_id: int | None, is_active: bool | None
) -> Page[Till]:
    """Tills by code. ApiError 404 for an unknown organisation."""
    found, total = await entities.list_entities(ctx, org_id, Kind.TILL, query, store_id=store_id, is_active=is_active)
    return page([_till(entity) for entity in found], query, lambda till: till.code, total)


async def read_till(ctx: AdminContext, org_id: int, till_id: int) -> Till:
    """ApiError 404 for an unknown one."""
    return _till(await entities.look_up(ctx, org_id, Kind.TILL, till_id))


async def create_till(ctx: AdminContext, org_id: int, new: NewTill, *, dry_run: bool) -> Till:
    """Makes a till that can call at once. ApiError 404 for an unknown store, 409 for a user name that is taken, in whichever
    organisation."""
    # Before anything is locked, and beside the other calls of the process: it is meant to be slow.
    secret_hash = await asyncio.to_thread(hash_password, new.password)
    till_id = await entities.next_id(ctx)

    async def work(change: Change) -> Till:
        await entities.read_active(change.connection, org_id, Kind.STORE, new.store_id, "/storeId")
        store = await entities.read(change.connection, org_id, Kind.STORE, new.store_id)
        entity = Entity(
            id=till_id,
            type=Kind.TILL.value,
            code=new.code,
            name=new.name or new.code,
            description=new.description,
            concept_id=store.concept_id,
            zone_id=store.zone_id,
            store_id=store.id,
            is_active=True,
        )
        try:
            await change.connection.execute(sql.text("add_credential_index"), org_id, new.code, till_id)
        except asyncpg.UniqueViolationError:
            raise errors.USER_NAME_TAKEN.error().at("/code") from None
        await entities.add(change, entity)
        await change.connection.execute(sql.text("add_credential"), org_id, till_id, new.code, secret_hash)
        await change.note("create", "till", till_id, after=_till(entity))
        return _till(entity)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def change_till(ctx: AdminContext, org_id: int, till_id: int, wanted: TillChange, *, dry_run: bool) -> Till:
    """Changes what is given. ApiError 404 for an unknown one, 409 for one that is to be active in a store that is not."""

    async def work(change: Change) -> Till:
        before = await entities.read(change.connection, org_id, Kind.TILL, till_id)
        after = entities.changed(before, name=wanted.name, description=wanted.description, is_active=wanted.is_active)
        if after.is_active and not before.is_active:
            store = await entities.read(change.connection, org_id, Kind.STORE, before.store_id or 0)
            if not store.is_active:
                raise errors.STORE_INACTIVE.error().at("/isActive")
        await entities.store_change(change, before, after)
        await change.note("update", "till", till_id, before=_till(before), after=_till(after))
        return _till(after)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def change_password(ctx: AdminContext, org_id: int, till_id: int, password: str, *, dry_run: bool) -> Till:
    """The till calls with another password from now on; the old one is refused. ApiError 404 for an unknown till."""
    secret_hash = await asyncio.to_thread(hash_password, password)

    async def work(change: Change) -> Till:
        till = _till(await entities.read(change.connection, org_id, Kind.TILL, till_id))
        await change.connection.fetchval(sql.text("change_password"), org_id, secret_hash, till_id)
        await raise_credential_version(change.connection, org_id)
        await change.note("change-password", "till", till_id, before={"password": MASKED}, after={"password": MASKED})
        return till

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def list_lookups(ctx: AdminContext, org_id: int, query: PageQuery) -> Page[TillLookup]:
    """Values by type and text. ApiError 404 for an unknown organisation."""
    after_type, after_value = decode_cursor(query.cursor, tuple[str, str]) or ("", "")
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        rows = await connection.fetch(sql.text("list_lookups"), org_id, after_type, after_value, query.limit + 1)
        total = await connection.fetchval(sql.text("count_lookups"), org_id) if query.total else UNSET
    found = [TillLookup(type=row["type"], value=row["value"], till_id=row["till_id"]) for row in rows]
    return page(found, query, lambda lookup: (lookup.type, lookup.value), total)


async def map_lookup(
    ctx: AdminContext, org_id: int, type_: LookupType, value: str, till_id: int, *, dry_run: bool
) -> TillLookup:
    """A value leads to this till from now on. ApiError 400 for a value that is too long, 404 for an unknown till."""

    async def work(change: Change) -> TillLookup:
        known = await change.connection.fetchval(sql.text("read_lookup"), org_id, type_.value, value)
        with pointing({"till-unknown": "/tillId"}):
            await till_lookups.map_lookup(change.connection, org_id, type_, value, till_id)
        before = None if known is None else TillLookup(type=type_.value, value=value, till_id=known)
        after = TillLookup(type=type_.value, value=value, till_id=till_id)
        action = "create" if before is None else "update"
        await change.note(action, "till-lookup", f"{type_.value}/{value}", before=before, after=after)
        return after

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def unmap_lookup(ctx: AdminContext, org_id: int, type_: LookupType, value: str, *, dry_run: bool) -> TillLookup:
    """A value leads nowhere any more; answers where it led. ApiError 404 when it led nowhere."""

    async def work(change: Change) -> TillLookup:
        known = await change.connection.fetchval(sql.text("read_lookup"), org_id, type_.value, value)
        await till_lookups.unmap_lookup(change.connection, org_id, type_, value)
        before = TillLookup(type=type_.value, value=value, till_id=known)
        await change.note("delete", "till-lookup", f"{type_.value}/{value}", before=before)
        return before

    return await administer(ctx, org_id, work, dry_run=dry_run)


def _till(entity: Entity) -> Till:
    assert entity.store_id is not None
    return Till(
        id=entity.id,
        code=entity.code,
        name=entity.name,
        description=entity.description,
        store_id=entity.store_id,
        is_active=entity.is_active,
    )
