"""The recorder writes what the contract's check reads: one whole JSON line for each exchange, and no secrets."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import recording


class EchoHandler(BaseHTTPRequestHandler):
    """Answers a JSON body with itself inside a list, anything else with plain text and 415."""

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_json = self.headers.get("Content-Type") == "application/json"
        body = b"[\n" + sent + b"\n]" if is_json else b"no JSON"
        self.send_response(200 if is_json else 415)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output quiet."""


@pytest.fixture
def echo_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), EchoHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def record_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "recording.jsonl"
    monkeypatch.setenv(recording.VARIABLE, str(file))
    return file


def exchanges(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def post_many(url: str, file: str, worker: int, count: int) -> None:
    """What one test worker does: its own process, its own client, the same file."""
    with pytest.MonkeyPatch.context() as patch, httpx.Client(event_hooks=recording.hooks()) as client:
        patch.setenv(recording.VARIABLE, file)
        for n in range(count):
            client.post(url, json={"worker": worker, "n": n, "filling": "x" * 9000}).raise_for_status()


def test_an_exchange_is_recorded_with_path_query_status_and_both_bodies(echo_url: str, record_file: Path) -> None:
    with httpx.Client(event_hooks=recording.hooks(), auth=("till", "very-secret")) as client:
        client.post(f"{echo_url}/v2/customers/7%2F8", params={"a": "1", "b": "ü"}, json={"name": "Zoë", "n": 1.5})
    assert exchanges(record_file) == [
        {
            "method": "POST",
            "path": "/v2/customers/7%2F8",
            "query": "a=1&b=%C3%BC",
            "status": 200,
            "request": {"name": "Zoë", "n": 1.5},
            "response": [{"name": "Zoë", "n": 1.5}],
        }
    ]


def test_no_header_and_so_no_credential_reaches_the_recording(echo_url: str, record_file: Path) -> None:
    with httpx.Client(event_hooks=recording.hooks(), headers={"X-Cap-Request-Id": "very-secret"}) as client:
        client.post(echo_url, json=1)
    assert "very-secret" not in record_file.read_text()
    assert exchanges(record_file)[0].keys() == {"method", "path", "query", "status", "request", "response"}


def test_bodies_that_are_not_json_are_recorded_as_null(echo_url: str, record_file: Path) -> None:
    with httpx.Client(event_hooks=recording.hooks()) as client:
        client.post(echo_url, content=b"<root/>")
        client.post(echo_url, content=iter([b"a ", b"stream"]))
    assert [(e["status"], e["request"], e["response"]) for e in exchanges(record_file)] == [(415, None, None)] * 2


def test_xml_is_recorded_as_the_json_of_the_same_call(record_file: Path) -> None:
    answer = """<?xml version="1.0" encoding="utf-8"?>
        <response><status><success>true</success><code>200</code><message>Success</message></status>
        <transactions><count>1</count><transaction><id>7</id><line_items/><custom_fields/>
        <item_status><success>true</success><code>600</code><message/></item_status></transaction></transactions></response>"""
    refusal = "<response><status><success>false</success><code>404</code><message>No</message></status></response>"
    body = b"<root><transaction><number>7</number><amount>1.50</amount></transaction></root>"

    def serve(request: httpx.Request) -> httpx.Response:
        text = answer if "/transaction/" in request.url.path else refusal
        return httpx.Response(200, text=text, headers={"Content-Type": "application/xml; charset=utf-8"})

    with httpx.Client(
        event_hooks=recording.hooks(), transport=httpx.MockTransport(serve), base_url="http://localhost"
    ) as client:
        client.get("/v1.1/transaction/get.xml", params={"id": "7"})
        client.post("/v1.1/nothing", content=body, headers={"Content-Type": "text/xml"})
        client.post("/v1.1/nothing", content=b"<root", headers={"Content-Type": "text/xml"})
    found, refused, malformed = exchanges(record_file)
    assert found["response"] == {
        "response": {
            "status": {"success": "true", "code": 200, "message": "Success"},
            "transactions": {
                "count": 1,
                "transaction": [
                    {
                        "id": "7",
                        "custom_fields": {"field": []},
                        "line_items": {"line_item": []},
                        "item_status": {"success": "true", "code": 600, "message": ""},
                    }
                ],
            },
        }
    }
    assert refused["request"] == {"root": {"transaction": {"number": "7", "amount": "1.50"}}}
    assert refused["response"]["response"]["status"]["code"] == 404
    assert malformed["request"] is None


def test_the_asynchronous_client_records_the_same_line(echo_url: str, record_file: Path) -> None:
    async def post() -> Any:
        async with httpx.AsyncClient(event_hooks=recording.async_hooks()) as client:
            return (await client.post(f"{echo_url}/a?b=c", json={"n": 1})).json()

    assert asyncio.run(post()) == [{"n": 1}]
    with httpx.Client(event_hooks=recording.hooks()) as client:
        client.post(f"{echo_url}/a?b=c", json={"n": 1})
    asynchronous, synchronous = exchanges(record_file)
    assert asynchronous == synchronous


def test_the_test_still_reads_the_answer_it_would_read_without_recording(echo_url: str, record_file: Path) -> None:
    with httpx.Client(event_hooks=recording.hooks()) as client:
        assert client.post(echo_url, json={"n": 1}).json() == [{"n": 1}]


def test_nothing_is_recorded_when_no_file_is_named(
    echo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(recording.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    with httpx.Client(event_hooks=recording.hooks()) as client:
        client.post(echo_url, json=1)
    assert list(tmp_path.iterdir()) == []


def test_lines_of_several_workers_stay_whole_in_one_file(echo_url: str, record_file: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(post_many, echo_url, str(record_file), worker, 50) for worker in range(4)]:
            done.result()
    seen = {(e["request"]["worker"], e["request"]["n"]) for e in exchanges(record_file)}
    assert seen == {(worker, n) for worker in range(4) for n in range(50)}
    assert len(exchanges(record_file)) == 200
