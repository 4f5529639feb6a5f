"""Every endpoint that asks for credentials: without them, with wrong ones, and with those of another organisation."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import httpx
import pytest

from earnest.core.http.endpoint import Access, Endpoint
from earnest.core.http.example import Example
from tests.hostile.calls import REGISTRY, call, example_name, examples, guarded, name_of
from tests.hostile.conftest import WorldFor
from tests.hostile.judge import judge
from tests.hostile.world import World
from tests.support.server import Server
from tests.support.till import basic

EXAMPLES = [(endpoint, example) for endpoint, example in examples() if endpoint.access in (Access.READ, Access.WRITE)]


@pytest.fixture(scope="module")
def other(server: Server, plain_http: httpx.Client) -> Iterator[World]:
    """Another organisation on the same server."""
    yield World.with_tills(server, plain_http)


@pytest.fixture(scope="module")
def victim(server: Server, plain_http: httpx.Client) -> Iterator[World]:
    """An organisation that only strangers call: in the end it is as it was."""
    world = World.with_tills(server, plain_http)
    before = world.fingerprint()
    yield world
    assert world.fingerprint() == before


def wrong(world: World, endpoint: Endpoint) -> list[dict[str, str]]:
    """Headers that must not open the endpoint."""
    username, password = world.till.username, world.till.password
    clear = base64.b64encode(f"{username}:{password}".encode()).decode()
    of_the_other_kind = (
        basic(username, password) if endpoint.access is Access.ADMIN else f"Bearer {world.server.admin_key}"
    )
    authorizations = [
        "",
        "Basic",
        "Bearer",
        f"Basic {clear}",
        basic(username, "another password"),
        basic("nobody", password),
        basic("", ""),
        f"Bearer {world.server.admin_key[:-1]}",
        "Bearer null",
        of_the_other_kind,
    ]
    unsigned = ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"none"}', b'{"org_id":%d,"exp":9999999999}' % world.org_id, b"")
    )
    tokens = ["", "null", "a.b.c", unsigned, world.till.password]
    return [
        {},
        *({"Authorization": authorization} for authorization in authorizations),
        *({"X-CAP-API-OAUTH-TOKEN": token} for token in tokens),
    ]


@pytest.mark.parametrize("endpoint", guarded(), ids=name_of)
def test_without_valid_credentials_nothing_is_answered(victim: World, endpoint: Endpoint) -> None:
    example = endpoint.examples[0]
    for headers in wrong(victim, endpoint):
        response = victim.send(call(endpoint, example), headers=headers)
        assert response.status_code == 401, (headers, response.text)
        assert response.headers["www-authenticate"]
        judge(endpoint, response)


@pytest.mark.parametrize("endpoint", guarded(), ids=name_of)
def test_credentials_are_asked_for_before_anything_else_is_looked_at(shared_world: World, endpoint: Endpoint) -> None:
    path = endpoint.paths[0].replace("{", "").replace("}", "")
    response = shared_world.send(
        call(endpoint, Example(body="no object" if "body" in endpoint.parameters else None), path=path), headers={}
    )
    assert response.status_code == 401, response.text


@pytest.mark.parametrize("endpoint", [e for e in REGISTRY.endpoints if e.access is Access.PUBLIC], ids=name_of)
def test_what_needs_no_credentials_takes_no_notice_of_wrong_ones(
    victim: World, world_for: WorldFor, endpoint: Endpoint
) -> None:
    world = world_for(endpoint)
    example = world.come_true(endpoint.examples[0])
    for headers in wrong(victim, endpoint):
        assert world.send(call(endpoint, example), headers=headers).status_code == endpoint.status


@pytest.mark.parametrize(("endpoint", "example"), EXAMPLES, ids=[example_name(*one) for one in EXAMPLES])
def test_another_organisation_neither_sees_nor_changes_anything(
    shared_world: World, other: World, endpoint: Endpoint, example: Example
) -> None:
    values = shared_world.values(example)
    theirs = call(endpoint, shared_world.come_true(example, values))
    before = shared_world.fingerprint()

    response = other.send(theirs)

    judge(endpoint, response)
    sent = f"{theirs.target} {theirs.content!r}"
    foreign = {text for text in values.texts.values() if text not in sent}
    assert [value for value in foreign if value in response.text] == []
    assert shared_world.fingerprint() == before
    # The same call of its own organisation is a good one.
    assert shared_world.send(theirs).status_code == endpoint.status
