"""Reads that wait for each other: concurrent asks of one organisation in one process become one statement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from earnest.core.gathering import Gathering

A = TypeVar("A")
V = TypeVar("V")


class Together(Generic[A, V]):
    """`answer(org_id, asks)` gives the values in the order of the asks."""

    def __init__(self, answer: Callable[[int, Sequence[A]], Awaitable[Sequence[V]]]) -> None:
        self._answer = answer
        self._gathering: Gathering[tuple[A, asyncio.Future[V]]] = Gathering(self._run)

    async def ask(self, org_id: int, what: A) -> V:
        """The value, or the exception of the statement that it went with."""
        future: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._gathering.add(org_id, (what, future))
        return await future

    async def _run(self, org_id: int, asks: list[tuple[A, asyncio.Future[V]]]) -> None:
        try:
            values = await self._answer(org_id, [what for what, _ in asks])
        except Exception as error:
            for _, future in asks:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), value in zip(asks, values, strict=True):
            if not future.done():
                future.set_result(value)
