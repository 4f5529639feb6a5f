"""Transactions of one organisation: the policies show its rows and no others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from earnest.core import metrics

if TYPE_CHECKING:
    from earnest.core.db.pool import Connection, Database

LOCK_TIMEOUT_MS = 3_000
STATEMENT_TIMEOUT_MS = 30_000


class TenantDatabase:
    """The database as one organisation sees it."""

    __slots__ = ("_begin", "_database", "org_id")

    def __init__(self, database: Database, org_id: int) -> None:
        self._database = database
        self.org_id = org_id
        # A utility command with a literal, in one message with BEGIN: it is propagated by a distributed PostgreSQL, where
        # set_config() and a session's SET are not.
        self._begin = (
            f"BEGIN; SET LOCAL app.org_id = {int(org_id)}; SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}; "
            f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}"
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A READ COMMITTED transaction; committed when the block ends, rolled back when it raises."""
        asked_s = perf_counter()
        async with self._database.pool.acquire() as pooled:
            metrics.CONNECTION_WAIT_SECONDS.observe(perf_counter() - asked_s)
            connection: Connection = pooled  # type: ignore[assignment]
            await connection.execute(self._begin)
            try:
                yield connection
            except BaseException:
                if not connection.is_closed():
                    await connection.execute("ROLLBACK")
                raise
            await connection.execute("COMMIT")
