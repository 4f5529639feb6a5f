"""What a request may be: sizes, depth, characters. Each limit is named here once, with its source.

Everything refused here ends as a documented error (`ApiError`), before any of it reaches a domain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from itertools import accumulate, compress
from operator import xor
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from earnest.core.errors import INVALID_INPUT, TOO_LARGE, URI_TOO_LONG

# contract/06-transaction-v2/01: "stored payload at most 16 MiB".
BODY_BYTES_MAX = 16 * 1024 * 1024
# Ours: so much of a body that is too large is taken off the line before it is refused.
PASSING_BYTES_MAX = 2 * BODY_BYTES_MAX
PASSING_S_MAX = 5.0
# Ours: documented bodies are at most 8 deep; a decoder must never meet the end of the C stack.
JSON_DEPTH_MAX = 64
# Ours: an XML body costs about fifty times as much time for each byte as a JSON one. A bill of 1,000 lines has about 20,000
# elements, and no documented element has more than two attributes. A tag is read as a whole before anybody sees it.
XML_DEPTH_MAX = JSON_DEPTH_MAX
XML_ELEMENTS_MAX = 100_000
XML_ATTRIBUTES_MAX = 32
XML_MARKUP_BYTES_MAX = 65_536
# Ours: the documentation has the codes (1060, 672) but no figure.
V1_BATCH_ITEMS_MAX = 100
# Ours: what common proxies pass on.
URI_BYTES_MAX = 8_192
# Ours: the documented call with the most parameters has about 30.
QUERY_PARAMETERS_MAX = 200

# Stands for a slash inside a path parameter (`%2F`) while the path is routed; U+0000 itself is refused before.
ESCAPED_SLASH = "\x00"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class ClientDisconnectedError(Exception):
    """The client went away before its body was complete; there is nobody to answer."""


async def read_body(receive: Receive, announced_bytes: bytes | None) -> bytes:
    """The body of a request. 413 when it is too large, whether its length was announced or not."""
    # What is no number is not believed; the body is measured all the same.
    if announced_bytes is not None and announced_bytes.isdigit() and int(announced_bytes[:20]) > BODY_BYTES_MAX:
        await _let_pass(receive)
        raise TOO_LARGE.error()
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnectedError
    body: bytes = message.get("body", b"")
    if len(body) <= BODY_BYTES_MAX and not message.get("more_body"):
        return body
    parts = bytearray(body)
    while message.get("more_body") and len(parts) <= BODY_BYTES_MAX:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError
        parts += message.get("body", b"")
    if len(parts) > BODY_BYTES_MAX:
        parts.clear()
        if message.get("more_body"):
            await _let_pass(receive)
        raise TOO_LARGE.error()
    return bytes(parts)


async def _let_pass(receive: Receive) -> None:
    """Takes what is still coming, up to a limit, and keeps nothing: a client that is cut off while it sends does not see
    the answer."""
    passed = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(PASSING_S_MAX):
            while passed <= PASSING_BYTES_MAX:
                message = await receive()
                passed += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return


def routable_path(path: str, raw_path: bytes, query_string: bytes) -> str:
    """The path to route by. A slash that was sent as `%2F` (bill numbers have them) stays inside its segment.

    414 when the URI is too long; 400 when the path is not UTF-8 or holds U+0000.
    """
    if len(raw_path) + len(query_string) > URI_BYTES_MAX:
        raise URI_TOO_LONG.error()
    if b"%" in raw_path:
        raw_path = raw_path.partition(b"?")[0]
        segments = [unquote_to_bytes(segment) for segment in raw_path.split(b"/")]
        if any(b"\0" in segment for segment in segments):
            raise INVALID_INPUT.error()
        try:
            return "/".join(segment.decode().replace("/", ESCAPED_SLASH) for segment in segments)
        except UnicodeDecodeError:
            raise INVALID_INPUT.error() from None
    if not path.isascii():
        try:
            raw_path.decode()
        except UnicodeDecodeError:
            raise INVALID_INPUT.error() from None
    if "\0" in path:
        raise INVALID_INPUT.error()
    return path


def query_parameters(query_string: bytes) -> list[tuple[str, str]]:
    """The parameters of a query in order. 400 when there are too many, or one is not UTF-8 or holds U+0000."""
    if not query_string:
        return []
    try:
        pairs = parse_qsl(
            query_string.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=QUERY_PARAMETERS_MAX,
        )
    except ValueError:
        raise INVALID_INPUT.error() from None
    if b"%00" in query_string or b"\0" in query_string:
        raise INVALID_INPUT.error()
    return pairs


def check_json(body: bytes) -> None:
    """400 when a JSON text is too deep or holds U+0000, which PostgreSQL cannot store."""
    if b"\\u0000" in body and b"\\u0000" in body.replace(b"\\\\", b""):
        raise INVALID_INPUT.error()
    if body.count(b"{") + body.count(b"[") > JSON_DEPTH_MAX and is_too_deep(body):
        raise INVALID_INPUT.error()


_BRACKETS_AND_QUOTES = b'{}[]"'
_ALL_OTHERS = bytes(set(range(256)) - set(_BRACKETS_AND_QUOTES))
_STEPS = bytes.maketrans(_BRACKETS_AND_QUOTES, b"\x01\xff\x01\xff\x00")
_QUOTES = bytes.maketrans(_BRACKETS_AND_QUOTES, b"\x00\x00\x00\x00\x01")


def is_too_deep(body: bytes) -> bool:
    """Whether brackets outside strings nest deeper than JSON_DEPTH_MAX, in time and memory linear in the length.

    Escaped quotes are dropped, then all but brackets and quotes; `""` goes as well, since two neighbours leave alone
    which bracket stands inside a string. A running exclusive or of the quotes tells inside from outside.
    """
    marks = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, delete=_ALL_OTHERS).replace(b'""', b"")
    outside = accumulate(marks.translate(_QUOTES), xor, initial=1)
    steps = memoryview(marks.translate(_STEPS)).cast("b")
    return any(map(JSON_DEPTH_MAX.__lt__, accumulate(compress(steps, outside))))
