"""The example of every endpoint is a call that succeeds, in every format."""

from __future__ import annotations

import httpx
import pytest

from earnest.core.http import xml
from earnest.core.http.endpoint import Endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import Example
from tests.hostile.calls import call, example_name, examples, formats
from tests.hostile.judge import judge
from tests.hostile.world import World
from tests.support.server import Server
from tests.support.till import Json

EXAMPLES = [(endpoint, example, content_type) for endpoint, example in examples() for content_type in formats(endpoint)]


@pytest.mark.parametrize(
    ("endpoint", "example", "content_type"),
    EXAMPLES,
    ids=[f"{example_name(endpoint, example)} {content_type}" for endpoint, example, content_type in EXAMPLES],
)
def test_the_example_of_an_endpoint_is_a_good_call(
    server: Server, http: httpx.Client, endpoint: Endpoint, example: Example, content_type: str
) -> None:
    # Over the recorded connections: these exchanges are held against the contract.
    world = World.of(endpoint, server, http)
    for path in endpoint.paths:
        response = world.send(call(endpoint, world.come_true(example), path=path, content_type=content_type))
        judge(endpoint, response)
        assert response.status_code == endpoint.status, response.text
        if endpoint.style is Style.V1:
            assert status_of(response) == ("true", 200), response.text


def status_of(response: httpx.Response) -> tuple[str, int]:
    """`response.status` of v1: success and code."""
    if "xml" in response.headers["content-type"]:
        body: Json = xml.read(response.content)
    else:
        body = response.json()
    status = body["response"]["status"]
    return str(status["success"]).lower(), int(status["code"])
