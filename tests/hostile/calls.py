"""Calls of every endpoint, found in the registry: what is declared tomorrow is attacked tomorrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from earnest.app import endpoints
from earnest.core.http import xml
from earnest.core.http.application import registry_of
from earnest.core.http.endpoint import Access, Endpoint, placeholders
from earnest.core.http.envelopes import Style
from earnest.core.http.example import Example, plain
from tests.support.till import Json

REGISTRY = registry_of(endpoints())

JSON = "application/json"
XML = "application/xml"


class Call(msgspec.Struct, frozen=True):
    """One request of an endpoint, as it goes over the wire. `target` is path and query, percent-encoded."""

    endpoint: Endpoint
    target: str
    headers: Mapping[str, str] = {}
    content: bytes | None = None
    content_type: str = JSON

    @property
    def name(self) -> str:
        return f"{self.endpoint.method} {self.endpoint.paths[0]}"


def name_of(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.paths[0]}"


def with_body() -> list[Endpoint]:
    return [endpoint for endpoint in REGISTRY.endpoints if "body" in endpoint.parameters]


def guarded() -> list[Endpoint]:
    """Those that ask everybody for credentials."""
    return [endpoint for endpoint in REGISTRY.endpoints if endpoint.access in (Access.READ, Access.WRITE, Access.ADMIN)]


def formats(endpoint: Endpoint) -> Sequence[str]:
    """The formats of its bodies."""
    return (JSON, XML) if endpoint.style is Style.V1 else (JSON,)


def examples() -> Iterator[tuple[Endpoint, Example]]:
    for endpoint in REGISTRY.endpoints:
        for example in endpoint.examples:
            yield endpoint, example


def example_name(endpoint: Endpoint, example: Example) -> str:
    return f"{name_of(endpoint)} {example.name}".strip()


def call(endpoint: Endpoint, example: Example, *, path: str = "", content_type: str = JSON) -> Call:
    """The example as a call of the spelling `path`, by default the canonical one."""
    body = example.body
    content = None if body is None else encoded(body, content_type)
    return Call(
        endpoint, target(path or endpoint.paths[0], example.path, example.query), example.headers, content, content_type
    )


def encoded(body: Json, content_type: str = JSON) -> bytes:
    if isinstance(body, bytes):
        return body
    text = msgspec.json.encode(plain(body))
    return xml.of_json(text) if content_type == XML else text


def target(path: str, in_path: Mapping[str, Any], query: Mapping[str, Any]) -> str:
    for name in placeholders(path):
        path = path.replace("{" + name + "}", quote(str(in_path[name]), safe=""))
    given = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
    return path + (f"?{urlencode(given, doseq=True)}" if given else "")
