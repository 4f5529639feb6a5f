"""Running what is due in an organisation, in the order of its instants: by the worker's ticks, or on demand in a test."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from earnest.core import logs
from earnest.core.backoff import Backoff
from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from earnest.core.db.statements import load
from earnest.core.jobs.registry import Job, JobContext, JobInterrupted, Jobs, Report
from earnest.core.tenancy import Organization, Tenants

sql = load(Path(__file__).with_name("jobs.sql"))

# About a day of attempts; then the job is held until somebody lets it run again.
BACKOFF = Backoff(first=timedelta(seconds=30), longest=timedelta(hours=2), attempts_max=20)
RUNS_KEPT = timedelta(days=90)
LOCK_PAUSE_S = 0.1
# Each has a connection of its own for its lock.
RUNNING_AT_ONCE_MAX = 4


class Scheduled(msgspec.Struct, frozen=True, kw_only=True):
    """A job of an organisation. `due_at` and `ran_for` are instants of its clock, the others real time.

    `attempts` have failed since the last success; `is_held` when there will be no more until somebody releases it.
    """

    job: str
    due_at: datetime
    ran_for: datetime | None
    attempts: int
    retry_at: datetime | None
    failed_at: datetime | None
    error: str
    is_held: bool


class Ran(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A run that had something to do."""

    job: str
    due_at: datetime
    report: Report


