"""Bodies that are meant to hurt, sent to every endpoint that takes one, in every format that it takes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from earnest.core.http import limits
from earnest.core.http.endpoint import Endpoint
from earnest.core.http.example import Example
from tests.hostile import values
from tests.hostile.budget import share, some
from tests.hostile.calls import JSON, REGISTRY, Call, call, encoded, examples, formats, name_of, with_body
from tests.hostile.conftest import WorldFor
from tests.hostile.judge import CALL_SECONDS_MAX, LARGE_CALL_SECONDS_MAX, judge
from tests.hostile.world import World

TARGETS = [(endpoint, content_type) for endpoint in with_body() for content_type in formats(endpoint)]
LARGE_TARGETS = some(TARGETS, 20, seed="large")
BODIES_OF_ONE = share(600, len(TARGETS), at_least=5)
HEADERS_OF_ONE = share(600, len(REGISTRY.endpoints), at_least=4)
MUTANTS = [
    (endpoint, example, content_type)
    for endpoint, example in examples()
    if "body" in endpoint.parameters and not isinstance(example.body, bytes)
    for content_type in formats(endpoint)
]
MUTANTS_OF_ONE = share(2_000, len(MUTANTS), at_least=15)


def id_of(value: object) -> str | None:
    if isinstance(value, Endpoint):
        return name_of(value)
    return value.name if isinstance(value, Example) else None


def valid(world: World, endpoint: Endpoint) -> Example:
    return world.come_true(endpoint.examples[0])


def attack(world: World, base: Call, bodies: Mapping[str, bytes], *, seconds_max: float) -> None:
    for body in bodies.values():
        response = world.send(Call(base.endpoint, base.target, base.headers, body, base.content_type))
        judge(base.endpoint, response, seconds_max=seconds_max)


@pytest.mark.parametrize(("endpoint", "content_type"), TARGETS, ids=id_of)
def test_no_body_hurts(world_for: WorldFor, endpoint: Endpoint, content_type: str) -> None:
    world = world_for(endpoint)
    example = valid(world, endpoint)
    bodies = values.json_bodies if content_type == JSON else values.xml_bodies
    hurting = bodies(encoded(example.body, content_type))
    chosen = some(hurting, BODIES_OF_ONE, seed=f"{name_of(endpoint)} {content_type}")
    attack(
        world,
        call(endpoint, example, content_type=content_type),
        {name: hurting[name] for name in chosen},
        seconds_max=CALL_SECONDS_MAX,
    )


@pytest.mark.parametrize(("endpoint", "content_type"), LARGE_TARGETS, ids=id_of)
def test_no_large_body_hurts(world_for: WorldFor, endpoint: Endpoint, content_type: str) -> None:
    world = world_for(endpoint)
    example = valid(world, endpoint)
    bodies = values.large_json_bodies(encoded(example.body)) if content_type == JSON else values.large_xml_bodies()
    base = call(endpoint, example, content_type=content_type)
    attack(world, base, bodies, seconds_max=LARGE_CALL_SECONDS_MAX)
    too_large = Call(endpoint, base.target, base.headers, b" " * (limits.BODY_BYTES_MAX + 1), content_type)
    assert world.send(too_large).status_code == 413
    mebibyte = b" " * 2**20
    unannounced = world.send(base, chunks=[mebibyte] * (limits.BODY_BYTES_MAX // 2**20 + 1))
    judge(endpoint, unannounced, seconds_max=LARGE_CALL_SECONDS_MAX)
    assert unannounced.status_code == 413
    # As much as is accepted, of what is no document: read to its end, and refused.
    as_large = world.send(base, chunks=[mebibyte] * (limits.BODY_BYTES_MAX // 2**20))
    judge(endpoint, as_large, seconds_max=LARGE_CALL_SECONDS_MAX)
    assert as_large.status_code in (400, 413)


@pytest.mark.parametrize(("endpoint", "example", "content_type"), MUTANTS, ids=id_of)
def test_no_value_of_a_field_hurts(
    world_for: WorldFor, endpoint: Endpoint, example: Example, content_type: str
) -> None:
    _mutate(world_for(endpoint), endpoint, example, content_type, MUTANTS_OF_ONE)


@pytest.mark.long
@pytest.mark.parametrize(("endpoint", "example", "content_type"), MUTANTS, ids=id_of)
def test_none_of_all_values_of_all_fields_hurts(
    world_for: WorldFor, endpoint: Endpoint, example: Example, content_type: str
) -> None:
    _mutate(world_for(endpoint), endpoint, example, content_type, 100_000)


def _mutate(world: World, endpoint: Endpoint, example: Example, content_type: str, count: int) -> None:
    prepared = world.values(example)
    mutants = values.json_mutants if content_type == JSON else values.xml_mutants
    chosen = some(
        list(mutants(world.come_true(example, prepared).body)), count, seed=f"{name_of(endpoint)} {content_type}"
    )
    base = call(endpoint, world.come_true(example, prepared), content_type=content_type)
    for name, body in chosen:
        # What a call stores once it would not look at twice: each has names and numbers of its own.
        fresh = world.freshened(body, prepared, example)
        response = world.send(Call(endpoint, base.target, base.headers, fresh, content_type))
        try:
            judge(endpoint, response)
        except AssertionError as error:
            raise AssertionError(f"{name} ({fresh[:2_000]!r}): {error}") from None


HEADERS = (
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": "application/xml; charset=utf-7"},
    {"Content-Type": "multipart/form-data; boundary=a"},
    {"Content-Type": ";;;=\"'"},
    {"Content-Type": "x" * 5_000},
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "x"},
    {"Accept": "text/html"},
    {"Accept": "a" * 5_000},
    {"Accept": "application/xml;q=nan,application/json;q=1e99"},
    {"Accept-Encoding": "gzip", "Accept-Language": "x" * 5_000},
    {"Unknown": "x" * 20_000},
    {"X-CAP-REQUEST-ID": "\xff" * 100},
    {"X-CAP-CLIENT-COUNTRYCODE": "1e99999999"},
    {"X-CAP-API-ATTRIBUTION-ENTITY-CODE": "\xff", "X-CAP-API-ATTRIBUTION-ENTITY-TYPE": "NOTHING"},
    {"X-CAP-API-ATTRIBUTION-LOOKUP": "x" * 5_000},
    {"X-CAP-API-ATTRIBUTION-LOOKUP-TYPE": "WECHAT", "X-CAP-API-ATTRIBUTION-LOOKUP": "\xff"},
    {"X-CAP-API-OAUTH-TOKEN": "a.b.c"},
    {"X-CAP-API-OAUTH-TOKEN": "x" * 20_000},
    {"Authorization": "Basic !!!"},
    {"Authorization": "Basic " + "QUJD" * 5_000},
    {"Authorization": "Bearer \xff"},
    {"Idempotency-Key": "x" * 20_000},
    {"Idempotency-Key": "\xff"},
    {"X-Earnest-Now": "9999-12-31T23:59:59-14:00"},
    {"X-Earnest-Now": "NaN"},
)


@pytest.mark.parametrize("endpoint", REGISTRY.endpoints, ids=name_of)
def test_no_header_hurts(world_for: WorldFor, endpoint: Endpoint) -> None:
    world = world_for(endpoint)
    for content_type in formats(endpoint):
        base = call(endpoint, valid(world, endpoint), content_type=content_type)
        for headers in some(HEADERS, HEADERS_OF_ONE, seed=name_of(endpoint)):
            given = {**base.headers, **headers}
            judge(endpoint, world.send(Call(endpoint, base.target, given, base.content, content_type)))
