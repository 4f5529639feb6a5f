"""Connections to the test process's database as its two roles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import asyncpg
import psycopg
import pytest

from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Connection


@pytest.fixture
async def application(database: DatabaseUrls) -> AsyncIterator[Connection]:
    """As earnest_app, for the organisation 1, in a transaction that changes nothing."""
    connection = await asyncpg.connect(database.app, server_settings={"jit": "off"})
    async with connection.transaction(readonly=False):
        await connection.execute("SET LOCAL app.org_id = 1")
        yield connection
    await connection.close()


@pytest.fixture(scope="module")
def catalogue(database: DatabaseUrls) -> Iterator[psycopg.Connection]:
    """As earnest_owner: for questions to the system catalogue."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        yield connection
