"""The worker: loops that run beside each other until they are told to stop, each begun again when it fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from earnest.core import logs
from earnest.core.backoff import Backoff
from earnest.core.waiting import first_of

Loop = Callable[[asyncio.Event], Awaitable[None]]

# A database that is away comes back; nobody has to start the worker again for it.
BACKOFF = Backoff(first=timedelta(seconds=1), longest=timedelta(seconds=30), attempts_max=2**31)
# A loop that ran so long without failing begins its back-off anew.
HEALTHY_S = 60.0
# Longer than a call of a receiver may take.
STOP_SECONDS_MAX = 25.0


class Worker:
    """`loops` by name. Any number of workers may run beside each other, also on several machines."""

    def __init__(self, loops: Mapping[str, Loop]) -> None:
        self._loops = dict(loops)

    async def run(self, stop: asyncio.Event, hurry: asyncio.Event | None = None) -> None:
        """Until `stop` is set. Then each loop finishes what it is at, unless `hurry` is set or it takes too long."""
        tasks = [asyncio.create_task(self._keep(name, loop, stop)) for name, loop in self._loops.items()]
        done = asyncio.gather(*tasks, return_exceptions=True)
        try:
            await stop.wait()
            hurrying = asyncio.ensure_future((hurry or asyncio.Event()).wait())
            await asyncio.wait((done, hurrying), timeout=STOP_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED)
            hurrying.cancel()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str, loop: Loop, stop: asyncio.Event) -> None:
        failures = 0
        clock = asyncio.get_running_loop()
        while not stop.is_set():
            started_s = clock.time()
            try:
                await loop(stop)
                continue
            except Exception as error:
                failures = 1 if clock.time() - started_s > HEALTHY_S else failures + 1
                logs.logger("worker").error(f"{name} failed", failures=failures, error=logs.describe(error))
            await first_of(stop, timeout_s=BACKOFF.delay(failures, random.random()).total_seconds())


class InBackground:
    """Something that runs beside the server, in its event loop, from its start to its end."""

    def __init__(self, run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._run = run
        self._stop = asyncio.Event()
        self._task: asyncio.Future[None] | None = None

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._run(self._stop))
        self._task.add_done_callback(self._tell)

    async def stop(self) -> None:
        """Returns when it has ended; what it was at is finished or given back."""
        self._stop.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    @staticmethod
    def _tell(task: asyncio.Future[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            logs.logger("worker").error("ended", error=logs.describe(error))
