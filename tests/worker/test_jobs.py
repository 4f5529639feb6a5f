"""Jobs run when they are due by the organisation's clock, as of their due instants, once; what fails is tried again, then
held and listed until somebody lets it run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pgqueuer.core.qm import QueueManager
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.queries import Queries

from earnest.app import Parts
from earnest.core.backoff import Backoff
from earnest.core.clock import Clock
from earnest.core.config_keys import DAILY_JOB_TIME
from earnest.core.db import tenant as tenant_module
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Connection, Database
from earnest.core.jobs.asking import ask_to_run
from earnest.core.jobs.queue import Queue, find_due, measure_jobs
from earnest.core.jobs.registry import Job, JobContext, JobInterrupted, Jobs, Report, every_morning
from earnest.core.jobs.runner import Runner
from earnest.core.jobs.upkeep import Upkeep
from earnest.core.tenancy import Organization as Tenant
from earnest.domains.points import sweep
from tests.support import shop
from tests.support.organizations import FOUNDED, Organization
from tests.support.server import Server
from tests.support.till import Json
from tests.support.waiting import DEADLINE_SECONDS
from tests.worker.test_clock import Admin, admin

__all__ = ["admin"]

# The demo's points last to the end of the twelfth month after the month of the bill, in India.
BOUGHT = datetime(2024, 3, 10, 6, tzinfo=UTC)
LAST_MOMENT = datetime(2025, 3, 31, 18, 29, 59, tzinfo=UTC)
NEXT_MORNING = datetime(2025, 3, 31, 20, 30, tzinfo=UTC)


def bought(organization: Organization, *, members: int = 1, at: datetime = BOUGHT) -> list[shop.Member]:
    """Members with 100 points each."""
    till = organization.till.at(at)
    found = [shop.register(till) for _ in range(members)]
    for member in found:
        shop.sell(till, member, 1_000, billingDate=at.isoformat())
    return found


def expired(organization: Organization, member: shop.Member, at: datetime) -> Decimal:
    points: Decimal = shop.summary_of(organization.till.at(at), member)["expired"]
    return points


async def movements(database: Database, org_id: int, type_: str = "EXPIRED") -> list[Any]:
    async with database.tenant(org_id).transaction() as connection:
        return await connection.fetch("SELECT * FROM movement WHERE type = $1 ORDER BY holder_id, seq", type_)


async def test_points_expire_with_the_morning_after_their_last_day_and_not_before(
    organization: Organization, admin: Admin, app_database: Database
) -> None:
    (member,) = bought(organization)
    org_id = organization.org_id
    before = admin.post(
        "/jobs/run-due", {"organizationId": org_id, "asOf": (NEXT_MORNING - timedelta(seconds=1)).isoformat()}
    )
    assert before.status_code == 200, before.text
    assert before.json()["runs"] == []

    ran = admin.post("/jobs/run-due", {"organizationId": org_id, "asOf": "2026-01-01T00:00:00+05:30"}).json()
    assert [(run["job"], datetime.fromisoformat(run["dueAt"]), run["report"]) for run in ran["runs"]] == [
        ("points-expiry", NEXT_MORNING, {"members": 1, "points": "100.000"})
    ]
    assert ran["failure"] is None
    assert expired(organization, member, NEXT_MORNING) == 100
    (movement,) = await movements(app_database, org_id)
    assert (movement["at"], movement["quantity"], movement["holder_id"]) == (NEXT_MORNING, 100, member.id)

    again = admin.post("/jobs/run-due", {"organizationId": org_id, "asOf": "2026-01-01T00:00:00+05:30"}).json()
    assert again["runs"] == []


def test_a_long_time_is_run_through_morning_by_morning(organization: Organization, admin: Admin) -> None:
    days = [BOUGHT + timedelta(days=31 * month) for month in range(4)]
    for day in days:
        bought(organization, at=day)
    ran = admin.post("/jobs/run-due", {"organizationId": organization.org_id, "asOf": "2026-06-01T00:00:00Z"}).json()
    assert [run["dueAt"][:10] for run in ran["runs"]] == ["2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"]


def test_a_dry_run_says_what_would_run_first_and_runs_nothing(organization: Organization, admin: Admin) -> None:
    (member,) = bought(organization)
    body = {"organizationId": organization.org_id, "asOf": "2026-01-01T00:00:00Z"}
    ran = admin.post("/jobs/run-due", body, dry_run="true").json()
    assert [(one["job"], datetime.fromisoformat(one["dueAt"])) for one in ran["due"]] == [
        ("points-expiry", NEXT_MORNING)
    ]
    assert ran["runs"] == []
    assert expired(organization, member, NEXT_MORNING) == 0
    assert admin.post("/jobs/run-due", {"organizationId": 999_999_999}).status_code == 404


async def test_points_that_came_to_be_after_the_run_wait_for_the_next_morning(
    organization: Organization, admin: Admin
) -> None:
    org_id = organization.org_id
    assert admin.post("/jobs/run-due", {"organizationId": org_id, "asOf": "2025-06-15T00:00:00Z"}).json()["runs"] == []
    # A bill of long ago, entered now: its points are over already.
    (member,) = bought(organization)
    ran = admin.post("/jobs/run-due", {"organizationId": org_id, "asOf": "2025-06-20T00:00:00Z"}).json()
    assert [run["dueAt"] for run in ran["runs"]] == ["2025-06-15T20:30:00Z"]
    assert expired(organization, member, datetime(2025, 6, 20, tzinfo=UTC)) == 100


class StopAfter(asyncio.Event):
    """A stop that comes when it has been asked for a number of times."""

    def __init__(self, checkpoints: int) -> None:
        super().__init__()
        self._left = checkpoints

    def is_set(self) -> bool:
        self._left -= 1
        return self._left < 0


async def test_a_sweep_that_is_interrupted_goes_on_where_it_stopped(
    organization: Organization, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "MEMBERS_AT_ONCE", 4)
    monkeypatch.setattr(sweep, "LOTS_PER_PAGE", 6)
    members = bought(organization, members=15)
    with pytest.raises(JobInterrupted):
        await parts.runner.run_due(organization.org_id, as_of=NEXT_MORNING, stopping=StopAfter(3))
    swept = await movements(parts.database, organization.org_id)
    assert 0 < len(swept) < 15
    (scheduled,) = await parts.runner.schedule(organization.org_id)
    assert (scheduled.attempts, scheduled.ran_for) == (0, None)

    result = await parts.runner.run_due(organization.org_id, as_of=NEXT_MORNING)
    left = 15 - len(swept)
    assert result is not None
    assert result.runs[0].report == {"members": left, "points": f"{100 * left}.000"}
    swept = await movements(parts.database, organization.org_id)
    assert sorted(movement["holder_id"] for movement in swept) == sorted(member.id for member in members)


async def test_a_member_who_is_busy_is_swept_with_the_next_attempt(
    organization: Organization, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_module, "LOCK_TIMEOUT_MS", 100)
    busy, free = bought(organization, members=2)
    async with parts.database.tenant(organization.org_id).transaction() as connection:
        await connection.fetch("SELECT FROM holder WHERE id = $1 FOR UPDATE", busy.id)
        result = await parts.runner.run_due(organization.org_id, as_of=NEXT_MORNING)
        assert result is not None and result.failure is not None
        assert (result.failure.error, result.failure.attempts) == ("SweepIncomplete", 1)
    assert expired(organization, free, NEXT_MORNING) == 100
    result = await parts.runner.run_due(organization.org_id, as_of=NEXT_MORNING, is_asked_for=True)
    assert result is not None and result.failure is None
    assert expired(organization, busy, NEXT_MORNING) == 100


class Failing:
    """A job that is due every morning and fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.runs: list[datetime] = []

    async def run(self, ctx: JobContext) -> Report:
        self.runs.append(ctx.as_of)
        if len(self.runs) <= self.failures:
            raise RuntimeError("mobile 919800000042")
        return {"done": 1}

    @property
    def job(self) -> Job:
        return Job(name="failing", summary="", due=every_morning, run=self.run)


