"""The queue: PGQueuer carries the ticks, and the word that an organisation has something to run now.

What is due when stands in our own table `schedule`. An entry of the queue only says "look at this organisation": one that is
lost is made again by the next tick, one too many finds nothing to do. Nothing is put into the queue in a member's
transaction: its trigger notifies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

import msgspec
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.models import Job as Entry
from pgqueuer.models import Schedule as Tick

from earnest.core import logs
from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from earnest.core.errors import ApiError
from earnest.core.jobs.asking import RUN_DUE, ask_to_run
from earnest.core.jobs.registry import JobInterrupted, Jobs
from earnest.core.jobs.runner import Runner, sql
from earnest.core.tenancy import Tenants
from earnest.core.waiting import first_of

EVERY_MINUTE = "* * * * *"
# Not on the hour, when everybody else's jobs begin.
EVERY_HOUR = "17 * * * *"
BATCH = 2
RUNNING_AT_ONCE_MAX = 4
BUSY_PAUSE = timedelta(seconds=10)
# Entries are announced; this is for the time until a lost connection of the listener is noticed.
POLL = timedelta(seconds=5)
# An entry whose worker has not been heard of for so long is another's.
HEARTBEAT = timedelta(seconds=15)
LOG_KEPT = timedelta(days=7)
STATISTICS_KEPT = timedelta(days=30)


async def find_due(database: Database, tenants: Tenants, clock: Clock, jobs: Jobs) -> dict[int, timedelta]:
    """The organisations in which a job is due by their own clocks, with how long the first of them has been.

    One whose jobs are not in the schedule yet is due now. One whose clock was set for a test is never due while the test
    clock is off.
    """
    async with database.unscoped() as connection:
        rows = await connection.fetch(sql.text("read_schedules"))
    real = clock.real()
    known: dict[int, set[str]] = {}
    first: dict[int, datetime] = {}
    for row in rows:
        names = known.setdefault(row["org_id"], set())
        if row["job"] not in jobs.names:
            continue
        names.add(row["job"])
        if not row["is_held"] and (row["retry_at"] is None or row["retry_at"] <= real):
            first[row["org_id"]] = min(row["due_at"], first.get(row["org_id"], row["due_at"]))
    due: dict[int, timedelta] = {}
    for org_id, names in known.items():
        due_at = first.get(org_id)
        # Only a test clock can be ahead of real time: without one most organisations need not be looked at.
        if due_at is not None and (due_at <= real or clock.is_test_clock):
            now = await _now(tenants, clock, org_id)
            if now is not None and due_at <= now:
                due[org_id] = now - due_at
        if not names.issuperset(jobs.names):
            due.setdefault(org_id, timedelta())
    return due


async def _now(tenants: Tenants, clock: Clock, org_id: int) -> datetime | None:
    """The organisation's now; None when it has none."""
    try:
        return clock.now(organization=(await tenants.current(org_id)).clock)
    except (LookupError, ApiError):
        return None


class JobFigures(msgspec.Struct, frozen=True):
    """Organisations in which something is due, how long the first of it has been, and how many jobs are held."""

    due: int
    oldest_s: float
    held: int


async def measure_jobs(database: Database, tenants: Tenants, clock: Clock, jobs: Jobs) -> JobFigures:
    """The lag of the jobs of all organisations."""
    due = await find_due(database, tenants, clock, jobs)
    async with database.unscoped() as connection:
        held: int = await connection.fetchval(sql.text("count_held"))
    return JobFigures(len(due), max((lag.total_seconds() for lag in due.values()), default=0.0), held)


def _ignore(payload: str | bytes | bytearray) -> None:
    """A notification that PGQueuer's own listener takes."""


class Queue:
    """The worker's side: ticks, and running what the queue says."""

    def __init__(
        self,
        database: Database,
        tenants: Tenants,
        clock: Clock,
        runner: Runner,
        upkeep: Callable[[], Awaitable[None]],
    ) -> None:
        """`upkeep` is done every hour."""
        self._database = database
        self._tenants = tenants
        self._clock = clock
        self._runner = runner
        self._upkeep = upkeep
        self._stopping = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; a job that is running then stops at its next checkpoint.

        Raises when the connection for notifications is lost: whoever runs this begins again.
        """
        self._stopping = stop
        driver = AsyncpgPoolDriver(self._database.pool)
        queue = PgQueuer(driver)
        queue.entrypoint(RUN_DUE)(self._run_due)
        queue.schedule("tick", EVERY_MINUTE)(self._tick)
        queue.schedule("upkeep", EVERY_HOUR)(self._keep_up)
        async with driver:
            # PGQueuer asks itself whether it is heard while it still begins to listen: on a busy machine the question came
            # first, was lost, and ended the queue ten seconds later. On this connection it is listened already.
            await driver.add_listener(queue.channel, _ignore)
            await self._work(queue, stop)

    async def _work(self, queue: PgQueuer, stop: asyncio.Event) -> None:
        running = asyncio.create_task(
            queue.run(
                dequeue_timeout=POLL,
                heartbeat_timeout=HEARTBEAT,
                batch_size=BATCH,
                max_concurrent_tasks=RUNNING_AT_ONCE_MAX,
                shutdown_on_listener_failure=True,
            )
        )
        ended = asyncio.Event()
        running.add_done_callback(lambda _: ended.set())
        try:
            await self.tick()
            await first_of(stop, ended)
        finally:
            queue.shutdown.set()
            await running

    async def tick(self) -> Mapping[int, timedelta]:
        """Puts the organisations in which something is due into the queue."""
        due = await find_due(self._database, self._tenants, self._clock, self._runner.jobs)
        await ask_to_run(self._database, list(due))
        return due

    async def _tick(self, tick: Tick) -> None:
        await self._quietly("tick", self.tick)

    async def _keep_up(self, tick: Tick) -> None:
        await self._quietly("upkeep", self._upkeep)

    async def _quietly(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """PGQueuer would log the message of an exception; a database puts values into it."""
        try:
            await work()
        except Exception as error:
            logs.logger("worker").error(f"{name} failed", error=logs.describe(error))

    async def _run_due(self, entry: Entry) -> None:
        """Runs what is due in the organisation. What failed is in the schedule, with the time of the next attempt."""
        org_id = int(entry.payload or b"0")
        again: RetryRequested | None = None
        try:
            result = await self._runner.run_due(org_id, stopping=self._stopping)
            if result is None:
                again = RetryRequested(BUSY_PAUSE, "another process runs the jobs of this organisation")
            elif result.failure is not None and result.failure.retry_at is not None:
                pause = result.failure.retry_at - self._clock.real()
                again = RetryRequested(max(pause, timedelta()), f"{result.failure.job} failed")
        except JobInterrupted:
            again = RetryRequested(timedelta(), "the worker stops")
        except (LookupError, ApiError) as error:
            logs.logger("jobs").warning("nothing run", org_id=org_id, error=logs.describe(error))
        except Exception as error:
            logs.logger("jobs").error("jobs could not be run", org_id=org_id, error=logs.describe(error))
            again = RetryRequested(BUSY_PAUSE, "jobs could not be run")
        if again is not None:
            # Outside the handlers: an exception would carry what it was raised from into the log of the queue.
            raise again
