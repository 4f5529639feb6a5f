"""The traffic recorder: with EARNEST_RECORD=FILE every exchange of the tests' HTTP clients becomes one JSON line.

The lines are what the contract's `check.py` reads: method, path, query, status, request, response. Headers are left
out, so no credential reaches the file. Bodies in XML are recorded as the JSON that the same call sends or answers with
format=json, bodies that are neither as null.

    httpx.Client(event_hooks=recording.hooks())
    httpx.AsyncClient(event_hooks=recording.async_hooks())
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

import httpx

from tests.support import xml_form

VARIABLE = "EARNEST_RECORD"

Hooks = dict[str, list[Callable[[httpx.Response], None]]]
AsyncHooks = dict[str, list[Callable[[httpx.Response], Awaitable[None]]]]


def hooks() -> Hooks:
    """Event hooks for a synchronous client; they do nothing unless EARNEST_RECORD names a file."""

    def record(response: httpx.Response) -> None:
        if file := recording_file():
            response.read()
            append(file, line_of(response))

    return {"response": [record]}


def async_hooks() -> AsyncHooks:
    """The same for an asynchronous client."""

    async def record(response: httpx.Response) -> None:
        if file := recording_file():
            await response.aread()
            append(file, line_of(response))

    return {"response": [record]}


def recording_file() -> Path | None:
    """The file named by EARNEST_RECORD, or None when nothing is to be recorded."""
    name = os.environ.get(VARIABLE, "")
    return Path(name) if name else None


def line_of(response: httpx.Response) -> bytes:
    """One exchange as a JSON line; path and query are as they stood on the wire."""
    request = response.request
    path, _, query = request.url.raw_path.partition(b"?")
    exchange = {
        "method": request.method,
        "path": path.decode("ascii"),
        "query": query.decode("ascii"),
        "status": response.status_code,
        "request": request_value(request),
        "response": response_value(response),
    }
    return json.dumps(exchange, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def request_value(request: httpx.Request) -> object:
    """The JSON value that was sent; of XML the one that would have been sent, with every scalar as text."""
    body = sent_body(request)
    if body and xml_form.is_xml(request.headers.get("content-type", "")):
        return xml_form.json_of_request(body)
    return json_or_none(body)


def response_value(response: httpx.Response) -> object:
    """The JSON value that was answered; of XML the one that the same call answers with format=json."""
    if response.content and xml_form.is_xml(response.headers.get("content-type", "")):
        return json.loads(xml_form.json_of_answer(response.request.method, response.request.url.path, response.content))
    return json_or_none(response.content)


def sent_body(request: httpx.Request) -> bytes:
    """The body that was sent; empty when the test streamed it, for a stream can be read once only."""
    try:
        return request.content
    except httpx.RequestNotRead:
        return b""


def json_or_none(body: bytes) -> object:
    """The JSON value of a body; None when the body is empty or something else than JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def append(file: Path, line: bytes) -> None:
    """Append one line; a single O_APPEND write keeps the lines of several test workers whole."""
    written = os.write(descriptor(file, os.getpid()), line)
    if written != len(line):
        raise OSError(f"{file}: wrote {written} of {len(line)} bytes of a recorded exchange; is the disk full?")


@cache
def descriptor(file: Path, process: int) -> int:
    """The open file of one process: a descriptor inherited over a fork is not shared."""
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
