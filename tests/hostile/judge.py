"""What every answer has to be, whatever was sent: documented, in time, and no mistake of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
import jsonschema_rs
import msgspec

from earnest.app import description
from earnest.core.errors import AUTHORIZATION_UNAVAILABLE
from earnest.core.http import xml
from earnest.core.http.endpoint import Endpoint
from earnest.core.http.v1_batch import UNEXPECTED
from tests.hostile.calls import REGISTRY, name_of

# Generous, for a machine that does other things as well: what is meant is that no input makes a call run away.
CALL_SECONDS_MAX = 5.0
LARGE_CALL_SECONDS_MAX = 20.0

DOCUMENT: Mapping[str, Any] = msgspec.json.decode(description().text)

_UNEXPECTED_ITEM = re.compile(rf'"?code"?>?:?"?{UNEXPECTED.code}\b')


class Misbehaviour(AssertionError):
    """An answer that must not be."""


def judge(
    endpoint: Endpoint, response: httpx.Response, *, seconds_max: float = CALL_SECONDS_MAX, may_miss: bool = False
) -> None:
    """Misbehaviour unless the answer is one that the document describes for this endpoint.

    `may_miss` for a call with a made-up path: it may be that of another route, or of none, which answer 404 or 405.
    """
    where = f"{name_of(endpoint)} answered {response.status_code} {response.text[:500]!r}"
    elapsed_s = response.elapsed.total_seconds()
    if elapsed_s > seconds_max:
        raise Misbehaviour(f"{where} after {elapsed_s:.1f} s")
    if "x-cap-requestid" not in response.headers:
        raise Misbehaviour(f"{where} without X-Cap-Requestid")
    described = _response(endpoint, response.status_code)
    if described is None and may_miss and response.status_code in (404, 405):
        return
    if described is None:
        raise Misbehaviour(f"{where}, a status that is not documented")
    if response.status_code >= 500 and not _is_documented_failure(endpoint, response):
        raise Misbehaviour(where)
    if _UNEXPECTED_ITEM.search(response.text):
        raise Misbehaviour(f"{where}: an item met a mistake of ours")
    _judge_body(where, endpoint, response, described)


def _is_documented_failure(endpoint: Endpoint, response: httpx.Response) -> bool:
    if response.status_code == AUTHORIZATION_UNAVAILABLE.http_status:
        return str(AUTHORIZATION_UNAVAILABLE.code) in response.text or response.status_code in endpoint.statuses
    # All items of a batch failed: each says why. A call that failed as a whole has no items.
    return response.status_code in endpoint.statuses and "item_status" in response.text


def _judge_body(where: str, endpoint: Endpoint, response: httpx.Response, described: Mapping[str, Any]) -> None:
    content = described.get("content")
    if not content:
        if response.content:
            raise Misbehaviour(f"{where}, where no body is documented")
        return
    media_type = response.headers.get("content-type", "").partition(";")[0]
    if media_type not in content:
        raise Misbehaviour(f"{where} as {media_type!r}; documented are {', '.join(content)}")
    if media_type.endswith("xml"):
        try:
            xml.read(response.content)
        except xml.MalformedXmlError as error:
            raise Misbehaviour(f"{where}, which is no XML: {error}") from None
    elif media_type.endswith("json"):
        validator = _validator(endpoint.method, _template(endpoint), response.status_code, media_type)
        try:
            value = msgspec.json.decode(response.content)
        except msgspec.DecodeError as error:
            raise Misbehaviour(f"{where}, which is no JSON: {error}") from None
        for problem in validator.iter_errors(value):
            raise Misbehaviour(f"{where}: {problem.message} at {list(problem.instance_path)}")


def _response(endpoint: Endpoint, status: int) -> Mapping[str, Any] | None:
    operation = DOCUMENT["paths"][_template(endpoint)][endpoint.method.lower()]
    found: Mapping[str, Any] | None = operation["responses"].get(str(status))
    while found is not None and "$ref" in found:
        found = DOCUMENT["components"]["responses"][found["$ref"].rpartition("/")[2]]
    return found


@cache
def _template_of(path: str) -> str:
    return next(
        template
        for methods in REGISTRY.routes.values()
        for template in [next(iter(methods.values()))[0]]
        for spelling, _ in methods.values()
        if spelling == path
    )


def _template(endpoint: Endpoint) -> str:
    return _template_of(endpoint.paths[0])


@cache
def _validator(method: str, template: str, status: int, media_type: str) -> Any:
    operation = DOCUMENT["paths"][template][method.lower()]
    found = operation["responses"][str(status)]
    if "$ref" in found:
        found = DOCUMENT["components"]["responses"][found["$ref"].rpartition("/")[2]]
    schema = {**found["content"][media_type]["schema"], "components": DOCUMENT["components"]}
    return jsonschema_rs.validator_for({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