def runner_of(parts: Parts, *jobs: Job, attempts_max: int = 3, first: timedelta = timedelta(0)) -> Runner:
    return Runner(
        Jobs(jobs),
        database=parts.database,
        tenants=parts.tenants,
        clock=parts.clock,
        resources=parts.resources,
        backoff=Backoff(first=first, longest=timedelta(hours=1), attempts_max=attempts_max),
        chance=lambda: 0.0,
    )


FIRST_MORNINGS = [datetime(2020, 1, 1, 20, 30, tzinfo=UTC) + timedelta(days=day) for day in range(3)]


async def test_a_job_that_fails_is_tried_again_then_held_and_runs_when_it_is_released(
    organization: Organization, parts: Parts
) -> None:
    org_id = organization.org_id
    failing = Failing(failures=3)
    runner = runner_of(parts, failing.job)
    until = FIRST_MORNINGS[1]
    for attempt in (1, 2, 3):
        result = await runner.run_due(org_id, as_of=until, is_asked_for=True)
        assert result is not None and result.failure is not None
        assert (result.failure.attempts, result.failure.due_at) == (attempt, FIRST_MORNINGS[0])
    (held,) = await runner.schedule(org_id)
    assert (held.is_held, held.error, held.retry_at) == (True, "RuntimeError", None)
    assert (await measure_jobs(parts.database, parts.tenants, parts.clock, runner.jobs)).held >= 1

    result = await runner.run_due(org_id, as_of=until, is_asked_for=True)
    assert result is not None and result.runs == ()
    assert await runner.release(org_id) == ["failing"]
    result = await runner.run_due(org_id, as_of=until, is_asked_for=True)
    assert result is not None and [run.due_at for run in result.runs] == FIRST_MORNINGS[:2]
    (scheduled,) = await runner.schedule(org_id)
    assert (scheduled.attempts, scheduled.is_held, scheduled.error) == (0, False, "")


