"""Paths, methods, styles: what is found, and in which shape it is said that something is not."""

from __future__ import annotations

import re

import httpx
import pytest

from earnest.core.db.pool import Database
from earnest.core.http.application import Application
from tests.http import sample
from tests.http.wire import exchange


@pytest.mark.parametrize("path", ["/v2/customers/7/bills", "/v2/customers/7/allBills", "/v2//customers/7/bills/"])
async def test_every_spelling_of_a_path_reaches_its_endpoint(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"id": 7, "warnings": []}


async def test_two_endpoints_of_one_path_may_name_its_parameter_differently(client: httpx.AsyncClient) -> None:
    posted = await client.post("/v2/customers/8/bills", json={"billNumber": "b", "billAmount": 1})
    assert posted.json()["customerId"] == 8
    assert (await client.get("/v2/customers/9/bills")).json()["id"] == 9


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (b"INV%2F2025%2f0001", "INV/2025/0001"),
        (b"caf%C3%A9%20%25", "café %"),
        (b"a+b", "a+b"),
        ("número".encode(), "número"),
        (b"%2e%2e", ".."),
    ],
)
async def test_a_path_parameter_arrives_as_it_was_meant(application: Application, sent: bytes, seen: str) -> None:
    answer = await exchange(application, "GET", b"/v2/bills/" + sent, headers=sample.AUTHORIZED)
    assert answer.status == 200, answer.body
    assert answer.json() == {"number": seen}


NOT_FOUND = "Resource not found"
V1_NOT_FOUND = {"response": {"status": {"success": "false", "code": 404, "message": NOT_FOUND}}}
V2_NOT_FOUND = {"errors": [{"status": False, "code": 404, "message": NOT_FOUND}], "warnings": []}
GATEWAY_NOT_FOUND = {"data": None, "errors": [{"code": 404, "message": NOT_FOUND}], "warnings": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1.1/nothing", V1_NOT_FOUND),
        ("/v1/nothing/here", V1_NOT_FOUND),
        ("/v2/nothing", V2_NOT_FOUND),
        ("/v2", V2_NOT_FOUND),
        ("/v3/nothing", GATEWAY_NOT_FOUND),
        ("/api_gateway/nothing", GATEWAY_NOT_FOUND),
        ("/x/neo/nothing", GATEWAY_NOT_FOUND),
        ("/nothing", {"code": 404, "message": NOT_FOUND}),
        ("/v20/nothing", {"code": 404, "message": NOT_FOUND}),
    ],
)
async def test_an_unknown_path_is_refused_in_the_style_of_its_prefix(
    client: httpx.AsyncClient, path: str, body: object
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (404, body)
    assert answer.headers["content-type"] == "application/json"


async def test_an_unknown_path_of_ours_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/earnest/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": 404,
        "detail": NOT_FOUND,
        "requestId": answer.headers["x-cap-requestid"],
    }


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/v2/customers/7/bills", "GET, HEAD, POST"),
        ("GET", "/v1.1/points/redeem", "POST"),
        ("OPTIONS", "/earnest/v1/bills", "DELETE, PUT"),
        ("POST", "/api_gateway/badges/v1/claim/", None),
        ("BREW", "/health/live", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    client: httpx.AsyncClient, method: str, path: str, allow: str | None
) -> None:
    answer = await client.request(method, path)
    if allow is None:
        assert answer.status_code != 405
        return
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    assert "405" in answer.text


async def test_every_answer_has_a_request_id_of_its_own(client: httpx.AsyncClient) -> None:
    ids = [
        (await client.request(method, path, headers={"X-CAP-REQUEST-ID": "mine"})).headers["X-Cap-Requestid"]
        for method, path in [
            ("GET", "/health/live"),
            ("GET", "/health/live"),
            ("GET", "/v2/nothing"),
            ("PUT", "/v2/customers/7/bills"),
            ("GET", "/v2/bills/1"),
            ("GET", "/v2/refusals/documented"),
            ("GET", "/v2/refusals/unexpected"),
            ("GET", "/v2/bills/" + "9" * 9_000),
        ]
    ]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[0-9a-f]{32}", request_id) for request_id in ids)


async def test_the_process_is_live_without_its_database_but_not_ready(client: httpx.AsyncClient) -> None:
    live = await client.get("/health/live", headers={"X-Till-Token": "unknown"})
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "unavailable"})
    assert ready.headers["retry-after"] == "1"


async def test_a_websocket_is_closed(application: Application) -> None:
    received = await exchange_websocket(application)
    assert received == [{"type": "websocket.close", "code": 1000}]


async def exchange_websocket(application: Application) -> list[object]:
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/v2/bills/1", "headers": [], "query_string": b""}
    await application(scope, receive, send)  # type: ignore[arg-type]
    return sent


async def test_a_malformed_host_is_refused_in_the_style_of_the_path(application: Application) -> None:
    answer = await exchange(application, "GET", b"/v2/bills/1", headers={"Host": "a b/c"})
    assert answer.status == 400
    assert answer.json()["errors"][0]["code"] == 400


async def test_the_registry_lists_health_and_every_endpoint(nowhere: Database) -> None:
    registry = sample.application(nowhere).registry
    assert {"live", "ready", "add_bill", "redeem"} <= {declared.name for declared in registry.endpoints}


@pytest.mark.parametrize("path", [b"/health/live", b"/docs", b"/v2/customers/7/bills", b"/v2/customers/none/bills"])
async def test_head_answers_what_get_answers_without_its_body(application: Application, path: bytes) -> None:
    got = await exchange(application, "GET", path, headers=sample.AUTHORIZED)
    head = await exchange(application, "HEAD", path, headers=sample.AUTHORIZED)
    assert (head.status, head.body) == (got.status, b"")
    assert head.headers.keys() == got.headers.keys()
    assert head.headers["content-length"] == str(len(got.body))


async def test_head_of_what_is_only_written_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.head("/v1.1/points/redeem")
    assert (answer.status_code, answer.content) == (405, b"")
