"""An administrator as a client of the admin API."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.till import Answer, Json, encode, json_of


class Admin:
    """Calls with the administrator's key. `under(path)` begins every further path."""

    def __init__(self, http: httpx.Client, key: str, base: str = "/earnest/v1") -> None:
        self._http = http
        self._key = key
        self.base = base

    def under(self, path: str) -> Admin:
        return Admin(self._http, self._key, f"{self.base}/{path}")

    def get(self, path: str = "", **params: object) -> Answer:
        return self.send("GET", path, params=params)

    def post(self, path: str = "", body: Json = None, **params: object) -> Answer:
        return self.send("POST", path, body, params=params)

    def put(self, path: str, body: Json, **params: object) -> Answer:
        return self.send("PUT", path, body, params=params)

    def patch(self, path: str, body: Json, **params: object) -> Answer:
        return self.send("PATCH", path, body, params=params)

    def delete(self, path: str, **params: object) -> Answer:
        return self.send("DELETE", path, params=params)

    def send(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One call; `True` as a parameter is sent as "true"."""
        given = {"Authorization": f"Bearer {self._key}", **(headers or {})}
        if body is not None:
            given["Content-Type"] = "application/json"
        response = self._http.request(
            method,
            f"{self.base}/{path}".rstrip("/") if path else self.base,
            params={
                name: str(value).lower() if value is True else str(value) for name, value in (params or {}).items()
            },
            content=None if body is None else encode(body),
            headers=given,
        )
        return Answer(response.status_code, json_of(response.text), response.headers, response.text)


def made(answer: Answer) -> Json:
    """The body of a call that must have made something."""
    assert answer.status == 201, f"{answer.status}: {answer.text}"
    return answer.body


def problem(answer: Answer) -> tuple[int, str, str]:
    """A refusal: HTTP status, the slug of its type (or its code), the field that it is about."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.body
    assert (body["status"], bool(body["title"]), bool(body["detail"])) == (answer.status, True, True), answer.text
    assert body["requestId"] == answer.headers["x-cap-requestid"]
    kind = body["type"].removeprefix("urn:earnest:problem:")
    return answer.status, kind if kind != "about:blank" else str(body["code"]), body.get("pointer", "")