async def test_after_a_failure_nothing_runs_before_the_back_off_is_over_unless_asked_for(
    organization: Organization, parts: Parts
) -> None:
    failing, after = Failing(failures=1), Failing(failures=0)
    second = Job(name="second", summary="", due=every_morning, run=after.run)
    runner = runner_of(parts, failing.job, second, first=timedelta(minutes=10))
    assert (await runner.run_due(organization.org_id, as_of=FIRST_MORNINGS[0])) is not None
    result = await runner.run_due(organization.org_id, as_of=FIRST_MORNINGS[0])
    assert result is not None and result.runs == ()
    assert len(failing.runs) == 1 and after.runs == []
    result = await runner.run_due(organization.org_id, as_of=FIRST_MORNINGS[0], is_asked_for=True)
    assert result is not None and [run.job for run in result.runs] == ["failing", "second"]


async def test_jobs_of_several_instants_run_in_their_order(organization: Organization, parts: Parts) -> None:
    order: list[tuple[str, datetime]] = []

    def job(name: str, due: Callable[[Tenant, datetime], datetime]) -> Job:
        async def run(ctx: JobContext) -> Report:
            order.append((name, ctx.as_of))
            return {}

        return Job(name=name, summary="", due=due, run=run)

    def every_noon(organization: Tenant, after: datetime) -> datetime:
        noon = after.replace(hour=12, minute=0, second=0, microsecond=0)
        return noon if noon > after else noon + timedelta(days=1)

    runner = runner_of(parts, job("first", every_morning), job("noon", every_noon), job("second", every_morning))
    await runner.run_due(organization.org_id, as_of=FIRST_MORNINGS[1])
    noons = [morning.replace(hour=12, minute=0) for morning in FIRST_MORNINGS[:2]]
    assert order == [
        ("noon", noons[0]), ("first", FIRST_MORNINGS[0]), ("second", FIRST_MORNINGS[0]),
        ("noon", noons[1]), ("first", FIRST_MORNINGS[1]), ("second", FIRST_MORNINGS[1]),
    ]  # fmt: skip


