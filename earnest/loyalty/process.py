"""The one flow that every activity takes: lock the holders, read, evaluate, store.

Concurrent calls of one organisation in one process share a database transaction (group commit). A group is four round
trips whatever its size: claim natural keys and lock holders (two), read the snapshots, store everything; with BEGIN and
COMMIT around them. A call that fails is left out; when PostgreSQL itself refuses the group, each of its calls is tried
alone, once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from time import perf_counter
from typing import Any, TypeVar

import asyncpg

from earnest.core import metrics
from earnest.core.db.batch import Batch
from earnest.core.db.pool import Connection, Database
from earnest.core.errors import CLOCK_BEHIND, CUSTOMER_BUSY, FIGURE_TOO_LARGE
from earnest.core.gathering import GROUP_SIZE_MAX, Gathering
from earnest.core.ids import Family, Ids
from earnest.core.tenancy import StaleConfiguration
from earnest.engine.apply import resolve
from earnest.engine.evaluate import evaluate
from earnest.engine.party import Party
from earnest.loyalty import holders, snapshot
from earnest.loyalty.ledger import post as ledger
from earnest.loyalty.programs import Programs, ProgramSet
from earnest.loyalty.registry import Activity, KeyTaken, Registry, Snapshot, Store

R = TypeVar("R")

# Calls that wait for a locked member hold a connection each: as many of them at once, so that groups always find one.
CALLS_APART_MAX = 4
_RETRIED = (
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.SerializationError,
)


class _Call:
    """One activity on its way, and where its caller waits."""

    __slots__ = ("activity", "answer", "error", "future", "step")

    def __init__(self, activity: Activity[Any], future: asyncio.Future[Any], step: str) -> None:
        self.activity = activity
        self.step = step
        self.future = future
        self.answer: Any = None
        self.error: Exception | None = None

    def settle(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answer)


class Processor:
    """Runs activities. One for each process."""

    def __init__(self, database: Database, ids: Ids, programs: Programs, registry: Registry) -> None:
        self._database = database
        self._ids = ids
        self._programs = programs
        self._registry = registry
        self._gathering: Gathering[_Call] = Gathering(self._settle, _next_group, kind="activities")
        self._turns_apart = asyncio.Semaphore(CALLS_APART_MAX)
        self._apart: set[asyncio.Task[None]] = set()

    async def process(self, activity: Activity[R]) -> R:
        """The activity's answer, once everything that it did is committed.

        ApiError when it is refused, KeyTaken when a natural key of it is taken, StaleConfiguration when it must start
        over with a newer configuration: nothing is stored then.
        """
        step = ""
        idempotency = activity.ctx.idempotency
        if idempotency is not None:
            step = idempotency.step(activity.type)
            receipt: R | None = idempotency.receipt(step, activity.answer)
            if receipt is not None:
                idempotency.advance(activity.type)
                return receipt
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._gathering.add(activity.ctx.org_id, _Call(activity, future, step))
        answer = await future
        if idempotency is not None:
            idempotency.advance(activity.type)
        return answer

    async def drain(self) -> None:
        """Waits for the groups that are under way."""
        await self._gathering.drain()
        while self._apart:
            await asyncio.gather(*self._apart, return_exceptions=True)

    async def _settle(self, org_id: int, group: list[_Call]) -> None:
        """A group waits for nobody: who has to, goes on apart, and the next group does not stand behind him."""
        try:
            alone = await self._attempt(org_id, group, waits=False)
            metrics.LOCK_WAITS.inc(len(alone))
        except StaleConfiguration as stale:
            alone = []
            for call in group:
                call.error = stale
        except Exception:
            metrics.GROUPS_REFUSED.inc()
            alone = group
        for call in group:
            if call not in alone:
                call.settle()
        for call in alone:
            task = asyncio.create_task(self._alone(org_id, call))
            self._apart.add(task)
            task.add_done_callback(self._apart.discard)

    async def _alone(self, org_id: int, call: _Call) -> None:
        started_s = perf_counter()
        async with self._turns_apart:
            for attempt in (1, 2):
                call.answer = call.error = None
                try:
                    await self._attempt(org_id, [call], waits=True)
                except _RETRIED as error:
                    if attempt == 1:
                        metrics.TRANSACTION_RETRIES.labels(error.sqlstate).inc()
                        continue
                    metrics.CUSTOMER_BUSY.inc()
                    call.error = CUSTOMER_BUSY.error()
                except asyncpg.exceptions.NumericValueOutOfRangeError:
                    # Each amount is within what its column holds; only a sum or a product of them is not.
                    call.error = FIGURE_TOO_LARGE.error()
                except Exception as error:
                    call.error = error
                break
        metrics.LOCK_WAIT_SECONDS.observe(perf_counter() - started_s)
        call.settle()

    async def _attempt(self, org_id: int, group: Sequence[_Call], *, waits: bool) -> list[_Call]:
        """One transaction for the group. Answers the calls that need a transaction of their own, because their member is
        locked elsewhere; all others have their answer or error when it is committed."""
        if not group:
            return []
        organization = max((c.activity.ctx.organization for c in group), key=lambda o: o.config_version)
        programs = await self._programs.of(organization)
        await self._ids.reserve(EVENT=8 * len(group))
        alone: list[_Call] = []
        async with self._database.tenant(org_id).transaction() as connection:
            batch = Batch(org_id)
            if waits:
                # Whoever waits for a member claims nothing before he has him: others would wait for the claim in turn.
                await holders.lock(connection, org_id, [call.activity.holder() for call in group], waits=True)
            held = await holders.claim(connection, org_id, [call.activity for call in group])
            claimed: list[_Call] = []
            for call in group:
                missing = [key for key in call.activity.claims() if key.identity not in held]
                if missing:
                    self._leave_out(batch, call, held, KeyTaken(missing[0]))
                else:
                    claimed.append(call)
            found = await holders.lock(connection, org_id, [call.activity.holder() for call in claimed], waits=waits)
            members: list[tuple[_Call, int | None]] = []
            for call, holder_id in zip(claimed, found, strict=True):
                if holder_id is not None or call.activity.holder() is None:
                    members.append((call, holder_id))
                elif waits:
                    self._leave_out(batch, call, held, call.activity.unknown_holder())
                else:
                    self._leave_out(batch, call, held, None)
                    alone.append(call)
            if len(members) < len(group) or not any(holder_id for _, holder_id in members):
                # Refusals and newcomers: no read of a member shows that the configuration has moved on.
                await holders.check_configuration(connection, org_id, organization.config_version)
            await self._evaluate_and_store(connection, batch, programs, organization.config_version, held, members)
            await batch.flush(connection)
        return alone

    def _leave_out(self, batch: Batch, call: _Call, held: set[object], error: Exception | None) -> None:
        """The call stores nothing: what it claimed is given back in the same transaction."""
        call.error = error
        holders.release(batch, [key for key in call.activity.claims() if key.identity in held])

    async def _evaluate_and_store(
        self,
        connection: Connection,
        batch: Batch,
        programs: ProgramSet,
        config_version: int,
        held: set[object],
        members: list[tuple[_Call, int | None]],
    ) -> None:
        snapshots = await self._read(connection, batch.org_id, config_version, members)
        await self._reserve_ids(connection, programs, snapshots, members)
        for call, holder_id in members:
            activity = call.activity
            found = snapshots[holder_id] if holder_id is not None else _newcomer(activity)
            try:
                if activity.ctx.now_is_given and found.last_event_at and activity.ctx.now < found.last_event_at:
                    raise CLOCK_BEHIND.error()
                event = activity.event(found)
                outcome = evaluate(programs, found.party, event, activity.ctx.now)
                if outcome.refusal is not None:
                    raise activity.refusal(outcome.refusal)
            except Exception as error:
                if isinstance(error, _RETRIED):
                    raise
                self._leave_out(batch, call, held, error)
                continue
            outcome = resolve(outcome, lambda: self._ids.take(Family.LOT))
            store = Store(batch, self._ids, activity.ctx, found.party.holder_id, found.seq + 1)
            if holder_id is None:
                ledger.create_holder(store, found.party.kind.value)
            ledger.book_event(store, activity.type, activity.reference_id, activity.event_at)
            after = ledger.post(store, self._registry, found, event, outcome)
            call.answer = activity.record(store, found, outcome)
            if activity.ctx.idempotency is not None:
                activity.ctx.idempotency.leave(batch, call.step, call.answer)
            if holder_id is not None:
                last = max(activity.ctx.now, found.last_event_at or activity.ctx.now)
                snapshots[holder_id] = Snapshot(party=after, seq=store.seq, last_event_at=last, facts=found.facts)

    async def _read(
        self, connection: Connection, org_id: int, config_version: int, members: list[tuple[_Call, int | None]]
    ) -> dict[int, Snapshot]:
        asked = {
            holder_id: call.activity.ctx.now
            for call, holder_id in sorted(members, key=lambda member: member[0].activity.ctx.now)
            if holder_id is not None
        }
        if not asked:
            return {}
        readers = snapshot.ordered(reader for call, _ in members for reader in call.activity.readers)
        bill_ids = [bill_id for call, _ in members for bill_id in call.activity.bill_ids]
        return await snapshot.read(connection, org_id, config_version, asked, readers, bill_ids)

    async def _reserve_ids(
        self,
        connection: Connection,
        programs: ProgramSet,
        snapshots: dict[int, Snapshot],
        members: list[tuple[_Call, int | None]],
    ) -> None:
        """Upper bounds of what the group may take, so that nothing waits between the decision and the store.

        An award opens a lot for each line and each tier that a bill is cut at, and one for each tier that is entered;
        a lot's points move at most once for each redemption that holds them, and once more into each other lot.
        """
        cuts = sum((len(program.awards) + 1) * len(program.tiers) for program in programs.values())
        lots = sum(cuts * (2 + call.activity.lines) for call, _ in members)
        held = sum(
            len(found.party.lots) + len(found.party.draws)
            for found in (snapshots[holder_id] for _, holder_id in members if holder_id is not None)
        )
        events = sum(4 + 3 * len(programs) for _ in members)
        movements = 2 * lots + 6 * held
        await self._ids.reserve(connection, LOT=lots, MOVEMENT=movements, EVENT=events)


def _next_group(waiting: deque[_Call]) -> list[_Call]:
    """The calls that go together: of several with the same natural key the first, the others later."""
    group: list[_Call] = []
    postponed: list[_Call] = []
    taken: set[object] = set()
    while waiting and len(group) < GROUP_SIZE_MAX:
        call = waiting.popleft()
        if call.future.done():
            continue
        identities = {key.identity for key in call.activity.claims()}
        if identities & taken:
            postponed.append(call)
        else:
            taken |= identities
            group.append(call)
    waiting.extendleft(reversed(postponed))
    return group


def _newcomer(activity: Activity[Any]) -> Snapshot:
    party: Party = activity.newcomer()
    return Snapshot(party=party, seq=0, last_event_at=None, facts={})
