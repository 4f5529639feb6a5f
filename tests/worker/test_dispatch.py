"""Taking events from the outbox, going round the organisations, keeping the worker's loops alive."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from earnest.core.backoff import Backoff
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Connection, Database
from earnest.core.outbox import dispatcher
from earnest.core.outbox.dispatcher import Dispatcher, OutboxEvent, measure_backlog
from earnest.core.outbox.rounds import Rounds
from earnest.core.worker import STOP_SECONDS_MAX, Worker
from earnest.domains.points.activities import sql as points
from earnest.domains.webhooks import service
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.waiting import DEADLINE_SECONDS
from tests.worker.conftest import Outgoing


class Listening:
    """A consumer that remembers what it was handed, and may refuse it."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.events: list[OutboxEvent] = []
        self.committed = 0

    async def take(self, connection: Connection, org_id: int, events: Sequence[OutboxEvent]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise RuntimeError("not now")
        self.events += events

    def taken(self, org_id: int) -> None:
        self.committed += 1


async def test_what_a_consumer_could_not_take_stays_in_the_outbox(
    organization: Organization, app_database: Database
) -> None:
    members = [shop.register(organization.till) for _ in range(3)]
    for member in members:
        shop.sell(organization.till, member, 100)
    willing, refusing = Listening(), Listening(refusals=1)
    outbox = Dispatcher(app_database, [willing, refusing])
    with pytest.raises(RuntimeError):
        await outbox.turn(organization.org_id)
    assert (await measure_backlog(app_database, datetime.now(UTC))).events >= 6
    assert (willing.committed, refusing.committed) == (0, 0)

    willing.events.clear()
    assert await outbox.turn(organization.org_id)
    assert not await outbox.turn(organization.org_id)
    assert [(event.holder_id, event.kind) for event in refusing.events] == [
        (member.id, kind)
        for member in sorted(members, key=lambda member: member.id)
        for kind in ("customerAdded", "transactionAdded")
    ]
    assert willing.events == refusing.events


async def test_events_are_taken_in_order_also_where_a_turn_ends_in_the_middle_of_a_holder(
    organization: Organization, app_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "EVENTS_PER_TURN", 3)
    member = shop.register(organization.till)
    for _ in range(4):
        shop.sell(organization.till, member, 100)
    consumer = Listening()
    outbox = Dispatcher(app_database, [consumer])
    turns = 0
    while await outbox.turn(organization.org_id):
        turns += 1
    assert turns == 2
    assert [event.seq for event in consumer.events] == sorted(event.seq for event in consumer.events)
    assert len(consumer.events) == 5


async def test_two_dispatchers_at_once_take_each_event_once(organization: Organization, app_database: Database) -> None:
    members = [shop.register(organization.till) for _ in range(20)]
    consumer = Listening()
    several = [Dispatcher(app_database, [consumer]) for _ in range(4)]
    while any(await asyncio.gather(*(one.turn(organization.org_id) for one in several))):
        pass
    assert sorted(event.holder_id for event in consumer.events) == sorted(member.id for member in members)


async def test_an_organisation_that_fails_does_not_hold_the_others() -> None:
    stop = asyncio.Event()
    turns: list[int] = []

    async def organizations() -> list[int]:
        return [1, 2, 3]

    async def turn(org_id: int) -> bool:
        turns.append(org_id)
        if org_id == 2:
            raise RuntimeError
        if turns.count(3) == 5:
            stop.set()
        return org_id == 3

    async with asyncio.timeout(DEADLINE_SECONDS):
        await Rounds("rounds", organizations, turn).run(stop)
    assert turns.count(2) == 1
    assert turns.count(1) >= 1 and turns.count(3) == 5


async def test_a_wake_brings_the_organisation_its_turn_at_once() -> None:
    stop = asyncio.Event()
    turned = asyncio.Event()

    async def organizations() -> list[int]:
        return [1]

    async def turn(org_id: int) -> bool:
        turned.set()
        return False

    rounds = Rounds("rounds", organizations, turn, pause_max_s=3_600)
    running = asyncio.create_task(rounds.run(stop))
    async with asyncio.timeout(DEADLINE_SECONDS):
        for _ in range(12):
            await turned.wait()
            turned.clear()
            rounds.wake(1)
        stop.set()
        await running


async def test_a_loop_that_fails_is_begun_again_and_a_stop_waits_for_the_loops() -> None:
    stop, begun = asyncio.Event(), []

    async def failing(stopped: asyncio.Event) -> None:
        begun.append(datetime.now(UTC))
        if len(begun) < 2:
            raise ConnectionError
        await stopped.wait()

    finished: list[str] = []

    async def finishing(stopped: asyncio.Event) -> None:
        await stopped.wait()
        await asyncio.sleep(0.05)
        finished.append("what it was at")

    running = asyncio.create_task(Worker({"failing": failing, "finishing": finishing}).run(stop))
    async with asyncio.timeout(DEADLINE_SECONDS):
        while len(begun) < 2:
            await asyncio.sleep(0.01)
        assert begun[1] - begun[0] >= timedelta(seconds=0.9)
        stop.set()
        await running
    assert finished == ["what it was at"]


async def test_in_a_hurry_nothing_is_waited_for() -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()

    async def forever(stopped: asyncio.Event) -> None:
        await asyncio.Event().wait()

    running = asyncio.create_task(Worker({"forever": forever}).run(stop, hurry))
    await asyncio.sleep(0)
    stop.set()
    hurry.set()
    async with asyncio.timeout(STOP_SECONDS_MAX - 5):
        await running


def test_a_back_off_doubles_to_its_bound_and_is_spread() -> None:
    backoff = Backoff(first=timedelta(seconds=2), longest=timedelta(seconds=60), attempts_max=7, spread=0.5)
    assert [backoff.delay(attempts, 0.0).total_seconds() for attempts in range(1, 8)] == [2, 4, 8, 16, 32, 60, 60]
    assert backoff.delay(3, 0.5) == timedelta(seconds=10)
    assert backoff.delay(10**9, 0.999) < timedelta(seconds=90)
    assert [attempts for attempts in range(1, 9) if backoff.is_last(attempts)] == [7, 8]


LANES = 5_000


@pytest.fixture
def long_backlog(organization: Organization, database: DatabaseUrls) -> Iterator[int]:
    """A subscription with many lanes that are due, two events in each, in tables that nobody has analysed since."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO outbox (org_id, holder_id, seq, id, state, kind, body, recorded_at) "
            "SELECT %(org)s, h, s, h * 10 + s, 'done', 'transactionAdded', '{}', now() - interval '1 second' "
            "FROM generate_series(1, %(lanes)s) h, generate_series(1, 2) s",
            {"org": organization.org_id, "lanes": LANES},
        )
        connection.execute(
            "INSERT INTO webhook_lane (org_id, subscription_id, holder_id, due_at) "
            "SELECT %s, 1, h, now() FROM generate_series(1, %s) h",
            [organization.org_id, LANES],
        )
        connection.execute(
            "INSERT INTO webhook_delivery (org_id, subscription_id, holder_id, seq, event_id, recorded_at, state, taken_at) "
            "SELECT org_id, 1, holder_id, seq, id, recorded_at, 'waiting', now() FROM outbox WHERE org_id = %s",
            [organization.org_id],
        )
    yield organization.org_id
    with psycopg.connect(database.owner, autocommit=True) as connection:
        for table in ("outbox", "webhook_lane", "webhook_delivery"):
            connection.execute(f"DELETE FROM {table} WHERE org_id = %s", [organization.org_id])


async def pages_read(connection: Connection, text: str, *values: object) -> int:
    plan: list[dict[str, Any]] = json.loads(
        await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}", *values)
    )
    found: int = plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
    return found


async def test_a_long_backlog_costs_the_next_calls_no_more_than_a_short_one(
    long_backlog: int, app_database: Database, outgoing: Outgoing
) -> None:
    org_id, now = long_backlog, datetime.now(UTC) + timedelta(seconds=1)
    claim = "01a20794-f92e-8c89-8b00-00000000076f"
    of_some = [1] * 10, list(range(1, 11))
    async with app_database.tenant(org_id).transaction() as connection:
        for name, values, pages_max in (
            ("claim_lanes", (claim, now + timedelta(minutes=1), 1, now, 10), 400),
            ("read_lanes", (list(range(1, 11)), 1, 20), 600),
            ("lock_claimed_lanes", (*of_some, [claim] * 10), 200),
            ("close_lanes", of_some, 600),
            ("due_subscriptions", (now,), 50),
        ):
            pages = await pages_read(connection, service.sql.text(name), org_id, *values)
            assert pages <= pages_max, (name, pages)
        assert await pages_read(connection, dispatcher.sql.text("has_new_events"), org_id) <= 50
        assert await pages_read(connection, points.text("find_overdue"), org_id, now, [], 2_000) <= 50
        assert await pages_read(connection, points.text("first_expiry"), org_id, now) <= 50
