"""The process's connections as the role earnest_app."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg

from earnest.core.db.tenant import TenantDatabase

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool


async def _keep_as_it_is(connection: Any) -> None:
    """No reset query: every setting is made with SET LOCAL and ends with its transaction."""


class Database:
    """A pool. `tenant(org_id)` is the way to tenant tables; `unscoped` reaches only the few tables without a policy."""

    def __init__(self, url: str, *, connections_min: int = 2, connections_max: int = 12) -> None:
        """`url` is a libpq URL; a socket directory comes as its `host` parameter. Nothing is opened yet."""
        self._url = url
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
            # Statements are few, long and fed with arrays: planning them anew for each call finds the same plan.
            server_settings={
                "application_name": "earnest",
                "jit": "off",
                "TimeZone": "UTC",
                "plan_cache_mode": "force_generic_plan",
            },
        )

    @property
    def pool(self) -> Pool:
        assert self._pool is not None, "the database is not open"
        return self._pool

    def tenant(self, org_id: int) -> TenantDatabase:
        return TenantDatabase(self, org_id)

    @asynccontextmanager
    async def unscoped(self) -> AsyncIterator[Connection]:
        async with self.pool.acquire() as connection:
            yield connection  # type: ignore[misc]

    async def close(self) -> None:
        """Closes the pool when its connections are back."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
