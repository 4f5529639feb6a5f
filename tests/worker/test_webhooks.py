"""Events reach a receiver whatever it does: down, slow, refusing, busy, failing, gone. Nothing is lost, the events of a
holder arrive in their order, and what is sent twice has the same id."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import Webhook

from earnest.core.db.pool import Database
from earnest.domains.webhooks import service
from earnest.domains.webhooks.delivering import BACKOFF as REAL_BACKOFF
from earnest.domains.webhooks.delivering import measure_deliveries
from earnest.domains.webhooks.schemas import SubscriptionChange
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shop import Member
from tests.support.waiting import DEADLINE_SECONDS
from tests.worker.conftest import BACKOFF, SEAL, Outgoing
from tests.worker.receiving import Received, Receiver, Reply, by_holder

LONG = timedelta(hours=1)


def happen(organization: Organization, *, members: int = 1, bills: int = 2) -> list[Member]:
    """Members who register and buy: 1 + `bills` events each, none of which changes a tier."""
    registered = [shop.register(organization.till) for _ in range(members)]
    for _ in range(bills):
        for member in registered:
            shop.sell(organization.till, member, 100)
    return registered


def names(calls: Sequence[Received]) -> list[str]:
    return [call.name for call in calls]


async def states(database: Database, org_id: int) -> dict[str, int]:
    async with database.tenant(org_id).transaction() as connection:
        rows = await connection.fetch("SELECT state, count(*) AS n FROM webhook_delivery GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


async def lanes(database: Database, org_id: int) -> int:
    async with database.tenant(org_id).transaction() as connection:
        count: int = await connection.fetchval("SELECT count(*) FROM webhook_lane")
    return count


async def test_an_event_arrives_signed_in_the_documented_envelope(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    _, secret = await outgoing.subscribe(organization.org_id, receiver.url)
    (member,) = happen(organization, bills=1)
    await outgoing.settle(organization.org_id)

    registered, sold = receiver.calls
    assert names(receiver.calls) == ["customerAdded", "transactionAdded"]
    assert Webhook(secret).verify(sold.body, dict(sold.headers)) == sold.json
    assert sold.headers["content-type"] == "application/json"
    envelope = sold.json
    assert list(envelope) == [
        "eventName", "eventId", "eventLogId", "orgId", "refId", "apiRequestId", "createdAt", "data", "loyaltyEventId",
        "traceAttributes",
    ]  # fmt: skip
    assert envelope["eventId"] == sold.id == str(UUID(sold.id))
    assert envelope["orgId"] == organization.org_id
    assert envelope["data"]["customerIdentifiers"]["customerId"] == member.id
    assert envelope["refId"].startswith(f"{organization.org_id}_")
    assert len(envelope["apiRequestId"]) == 32
    assert abs(envelope["createdAt"] / 1_000 - datetime.now(UTC).timestamp()) < 60
    assert registered.id != sold.id
    assert await states(outgoing.database, organization.org_id) == {"delivered": 2}
    assert await lanes(outgoing.database, organization.org_id) == 0


async def test_a_webhook_hears_only_what_it_is_subscribed_to(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url, "transactionAdded")
    happen(organization, bills=2)
    await outgoing.settle(organization.org_id)
    assert names(receiver.calls) == ["transactionAdded"] * 2


async def test_what_happened_before_anybody_listened_is_taken_all_the_same(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    happen(organization)
    await outgoing.take(organization.org_id)
    await outgoing.subscribe(organization.org_id, receiver.url)
    await outgoing.settle(organization.org_id)
    assert receiver.calls == []


async def test_a_receiver_that_is_down_gets_everything_in_order_when_it_is_up_again(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    receiver.down()
    members = happen(organization, members=3, bills=3)
    await outgoing.settle(organization.org_id)
    await outgoing.pass_and_deliver(organization.org_id, timedelta(seconds=15))
    assert await states(outgoing.database, organization.org_id) == {"waiting": 12}
    figures = await measure_deliveries(outgoing.database, datetime.now(UTC))
    assert figures.waiting >= 12 and figures.oldest_s > 0

    receiver.up()
    await outgoing.pass_and_deliver(organization.org_id, LONG)
    arrived = by_holder(receiver.calls)
    assert {holder_id: names(calls) for holder_id, calls in arrived.items()} == {
        member.id: ["customerAdded", *["transactionAdded"] * 3] for member in members
    }
    assert len({call.id for call in receiver.calls}) == 12
    assert await states(outgoing.database, organization.org_id) == {"delivered": 12}
    assert await lanes(outgoing.database, organization.org_id) == 0


async def test_a_slow_answer_for_one_holder_does_not_hold_the_others(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    slow, *others = happen(organization, members=4, bills=1)
    gate, arrived = threading.Event(), threading.Event()
    receiver.answer = lambda call: Reply(gate=gate, arrived=arrived) if call.holder_id == slow.id else Reply()
    await outgoing.take(organization.org_id)
    assert await outgoing.deliverer.turn(organization.org_id)
    await asyncio.to_thread(arrived.wait, DEADLINE_SECONDS)
    while len(receiver.calls) < 1 + 2 * len(others):
        await asyncio.sleep(0.01)
    assert [call.holder_id for call in receiver.calls].count(slow.id) == 1

    gate.set()
    await outgoing.deliverer.idle()
    assert names(by_holder(receiver.calls)[slow.id]) == ["customerAdded", "transactionAdded"]


async def test_a_call_that_takes_too_long_is_made_again_with_the_same_id(
    organization: Organization, app_database: Database, receiver: Receiver
) -> None:
    outgoing = Outgoing(app_database, call_timeout_s=0.3)
    await outgoing.subscribe(organization.org_id, receiver.url)
    happen(organization, bills=0)
    gate = threading.Event()
    receiver.answer = lambda _: Reply(gate=gate)
    await outgoing.settle(organization.org_id)
    gate.set()
    receiver.answer = lambda _: Reply()
    await outgoing.pass_and_deliver(organization.org_id, LONG)
    first, second = receiver.calls
    assert (first.id, first.body) == (second.id, second.body)
    assert await states(app_database, organization.org_id) == {"delivered": 1}
    await outgoing.receivers.close()


@pytest.mark.parametrize("status", [500, 503, 408, 429])
async def test_a_receiver_that_fails_for_a_while_gets_each_event_in_order_and_under_one_id(
    organization: Organization, outgoing: Outgoing, receiver: Receiver, status: int
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    receiver.answer = lambda _: Reply(status)
    happen(organization, members=2, bills=2)
    await outgoing.settle(organization.org_id)
    for _ in range(2):
        await outgoing.pass_and_deliver(organization.org_id, LONG)
    assert {call.name for call in receiver.calls} == {"customerAdded"}, "the next event waits for the one before"

    receiver.answer = lambda _: Reply()
    await outgoing.pass_and_deliver(organization.org_id, LONG)
    for calls in by_holder(receiver.calls).values():
        assert names(calls) == ["customerAdded"] * 4 + ["transactionAdded"] * 2
        assert len({call.id for call in calls}) == 3
    assert len(receiver.accepted) == 6
    assert await states(outgoing.database, organization.org_id) == {"delivered": 6}


async def test_a_failing_event_holds_its_holder_in_its_webhook_and_nothing_else(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    other = Receiver()
    other.up()
    await outgoing.subscribe(organization.org_id, receiver.url)
    await outgoing.subscribe(organization.org_id, other.url)
    held, free = happen(organization, members=2, bills=1)
    receiver.answer = lambda call: Reply(500 if call.holder_id == held.id else 200)
    await outgoing.settle(organization.org_id)
    other.down()
    assert names(by_holder(receiver.accepted)[free.id]) == ["customerAdded", "transactionAdded"]
    assert held.id not in by_holder(receiver.accepted)
    assert len(other.accepted) == 4


async def test_a_retry_comes_after_the_back_off_and_not_before(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    receiver.answer = lambda _: Reply(500)
    happen(organization, bills=0)
    await outgoing.settle(organization.org_id)
    for attempt, wait_s in enumerate((10, 20, 40), start=1):
        await outgoing.pass_and_deliver(organization.org_id, timedelta(seconds=wait_s - 4))
        assert len(receiver.calls) == attempt
        await outgoing.pass_and_deliver(organization.org_id, timedelta(seconds=5))
        assert len(receiver.calls) == attempt + 1


@pytest.mark.parametrize("as_date", [False, True])
async def test_a_receiver_that_says_when_to_come_again_is_obeyed(
    organization: Organization, outgoing: Outgoing, receiver: Receiver, as_date: bool
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    then = outgoing.time() + timedelta(minutes=30)
    after = f"{then:%a, %d %b %Y %H:%M:%S} GMT" if as_date else "1800"
    receiver.answer = lambda _: Reply(429, {"Retry-After": after})
    happen(organization, bills=0)
    await outgoing.settle(organization.org_id)
    await outgoing.pass_and_deliver(organization.org_id, timedelta(minutes=29))
    assert len(receiver.calls) == 1
    await outgoing.pass_and_deliver(organization.org_id, timedelta(minutes=2))
    assert len(receiver.calls) == 2


async def test_nobody_is_waited_for_longer_than_an_hour_because_he_says_so(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    receiver.answer = lambda _: Reply(503, {"Retry-After": "9" * 30})
    happen(organization, bills=0)
    await outgoing.settle(organization.org_id)
    await outgoing.pass_and_deliver(organization.org_id, LONG + timedelta(seconds=5))
    assert len(receiver.calls) == 2


@pytest.mark.parametrize("status", [400, 404, 301])
async def test_what_a_receiver_refuses_is_listed_and_the_next_event_goes_on(
    organization: Organization, outgoing: Outgoing, receiver: Receiver, status: int
) -> None:
    subscription, _ = await outgoing.subscribe(organization.org_id, receiver.url)
    elsewhere = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"} if status == 301 else {}
    receiver.answer = lambda call: Reply(status, elsewhere) if call.name == "customerAdded" else Reply()
    happen(organization, bills=1)
    await outgoing.settle(organization.org_id)
    await outgoing.pass_and_deliver(organization.org_id, LONG)
    assert names(receiver.calls) == ["customerAdded", "transactionAdded"]
    assert {call.path for call in receiver.calls} == {"/hook"}, "redirects are not followed"

    db = outgoing.database.tenant(organization.org_id)
    (dead,) = (await service.list_dead(db, subscription.id)).deliveries
    assert (str(dead.event_id), dead.event_name, dead.status) == (receiver.calls[0].id, "customerAdded", status)
    assert (dead.attempts, dead.error) == (1, "refused")

    receiver.answer = lambda _: Reply()
    await service.replay_event(db, subscription.id, dead.event_id)
    await outgoing.settle(organization.org_id)
    assert receiver.calls[-1].id == receiver.calls[0].id
    assert (await service.list_dead(db, subscription.id)).deliveries == ()


async def test_an_event_is_given_up_after_the_last_attempt_and_can_be_sent_again(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    subscription, _ = await outgoing.subscribe(organization.org_id, receiver.url)
    receiver.answer = lambda call: Reply(500 if call.name == "customerAdded" else 200)
    happen(organization, bills=1)
    await outgoing.settle(organization.org_id)
    for _ in range(BACKOFF.attempts_max):
        await outgoing.pass_and_deliver(organization.org_id, LONG)
    assert names(receiver.calls) == ["customerAdded"] * BACKOFF.attempts_max + ["transactionAdded"]

    db = outgoing.database.tenant(organization.org_id)
    (dead,) = (await service.list_dead(db, subscription.id)).deliveries
    assert (dead.attempts, dead.status, dead.error) == (BACKOFF.attempts_max, 500, "too many attempts")
    receiver.answer = lambda _: Reply()
    now = datetime.now(UTC)
    assert await service.replay_dead(db, subscription.id, since=now - LONG, until=now + LONG) == 1
    await outgoing.settle(organization.org_id)
    assert (receiver.calls[-1].id, receiver.calls[-1].status) == (receiver.calls[0].id, 200)


def test_attempts_go_on_for_at_least_the_documented_seven_days() -> None:
    waits = [REAL_BACKOFF.delay(attempts, 0.0) for attempts in range(1, REAL_BACKOFF.attempts_max)]
    assert timedelta(days=7) < sum(waits, timedelta()) < timedelta(days=8)
    assert waits[0] == timedelta(seconds=5) and max(waits) == timedelta(hours=1)


async def test_a_receiver_that_is_gone_ends_its_webhook_until_it_is_activated_again(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    subscription, _ = await outgoing.subscribe(organization.org_id, receiver.url)
    receiver.answer = lambda _: Reply(410)
    happen(organization, bills=2)
    await outgoing.settle(organization.org_id)
    await outgoing.pass_and_deliver(organization.org_id, LONG)
    assert len(receiver.calls) == 1
    db = outgoing.database.tenant(organization.org_id)
    (ended,) = await service.list_subscriptions(db)
    assert (ended.is_active, ended.inactive_reason) == (False, "gone")

    receiver.answer = lambda _: Reply()
    wanted = SubscriptionChange(is_active=True)
    await service.change(db, subscription.id, wanted, allow_private=True, now=datetime.now(UTC))
    await outgoing.settle(organization.org_id)
    assert names(receiver.accepted) == ["transactionAdded"] * 2, "what was waiting goes on"


async def test_two_workers_deliver_each_event_once_and_never_the_same_at_the_same_time(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    second = Outgoing(outgoing.database)
    await outgoing.subscribe(organization.org_id, receiver.url, connections_max=20)
    members = happen(organization, members=12, bills=3)
    several = threading.Event()

    def answer(call: Received) -> Reply:
        """The first calls are not answered before there are several."""
        if receiver.at_once > 1:
            several.set()
        return Reply(gate=several)

    receiver.answer = answer

    async def work(one: Outgoing) -> None:
        stop = asyncio.Event()
        running = [asyncio.create_task(one.dispatcher.run(stop)), asyncio.create_task(one.deliverer.run(stop))]
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(receiver.calls) < 48:
                await asyncio.sleep(0.02)
        stop.set()
        await asyncio.gather(*running)

    await asyncio.gather(work(outgoing), work(second))
    assert len(receiver.calls) == len({call.id for call in receiver.calls}) == 48
    arrived = by_holder(receiver.calls)
    assert {holder_id: names(calls) for holder_id, calls in arrived.items()} == {
        member.id: ["customerAdded", *["transactionAdded"] * 3] for member in members
    }
    assert receiver.at_once_max > 1
    await second.receivers.close()


async def test_a_webhook_gets_no_more_calls_at_a_time_than_it_wants(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url, connections_max=2)
    happen(organization, members=6, bills=0)
    gate = threading.Event()
    receiver.answer = lambda _: Reply(gate=gate)
    await outgoing.take(organization.org_id)
    for _ in range(5):
        await outgoing.deliverer.turn(organization.org_id)
    while len(receiver.calls) < 2:
        await asyncio.sleep(0.01)
    gate.set()
    await outgoing.deliver(organization.org_id)
    await outgoing.deliverer.idle()
    await outgoing.deliver(organization.org_id)
    assert receiver.at_once_max == 2
    assert len(receiver.calls) == 6


async def test_a_worker_that_stops_finishes_its_calls_and_gives_its_lanes_back(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    happen(organization, bills=3)
    gate, arrived = threading.Event(), threading.Event()
    receiver.answer = lambda _: Reply(gate=gate, arrived=arrived)
    await outgoing.take(organization.org_id)
    stop = asyncio.Event()
    running = asyncio.create_task(outgoing.deliverer.run(stop))
    await asyncio.to_thread(arrived.wait, DEADLINE_SECONDS)
    stop.set()
    await asyncio.sleep(0)
    gate.set()
    async with asyncio.timeout(DEADLINE_SECONDS):
        await running
    assert len(receiver.calls) == 1
    assert await states(outgoing.database, organization.org_id) == {"delivered": 1, "waiting": 3}

    receiver.answer = lambda _: Reply()
    successor = Outgoing(outgoing.database)
    await successor.settle(organization.org_id)
    assert names(receiver.calls) == ["customerAdded", *["transactionAdded"] * 3], "at once, and nothing twice"
    await successor.receivers.close()


async def test_during_a_rotation_both_secrets_verify_and_afterwards_only_the_new_one(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    subscription, old = await outgoing.subscribe(organization.org_id, receiver.url)
    db = outgoing.database.tenant(organization.org_id)
    new, until = await service.rotate(db, SEAL, subscription.id, now=datetime.now(UTC) - timedelta(hours=23))
    happen(organization, bills=0)
    await outgoing.settle(organization.org_id)
    (call,) = receiver.calls
    for secret in (old, new):
        Webhook(secret).verify(call.body, dict(call.headers))
    assert call.headers["webhook-signature"].count("v1,") == 2

    happen(organization, bills=0)
    await outgoing.pass_and_deliver(organization.org_id, timedelta(hours=2))
    assert receiver.calls[-1].headers["webhook-signature"].count("v1,") == 1
    assert until > datetime.now(UTC)


async def test_a_removed_webhook_hears_nothing_more_and_what_was_waiting_is_given_up(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    subscription, _ = await outgoing.subscribe(organization.org_id, receiver.url)
    receiver.answer = lambda _: Reply(500)
    happen(organization, bills=1)
    await outgoing.settle(organization.org_id)
    db = outgoing.database.tenant(organization.org_id)
    await service.remove(db, subscription.id, now=datetime.now(UTC))
    happen(organization, bills=1)
    await outgoing.pass_and_deliver(organization.org_id, LONG)
    assert len(receiver.calls) == 1
    assert await service.list_subscriptions(db) == []
    assert await states(outgoing.database, organization.org_id) == {"dead": 2}
    assert await lanes(outgoing.database, organization.org_id) == 0


async def test_the_events_of_a_time_are_sent_to_a_webhook_that_came_later(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    members = happen(organization, members=2, bills=2)
    await outgoing.settle(organization.org_id)
    subscription, _ = await outgoing.subscribe(organization.org_id, receiver.url, "transactionAdded")
    db = outgoing.database.tenant(organization.org_id)
    until = datetime.now(UTC) + timedelta(seconds=5)
    assert await service.replay_range(db, subscription.id, since=before, until=until) == 4
    await outgoing.settle(organization.org_id)
    assert set(by_holder(receiver.calls)) == {member.id for member in members}
    assert names(receiver.calls) == ["transactionAdded"] * 4
    assert await service.replay_range(db, subscription.id, since=before, until=until) == 4
    await outgoing.settle(organization.org_id)
    assert len(receiver.calls) == 8 and len({call.id for call in receiver.calls}) == 4


async def test_an_answer_without_end_is_not_read_to_its_end(
    organization: Organization, outgoing: Outgoing, receiver: Receiver
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    receiver.answer = lambda _: Reply(body=b"x" * 50_000_000)
    happen(organization, bills=1)
    await outgoing.settle(organization.org_id)
    assert await states(outgoing.database, organization.org_id) == {"delivered": 2}


async def test_another_organisations_events_are_not_heard(
    organization: Organization, make_organization: Any, outgoing: Outgoing, receiver: Receiver
) -> None:
    other: Organization = make_organization()
    await outgoing.subscribe(organization.org_id, receiver.url)
    happen(other)
    await outgoing.settle(other.org_id)
    await outgoing.settle(organization.org_id)
    assert receiver.calls == []
    assert await service.list_subscriptions(outgoing.database.tenant(other.org_id)) == []
