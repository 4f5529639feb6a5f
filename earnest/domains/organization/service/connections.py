"""Connected organisations: a parent and its children, two levels and no more.

Calls of a parent's client act for a child that their headers name (core/auth/connected). What decides whether they may is
stored with the child and guarded by its config_version; the parent has the list.
"""

from __future__ import annotations

from pathlib import Path

from earnest.core.administration import Change, administer
from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.http.endpoint import AdminContext
from earnest.domains.organization import errors
from earnest.domains.organization.schemas import Child, Connections, NewConnection, Organization
from earnest.domains.organization.service.organizations import require

sql = load(Path(__file__).parent.with_name("queries.sql"))


async def read_connections(ctx: AdminContext, org_id: int) -> Connections:
    """The parent or the children of an organisation. ApiError 404 for an unknown one."""
    database = ctx.resource(Database)
    async with database.tenant(org_id).transaction() as connection:
        organization = await require(connection, org_id)
        rows = await connection.fetch(sql.text("list_children"), org_id)
    children = []
    for row in rows:
        async with database.tenant(row["child_org_id"]).transaction() as connection:
            till_id = await _parent_till(connection, row["child_org_id"])
        children.append(
            Child(organization_id=row["child_org_id"], default_till_id=till_id, connected_at=row["connected_at"])
        )
    return Connections(parent_id=organization.parent_id, children=tuple(children))


async def connect(ctx: AdminContext, org_id: int, child_id: int, new: NewConnection, *, dry_run: bool) -> Child:
    """Makes an organisation a child of this one, or gives a child another default till.

    ApiError 404 for an unknown organisation or till, 409 when one of them is connected in another way already.
    """
    if child_id == org_id:
        raise errors.CONNECTED_TO_ITSELF.error().at("/childId", "path")

    async def work(change: Change) -> Child:
        parent = await require(change.connection, org_id)
        if parent.parent_id is not None:
            raise errors.PARENT_IS_CHILD.error().at("/organizationId", "path")
        async with change.within(child_id) as connection:
            child = await require(connection, child_id)
            _check_child(child, org_id)
            till_before = await _parent_till(connection, child_id)
            if new.default_till_id is not None:
                row = await connection.fetchrow(sql.text("read_entity"), child_id, new.default_till_id, "TILL")
                if row is None or not row["is_active"]:
                    raise errors.TILL_OF_CHILD_UNKNOWN.error().at("/defaultTillId")
            await connection.execute(sql.text("set_parent"), child_id, org_id, new.default_till_id)
        known = await _child(change.connection, org_id, child_id, till_before)
        await change.connection.execute(sql.text("add_child"), org_id, child_id, ctx.now)
        made = await _child(change.connection, org_id, child_id, new.default_till_id)
        assert made is not None
        await _note(change, child_id, known, made)
        return made

    return await administer(ctx, org_id, work, dry_run=dry_run, also=(child_id,))


async def disconnect(ctx: AdminContext, org_id: int, child_id: int, *, dry_run: bool) -> Child:
    """Parts them, and answers what was. ApiError 404 when they are not connected."""

    async def work(change: Change) -> Child:
        async with change.within(child_id) as connection:
            till_before = await _parent_till(connection, child_id)
            await connection.execute(sql.text("set_parent"), child_id, None, None)
        known = await _child(change.connection, org_id, child_id, till_before)
        if known is None:
            raise errors.NOT_CONNECTED.error().at("/childId", "path")
        await change.connection.execute(sql.text("drop_child"), org_id, child_id)
        await _note(change, child_id, known, None)
        return known

    return await administer(ctx, org_id, work, dry_run=dry_run, also=(child_id,))


async def _note(change: Change, child_id: int, before: Child | None, after: Child | None) -> None:
    """In the log of both: an administrator of either looks there."""
    action = "create" if before is None else "delete" if after is None else "update"
    for org_id in (change.org_id, child_id):
        async with change.within(org_id):
            await change.note(action, "connection", child_id, before=before, after=after, org_id=org_id)


def _check_child(child: Organization, parent_id: int) -> None:
    if child.parent_id not in (None, parent_id):
        raise errors.CHILD_OF_ANOTHER.error().at("/childId", "path")
    if child.type == "SUPER_ORG":
        raise errors.CHILD_IS_PARENT.error().at("/childId", "path")


async def _child(connection: Connection, org_id: int, child_id: int, till_id: int | None) -> Child | None:
    rows = await connection.fetch(sql.text("list_children"), org_id)
    return next(
        (
            Child(organization_id=child_id, default_till_id=till_id, connected_at=row["connected_at"])
            for row in rows
            if row["child_org_id"] == child_id
        ),
        None,
    )


async def _parent_till(connection: Connection, org_id: int) -> int | None:
    row = await connection.fetchrow(sql.text("read_organization"), org_id)
    return None if row is None else row["parent_till_id"]
