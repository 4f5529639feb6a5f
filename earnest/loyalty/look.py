"""Reading a member without a lock: one statement, the same readers as under the lock."""

from __future__ import annotations

from collections.abc import Sequence

from earnest.core.context import RequestContext
from earnest.loyalty import holders, snapshot
from earnest.loyalty.registry import Identified, Reader, Snapshot


async def find(ctx: RequestContext, wanted: Identified) -> int | None:
    """The id of the member with this identifier on this source and account, or None. StaleConfiguration when the
    configuration has moved on."""
    async with ctx.db.transaction() as connection:
        version = ctx.organization.config_version
        found = await holders.find(connection, ctx.org_id, version, [(wanted.type, wanted.value)])
    for _, holder_id, source, account_id in found:
        if wanted.source == "ALL" or (source, account_id) == (wanted.source, wanted.account_id):
            return holder_id
    return None


async def look(
    ctx: RequestContext, holder_id: int, readers: Sequence[Reader] = (), bill_ids: Sequence[int] = ()
) -> Snapshot | None:
    """The member as of `ctx.now`, or None. StaleConfiguration when the configuration has moved on."""
    async with ctx.db.transaction() as connection:
        found = await snapshot.read(
            connection,
            ctx.org_id,
            ctx.organization.config_version,
            {holder_id: ctx.now},
            snapshot.ordered(readers),
            bill_ids,
        )
        if not found:
            await holders.check_configuration(connection, ctx.org_id, ctx.organization.config_version)
    return found.get(holder_id)


async def check_configuration(ctx: RequestContext) -> None:
    """StaleConfiguration when the configuration has moved on: before a refusal that is read off it."""
    async with ctx.db.transaction() as connection:
        await holders.check_configuration(connection, ctx.org_id, ctx.organization.config_version)
