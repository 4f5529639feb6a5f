"""Somebody who works with programme documents over HTTP."""

from __future__ import annotations

from copy import copy

import httpx

from tests.support.organizations import Organization
from tests.support.server import Server


class Marketer:
    """Works with documents over HTTP."""

    def __init__(self, server: Server, http: httpx.Client, organization: Organization) -> None:
        self._http = http
        self.headers = {"Authorization": f"Bearer {server.admin_key}", "Content-Type": "application/yaml"}
        self._query = {"organizationId": str(organization.org_id)}

    def with_key(self, key: str) -> Marketer:
        """The same for another person."""
        other = copy(self)
        other.headers = self.headers | {"Authorization": f"Bearer {key}"}
        return other

    def request(self, method: str, path: str, text: str | None = None, **query: str) -> httpx.Response:
        return self._http.request(
            method,
            f"/earnest/v1/{path}",
            params=self._query | query,
            content=None if text is None else text.encode(),
            headers=self.headers,
        )

    def call(self, method: str, path: str, text: str | None = None, status: int = 200, **query: str) -> httpx.Response:
        answer = self.request(method, path, text, **query)
        assert answer.status_code == status, answer.text
        return answer

    def export(self) -> str:
        return self.call("GET", "programs/Demo Rewards/export").text
