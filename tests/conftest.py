"""What tests over HTTP stand on: one database and one server for each test process, one organisation for each test.

Everything is started when the first test asks for it; tests that need no server start none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from earnest.core.db.embedded import DatabaseUrls
from tests import recording
from tests.support.database import migrated_database
from tests.support.organizations import Organization, new_organization
from tests.support.reconciliation import findings_of
from tests.support.server import Server, running_server
from tests.support.till import Till

MakeOrganization = Callable[..., Organization]


@pytest.fixture(scope="session")
def database() -> Iterator[DatabaseUrls]:
    """A migrated database of this test process alone."""
    with migrated_database() as urls:
        yield urls


@pytest.fixture(scope="session")
def server(database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the test clock, in a process of its own. Its log stays in pytest's temporary folder; whatever the tests
    send, it must not tell of an error that nobody expected."""
    log_path: Path = tmp_path_factory.mktemp("server") / "server.log"
    with running_server(database, log_path) as server:
        yield server
    unexpected = [line for line in server.log().splitlines() if "unexpected error" in line or "Traceback" in line]
    if unexpected:
        pytest.fail(f"{len(unexpected)} unexpected errors in {log_path}, the first: {unexpected[0]}", pytrace=False)


@pytest.fixture(scope="session")
def http(server: Server) -> Iterator[httpx.Client]:
    """Connections to the server, shared by all tests and threads; exchanges are recorded when EARNEST_RECORD is set."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=100)
    with httpx.Client(
        base_url=server.base_url, event_hooks=recording.hooks(), limits=limits, timeout=60, trust_env=False
    ) as http:
        yield http


@contextmanager
def _organizations(server: Server, http: httpx.Client) -> Iterator[MakeOrganization]:
    made: list[Organization] = []

    def make(**arguments: object) -> Organization:
        made.append(new_organization(server, http, **arguments))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for organization in made:
        findings = findings_of(server, organization.org_id)
        assert not findings, "\n".join(str(finding) for finding in findings)


@pytest.fixture
def make_organization(server: Server, http: httpx.Client) -> Iterator[MakeOrganization]:
    """Makes organisations (see `new_organization` for the arguments); at the end each must reconcile without findings."""
    with _organizations(server, http) as make:
        yield make


@pytest.fixture(scope="module")
def make_shared_organization(server: Server, http: httpx.Client) -> Iterator[MakeOrganization]:
    """The same for organisations that the tests of a module share: those of refusals and reads, which change nothing
    that another test looks at."""
    with _organizations(server, http) as make:
        yield make


@pytest.fixture
def organization(make_organization: MakeOrganization) -> Organization:
    """A new organisation with the demo's programme: 10, 12, 15 % in Silver, Gold (10,000) and Platinum (30,000)."""
    return make_organization()


@pytest.fixture
def client(organization: Organization) -> Till:
    """The first till of the test's organisation."""
    return organization.till


@pytest.fixture(scope="module")
def shared_organization(make_shared_organization: MakeOrganization) -> Organization:
    """One organisation for all tests of a module, with the demo's programme."""
    return make_shared_organization()
