"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

import asyncio

import msgspec

from earnest.core.db.pool import Database
from earnest.core.http.endpoint import Access, Answer, PublicContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import Example

READY_TIMEOUT_S = 2.0


class Health(msgspec.Struct, frozen=True):
    """`status` is "live", "ready" or "unavailable"."""

    status: str


_LIVE = Health("live")


@endpoint("GET", "/health/live", style=Style.OTHER, group="Health", access=Access.PUBLIC, example=Example())
async def live(ctx: PublicContext) -> Health:
    """Answers as long as the process does; asks nothing of the database."""
    return _LIVE


@endpoint(
    "GET",
    "/health/ready",
    style=Style.OTHER,
    group="Health",
    access=Access.PUBLIC,
    statuses={503: "The database does not answer"},
    example=Example(),
)
async def ready(ctx: PublicContext) -> Answer[Health]:
    """200 when the database answers within two seconds, else 503."""
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            async with ctx.resource(Database).unscoped() as connection:
                await connection.fetchval("SELECT 1")
    except Exception:
        # Whatever the reason is: this process cannot serve now, and saying so is the purpose of the call.
        return Answer(Health("unavailable"), status=503, headers={"Retry-After": "1"})
    return Answer(Health("ready"))
