"""One request from its first byte to its line in the log."""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from time import perf_counter_ns
from typing import Any

from structlog.typing import FilteringBoundLogger

from earnest.core import metrics
from earnest.core.http.envelopes import Reply, in_xml
from earnest.core.http.v1_format import Format, Formats

REQUEST_ID_HEADER = b"x-cap-requestid"
CORRELATION_HEADER = b"x-cap-request-id"
# The key under which the exchange travels in the ASGI scope.
IN_SCOPE = "earnest.exchange"

# Only what cannot be a name, a phone or a card number: a UUID, with or without dashes.
_CORRELATION = re.compile(rb"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# The client went away; the number is the customary one of logs, it is never sent.
CLIENT_GONE = 499

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Exchange:
    """What the log line says, gathered on the way."""

    __slots__ = (
        "announced",
        "bytes_in",
        "bytes_out",
        "client",
        "code",
        "formats",
        "is_unexpected",
        "method",
        "org_id",
        "peer",
        "request_id",
        "route",
        "started_ns",
        "status",
        "till",
    )

    def __init__(self, method: str) -> None:
        self.started_ns = perf_counter_ns()
        self.method = method
        self.request_id = secrets.token_hex(16)
        self.route = ""
        # What a call of a v1 path speaks; None on all other paths.
        self.formats: Formats | None = None
        self.status = CLIENT_GONE
        self.code: int | None = None
        self.org_id: int | None = None
        self.till: str | None = None
        self.client: str | None = None
        # Headers of the answer that were known before it.
        self.announced: tuple[tuple[bytes, bytes], ...] = ()
        self.bytes_in = 0
        self.bytes_out = 0
        # The address that the connection comes from.
        self.peer: str | None = None
        # A mistake of ours, and not a documented answer.
        self.is_unexpected = False

    def headers(self, reply: Reply) -> list[tuple[bytes, bytes]]:
        """The headers of an answer. Content-Type stands among the reply's own headers when the endpoint set it."""
        headers = [
            (REQUEST_ID_HEADER, self.request_id.encode("ascii")),
            (b"content-length", b"%d" % len(reply.body)),
        ]
        if reply.body and not any(name == b"content-type" for name, _ in reply.headers):
            headers.append((b"content-type", reply.content_type))
        headers.extend(reply.headers)
        headers.extend(self.announced)
        return headers

    def represented(self, reply: Reply) -> Reply:
        """The reply in the format that the call asks for."""
        if self.formats is None or self.formats.answer is Format.JSON:
            return reply
        return in_xml(reply)

    async def answer(self, send: Send, reply: Reply, code: int | None = None) -> None:
        """Sends the reply; `code` is the documented code of a refusal."""
        reply = self.represented(reply)
        self.status, self.code, self.bytes_out = reply.status, code, len(reply.body)
        await send({"type": "http.response.start", "status": reply.status, "headers": self.headers(reply)})
        await send({"type": "http.response.body", "body": b"" if self.method == "HEAD" else reply.body})

    def measure(self) -> None:
        """Counts this request and the time until now."""
        seconds = (perf_counter_ns() - self.started_ns) / 1e9
        metrics.request_ended(self.route, self.method, self.status, seconds, is_unexpected=self.is_unexpected)

    def log(self, log: FilteringBoundLogger, scope: Scope) -> None:
        """The line of this request: the template of its route, never its path, query or body."""
        fields: dict[str, object] = {
            "method": self.method if self.method in _METHODS else "OTHER",
            "route": self.route,
            "status": self.status,
            "duration_ms": (perf_counter_ns() - self.started_ns) // 10_000 / 100,
            "request_id": self.request_id,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
        }
        if self.code is not None:
            fields["code"] = self.code
        if self.org_id is not None:
            fields["org_id"] = self.org_id
        if self.till is not None:
            fields["till"] = self.till
        if self.client is not None:
            fields["client"] = self.client
        for name, value in scope["headers"]:
            if name == CORRELATION_HEADER and _CORRELATION.fullmatch(value):
                fields["correlation"] = value.decode("ascii")
        log.info("request", **fields)


def header_pairs(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Headers as the server protocol wants them."""
    return tuple((name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers.items())
