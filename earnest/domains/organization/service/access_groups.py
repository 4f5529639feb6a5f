"""Access groups of an organisation (core/access), with the audit log. They are assigned where they count: on the
organisation, a store, a client."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET

from earnest.core import access
from earnest.core.administration import Change, administer, pointing
from earnest.core.db.pool import Connection, Database
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, PageQuery, page_of_all
from earnest.domains.organization.schemas_access import (
    AccessGroup,
    AccessGroupChange,
    Grant,
    NewAccessGroup,
    Resource,
)
from earnest.domains.organization.service.organizations import require

_FIELDS = {"access-group-name-taken": "/name", "access-resource-unknown": "/grants"}


def list_resources(query: PageQuery) -> Page[Resource]:
    """What groups may name."""
    found = [Resource(name=name, covers=covers) for name, covers in access.RESOURCES.items()]
    return page_of_all(found, query, lambda resource: resource.name, str)


async def list_access_groups(ctx: AdminContext, org_id: int, query: PageQuery) -> Page[AccessGroup]:
    """The built-in groups and the organisation's own by id. ApiError 404 for an unknown organisation."""
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        found = await access.list_access_groups(connection, org_id)
    return page_of_all([_group(group) for group in found], query, lambda group: group.id, int)


async def read_access_group(ctx: AdminContext, org_id: int, group_id: int) -> AccessGroup:
    """ApiError 404 for an unknown one."""
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        return await _read(connection, org_id, group_id)


async def create_access_group(ctx: AdminContext, org_id: int, new: NewAccessGroup, *, dry_run: bool) -> AccessGroup:
    """Makes a group. ApiError 400 for an unknown resource, 409 for a name that is taken or when there are 100 already."""

    async def work(change: Change) -> AccessGroup:
        with pointing(_FIELDS):
            made, _ = await access.create_access_group(
                change.connection, org_id, name=new.name, description=new.description, grants=_grants(new.grants)
            )
        after = _group(made)
        await change.note("create", "access-group", after.id, after=after)
        return after

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def change_access_group(
    ctx: AdminContext, org_id: int, group_id: int, wanted: AccessGroupChange, *, dry_run: bool
) -> AccessGroup:
    """Changes what is given. Errors as for a new one; 404 for an unknown group, 409 for a built-in one."""

    async def work(change: Change) -> AccessGroup:
        before = await _read(change.connection, org_id, group_id)
        with pointing(_FIELDS):
            await access.update_access_group(
                change.connection,
                org_id,
                group_id,
                name=None if wanted.name is UNSET else wanted.name,
                description=None if wanted.description is UNSET else wanted.description,
                grants=None if wanted.grants is UNSET else _grants(wanted.grants),
            )
        after = await _read(change.connection, org_id, group_id)
        await change.note("update", "access-group", group_id, before=before, after=after)
        return after

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def delete_access_group(ctx: AdminContext, org_id: int, group_id: int, *, dry_run: bool) -> AccessGroup:
    """Deletes a group that nothing has, and answers what it was. ApiError 404 for an unknown one, 409 for one that is
    built in or assigned."""

    async def work(change: Change) -> AccessGroup:
        before = await _read(change.connection, org_id, group_id)
        await access.delete_access_group(change.connection, org_id, group_id)
        await change.note("delete", "access-group", group_id, before=before)
        return before

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def _read(connection: Connection, org_id: int, group_id: int) -> AccessGroup:
    for group in await access.list_access_groups(connection, org_id):
        if group.id == group_id:
            return _group(group)
    raise access.GROUP_UNKNOWN.error().at("/groupId", "path")


def _grants(grants: Mapping[str, Grant]) -> dict[str, access.Grant]:
    return {resource: access.Grant(grant.data, grant.config) for resource, grant in grants.items()}


def _group(group: access.AccessGroup) -> AccessGroup:
    return AccessGroup(
        id=group.id,
        name=group.name,
        description=group.description,
        is_built_in=group.id in access.BUILT_IN,
        grants={name: Grant(data=grant.data, config=grant.config) for name, grant in sorted(group.grants.items())},
        otherwise=Grant(data=group.otherwise.data, config=group.otherwise.config),
    )
