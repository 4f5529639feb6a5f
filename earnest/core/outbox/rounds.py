"""Going round the organisations to see whether there is work: often where there was some, seldom where there was none.

A look costs a short transaction in the organisation. Where nothing happens the pause doubles up to `pause_max_s`, and with
many organisations further, so that all idle ones together cost at most `LOOKS_PER_SECOND_MAX` looks.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from earnest.core import logs
from earnest.core.waiting import first_of

LOOKS_PER_SECOND_MAX = 100.0
PAUSE_MIN_S = 0.1
PAUSE_MAX_S = 1.0
# After an error in one organisation the others go on.
PAUSE_AFTER_ERROR_S = 5.0
LIST_AGE_MAX_S = 5.0
TURNS_AT_ONCE = 4


class _Place:
    """An organisation on the round. `next_s` is on the monotonic clock."""

    __slots__ = ("next_s", "pause_s")

    def __init__(self) -> None:
        self.next_s = 0.0
        self.pause_s = PAUSE_MIN_S


class Rounds:
    """`turn(org_id)` does some work and says whether there was any; then it comes again at once."""

    def __init__(
        self,
        name: str,
        organizations: Callable[[], Awaitable[Iterable[int]]],
        turn: Callable[[int], Awaitable[bool]],
        *,
        pause_max_s: float = PAUSE_MAX_S,
    ) -> None:
        self._name = name
        self._organizations = organizations
        self._turn = turn
        self._pause_max_s = pause_max_s
        self._places: dict[int, _Place] = {}
        self._listed_s = float("-inf")
        self._woken = asyncio.Event()

    def wake(self, org_id: int) -> None:
        """There is work in this organisation: it comes next."""
        place = self._places.get(org_id)
        if place is not None:
            place.next_s, place.pause_s = 0.0, PAUSE_MIN_S
            self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Goes round until `stop` is set; the turn that is being taken then is finished."""
        while not stop.is_set():
            self._woken.clear()
            await self._refresh()
            now_s = time.monotonic()
            due = [org_id for org_id, place in self._places.items() if place.next_s <= now_s]
            for start in range(0, len(due), TURNS_AT_ONCE):
                if stop.is_set():
                    return
                await asyncio.gather(*(self._take(org_id) for org_id in due[start : start + TURNS_AT_ONCE]))
            next_s = min((place.next_s for place in self._places.values()), default=float("inf"))
            pause_s = min(max(next_s - time.monotonic(), 0.0), PAUSE_MAX_S)
            if pause_s > 0:
                await first_of(stop, self._woken, timeout_s=pause_s)

    async def _refresh(self) -> None:
        if time.monotonic() - self._listed_s < LIST_AGE_MAX_S:
            return
        listed = list(await self._organizations())
        self._places = {org_id: self._places.get(org_id) or _Place() for org_id in listed}
        self._listed_s = time.monotonic()

    async def _take(self, org_id: int) -> None:
        place = self._places[org_id]
        # Set before the turn: somebody may wake the organisation meanwhile.
        place.next_s = time.monotonic() + place.pause_s
        try:
            found = await self._turn(org_id)
        except Exception as error:
            logs.logger(self._name).error("turn failed", org_id=org_id, error=logs.describe(error))
            place.next_s = time.monotonic() + PAUSE_AFTER_ERROR_S
            return
        if found:
            place.next_s, place.pause_s = 0.0, PAUSE_MIN_S
        elif place.next_s > 0.0:
            pause_max_s = max(self._pause_max_s, len(self._places) / LOOKS_PER_SECOND_MAX)
            place.pause_s = min(place.pause_s * 2, pause_max_s)
