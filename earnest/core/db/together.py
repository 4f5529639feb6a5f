"""Reads that wait for each other: concurrent asks of one organisation in one process become one statement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
V = TypeVar("V")

ASKS_MAX = 128
IN_FLIGHT_MAX = 2


class Together(Generic[A, V]):
    """`answer(org_id, asks)` gives the values in the order of the asks. The first ask goes at once, those that arrive
    while two statements are under way go together with the next one."""

    def __init__(self, answer: Callable[[int, Sequence[A]], Awaitable[Sequence[V]]]) -> None:
        self._answer = answer
        self._waiting: dict[int, list[tuple[A, asyncio.Future[V]]]] = {}
        self._in_flight: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, org_id: int, what: A) -> V:
        """The value, or the exception of the statement that it went with."""
        future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(org_id, []).append((what, future))
        self._pump(org_id)
        return await future

    def _pump(self, org_id: int) -> None:
        waiting = self._waiting[org_id]
        while waiting and self._in_flight.get(org_id, 0) < IN_FLIGHT_MAX:
            asks, waiting[:ASKS_MAX] = waiting[:ASKS_MAX], []
            self._in_flight[org_id] = self._in_flight.get(org_id, 0) + 1
            task = asyncio.create_task(self._run(org_id, asks))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, org_id: int, asks: list[tuple[A, asyncio.Future[V]]]) -> None:
        try:
            values = await self._answer(org_id, [what for what, _ in asks])
            for (_, future), value in zip(asks, values, strict=True):
                if not future.done():
                    future.set_result(value)
        except Exception as error:
            for _, future in asks:
                if not future.done():
                    future.set_exception(error)
        finally:
            self._in_flight[org_id] -= 1
            self._pump(org_id)
