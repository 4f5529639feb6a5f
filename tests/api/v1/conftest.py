"""Calls of v1 in both of its formats: a test that takes `spoken` runs once in JSON and once in XML."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from tests.support import xml_form
from tests.support.organizations import Organization
from tests.support.till import Answer, Json, Till, json_of

NOW = "2025-03-03T10:00:00+05:30"


class Spoken(msgspec.Struct, frozen=True):
    """How a test speaks to the server: `format` is json or xml. Answers have the JSON of the answer as their body."""

    format: str

    def post(self, till: Till, path: str, body: Json, **params: object) -> Answer:
        if self.format == "json":
            return till.post(path, body, format="json", **params)
        return self._read(till, "POST", path, params, xml_form.xml_of(body))

    def put(self, till: Till, path: str, body: Json, **params: object) -> Answer:
        if self.format == "json":
            return till.put(path, body, format="json", **params)
        return self._read(till, "PUT", path, params, xml_form.xml_of(body))

    def get(self, till: Till, path: str, **params: object) -> Answer:
        if self.format == "json":
            return till.get(path, format="json", **params)
        return self._read(till, "GET", path, params, None)

    def _read(self, till: Till, method: str, path: str, params: dict[str, object], content: bytes | None) -> Answer:
        headers = {"Accept": "application/xml", "Content-Type": "application/xml"}
        answer = till.send(method, path, content=content, params=params, headers=headers)
        assert answer.headers["content-type"] == "application/xml", answer.text
        body = xml_form.json_of_answer(method, path, answer.text.encode()).decode()
        return msgspec.structs.replace(answer, body=json_of(body))


@pytest.fixture(params=["json", "xml"])
def spoken(request: pytest.FixtureRequest) -> Spoken:
    return Spoken(request.param)


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Iterator[Till]:
    """The first till of the module's organisation, on a morning in March."""
    yield shared_organization.till.at(NOW)
