"""Delivering: lanes are claimed, their events sent one after the other, and what became of each is noted.

Events of one holder go to one receiver in their order: a failing one holds its lane back and nothing else. A receiver that
fails gets fewer calls at a time until it answers well again. Each event arrives at least once, every time under the same
webhook-id.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from earnest.core import logs
from earnest.core.backoff import Backoff
from earnest.core.db.pool import Database
from earnest.core.organization_index import list_organizations
from earnest.core.outbox.rounds import Rounds
from earnest.core.secret_key import Seal
from earnest.core.waiting import first_of
from earnest.domains.webhooks import signature
from earnest.domains.webhooks.envelope import encode
from earnest.domains.webhooks.lanes import CLAIM_TIME, NO_LONGER_KEPT, Delivery, Due, Lane, Lanes, Note
from earnest.domains.webhooks.receiver import Attempt, Receivers, Verdict
from earnest.domains.webhooks.service import sql

# At least seven days (contract/36-event-notification-logs, "Delivery"): ten doublings, then once an hour.
BACKOFF = Backoff(first=timedelta(seconds=5), longest=timedelta(hours=1), attempts_max=180)
CALLS_AT_ONCE_MAX = 200
# When the database is away in the moment in which an answer is to be noted.
NOTE_PAUSE_S = 0.5

_SECRET_UNREADABLE = "secret cannot be decrypted"


class _Window:
    """How many calls a receiver gets at a time: halved by a failure, one more with each success."""

    __slots__ = ("in_flight", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.in_flight = 0

    def free(self, connections_max: int) -> int:
        return max(min(self.size, connections_max) - self.in_flight, 0)

    def learn(self, verdict: Verdict, connections_max: int) -> None:
        if verdict is Verdict.RETRY:
            self.size = max(min(self.size, connections_max) // 2, 1)
        else:
            self.size = min(self.size + 1, connections_max)


class Deliverer:
    """One for each worker; any number of workers may run."""

    def __init__(
        self,
        database: Database,
        receivers: Receivers,
        seal: Seal,
        *,
        backoff: Backoff = BACKOFF,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`now` is real time, `chance` a random number of [0, 1) for the spread of the back-off."""
        self._database = database
        self._receivers = receivers
        self._seal = seal
        self._backoff = backoff
        self._now = now
        self._chance = chance
        self._lanes = Lanes(database)
        self._windows: dict[tuple[int, int], _Window] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._rounds = Rounds("webhooks", self._organizations, self.turn)

    def wake(self, org_id: int) -> None:
        """There are new deliveries in this organisation."""
        self._rounds.wake(org_id)

    async def run(self, stop: asyncio.Event) -> None:
        """Delivers until `stop` is set. The calls that are under way then are finished and noted; their lanes go back."""
        self._stopping = stop
        try:
            try:
                await self._rounds.run(stop)
            finally:
                await self.idle()
        except asyncio.CancelledError:
            # In a hurry: what was being sent is sent again when the claims have run out.
            for task in self._tasks:
                task.cancel()
            raise

    async def idle(self) -> None:
        """Waits for the lanes that are being worked on."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def turn(self, org_id: int) -> bool:
        """Claims lanes that are due and starts working on them. False when there were none, or no call was free."""
        now = self._now()
        claimed = 0
        for due in await self._lanes.due(org_id, now):
            window = self._windows.setdefault((org_id, due.id), _Window(due.connections_max))
            free = min(window.free(due.connections_max), CALLS_AT_ONCE_MAX - len(self._tasks))
            if free <= 0:
                continue
            for lane in await self._lanes.claim(org_id, due.id, free, now):
                claimed += 1
                window.in_flight += 1
                task = asyncio.create_task(self._work(lane, due, window))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return claimed > 0

    async def _organizations(self) -> list[int]:
        return await list_organizations(self._database)

    async def _work(self, lane: Lane, due: Due, window: _Window) -> None:
        try:
            await self._send_all(lane, due, window)
        except Exception as error:
            # The claim runs out by itself, and somebody tries again.
            logs.logger("webhooks").error("lane failed", org_id=lane.org_id, error=logs.describe(error))
        finally:
            window.in_flight -= 1
            self._rounds.wake(lane.org_id)

    async def _send_all(self, lane: Lane, due: Due, window: _Window) -> None:
        if not lane.deliveries:
            await self._note(self._noted(lane, None, "waiting", None, "", self._now()))
            return
        last = lane.deliveries[-1]
        for delivery in lane.deliveries:
            note = await self._send(lane, due, window, delivery)
            if note.resume_at is None and (delivery is last or self._stopping.is_set()):
                note = msgspec.structs.replace(note, resume_at=self._now())
            is_ours = await self._note(note)
            if note.resume_at is not None or not is_ours:
                return

    async def _note(self, note: Note) -> bool:
        """As `Lanes.note`, for as long as the claim lasts: what is not noted is sent once more."""
        pause_s = NOTE_PAUSE_S
        while True:
            try:
                return await self._lanes.note(note)
            except Exception:
                if self._stopping.is_set() or self._now() + timedelta(seconds=pause_s) >= note.claimed_until:
                    raise
            await first_of(self._stopping, timeout_s=pause_s)
            pause_s *= 2

    async def _send(self, lane: Lane, due: Due, window: _Window, delivery: Delivery) -> Note:
        """One attempt, and what is to be noted of it. `resume_at` is set when the lane has to wait."""
        if delivery.event is None:
            return self._noted(lane, delivery, "dead", None, NO_LONGER_KEPT, None)
        secrets = self._secrets(due)
        if secrets is None:
            attempt = Attempt(at=self._now(), duration_ms=0, error=_SECRET_UNREADABLE)
        else:
            body = encode(delivery.event)
            at = self._now()
            headers = signature.headers(secrets, str(delivery.event.id), int(at.timestamp()), body)
            attempt = await self._receivers.post(due.url, headers, body, at=at)
        verdict = attempt.verdict
        window.learn(verdict, due.connections_max)
        attempts = delivery.attempts + 1
        if verdict is Verdict.DELIVERED:
            return self._noted(lane, delivery, "delivered", attempt, "", None)
        if verdict is Verdict.RETRY and not self._backoff.is_last(attempts):
            delay = self._backoff.delay(attempts, self._chance())
            if attempt.retry_after is not None:
                delay = max(delay, attempt.retry_after)
            return self._noted(lane, delivery, "waiting", attempt, attempt.error, self._now() + delay)
        if verdict is Verdict.GONE:
            await self._lanes.end_subscription(lane.org_id, lane.subscription_id, self._now())
            return self._noted(lane, delivery, "dead", attempt, "gone", self._now())
        error = attempt.error or ("too many attempts" if verdict is Verdict.RETRY else "refused")
        return self._noted(lane, delivery, "dead", attempt, error, None)

    def _secrets(self, due: Due) -> list[str] | None:
        """The secrets to sign with, the current one first; None when this process cannot open it."""
        current = self._seal.open(due.secret)
        previous = None if due.previous_secret is None else self._seal.open(due.previous_secret)
        if current is None:
            return None
        return [secret.decode("ascii") for secret in (current, previous) if secret is not None]

    def _noted(
        self,
        lane: Lane,
        delivery: Delivery | None,
        state: str,
        attempt: Attempt | None,
        error: str,
        resume_at: datetime | None,
    ) -> Note:
        return Note(
            lane=lane,
            delivery=delivery,
            state=state,
            attempt=attempt,
            error=error,
            claimed_until=self._now() + CLAIM_TIME,
            resume_at=resume_at,
        )


class DeliveryFigures(msgspec.Struct, frozen=True):
    """Deliveries that wait for active webhooks, how long the oldest event among them has been known, and those given up."""

    waiting: int = 0
    oldest_s: float = 0.0
    dead: int = 0


async def measure_deliveries(database: Database, now: datetime) -> DeliveryFigures:
    """Of all organisations. One short transaction for each: not for every second."""
    waiting, oldest_s, dead = 0, 0.0, 0
    for org_id in await list_organizations(database):
        async with database.tenant(org_id).transaction() as connection:
            rows = await connection.fetch(sql.text("measure_deliveries"), org_id)
        for row in rows:
            if row["state"] == "dead":
                dead += row["deliveries"]
            elif row["oldest_at"] is not None:
                waiting += row["deliveries"]
                oldest_s = max(oldest_s, (now - row["oldest_at"]).total_seconds())
    return DeliveryFigures(waiting, oldest_s, dead)
