from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from earnest.core.db.embedded import DatabaseUrls, EmbeddedPostgres
from earnest.core.db.migrate import migrate
from earnest.core.db.pool import Database
from earnest.core.http.application import Application
from tests.http import sample


@pytest.fixture
async def nowhere() -> AsyncIterator[Database]:
    """A database that cannot be reached."""
    async for database in sample.unreachable_database():
        yield database


@pytest.fixture
def application(nowhere: Database) -> Application:
    return sample.application(nowhere)


@pytest.fixture
async def client(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose till is known."""
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=sample.AUTHORIZED) as client:
        yield client


@pytest.fixture(scope="session")
def database_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseUrls]:
    """A migrated database on a PostgreSQL of its own."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), settings={"fsync": "off"}) as postgres:
        urls = postgres.urls()
        migrate(urls.owner)
        yield urls