async def test_in_an_organisation_one_runs_jobs_at_a_time(organization: Organization, parts: Parts) -> None:
    at_work, go_on = asyncio.Event(), asyncio.Event()

    async def run(ctx: JobContext) -> Report:
        at_work.set()
        await go_on.wait()
        return {}

    runner = runner_of(parts, Job(name="slow", summary="", due=every_morning, run=run))
    first = asyncio.create_task(runner.run_due(organization.org_id, as_of=FIRST_MORNINGS[0]))
    await at_work.wait()
    assert await runner.run_due(organization.org_id, as_of=FIRST_MORNINGS[0]) is None
    waiting = asyncio.create_task(runner.run_due(organization.org_id, as_of=FIRST_MORNINGS[0], is_asked_for=True))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    go_on.set()
    done = await first
    assert done is not None and len(done.runs) == 1
    found_nothing = await waiting
    assert found_nothing is not None and found_nothing.runs == ()


def queue_of(parts: Parts, database: DatabaseUrls) -> Queue:
    upkeep = Upkeep(parts.database, parts.clock, database.owner)
    return Queue(parts.database, parts.tenants, parts.clock, parts.runner, upkeep)


@pytest.fixture
async def queue(parts: Parts, database: DatabaseUrls) -> AsyncIterator[Queue]:
    stop = asyncio.Event()
    made = queue_of(parts, database)
    running = asyncio.create_task(made.run(stop))
    yield made
    stop.set()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await running


async def test_what_the_queue_is_told_to_look_at_is_run(
    organization: Organization, parts: Parts, queue: Queue, admin: Admin
) -> None:
    members = bought(organization, members=3)
    at = datetime.now(UTC) + timedelta(days=800)
    await asyncio.to_thread(admin.post, "/clock/set", {"organizationId": organization.org_id, "now": at.isoformat()})

    async def is_due() -> bool:
        return organization.org_id in await find_due(parts.database, parts.tenants, parts.clock, parts.runner.jobs)

    async with asyncio.timeout(DEADLINE_SECONDS):
        while len(await movements(parts.database, organization.org_id)) < len(members) or await is_due():
            await asyncio.sleep(0.05)
    (scheduled,) = await parts.runner.schedule(organization.org_id)
    assert scheduled.ran_for is not None


