"""One line a request, and neither a person nor a secret in it, whatever happens to the request."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from earnest.core import logs
from earnest.core.db.pool import Database
from tests.http import sample
from tests.http.sample import LogSettings

# Where they may stand, they are sent: none of these strings may reach the log.
PERSON = {
    "name": "Marlene-Dietrich",
    "mobile": "919812345678",
    "email": "marlene@blue-angel.example",
    "card": "4111111111111111",
}
SECRET = "5f4dcc3b5aa765d61d8327deb882cf99"
MARKS = (*PERSON.values(), SECRET, base64.b64encode(f"till:{SECRET}".encode()).decode())


class Written:
    """What the process has written on standard error so far."""

    def __init__(self, captured: pytest.CaptureFixture[bytes]) -> None:
        self._captured = captured
        self._text = ""

    def text(self) -> str:
        self._text += self._captured.readouterr().err.decode()
        return self._text

    def lines(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(line) for line in self.text().splitlines()]


@pytest.fixture
def written(capsysbinary: pytest.CaptureFixture[bytes]) -> Iterator[Written]:
    yield Written(capsysbinary)
    logs.configure("error", "json")


def client_of(database: Database, level: str = "info") -> httpx.AsyncClient:
    application = sample.application(database, settings=LogSettings(log_level=level))
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=sample.AUTHORIZED)


async def test_a_request_is_one_line_by_route_and_not_by_path(nowhere: Database, written: Written) -> None:
    body = b'{"billNumber":"n","billAmount":1}'
    async with client_of(nowhere) as client:
        answer = await client.post(
            "/v2/customers/7/bills?source=WEB",
            content=body,
            headers={"X-CAP-REQUEST-ID": "0b7a8f0e-6a53-4f5b-9a59-0f5f0f6c8f11"},
        )
    (line,) = written.lines()
    assert line["duration_ms"] > 0
    del line["duration_ms"], line["timestamp"]
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "http",
        "method": "POST",
        "route": "/v2/customers/{customerId}/bills",
        "status": 200,
        "org_id": 100,
        "till": "demo.till.1",
        "request_id": answer.headers["x-cap-requestid"],
        "correlation": "0b7a8f0e-6a53-4f5b-9a59-0f5f0f6c8f11",
        "bytes_in": len(body),
        "bytes_out": len(answer.content),
    }


async def test_a_refusal_is_logged_with_its_documented_code(nowhere: Database, written: Written) -> None:
    async with client_of(nowhere) as client:
        await client.get("/v2/refusals/documented")
        await client.get("/v2/nothing")
        await client.put("/v2/bills/1")
        await client.get("/v2/bills/" + "1" * 9_000)
    assert [(line["route"], line["status"], line["code"]) for line in written.lines()] == [
        ("/v2/refusals/{number}", 400, 3045),
        ("", 404, 404),
        ("/v2/bills/{number}", 405, 405),
        ("", 414, 414),
    ]


async def test_an_unexpected_exception_is_logged_by_place_with_the_request_id(
    nowhere: Database, written: Written
) -> None:
    async with client_of(nowhere) as client:
        answer = await client.get("/v2/refusals/" + PERSON["name"])
    error, request = written.lines()
    assert (error["event"], error["level"]) == ("unexpected error", "error")
    assert error["request_id"] == request["request_id"] == answer.headers["x-cap-requestid"]
    (cause,) = error["error"]
    assert cause["type"] == "builtins.KeyError"
    assert any("sample.py" in frame and "refuse" in frame for frame in cause["frames"])


async def test_a_marked_person_and_a_secret_never_reach_the_log(nowhere: Database, written: Written) -> None:
    name, mobile, email, card = PERSON.values()
    credentials = f"Basic {base64.b64encode(f'till:{SECRET}'.encode()).decode()}"
    query = f"?source={email}&limit={card}&ids={mobile}&points={name}"
    bodies = [
        f'{{"billNumber":"{card}","billAmount":"{mobile}","type":"{name}","extendedFields":{{"{email}":"{name}"}}}}',
        f'{{"billNumber":"{card}","billAmount":1,"extendedFields":{{"{email}":1e999}}}}',
        f'{{"billNumber":"{card}","{name}',
        f'{{"billNumber":"{card}","billAmount":1}}',
    ]
    headers = {
        "Authorization": credentials,
        "X-CAP-API-OAUTH-TOKEN": SECRET,
        "X-CAP-REQUEST-ID": mobile,
        "User-Agent": name,
        "USER-CONTEXT-ENTITY-TYPE": name,
        "X-CAP-DIRECT-REPLAY": name,
        "Referer": f"https://shop.example/{email}",
    }
    routes = [
        ("POST", "/v2/customers/7/bills"),
        ("POST", f"/v2/customers/{mobile}/bills"),
        ("POST", f"/v2/customers/{name}/bills"),
        ("POST", "/v1.1/points/redeem"),
        ("PUT", "/earnest/v1/bills"),
        ("GET", f"/v2/bills/{card}"),
        ("GET", f"/v2/refusals/{name}-{mobile}"),
        ("GET", f"/v2/nothing/{email}"),
        ("GET", f"/v2/bills/{name}%00"),
        (name, f"/v2/bills/{name}"),
        ("POST", f"/v2/bills/{name}"),
    ]
    async with client_of(nowhere, level="debug") as client:
        for token in (sample.TOKEN, SECRET):
            for method, path in routes:
                for body in bodies:
                    for part in ("", query):
                        sent = {**headers, "X-Till-Token": token}
                        await client.request(method, path + part, content=body.encode(), headers=sent)
    text = written.text()
    assert len(text.splitlines()) >= 2 * len(routes) * len(bodies) * 2
    for mark in MARKS:
        assert mark not in text


async def test_the_level_decides_what_is_written(nowhere: Database, written: Written) -> None:
    async with client_of(nowhere, level="error") as client:
        await client.get("/v2/bills/1")
        await client.get("/v2/refusals/unexpected")
    assert [line["level"] for line in written.lines()] == ["error"]


def test_records_of_other_libraries_keep_their_template_and_lose_their_values(written: Written) -> None:
    logs.configure("info", "json")
    try:
        raise asyncpg.UniqueViolationError(f"Key (value)=({PERSON['mobile']}) already exists")
    except asyncpg.PostgresError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved\nfuture: %s", PERSON["name"])
    logging.getLogger("granian").warning("Stopped worker-%s", 1)
    failure, stopped = written.lines()
    assert failure["event"] == "Task exception was never retrieved"
    assert failure["logger"] == "asyncio"
    (cause,) = failure["error"]
    assert (cause["type"], cause["sqlstate"]) == ("asyncpg.exceptions.UniqueViolationError", "23505")
    assert stopped["event"] == "Stopped worker-%s"
    assert not any(mark in written.text() for mark in MARKS)


def test_the_causes_of_an_exception_are_described_without_end() -> None:
    first = ValueError("a")
    second = KeyError("b")
    first.__cause__, second.__cause__ = second, first
    assert len(logs.describe(first)) == logs.CAUSES_MAX


def test_on_a_terminal_the_log_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "console")
    logs.logger("http").info("request", route="/health/live")
    line = capsys.readouterr().err
    logs.configure("error", "json")
    assert "/health/live" in line
    assert not line.startswith("{")


@pytest.mark.parametrize("format", ["json", "console"])
def test_a_log_that_cannot_be_written_any_more_fails_nobody(format: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    logs.configure("info", format, stream)
    stream.close()
    try:
        logs.logger("test").info("nobody reads this")
    finally:
        logs.configure("error", "json")


def test_standard_error_may_be_another_one_after_the_log_was_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
    monkeypatch.setattr("sys.stderr", first)
    logs.configure("info", "json")
    try:
        logs.logger("test").info("to the first")
        monkeypatch.setattr("sys.stderr", second)
        written = first.buffer.getvalue()  # type: ignore[attr-defined]
        first.close()
        logs.logger("test").info("to the second")
        assert (b"to the first" in written, b"to the second" in second.buffer.getvalue()) == (True, True)  # type: ignore[attr-defined]
    finally:
        logs.configure("error", "json")
