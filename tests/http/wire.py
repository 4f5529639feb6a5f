"""Requests byte by byte, as no well-behaved client would send them, and the answers to them."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, cast
from urllib.parse import unquote

import msgspec

from earnest.core.http.application import Application


class Received(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


async def exchange(
    application: Application,
    method: str,
    path: bytes,
    *,
    query: bytes = b"",
    headers: Mapping[str, str | bytes] | None = None,
    body: bytes | Sequence[bytes] = b"",
    scope: Mapping[str, Any] | None = None,
) -> Received:
    """One request through the ASGI door, with path, query and chunks of the body exactly as given.

    The decoded path is what a server hands over: percent-decoded, bytes that are not UTF-8 replaced.
    """
    chunks = [body] if isinstance(body, bytes) else list(body)
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": chunks.pop(0) if chunks else b"", "more_body": bool(chunks)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    given = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path.decode("utf-8", "replace")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [
            (name.lower().encode(), value if isinstance(value, bytes) else value.encode("latin-1"))
            for name, value in {"Host": "localhost", **(headers or {})}.items()
        ],
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", 8000),
        **(scope or {}),
    }
    await application(cast(Any, given), cast(Any, receive), cast(Any, send))
    start, *rest = sent
    return Received(
        status=start["status"],
        headers={name.decode(): value.decode("latin-1") for name, value in start["headers"]},
        body=b"".join(message.get("body", b"") for message in rest),
    )
