"""A world to attack, shared by the attacks of one test process, and a watch over the server during each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from earnest.core.http.endpoint import Access, Endpoint
from tests.hostile.watch import Watch
from tests.hostile.world import World
from tests.support.reconciliation import findings_of
from tests.support.server import Server

WorldFor = Callable[[Endpoint], World]


@pytest.fixture(scope="session")
def plain_http(server: Server) -> Iterator[httpx.Client]:
    """Connections that nobody records: what is sent here is no example of anything."""
    with httpx.Client(base_url=server.base_url, timeout=60, trust_env=False) as http:
        yield http


@pytest.fixture(scope="session")
def shared_world(server: Server, plain_http: httpx.Client) -> Iterator[World]:
    """At its end, after all attacks, the ledger is still in order."""
    world = World.with_tills(server, plain_http)
    yield world
    findings = findings_of(server, world.org_id)
    assert not findings, "\n".join(str(finding) for finding in findings)


@pytest.fixture
def world_for(shared_world: World, server: Server, plain_http: httpx.Client) -> WorldFor:
    """The world to attack an endpoint in: one of its own where no till calls, for an administrator could break it."""

    def world(endpoint: Endpoint) -> World:
        is_of_tills = endpoint.access in (Access.READ, Access.WRITE)
        return shared_world if is_of_tills else World.of(endpoint, server, plain_http)

    return world


@pytest.fixture(autouse=True)
def watch(server: Server) -> Iterator[None]:
    """During each attack the server neither grows without bound nor meets anything that it did not expect."""
    watch = Watch(server)
    yield
    findings = watch.findings()
    assert not findings, "\n".join(findings)
