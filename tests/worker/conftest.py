"""Parts of a worker in the test's own event loop, on the test process's database, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from earnest.app import Parts
from earnest.core.backoff import Backoff
from earnest.core.clock import Clock
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Database
from earnest.core.outbox.dispatcher import Dispatcher
from earnest.core.secret_key import SecretKey
from earnest.domains.webhooks import service
from earnest.domains.webhooks.delivering import Deliverer
from earnest.domains.webhooks.receiver import Receivers
from earnest.domains.webhooks.schemas import NewSubscription, Subscription
from earnest.domains.webhooks.taking import WebhookConsumer
from tests import recording
from tests.support.server import Server, running_server
from tests.support.throwaway import throwaway_database
from tests.worker.receiving import Receiver

SECRET_KEY = "the secret key of the tests, forty characters"
SEAL = SecretKey(SECRET_KEY.encode()).seal(service.SEAL_PURPOSE)
BACKOFF = Backoff(first=timedelta(seconds=10), longest=timedelta(minutes=10), attempts_max=6)


class MovedTime:
    """Real time, ahead of it by as much as the test says."""

    def __init__(self) -> None:
        self._ahead = timedelta(seconds=1)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def pass_(self, duration: timedelta) -> None:
        self._ahead += duration


class Outgoing:
    """A dispatcher and a deliverer: what a worker has of the outbox and webhooks."""

    def __init__(self, database: Database, *, call_timeout_s: float = 20.0, allow_private: bool = True) -> None:
        self.database = database
        self.time = MovedTime()
        self.receivers = Receivers(allow_private=allow_private, call_timeout_s=call_timeout_s)
        self.deliverer = Deliverer(database, self.receivers, SEAL, backoff=BACKOFF, now=self.time, chance=lambda: 0.0)
        self.dispatcher = Dispatcher(database, [WebhookConsumer(self.deliverer.wake)])

    async def take(self, org_id: int) -> None:
        """Takes everything from the outbox."""
        while await self.dispatcher.turn(org_id):
            pass

    async def deliver(self, org_id: int) -> None:
        """Sends everything that is due now."""
        while await self.deliverer.turn(org_id):
            await self.deliverer.idle()

    async def settle(self, org_id: int) -> None:
        await self.take(org_id)
        await self.deliver(org_id)

    async def pass_and_deliver(self, org_id: int, duration: timedelta) -> None:
        self.time.pass_(duration)
        await self.settle(org_id)

    async def subscribe(
        self, org_id: int, url: str, *event_names: str, connections_max: int = 10
    ) -> tuple[Subscription, str]:
        new = NewSubscription(url=url, event_names=event_names, connections_max=connections_max)
        return await service.subscribe(
            self.database.tenant(org_id), SEAL, new, allow_private=True, now=datetime.now(UTC)
        )


@pytest.fixture(scope="session")
def database(database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A database of these tests alone: a worker works for every organisation that it finds."""
    with throwaway_database(database) as urls:
        yield urls


@pytest.fixture(scope="session")
def server(database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the test clock on that database."""
    with running_server(database, tmp_path_factory.mktemp("server") / "server.log") as server:
        yield server
    unexpected = [line for line in server.log().splitlines() if "unexpected error" in line or "Traceback" in line]
    assert not unexpected, "\n".join(unexpected)


@pytest.fixture(scope="session")
def http(server: Server) -> Iterator[httpx.Client]:
    """Connections to that server."""
    with httpx.Client(base_url=server.base_url, event_hooks=recording.hooks(), timeout=60, trust_env=False) as http:
        yield http


@pytest.fixture
async def app_database(database: DatabaseUrls) -> AsyncIterator[Database]:
    """A pool as the application's role."""
    pool = Database(database.app, connections_max=10)
    await pool.open()
    yield pool
    await pool.close()


@pytest.fixture
async def parts(app_database: Database) -> Parts:
    """The application's parts, with the test clock."""
    return Parts(app_database, Clock(test_clock=True))


@pytest.fixture
async def outgoing(app_database: Database) -> AsyncIterator[Outgoing]:
    made = Outgoing(app_database)
    yield made
    await made.receivers.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.up()
    yield made
    made.down()
