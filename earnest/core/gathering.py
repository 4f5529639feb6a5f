"""Calls that go together: those of one organisation that wait at the same moment share a database transaction.

A lone caller waits for nobody. After a group of several, the next one waits a millisecond for the calls that its answers
will bring; a second group starts beside one that is under way only when it is worth a transaction of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Generic, TypeVar

from earnest.core import metrics

C = TypeVar("C")

GROUP_SIZE_MAX = 64
GROUPS_IN_FLIGHT_MAX = 2
SECOND_GROUP_SIZE_MIN = 8
GATHERING_S = 0.001


class Gathering(Generic[C]):
    """`run(org_id, group)` settles the calls of a group and does not raise; `take(waiting)` removes the calls that go
    together from the queue, at most GROUP_SIZE_MAX."""

    def __init__(
        self,
        run: Callable[[int, list[C]], Awaitable[None]],
        take: Callable[[deque[C]], list[C]] | None = None,
        *,
        kind: str = "reads",
    ) -> None:
        """`kind` is what the groups are counted as in the metrics."""
        self._calls = metrics.GROUP_CALLS.labels(kind)
        self._seconds = metrics.GROUP_SECONDS.labels(kind)
        self._run = run
        self._take = take or _take_first
        self._waiting: dict[int, deque[C]] = {}
        self._in_flight: dict[int, int] = {}
        self._last_size: dict[int, int] = {}
        self._gathering: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, org_id: int, call: C) -> None:
        """Puts a call in the queue of its organisation; it is settled by `run`, soon."""
        self._waiting.setdefault(org_id, deque()).append(call)
        self._pump(org_id)

    async def drain(self) -> None:
        """Waits for the groups that are under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _pump(self, org_id: int) -> None:
        if org_id in self._gathering or not self._is_worth_a_group(org_id):
            return
        self._gathering.add(org_id)
        loop = asyncio.get_running_loop()
        if self._last_size.get(org_id, 0) > 1 and not self._in_flight.get(org_id, 0):
            loop.call_later(GATHERING_S, self._start, org_id)
        else:
            loop.call_soon(self._start, org_id)

    def _is_worth_a_group(self, org_id: int) -> bool:
        in_flight = self._in_flight.get(org_id, 0)
        waiting = len(self._waiting[org_id])
        return waiting > 0 if in_flight == 0 else in_flight < GROUPS_IN_FLIGHT_MAX and waiting >= SECOND_GROUP_SIZE_MIN

    def _start(self, org_id: int) -> None:
        self._gathering.discard(org_id)
        group = self._take(self._waiting[org_id])
        if group:
            self._last_size[org_id] = len(group)
            self._in_flight[org_id] = self._in_flight.get(org_id, 0) + 1
            task = asyncio.create_task(self._settle(org_id, group))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._pump(org_id)

    async def _settle(self, org_id: int, group: list[C]) -> None:
        started_s = perf_counter()
        try:
            await self._run(org_id, group)
        finally:
            self._calls.observe(len(group))
            self._seconds.observe(perf_counter() - started_s)
            self._in_flight[org_id] -= 1
            self._pump(org_id)


def _take_first(waiting: deque[C]) -> list[C]:
    return [waiting.popleft() for _ in range(min(len(waiting), GROUP_SIZE_MAX))]
