"""What the database needs from time to time: partitions of the coming months, and logs and keys that are dropped in time."""

from __future__ import annotations

import asyncio
from datetime import datetime

from earnest.core import logs
from earnest.core.clock import Clock
from earnest.core.db.migrate import extend_partitions
from earnest.core.db.pool import Database
from earnest.core.idempotency import ADMIN_ORG_ID, forget
from earnest.core.jobs.queue import LOG_KEPT, STATISTICS_KEPT
from earnest.core.jobs.runner import sql
from earnest.core.organization_index import list_organizations


class Upkeep:
    """`owner_url` may be empty: without it the partitions are made when the database is migrated, and rows of a month that
    has none go into the default partition."""

    def __init__(self, database: Database, clock: Clock, owner_url: str) -> None:
        self._database = database
        self._clock = clock
        self._owner_url = owner_url

    async def __call__(self) -> None:
        now = self._clock.real()
        await self._drop_logs(now)
        for org_id in (ADMIN_ORG_ID, *await list_organizations(self._database)):
            await self._forget_keys(org_id, now)
        if self._owner_url:
            made = await asyncio.to_thread(extend_partitions, self._owner_url, now)
            if made:
                logs.logger("worker").info("partitions made", tables=made)

    async def _drop_logs(self, now: datetime) -> None:
        async with self._database.unscoped() as connection:
            await connection.execute(sql.text("drop_queue_log"), now - LOG_KEPT)
            await connection.execute(sql.text("drop_queue_statistics"), now - STATISTICS_KEPT)

    async def _forget_keys(self, org_id: int, now: datetime) -> None:
        """Idempotency keys and their stored answers, older than 24 hours; a short transaction for each thousand."""
        while True:
            async with self._database.tenant(org_id).transaction() as connection:
                if not await forget(connection, org_id, now):
                    return