class Failed(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A run that failed; `error` is the kind of failure. It is tried again after `retry_at`, or held."""

    job: str
    due_at: datetime
    error: str
    attempts: int
    retry_at: datetime | None


class Result(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What running until `as_of` came to. It ends with the first failure: what comes after it may build on it."""

    as_of: datetime
    runs: tuple[Ran, ...]
    failure: Failed | None = None


class _Next(msgspec.Struct, frozen=True):
    job: Job
    due_at: datetime
    attempts: int


class Runner:
    """One for each process; in an organisation one runs at a time, in whatever process."""

    def __init__(
        self,
        jobs: Jobs,
        *,
        database: Database,
        tenants: Tenants,
        clock: Clock,
        resources: Mapping[type, object],
        backoff: Backoff = BACKOFF,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.jobs = jobs
        self._database = database
        self._tenants = tenants
        self._clock = clock
        self._resources = resources
        self._backoff = backoff
        self._chance = chance
        self._places = asyncio.Semaphore(RUNNING_AT_ONCE_MAX)

    async def run_due(
        self,
        org_id: int,
        *,
        as_of: datetime | None = None,
        is_asked_for: bool = False,
        stopping: asyncio.Event | None = None,
    ) -> Result | None:
        """Runs everything that is due until `as_of` (the organisation's now by default), each job as of its due instant.

        None when somebody else is at it; who has `is_asked_for` it waits for him instead, and does not wait for the time at
        which a failed job would be tried again. JobInterrupted when `stopping` was set: what was done stays done.
        LookupError for an unknown organisation, ApiError 409 when its clock was set and the test clock is off.
        """
        stopping = stopping or asyncio.Event()
        async with self._alone(org_id, waits=is_asked_for) as is_alone:
            if not is_alone:
                return None
            organization = await self._prepared(org_id)
            limit = as_of or self._clock.now(organization=organization.clock)
            runs: list[Ran] = []
            while True:
                following = await self._next(org_id, limit, stopping, is_asked_for)
                if following is None:
                    if as_of is None and (changed := await self._prepared(org_id)) is not organization:
                        # Its clock, for one, may have been moved meanwhile; who moved it found us at work.
                        organization, limit = changed, self._clock.now(organization=changed.clock)
                        continue
                    return Result(as_of=limit, runs=tuple(runs))
                done = await self._run(org_id, following, stopping)
                if isinstance(done, Failed):
                    return Result(as_of=limit, runs=tuple(runs), failure=done)
                runs.append(done)

    async def due(self, org_id: int, as_of: datetime) -> list[tuple[str, datetime]]:
        """What a run until `as_of` would begin with: jobs that have something to do, and since when they are due."""
        await self._prepared(org_id)
        found = []
        for job, scheduled in await self._scheduled(org_id):
            due_at = await self._due_at(org_id, job, scheduled, as_of, asyncio.Event())
            if due_at is not None and due_at <= as_of and not scheduled.is_held:
                found.append((job.name, due_at))
        return found

    async def schedule(self, org_id: int) -> list[Scheduled]:
        """The jobs of the organisation, in the order in which they run."""
        await self._prepared(org_id)
        return [scheduled for _, scheduled in await self._scheduled(org_id)]

    async def release(self, org_id: int, job: str | None = None) -> list[str]:
        """Lets held and failing jobs (or one of them) run again at once; answers which ones."""
        async with self._database.unscoped() as connection:
            rows = await connection.fetch(sql.text("release_schedule"), org_id, job)
        return [row["job"] for row in rows]

    @asynccontextmanager
    async def _alone(self, org_id: int, *, waits: bool) -> AsyncIterator[bool]:
        async with self._places, self._database.apart() as connection:
            # Asked for again and again: a statement that waits would run into the statement timeout of some server.
            while not (locked := await connection.fetchval(sql.text("lock_jobs"), org_id)) and waits:
                await asyncio.sleep(LOCK_PAUSE_S)
            try:
                yield locked
            finally:
                if locked:
                    # Where that fails the connection is gone, and the lock with it.
                    with suppress(Exception):
                        await connection.execute(sql.text("unlock_jobs"), org_id)

    async def _prepared(self, org_id: int) -> Organization:
        """The organisation as it is now, with a row in the schedule for each job."""
        async with self._database.tenant(org_id).transaction() as connection:
            row = await connection.fetchrow(sql.text("read_organization_start"), org_id)
            if row is None:
                raise LookupError(f"organisation {org_id} does not exist")
            present = {found["job"] for found in await connection.fetch(sql.text("read_schedule"), org_id)}
        organization = await self._tenants.at_least(org_id, row["config_version"])
        for job in self.jobs:
            if job.name not in present:
                async with self._database.unscoped() as connection:
                    due_at = job.due(organization, row["created_at"])
                    await connection.execute(sql.text("add_schedule"), org_id, job.name, due_at)
        return organization

    async def _scheduled(self, org_id: int) -> list[tuple[Job, Scheduled]]:
        async with self._database.unscoped() as connection:
            rows = await connection.fetch(sql.text("read_schedule"), org_id)
        found = {row["job"]: Scheduled(**dict(row)) for row in rows}
        return [(job, found[job.name]) for job in self.jobs if job.name in found]

    async def _next(self, org_id: int, limit: datetime, stopping: asyncio.Event, is_asked_for: bool) -> _Next | None:
        """The earliest run until `limit` that has something to do; of several at one instant the first of the list."""
        earliest: _Next | None = None
        now = self._clock.real()
        for job, scheduled in await self._scheduled(org_id):
            if scheduled.is_held or scheduled.due_at > limit:
                continue
            if scheduled.retry_at is not None and scheduled.retry_at > now and not is_asked_for:
                # What comes after it may build on it.
                return None
            due_at = await self._due_at(org_id, job, scheduled, limit, stopping)
            if due_at is None or due_at > limit:
                organization = await self._tenants.current(org_id)
                await self._move(org_id, job, job.due(organization, limit))
            elif earliest is None or due_at < earliest.due_at:
                earliest = _Next(job, due_at, scheduled.attempts)
        return earliest

    async def _due_at(
        self, org_id: int, job: Job, scheduled: Scheduled, limit: datetime, stopping: asyncio.Event
    ) -> datetime | None:
        """When the job next has something to do: its due instant, or a later one, if nothing is to be done until then."""
        if job.work_since is None or scheduled.due_at > limit:
            return scheduled.due_at
        since = await job.work_since(self._context(org_id, limit, stopping))
        if since is None:
            return None
        organization = await self._tenants.current(org_id)
        return max(scheduled.due_at, job.due(organization, since))

    async def _move(self, org_id: int, job: Job, due_at: datetime) -> None:
        async with self._database.unscoped() as connection:
            await connection.execute(sql.text("move_schedule"), org_id, due_at, job.name)

    async def _run(self, org_id: int, following: _Next, stopping: asyncio.Event) -> Ran | Failed:
        job, started_at = following.job, self._clock.real()
        try:
            report = await job.run(self._context(org_id, following.due_at, stopping))
        except JobInterrupted:
            raise
        except Exception as error:
            return await self._fail(org_id, following, error)
        organization = await self._tenants.current(org_id)
        finished_at = self._clock.real()
        async with self._database.tenant(org_id).transaction() as connection:
            await connection.execute(
                sql.text("add_run"),
                org_id,
                job.name,
                following.due_at,
                started_at,
                finished_at,
                msgspec.json.encode(report).decode(),
            )
            await connection.execute(
                sql.text("finish_schedule"),
                org_id,
                job.due(organization, following.due_at),
                following.due_at,
                job.name,
            )
            await connection.execute(sql.text("drop_old_runs"), org_id, job.name, finished_at - RUNS_KEPT)
        return Ran(job=job.name, due_at=following.due_at, report=report)

    async def _fail(self, org_id: int, following: _Next, error: Exception) -> Failed:
        attempts = following.attempts + 1
        now = self._clock.real()
        is_held = self._backoff.is_last(attempts)
        failed = Failed(
            job=following.job.name,
            due_at=following.due_at,
            # The kind and not the message: a database puts the values of members into it.
            error=type(error).__name__,
            attempts=attempts,
            retry_at=None if is_held else now + self._backoff.delay(attempts, self._chance()),
        )
        logs.logger("jobs").error(
            "job failed", org_id=org_id, job=failed.job, attempts=attempts, is_held=is_held, error=logs.describe(error)
        )
        async with self._database.unscoped() as connection:
            await connection.execute(
                sql.text("fail_schedule"), org_id, attempts, failed.retry_at, now, failed.error, is_held, failed.job
            )
        return failed

    def _context(self, org_id: int, as_of: datetime, stopping: asyncio.Event) -> JobContext:
        return JobContext(
            org_id=org_id, as_of=as_of, run_id=secrets.token_hex(16), resources=self._resources, stopping=stopping
        )
