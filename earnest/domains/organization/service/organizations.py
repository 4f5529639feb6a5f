"""Organisations themselves: make one, look at it, change what may change."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from zoneinfo import available_timezones

import asyncpg
import msgspec
import phonenumbers
from msgspec import UNSET

from earnest.core import organizations
from earnest.core.access import assign_access_group
from earnest.core.administration import ORGANIZATION_UNKNOWN, Change, administer, pointing
from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, PageQuery, decode_cursor, page
from earnest.domains.organization import errors
from earnest.domains.organization.schemas import NewOrganization, Organization, OrganizationChange
from earnest.domains.organization.starter_program import STARTER_ID, starter_document

sql = load(Path(__file__).parent.with_name("queries.sql"))

_FIXED = ("country_code", "currency", "currency_decimals", "time_zone", "primary_identifier")


async def list_organizations(ctx: AdminContext, query: PageQuery) -> Page[Organization]:
    """All organisations of the installation by id."""
    after = decode_cursor(query.cursor, int) or 0
    database = ctx.resource(Database)
    async with database.unscoped() as connection:
        rows = await connection.fetch(sql.text("list_organization_ids"), after, query.limit + 1)
        total = await connection.fetchval(sql.text("count_organizations")) if query.total else UNSET
    # Each is visible in its own name only.
    found = [await read_organization(ctx, row["org_id"]) for row in rows]
    return page(found, query, lambda organization: organization.id, total)


async def read_organization(ctx: AdminContext, org_id: int) -> Organization:
    """ApiError 404 for an unknown one."""
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        return await require(connection, org_id)


async def create_organization(ctx: AdminContext, new: NewOrganization, *, dry_run: bool) -> Organization:
    """Makes one, with a programme unless it is not wanted. ApiError 400 for an unknown country or zone, 409 for an id that
    is taken."""
    if new.country_code not in phonenumbers.SUPPORTED_REGIONS:
        raise errors.COUNTRY_UNKNOWN.error().at("/countryCode")
    if new.time_zone not in _time_zones():
        raise errors.ZONE_UNKNOWN.error().at("/timeZone")
    org_id = new.id or await _next_id(ctx)
    programs: dict[int, bytes] = {}
    if new.program == "starter":
        programs[STARTER_ID] = starter_document()
    stored = organizations.NewOrganization(
        org_id=org_id,
        name=new.name,
        stores=(),
        country_code=new.country_code,
        currency=new.currency,
        currency_decimals=new.currency_decimals,
        time_zone=new.time_zone,
        primary_identifier=new.primary_identifier,
    )

    async def work(change: Change) -> Organization:
        try:
            await organizations.store_organization(change.connection, stored, programs, now=ctx.now)
        except asyncpg.UniqueViolationError:
            raise errors.ORGANIZATION_ID_TAKEN.error().at("/id") from None
        made = await require(change.connection, org_id)
        await change.note("create", "organization", org_id, after=made)
        return made

    return await administer(ctx, org_id, work, dry_run=dry_run, is_new=True)


async def change_organization(
    ctx: AdminContext, org_id: int, wanted: OrganizationChange, *, dry_run: bool
) -> Organization:
    """Changes what is given. ApiError 404 for an unknown organisation or access group, 409 for a fixed field."""

    async def work(change: Change) -> Organization:
        before = await require(change.connection, org_id)
        for name in _FIXED:
            value = getattr(wanted, name)
            if value is not UNSET and value != getattr(before, name):
                field = next(f for f in msgspec.structs.fields(wanted) if f.name == name)
                raise errors.FIXED.error(name=field.encode_name).at(f"/{field.encode_name}")
        if wanted.name is not UNSET:
            await change.connection.execute(sql.text("rename_organization"), org_id, wanted.name)
        if wanted.access_group_id is not UNSET:
            with pointing({"access-group-unknown": "/accessGroupId"}):
                await assign_access_group(change.connection, org_id, wanted.access_group_id)
        after = await require(change.connection, org_id)
        await change.note("update", "organization", org_id, before=before, after=after)
        return after

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def require(connection: Connection, org_id: int) -> Organization:
    """The organisation of this transaction. ApiError 404 when there is none with this id."""
    row = await connection.fetchrow(sql.text("read_organization"), org_id)
    if row is None:
        raise ORGANIZATION_UNKNOWN.error().at("/organizationId", "path")
    is_child = row["parent_org_id"] is not None
    return Organization(
        id=row["org_id"],
        name=row["name"],
        country_code=row["country_code"],
        currency=row["currency"],
        currency_decimals=row["currency_decimals"],
        time_zone=row["time_zone"],
        primary_identifier=row["primary_identifier"],
        access_group_id=row["access_group_id"],
        type="CHILD_ORG" if is_child else "SUPER_ORG" if row["children"] else "STANDARD_ORG",
        parent_id=row["parent_org_id"],
        config_version=row["config_version"],
        created_at=row["created_at"],
    )


async def _next_id(ctx: AdminContext) -> int:
    async with ctx.resource(Database).unscoped() as connection:
        while True:
            org_id: int | None = await connection.fetchval(sql.text("next_organization_id"))
            if org_id is not None:
                return org_id


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    """Those that are zones everywhere: not the machine's own, nor names that stand for none."""
    return frozenset(available_timezones() - {"localtime", "Factory"})
