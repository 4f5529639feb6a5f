"""Notices between processes: "the configuration of this organisation has changed". They only warm caches.

Nothing relies on one: each read of a member returns the config_version, and a process that is behind starts over. But a
process that hears of a change has it before the next call. `raise_config_version` announces, in the transaction of the
change; nothing is announced in that of a member.
"""

from __future__ import annotations

import asyncio
from typing import Any

from earnest.core import logs
from earnest.core.db.pool import Database
from earnest.core.tenancy import Tenants
from earnest.core.waiting import first_of

CHANNEL = "earnest_configuration"


class Notices:
    """Listens for this process, on a connection beside the pool."""

    def __init__(self, database: Database, tenants: Tenants) -> None:
        self._database = database
        self._tenants = tenants
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. ConnectionError when the connection is lost: whoever runs this begins again."""
        lost = asyncio.Event()
        async with self._database.apart() as connection:
            listening: Any = connection
            listening.add_termination_listener(lambda _: lost.set())
            await listening.add_listener(CHANNEL, self._hear)
            await first_of(stop, lost)
        if lost.is_set():
            raise ConnectionError("the connection for notices was lost")

    def _hear(self, connection: object, pid: int, channel: str, payload: str) -> None:
        org_id, _, version = payload.partition(":")
        if org_id.isdecimal() and version.isdecimal():
            task = asyncio.create_task(self._load(int(org_id), int(version)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _load(self, org_id: int, config_version: int) -> None:
        try:
            await self._tenants.at_least(org_id, config_version)
        except Exception as error:
            # The next read that meets the new version loads it.
            logs.logger("notices").warning("not loaded", org_id=org_id, error=logs.describe(error))
