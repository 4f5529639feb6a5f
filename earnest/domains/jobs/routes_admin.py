"""`/earnest/v1/jobs`: what is due when, what failed, running it."""

from __future__ import annotations

from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import INSTANT_AHEAD, ORGANIZATION_ID, Example
from earnest.core.http.own import Page
from earnest.domains.jobs import administration
from earnest.domains.jobs.schemas import DryRun, JobsQuery, RanDue, Retried, Retry, RunDue, ScheduledJob
from earnest.domains.jobs.service import JobControl


@endpoint(
    "POST",
    "/earnest/v1/jobs/run-due",
    style=Style.OWN,
    group="Clock and jobs",
    access=Access.ADMIN,
    example=Example(body={"organizationId": ORGANIZATION_ID, "asOf": INSTANT_AHEAD}),
)
async def run_due_jobs(ctx: AdminContext, query: DryRun, body: RunDue) -> RanDue:
    """Runs everything that is due in an organisation until an instant, and answers what ran.

    Only on a server with the test clock. Each job runs as of the instants at which it was due, in their order: what happens
    is what would have happened had the worker run all the time. `asOf` may lie ahead of the organisation's clock.
    """
    ctx.resource(JobControl).require_test_clock()
    return await administration.run_due(ctx, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    "/earnest/v1/jobs",
    style=Style.OWN,
    group="Clock and jobs",
    access=Access.ADMIN,
    example=Example(query={"organizationId": ORGANIZATION_ID}),
)
async def list_jobs(ctx: AdminContext, query: JobsQuery) -> Page[ScheduledJob]:
    """Lists the jobs of an organisation: when they are due next, when they ran last, what failed."""
    return await administration.list_jobs(ctx, query)


@endpoint(
    "POST",
    "/earnest/v1/jobs/retry",
    style=Style.OWN,
    group="Clock and jobs",
    access=Access.ADMIN,
    example=Example(body={"organizationId": ORGANIZATION_ID}),
)
async def retry_jobs(ctx: AdminContext, query: DryRun, body: Retry) -> Retried:
    """Lets failed jobs of an organisation run again, those that were given up too; a worker does it at once."""
    return await administration.retry_jobs(ctx, body, dry_run=query.dry_run)
