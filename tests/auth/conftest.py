from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Database
from tests.auth.house import House, Process, connect


@pytest.fixture
async def pool(database: DatabaseUrls) -> AsyncIterator[Database]:
    """Connections as earnest_app."""
    opened = Database(database.app, connections_max=4)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def house(database: DatabaseUrls, pool: Database) -> AsyncIterator[House]:
    """An organisation of the test's own."""
    owner = await connect(database.owner)
    house = House(database, owner, pool)
    await house.found()
    yield house
    await owner.close()


@pytest.fixture
async def process(pool: Database) -> AsyncIterator[Process]:
    """A process that serves every organisation."""
    process = Process(pool)
    await process.keys.start()
    async with process.http:
        yield process


@pytest.fixture
async def other_house(database: DatabaseUrls, pool: Database) -> AsyncIterator[House]:
    """Another organisation."""
    owner = await connect(database.owner)
    house = House(database, owner, pool)
    await house.found()
    yield house
    await owner.close()
