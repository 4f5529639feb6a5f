"""Concepts and zones: two trees, in each of which a store has a place."""

from __future__ import annotations

from earnest.core.administration import Change, administer
from earnest.core.db.pool import Connection
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, PageQuery, page
from earnest.core.tenancy import Entity
from earnest.domains.organization import errors
from earnest.domains.organization.schemas import Area, AreaChange, NewArea
from earnest.domains.organization.service import entities
from earnest.domains.organization.service.entities import Kind

# Deeper trees are nobody's, and a walk up must end.
DEPTH_MAX = 50


async def list_areas(
    ctx: AdminContext, org_id: int, kind: Kind, query: PageQuery, *, is_active: bool | None
) -> Page[Area]:
    """Concepts or zones by code. ApiError 404 for an unknown organisation."""
    found, total = await entities.list_entities(ctx, org_id, kind, query, is_active=is_active)
    return page([_area(entity) for entity in found], query, lambda area: area.code, total)


async def read_area(ctx: AdminContext, org_id: int, kind: Kind, area_id: int) -> Area:
    """ApiError 404 for an unknown one."""
    return _area(await entities.look_up(ctx, org_id, kind, area_id))


async def create_area(ctx: AdminContext, org_id: int, kind: Kind, new: NewArea, *, dry_run: bool) -> Area:
    """Makes a concept or zone. ApiError 404 for an unknown parent, 409 for a code that is taken."""
    entity = Entity(
        id=await entities.next_id(ctx),
        type=kind.value,
        code=new.code,
        name=new.name or new.code,
        description=new.description,
        concept_id=new.parent_id if kind is Kind.CONCEPT else None,
        zone_id=new.parent_id if kind is Kind.ZONE else None,
        store_id=None,
        is_active=True,
    )

    async def work(change: Change) -> Area:
        await _check_parent(change.connection, org_id, kind, entity)
        await entities.add(change, entity)
        await change.note("create", kind.lower(), entity.id, after=_area(entity))
        return _area(entity)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def change_area(
    ctx: AdminContext, org_id: int, kind: Kind, area_id: int, wanted: AreaChange, *, dry_run: bool
) -> Area:
    """Changes what is given. ApiError 404 for an unknown one or parent, 409 for a parent that stands below it, or when
    something active stands in one that is to be no longer active."""

    async def work(change: Change) -> Area:
        before = await entities.read(change.connection, org_id, kind, area_id)
        after = entities.changed(
            before,
            name=wanted.name,
            description=wanted.description,
            is_active=wanted.is_active,
            **{"concept_id" if kind is Kind.CONCEPT else "zone_id": wanted.parent_id},
        )
        if _parent_id(after) != _parent_id(before) or (after.is_active and not before.is_active):
            await _check_parent(change.connection, org_id, kind, after)
        await entities.store_change(change, before, after)
        await change.note("update", kind.lower(), area_id, before=_area(before), after=_area(after))
        return _area(after)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def _check_parent(connection: Connection, org_id: int, kind: Kind, entity: Entity) -> None:
    parent_id = _parent_id(entity)
    await entities.read_active(connection, org_id, kind, parent_id, "/parentId")
    for _ in range(DEPTH_MAX):
        if parent_id is None:
            return
        if parent_id == entity.id:
            break
        parent_id = _parent_id(await entities.read(connection, org_id, kind, parent_id))
    raise errors.PARENT_BELOW_ITSELF.error().at("/parentId")


def _parent_id(entity: Entity) -> int | None:
    return entity.concept_id if entity.type == Kind.CONCEPT else entity.zone_id


def _area(entity: Entity) -> Area:
    return Area(
        id=entity.id,
        code=entity.code,
        name=entity.name,
        description=entity.description,
        parent_id=_parent_id(entity),
        is_active=entity.is_active,
    )
