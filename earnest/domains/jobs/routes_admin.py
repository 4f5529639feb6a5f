"""`/earnest/v1/jobs`: running what is due, on demand."""

from __future__ import annotations

from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import ORGANIZATION_ID, Example
from earnest.domains.jobs.schemas import DryRun, RanDue, RunDue
from earnest.domains.jobs.service import JobControl


@endpoint(
    "POST",
    "/earnest/v1/jobs/run-due",
    style=Style.OWN,
    group="Clock and jobs",
    access=Access.ADMIN,
    example=Example(body={"organizationId": ORGANIZATION_ID, "asOf": "2030-01-31T09:00:00+05:30"}),
)
async def run_due_jobs(ctx: AdminContext, query: DryRun, body: RunDue) -> RanDue:
    """Runs everything that is due in an organisation until an instant, and answers what ran.

    Only on a server with the test clock. Each job runs as of the instants at which it was due, in their order: what happens
    is what would have happened had the worker run all the time. `asOf` may lie ahead of the organisation's clock.
    """
    control = ctx.resource(JobControl)
    control.require_test_clock()
    return await control.run_due(body.organization_id, body.as_of, dry_run=query.dry_run)
