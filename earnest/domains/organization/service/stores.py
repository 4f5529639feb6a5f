"""Stores: where tills stand, with the ids by which other systems know them."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from earnest.core.access import check_group
from earnest.core.administration import Change, administer, pointing
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, PageQuery, page
from earnest.core.tenancy import Entity
from earnest.domains.organization import errors
from earnest.domains.organization.schemas import NewStore, Store, StoreChange
from earnest.domains.organization.service import entities
from earnest.domains.organization.service.entities import Kind, sql


async def list_stores(ctx: AdminContext, org_id: int, query: PageQuery, *, is_active: bool | None) -> Page[Store]:
    """Stores by code. ApiError 404 for an unknown organisation."""
    found, total = await entities.list_entities(ctx, org_id, Kind.STORE, query, is_active=is_active)
    return page([_store(entity) for entity in found], query, lambda store: store.code, total)


async def read_store(ctx: AdminContext, org_id: int, store_id: int) -> Store:
    """ApiError 404 for an unknown one."""
    return _store(await entities.look_up(ctx, org_id, Kind.STORE, store_id))


async def create_store(ctx: AdminContext, org_id: int, new: NewStore, *, dry_run: bool) -> Store:
    """Makes a store. ApiError 404 for an unknown concept, zone or access group, 409 for a code, name or external id that
    another one has."""
    entity = Entity(
        id=await entities.next_id(ctx),
        type=Kind.STORE.value,
        code=new.code,
        name=new.name or new.code,
        description=new.description,
        concept_id=new.concept_id,
        zone_id=new.zone_id,
        store_id=None,
        is_active=True,
        access_group_id=new.access_group_id,
        **_external_ids(new.external_ids),
    )

    async def work(change: Change) -> Store:
        await _check(change, entity, None)
        await entities.add(change, entity)
        await change.note("create", "store", entity.id, after=_store(entity))
        return _store(entity)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def change_store(ctx: AdminContext, org_id: int, store_id: int, wanted: StoreChange, *, dry_run: bool) -> Store:
    """Changes what is given; its tills move along with it. Errors as for a new one; 409 while tills of a store that is to
    be no longer active are."""

    async def work(change: Change) -> Store:
        before = await entities.read(change.connection, org_id, Kind.STORE, store_id)
        after = entities.changed(
            before,
            name=wanted.name,
            description=wanted.description,
            concept_id=wanted.concept_id,
            zone_id=wanted.zone_id,
            access_group_id=wanted.access_group_id,
            is_active=wanted.is_active,
            **_external_ids(wanted.external_ids),
        )
        await _check(change, after, before)
        await entities.store_change(change, before, after)
        if (after.concept_id, after.zone_id) != (before.concept_id, before.zone_id):
            await change.connection.execute(sql.text("move_tills"), org_id, after.concept_id, after.zone_id, store_id)
        await change.note("update", "store", store_id, before=_store(before), after=_store(after))
        return _store(after)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def _check(change: Change, store: Entity, before: Entity | None) -> None:
    """What is as it was before may stay so, even where it could not be chosen any more."""
    connection, org_id = change.connection, change.org_id
    awakes = store.is_active and (before is None or not before.is_active)
    if awakes or before is None or store.concept_id != before.concept_id:
        await entities.read_active(connection, org_id, Kind.CONCEPT, store.concept_id, "/conceptId")
    if awakes or before is None or store.zone_id != before.zone_id:
        await entities.read_active(connection, org_id, Kind.ZONE, store.zone_id, "/zoneId")
    if store.access_group_id is not None and (before is None or store.access_group_id != before.access_group_id):
        with pointing({"access-group-unknown": "/accessGroupId"}):
            await check_group(connection, org_id, store.access_group_id)
    if before is None or store.name != before.name:
        other = await connection.fetchval(sql.text("find_store_by_name"), org_id, store.name, store.id)
        if other is not None:
            raise errors.STORE_NAME_TAKEN.error().at("/name")
    external_ids = _store(store).external_ids
    if len(set(external_ids)) < len(external_ids):
        raise errors.EXTERNAL_ID_TWICE.error().at("/externalIds")
    for place, external_id in enumerate(external_ids):
        other = await connection.fetchval(sql.text("find_store_by_external_id"), org_id, store.id, external_id)
        if other is not None:
            raise errors.EXTERNAL_ID_TAKEN.error().at(f"/externalIds/{place}")


def _external_ids(given: tuple[str, ...] | UnsetType) -> dict[str, str | None]:
    if given is UNSET:
        return {}
    first, second, third = (*given, None, None, None)[:3]
    return {"external_id": first, "external_id_1": second, "external_id_2": third}


def _store(entity: Entity) -> Store:
    external_ids = (entity.external_id, entity.external_id_1, entity.external_id_2)
    return Store(
        id=entity.id,
        code=entity.code,
        name=entity.name,
        description=entity.description,
        concept_id=entity.concept_id,
        zone_id=entity.zone_id,
        external_ids=tuple(external_id for external_id in external_ids if external_id is not None),
        access_group_id=entity.access_group_id,
        is_active=entity.is_active,
    )
