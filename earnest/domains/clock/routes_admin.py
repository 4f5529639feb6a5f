"""`/earnest/v1/clock`: the clock of an organisation under test."""

from __future__ import annotations

from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import INSTANT_AHEAD, ORGANIZATION_ID, Example
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
    example=Example(body={"organizationId": ORGANIZATION_ID, "now": INSTANT_AHEAD}),
)
async def set_clock(ctx: AdminContext, query: DryRun, body: SetClock) -> Reading:
    """Sets the clock of an organisation to an instant, forward only.

    Only on a server with the test clock. The clock runs on from there, or stands there with `standing`. What becomes due by
    it is run by the worker, or at once by `POST /earnest/v1/jobs/run-due`.
    """
    clocks = ctx.resource(Clocks)
    return await clocks.set(ctx, body.organization_id, body.now, standing=body.standing, dry_run=query.dry_run)


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
    return await ctx.resource(Clocks).advance(ctx, body.organization_id, body.by, dry_run=query.dry_run)
