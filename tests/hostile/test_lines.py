"""Values that are meant to hurt in path and query of every endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
import pytest

from earnest.core.http.endpoint import Endpoint, placeholders
from tests.hostile.budget import share, some
from tests.hostile.calls import REGISTRY, Call, call, name_of, target
from tests.hostile.conftest import WorldFor
from tests.hostile.judge import judge
from tests.hostile.values import TEXTS

ATTACKS_OF_ONE = share(1_200, len(REGISTRY.endpoints), at_least=10)
_MUTANT = "MUTANT-0d7f"


def targets(endpoint: Endpoint, path: dict[str, object], query: dict[str, object]) -> Iterator[str]:
    """The target with a value in the place of one parameter, each parameter that it knows in turn."""
    kind = endpoint.parameters.get("query")
    names = [field.encode_name for field in msgspec.structs.fields(kind)] if kind is not None else []
    for spelling in endpoint.paths:
        of_path = placeholders(spelling)
        for name in of_path:
            yield target(spelling, {**path, name: _MUTANT}, query)
        for name in (*names, "unknown", "format"):
            yield target(spelling, path, {**query, name: _MUTANT})
            yield target(spelling, path, query) + ("&" if query else "?") + f"{name}={_MUTANT}&{name}={_MUTANT}"


@pytest.mark.parametrize("endpoint", REGISTRY.endpoints, ids=name_of)
def test_no_value_of_a_parameter_hurts(world_for: WorldFor, endpoint: Endpoint) -> None:
    _attack(world_for, endpoint, ATTACKS_OF_ONE)


@pytest.mark.long
@pytest.mark.parametrize("endpoint", REGISTRY.endpoints, ids=name_of)
def test_none_of_all_values_of_all_parameters_hurts(world_for: WorldFor, endpoint: Endpoint) -> None:
    _attack(world_for, endpoint, 100_000)


def _attack(world_for: WorldFor, endpoint: Endpoint, count: int) -> None:
    world = world_for(endpoint)
    example = world.come_true(endpoint.examples[0])
    base = call(endpoint, example)
    every = [
        one.replace(_MUTANT, text.decode("ascii"))
        for one in targets(endpoint, dict(example.path), dict(example.query))
        for text in TEXTS.values()
    ]
    for one in some(every, count, seed=name_of(endpoint)):
        response = world.send(Call(endpoint, one, base.headers, base.content))
        if re.search(r"/(/|\?|$)", one):
            # Without a segment it is the path of another route, or of none.
            assert response.status_code < 500, response.text
        else:
            judge(endpoint, response, may_miss="path" in endpoint.parameters)
