"""Jobs through the admin API: looking at them, and letting failed ones run again, with the audit log."""

from __future__ import annotations

from earnest.core.administration import Change, administer
from earnest.core.db.pool import Database
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, page_of_all
from earnest.core.jobs.asking import ask_to_run
from earnest.core.jobs.runner import sql as jobs_sql
from earnest.domains.jobs import errors
from earnest.domains.jobs.schemas import JobsQuery, RanDue, Retried, Retry, RunDue, ScheduledJob
from earnest.domains.jobs.service import JobControl


async def list_jobs(ctx: AdminContext, query: JobsQuery) -> Page[ScheduledJob]:
    """The jobs of an organisation by name. ApiError 404 for an unknown organisation."""
    (found,) = await ctx.resource(JobControl).list(query.organization_id)
    jobs = [ScheduledJob.of(job) for job in found.jobs if query.failed is None or bool(job.attempts) == query.failed]
    return page_of_all(jobs, query, lambda job: job.job, str)


async def retry_jobs(ctx: AdminContext, wanted: Retry, *, dry_run: bool) -> Retried:
    """Lets failed jobs (or one of them) run again now, and answers which ones. ApiError 404 for an unknown organisation or
    job."""
    control, org_id = ctx.resource(JobControl), wanted.organization_id
    if wanted.job is not None and wanted.job not in control.names:
        raise errors.JOB_UNKNOWN.error().at("/job")

    async def work(change: Change) -> Retried:
        rows = await change.connection.fetch(jobs_sql.text("release_schedule"), org_id, wanted.job)
        released = Retried(organization_id=org_id, jobs=tuple(sorted(row["job"] for row in rows)))
        await change.note("retry", "job", wanted.job or "*", after=released)
        return released

    retried = await administer(ctx, org_id, work, dry_run=dry_run, where="body")
    if not dry_run:
        await ask_to_run(ctx.resource(Database), [org_id])
    return retried


async def run_due(ctx: AdminContext, wanted: RunDue, *, dry_run: bool) -> RanDue:
    """Runs what is due, as `JobControl.run_due`; that it was asked for is noted before."""
    control = ctx.resource(JobControl)
    control.check_instant(wanted.as_of)

    async def work(change: Change) -> None:
        await change.note("run-due", "job", "*", after=wanted)

    if not dry_run:
        await administer(ctx, wanted.organization_id, work, where="body")
    return await control.run_due(wanted.organization_id, wanted.as_of, dry_run=dry_run)
