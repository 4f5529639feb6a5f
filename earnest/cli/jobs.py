"""`earnest jobs`: what is due when, what failed, and running it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from earnest.cli.administration import administered
from earnest.cli.console import complain, out
from earnest.cli.parts import ORG_ID_MAX, DataDir, Org, instant, with_parts

if TYPE_CHECKING:
    from earnest.core.http.endpoint import AdminContext
    from earnest.core.jobs.runner import Scheduled
    from earnest.domains.jobs.schemas import RanDue, Retried

app = typer.Typer(
    help="Look at the jobs of organisations, let failed ones run again, run what is due.\n\n"
    "A worker (`earnest worker`, or `earnest serve --worker`) runs them by itself when they are due.",
    no_args_is_help=True,
)


@app.command("list")
def list_(
    org: Annotated[
        int | None, typer.Option("--org", min=1, max=ORG_ID_MAX, help="Id of the organisation; without it all.")
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that have failed since their last success.")
    ] = False,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Show the jobs: when they are due next, when they ran last, what failed."""
    organizations = with_parts(data_dir, lambda parts, _: parts.job_control.list(org))
    table = Table("Organisation", "Job", "Due", "Last run for", "State")
    for column in table.columns[2:4]:
        column.no_wrap = True
    for organization in organizations:
        for job in organization.jobs:
            if failed and not job.attempts:
                continue
            last = "" if job.ran_for is None else _short(job.ran_for.isoformat(timespec="minutes"))
            due = _short(job.due_at.isoformat(timespec="minutes"))
            table.add_row(str(organization.org_id), job.job, due, last, _state(job))
    out.print(table)


@app.command()
def retry(
    org: Org,
    job: Annotated[str | None, typer.Option("--job", help="Name of the job; without it all that failed.")] = None,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Let failed jobs run again: a worker does it at once, those that were given up too."""

    async def work(ctx: AdminContext) -> Retried:
        from earnest.domains.jobs import administration
        from earnest.domains.jobs.schemas import Retry

        return await administration.retry_jobs(ctx, Retry(organization_id=org, job=job), dry_run=False)

    released = administered(data_dir, work).jobs
    out.print(f"To be run again: {', '.join(released)}." if released else "Nothing has failed.", highlight=False)


@app.command("run-due")
def run_due(
    org: Org,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Until this instant, also ahead of now; only with EARNEST_TEST_CLOCK=1."),
    ] = None,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Run what is due in an organisation, here and now. Exit code 1 when a job fails."""
    until = None if as_of is None else instant(as_of)

    async def work(ctx: AdminContext) -> RanDue:
        from earnest.domains.jobs import administration
        from earnest.domains.jobs.schemas import RunDue

        return await administration.run_due(ctx, RunDue(organization_id=org, as_of=until), dry_run=False)

    ran = administered(data_dir, work)
    table = Table("Job", "As of", "What it did", title=f"Until {ran.as_of.isoformat(timespec='seconds')}")
    for run in ran.runs:
        did = ", ".join(f"{name} {value}" for name, value in run.report.items())
        table.add_row(run.job, _short(run.due_at.isoformat(timespec="minutes")), did)
    out.print(table)
    if ran.failure is not None:
        complain(f"The job {ran.failure.job} failed ({ran.failure.error}), attempt {ran.failure.attempts}.")
        raise typer.Exit(1)


def _state(job: Scheduled) -> str:
    if job.is_held:
        return f"given up after {job.attempts} attempts ({job.error})"
    if job.attempts and job.retry_at is not None:
        again = _short(job.retry_at.isoformat(timespec="minutes"))
        return f"failed {job.attempts} times ({job.error}), again at {again}"
    return "waits"


def _short(text: str) -> str:
    return text.replace("+00:00", "Z")
