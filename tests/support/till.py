"""A till as a client of the API: its calls carry its credentials, and the instant that the test says it is."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import md5
from typing import Any

import httpx
import msgspec

# A value of a JSON document. Tests reach into answers by key, as a client does.
Json = Any


class Answer(msgspec.Struct, frozen=True):
    """`body` is the JSON of the answer with numbers that have a point as Decimal; None when it is no JSON."""

    status: int
    body: Json
    headers: Mapping[str, str]
    text: str

    @property
    def code(self) -> int:
        """The code of the one error of a refused v2 call."""
        (error,) = self.body["errors"]
        code: int = error["code"]
        return code

    @property
    def warning_codes(self) -> list[int]:
        return [warning["code"] for warning in self.body["warnings"]]

    def ok(self) -> Json:
        """The body of a call that must have succeeded: HTTP 200, and no errors where the envelope has a list of them."""
        assert self.status == 200, f"{self.status}: {self.text}"
        assert not self.body.get("errors"), self.text
        return self.body


class Till:
    """Calls of one till. `at(now)` gives the same till at another instant."""

    def __init__(self, http: httpx.Client, username: str, password: str, now: datetime | str | None = None) -> None:
        self._http = http
        self.username = username
        self.password = password
        self.now = now

    def at(self, now: datetime | str | None) -> Till:
        """The same till when it is `now` (RFC 3339 with offset, or an aware datetime); None is real time."""
        return Till(self._http, self.username, self.password, now)

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Authorization": basic(self.username, self.password)}
        if self.now is not None:
            headers["X-Earnest-Now"] = self.now if isinstance(self.now, str) else self.now.isoformat()
        return headers

    def get(self, path: str, **params: object) -> Answer:
        return self.send("GET", path, params=params)

    def post(self, path: str, body: Json, **params: object) -> Answer:
        return self.send("POST", path, body=body, params=params)

    def put(self, path: str, body: Json, **params: object) -> Answer:
        return self.send("PUT", path, body=body, params=params)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Json = None,
        content: bytes | None = None,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call. `body` is sent as JSON with Decimals as plain numbers; `content` is sent as it is."""
        given = {**self.headers, "Accept": "application/json", **(headers or {})}
        if body is not None:
            content = encode(body)
        if content is not None:
            given.setdefault("Content-Type", "application/json")
        response = self._http.request(
            method,
            path,
            params={name: str(value) for name, value in (params or {}).items()} or None,
            content=content,
            headers=given,
        )
        return Answer(response.status_code, json_of(response.text), response.headers, response.text)


def basic(username: str, password: str) -> str:
    """The header of a till: the password goes as its MD5 (contract/_conventions.md, section 2)."""
    digest = md5(password.encode(), usedforsecurity=False).hexdigest()
    return "Basic " + b64encode(f"{username}:{digest}".encode()).decode()


_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(body: Json) -> bytes:
    return _encoder.encode(body)


def json_of(text: str) -> Json:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return None
