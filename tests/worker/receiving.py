"""A receiver of webhooks on a port of this machine, that answers as the test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from tests.support.server import free_port

HELD_SECONDS_MAX = 120.0


class Received(msgspec.Struct, frozen=True):
    """One call as it arrived, with the status that it was answered with."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def holder_id(self) -> int:
        holder_id: int = self.json["data"]["customerIdentifiers"]["customerId"]
        return holder_id

    @property
    def name(self) -> str:
        name: str = self.json["eventName"]
        return name


class Reply(msgspec.Struct, frozen=True):
    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b"ok"
    # Not answered before this is set; `arrived` says that the call is there.
    gate: threading.Event | None = None
    arrived: threading.Event | None = None


Answering = Callable[[Received], Reply]


class Receiver:
    """`answer` decides about each call; `down` and `up` close and open the port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.answer: Answering = lambda _: Reply()
        self.calls: list[Received] = []
        self.at_once = 0
        self.at_once_max = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def accepted(self) -> list[Received]:
        return [call for call in self.calls if 200 <= call.status < 300]

    def up(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver._enter()
                reply = receiver.answer(Received(self.path, headers, body, 0))
                with receiver._lock:
                    receiver.calls.append(Received(self.path, headers, body, reply.status))
                if reply.arrived is not None:
                    reply.arrived.set()
                if reply.gate is not None:
                    reply.gate.wait(HELD_SECONDS_MAX)
                receiver._leave()
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except OSError:
                    # The caller did not wait.
                    self.close_connection = True

            def do_GET(self) -> None:
                raise AssertionError("webhooks are posted")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _enter(self) -> None:
        with self._lock:
            self.at_once += 1
            self.at_once_max = max(self.at_once_max, self.at_once)

    def _leave(self) -> None:
        with self._lock:
            self.at_once -= 1


def by_holder(calls: list[Received]) -> dict[int, list[Received]]:
    found: dict[int, list[Received]] = {}
    for call in calls:
        found.setdefault(call.holder_id, []).append(call)
    return found
