"""A client of the token endpoint: asking for tokens, and calling with one."""

from __future__ import annotations

import httpx

from tests.support.till import Answer, Json, json_of


def ask_for_token(http: httpx.Client, key: str, secret: str) -> httpx.Response:
    return http.post("/v3/oauth/token/generate", json={"key": key, "secret": secret})


def token(http: httpx.Client, client: Json) -> str:
    answer = ask_for_token(http, client["key"], client["secret"])
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["data"]["accessToken"]
    return found


def call(http: httpx.Client, token: str, method: str, path: str, body: Json = None, **headers: str) -> Answer:
    given = {"X-CAP-API-OAUTH-TOKEN": token, **headers}
    response = http.request(method, path, json=body, headers=given)
    return Answer(response.status_code, json_of(response.text), response.headers, response.text)
