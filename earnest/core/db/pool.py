"""The process's connections as the role earnest_app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from earnest.core.db.tenant import TenantDatabase

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool


class Use(msgspec.Struct, frozen=True):
    """How many connections of the pool are at work, are open beside those, and may be open."""

    in_use: int
    idle: int
    connections_max: int


CLOSE_TIMEOUT_S = 5.0

_SETTINGS = {
    "jit": "off",
    "TimeZone": "UTC",
    # Statements are few, long and fed with arrays: planning them anew for each call finds the same plan.
    "plan_cache_mode": "force_generic_plan",
}


async def _keep_as_it_is(connection: Any) -> None:
    """No reset query: every setting is made with SET LOCAL and ends with its transaction."""


class Database:
    """A pool. `tenant(org_id)` is the way to tenant tables; `unscoped` reaches only the few tables without a policy."""

    def __init__(self, url: str, *, connections_min: int = 2, connections_max: int = 12, name: str = "earnest") -> None:
        """`url` is a libpq URL; a socket directory comes as its `host` parameter. `name` is what the server shows of the
        connections. Nothing is opened yet."""
        self._url = url
        self._settings = {**_SETTINGS, "application_name": name}
        self._connections_min = min(connections_min, connections_max)
        self._connections_max = connections_max
        self._pool: Pool | None = None

    async def open(self) -> None:
        """Opens the pool. OSError or PostgresError when the server cannot be reached."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=self._connections_min,
            max_size=self._connections_max,
            reset=_keep_as_it_is,
            statement_cache_size=512,
            max_cached_statement_lifetime=0,
            server_settings=self._settings,
        )

    @property
    def pool(self) -> Pool:
        assert self._pool is not None, "the database is not open"
        return self._pool

    def use(self) -> Use:
        """Of this moment."""
        if self._pool is None:
            return Use(0, 0, self._connections_max)
        idle = self._pool.get_idle_size()
        return Use(self._pool.get_size() - idle, idle, self._connections_max)

    def tenant(self, org_id: int) -> TenantDatabase:
        return TenantDatabase(self, org_id)

    @asynccontextmanager
    async def unscoped(self) -> AsyncIterator[Connection]:
        async with self.pool.acquire() as connection:
            yield connection  # type: ignore[misc]

    @asynccontextmanager
    async def apart(self) -> AsyncIterator[Connection]:
        """A connection beside the pool, for what keeps one for long: listening, holding a lock of a session."""
        connection = await asyncpg.connect(self._url, server_settings=self._settings)
        try:
            yield connection
        finally:
            try:
                await connection.close(timeout=CLOSE_TIMEOUT_S)
            except Exception:
                # Lost already, or nobody answers: it is over either way.
                connection.terminate()

    async def close(self) -> None:
        """Closes the pool when its connections are back."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
