"""Calls that schemathesis makes up from the document: valid ones, and ones that contradict it."""

from __future__ import annotations

import copy
import warnings
from datetime import timedelta
from typing import Any

import httpx
import hypothesis
import hypothesis.errors
import msgspec
import pytest
import requests
import schemathesis
from schemathesis import GenerationMode

from earnest.app import description
from earnest.core.http.endpoint import Endpoint
from tests.hostile.budget import share
from tests.hostile.calls import REGISTRY
from tests.hostile.conftest import WorldFor
from tests.hostile.judge import CALL_SECONDS_MAX, judge

# Only sent together do these mean anything; alone they end a call before it has begun. `test_no_header_hurts` sends them.
_LEFT_OUT = ("attributionLookup", "attributionLookupType")


def _document() -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(msgspec.json.decode(description().text))
    for item in document["paths"].values():
        for operation in item.values():
            operation["parameters"] = [
                parameter
                for parameter in operation["parameters"]
                if parameter.get("$ref", "").rpartition("/")[2] not in _LEFT_OUT
            ]
    return document


SCHEMA = schemathesis.openapi.from_dict(_document())
# By the canonical spelling; the others lead to the same (`test_examples`).
TEMPLATES = {
    f"{endpoint.method} {spelling}": (endpoint, template)
    for methods in REGISTRY.routes.values()
    for template in [next(iter(methods.values()))[0]]
    for spelling, endpoint in methods.values()
    if spelling == endpoint.paths[0]
}
MODES = {"valid": GenerationMode.POSITIVE, "invalid": GenerationMode.NEGATIVE}
CALLS_OF_ONE = share(400, len(TEMPLATES) * len(MODES), at_least=2)
CALLS_OF_ONE_LONG = 200


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", TEMPLATES)
def test_what_can_be_made_up_from_the_document_is_answered_as_documented(
    world_for: WorldFor, name: str, mode: str
) -> None:
    _attack(world_for, *TEMPLATES[name], MODES[mode], CALLS_OF_ONE)


@pytest.mark.long
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", TEMPLATES)
def test_much_more_can_be_made_up(world_for: WorldFor, name: str, mode: str) -> None:
    _attack(world_for, *TEMPLATES[name], MODES[mode], CALLS_OF_ONE_LONG)


def _attack(world_for: WorldFor, endpoint: Endpoint, template: str, mode: GenerationMode, count: int) -> None:
    world = world_for(endpoint)
    operation = SCHEMA[template][endpoint.method]
    session = requests.Session()
    session.trust_env = False

    @hypothesis.settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def attack(case: schemathesis.Case) -> None:
        headers = {**world.headers(endpoint), "Accept": "application/json"}
        response = case.call(
            base_url=world.server.base_url, session=session, headers=headers, timeout=CALL_SECONDS_MAX * 4
        )
        received = httpx.Response(
            response.status_code,
            headers=[(name, value) for name, values in response.headers.items() for value in values],
            content=response.content,
        )
        received.elapsed = timedelta(seconds=response.elapsed)
        judge(endpoint, received, may_miss=True)

    with warnings.catch_warnings(), session:
        warnings.simplefilter("ignore")
        try:
            attack()
        except hypothesis.errors.Unsatisfiable:
            # Nothing contradicts an operation that takes anything.
            assert mode is GenerationMode.NEGATIVE
