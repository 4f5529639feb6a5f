"""Reading the audit log."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET

from earnest.core import audit
from earnest.core.audit import Entry, EntryFilter
from earnest.core.db.pool import Database
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, decode_cursor, page
from earnest.domains.organization import errors
from earnest.domains.organization.schemas_config import AuditQuery
from earnest.domains.organization.service.organizations import require


async def list_entries(ctx: AdminContext, query: AuditQuery) -> Page[Entry]:
    """Changes of an organisation, the newest first. ApiError 404 for an unknown organisation."""
    for name, instant in (("since", query.since), ("until", query.until)):
        if instant is not None and instant.tzinfo is None:
            raise errors.OFFSET_MISSING.error().at(f"/{name}", "query")
    wanted = EntryFilter(
        actor=query.actor,
        action=query.action,
        resource=query.resource,
        resource_id=query.resource_id,
        since=query.since,
        until=query.until,
    )
    after = decode_cursor(query.cursor, tuple[datetime, int])
    org_id = query.organization_id
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        found = await audit.list_entries(connection, org_id, wanted, after=after, count=query.limit + 1)
        total = await audit.count_entries(connection, org_id, wanted) if query.total else UNSET
    return page(found, query, lambda entry: (entry.recorded_at, entry.id), total)