async def test_the_queue_listens_before_it_asks_whether_it_is_heard(
    parts: Parts, database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine LISTEN may take longer than the library's first question to itself, which was then lost."""
    listen: Any = asyncpg.Connection.add_listener

    async def listen_late(connection: Any, channel: str, callback: object) -> None:
        if channel not in connection._listeners:
            await asyncio.sleep(0.5)
        await listen(connection, channel, callback)

    probes: set[str] = set()

    def hear(connection: object, pid: int, channel: str, payload: str) -> None:
        said = json.loads(payload)
        if said["type"] == "health_check_event":
            probes.add(said["id"])

    # Asked twice it has been heard once: the second question follows the answer to the first.
    monkeypatch.setattr(QueueManager._run_periodic_health_check, "__defaults__", (timedelta(seconds=2),))
    async with parts.database.apart() as observer:
        await listen(observer, "ch_pgqueuer", hear)
        monkeypatch.setattr(asyncpg.Connection, "add_listener", listen_late)
        stop = asyncio.Event()
        running = asyncio.create_task(queue_of(parts, database).run(stop))
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(probes) < 2 and not running.done():
                await asyncio.sleep(0.02)
            stop.set()
            await running


async def test_an_organisation_is_in_the_queue_at_most_once(organization: Organization, parts: Parts) -> None:
    for _ in range(3):
        await ask_to_run(parts.database, [organization.org_id, organization.org_id + 1_000_000])
    async with parts.database.unscoped() as connection:
        entries = await connection.fetchval(
            "SELECT count(*) FROM pgqueuer WHERE payload = $1 AND status = 'queued'", str(organization.org_id).encode()
        )
        await connection.execute("DELETE FROM pgqueuer WHERE entrypoint = 'run_due'")
    assert entries == 1


async def test_an_organisation_is_due_by_its_own_clock(
    organization: Organization, parts: Parts, admin: Admin, server: Server
) -> None:
    async def due() -> dict[int, timedelta]:
        return await find_due(parts.database, parts.tenants, parts.clock, parts.runner.jobs)

    org_id = organization.org_id
    assert org_id in await due(), "nobody has looked at it yet"
    await parts.runner.run_due(org_id)
    assert org_id not in await due()
    await asyncio.to_thread(admin.post, "/clock/advance", {"organizationId": org_id, "by": "P2D"})
    await parts.tenants.at_least(org_id, 2)
    assert (await due())[org_id] > timedelta(days=1)

    without = Parts(parts.database, Clock(test_clock=False))
    found = await find_due(without.database, without.tenants, without.clock, without.runner.jobs)
    assert org_id not in found, "a clock that was set is not passed over"
    await ask_to_run(parts.database, [])


async def test_the_tables_of_the_queue_are_those_that_the_library_expects(
    app_database: Database, database: Any
) -> None:
    plan = await Queries(AsyncpgPoolDriver(app_database.pool)).plan_upgrade()
    assert (plan.statements, plan.notes) == ((), ())


async def test_the_daily_upkeep_makes_partitions_and_drops_old_entries_of_the_log(
    parts: Parts, database: Any, app_database: Database
) -> None:
    async with app_database.unscoped() as connection:
        await connection.execute(
            "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint) "
            "VALUES (now() - interval '8 days', 1, 'successful', 0, 'old'), (now(), 2, 'successful', 0, 'new')"
        )
        await Upkeep(app_database, parts.clock, database.owner)()
        kept = await connection.fetch("SELECT entrypoint FROM pgqueuer_log WHERE entrypoint IN ('old', 'new')")
        assert [row["entrypoint"] for row in kept] == ["new"]
        assert await partitions(connection, "webhook_delivery") >= 4


async def partitions(connection: Connection, table: str) -> int:
    count: int = await connection.fetchval(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = $1::regclass AND inhrelid::regclass::text NOT LIKE '%default'",
        table,
    )
    return count


def tenant(zone: str, at: str = "02:00") -> Tenant:
    return Tenant(
        org_id=1, name="", country_code="", currency="", currency_decimals=2, time_zone=zone,
        primary_identifier="mobile", config_version=1, config={DAILY_JOB_TIME.name: at},
    )  # fmt: skip


@given(
    after=st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    zone=st.sampled_from(
        ["UTC", "Asia/Kolkata", "America/New_York", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe"]
    ),
    at=st.times().map(lambda time: f"{time:%H:%M}"),
)
def test_every_morning_comes_once_a_day_and_after_the_instant(after: datetime, zone: str, at: str) -> None:
    organization = tenant(zone, at)
    first = every_morning(organization, after)
    second = every_morning(organization, first)
    assert after < first < second
    # A zone that skips a day (Apia, 30 December 2011) or turns its clocks moves the next morning.
    assert first - after <= timedelta(hours=49)
    assert timedelta(hours=22) <= second - first <= timedelta(hours=49)


def test_the_morning_is_that_of_the_organisations_zone() -> None:
    assert every_morning(tenant("Asia/Kolkata"), FOUNDED) == FIRST_MORNINGS[0]
    assert every_morning(tenant("Asia/Kolkata"), FIRST_MORNINGS[0]) == FIRST_MORNINGS[1]
    # Clocks go forward from 02:00 to 03:00 in New York that night.
    night = datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert every_morning(tenant("America/New_York"), night) == datetime(2026, 3, 8, 7, tzinfo=UTC)


def test_the_client_of_the_administrator_is_refused_a_malformed_call(admin: Admin, http: httpx.Client) -> None:
    malformed: list[Json] = [
        {},
        {"organizationId": "x"},
        {"organizationId": 1, "asOf": "2025-01-01T00:00:00"},
        [],
        None,
    ]
    for body in malformed:
        answer = admin.post("/jobs/run-due", body)
        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
