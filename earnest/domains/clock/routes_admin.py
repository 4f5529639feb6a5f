"""`/earnest/v1/clock`: the clock of an organisation under test."""

from __future__ import annotations

from earnest.core.audit import Author
from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import ORGANIZATION_ID, Example
from earnest.domains.clock.schemas import AdvanceClock, ClockQuery, DryRun, Reading, SetClock
from earnest.domains.clock.service import Clocks

GROUP = "Clock and jobs"


@endpoint(
    "GET",
    "/earnest/v1/clock",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(query={"organizationId": ORGANIZATION_ID}),
)
async def show_clock(ctx: AdminContext, query: ClockQuery) -> Reading:
    """Shows what the clock of an organisation shows.

    Only on a server with the test clock.
    """
    return await ctx.resource(Clocks).show(query.organization_id)


@endpoint(
    "POST",
    "/earnest/v1/clock/set",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(body={"organizationId": ORGANIZATION_ID, "now": "2030-01-31T09:00:00+05:30"}),
)
async def set_clock(ctx: AdminContext, query: DryRun, body: SetClock) -> Reading:
    """Sets the clock of an organisation to an instant, forward only.

    Only on a server with the test clock. The clock runs on from there, or stands there with `standing`. What becomes due by
    it is run by the worker, or at once by `POST /earnest/v1/jobs/run-due`.
    """
    clocks = ctx.resource(Clocks)
    author = Author(ctx.actor, ctx.request_id)
    return await clocks.set(
        body.organization_id, body.now, standing=body.standing, dry_run=query.dry_run, author=author
    )


@endpoint(
    "POST",
    "/earnest/v1/clock/advance",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(body={"organizationId": ORGANIZATION_ID, "by": "P30D"}),
)
async def advance_clock(ctx: AdminContext, query: DryRun, body: AdvanceClock) -> Reading:
    """Moves the clock of an organisation on by a duration.

    Only on a server with the test clock. A running clock runs on, a standing one stands.
    """
    author = Author(ctx.actor, ctx.request_id)
    return await ctx.resource(Clocks).advance(body.organization_id, body.by, dry_run=query.dry_run, author=author)
