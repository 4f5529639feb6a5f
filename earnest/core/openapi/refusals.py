"""What an endpoint may answer instead of its own answer: statuses, documented codes, and the shape of each style."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import ModuleType

from earnest.core import errors
from earnest.core.errors import ErrorCode
from earnest.core.http.endpoint import Access, Endpoint
from earnest.core.http.envelopes import ALL_FAILED, JSON, PROBLEM_JSON, Style
from earnest.core.http.rates import rate_of
from earnest.core.idempotency import KEY_IN_PROGRESS, KEY_REUSED
from earnest.core.openapi.schemas import REFERENCE, Schema

_CODE: Schema = {"type": "integer"}
_MESSAGE: Schema = {"type": "string"}

# Keys are the component's name; the shapes are those of `envelopes.render_error`.
_REFUSALS: Mapping[Style, tuple[str, Schema]] = {
    Style.V1: (
        "V1Refusal",
        {
            "description": "A call of v1 that is refused as a whole.",
            "type": "object",
            "properties": {
                "response": {
                    "type": "object",
                    "properties": {
                        "status": {
                            "type": "object",
                            "properties": {"success": {"enum": ["false", False]}, "code": _CODE, "message": _MESSAGE},
                            "required": ["success", "code", "message"],
                        }
                    },
                    "required": ["status"],
                }
            },
            "required": ["response"],
        },
    ),
    Style.V2: (
        "V2Refusal",
        {
            "description": "A call of v2 that is refused.",
            "type": "object",
            "properties": {
                "errors": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "properties": {"status": {"const": False}, "code": _CODE, "message": _MESSAGE},
                        "required": ["status", "code", "message"],
                    },
                },
                "warnings": {"type": "array"},
            },
            "required": ["errors", "warnings"],
        },
    ),
    Style.GATEWAY: (
        "GatewayRefusal",
        {
            "description": "A call of v3 or of a gateway service that is refused.",
            "type": "object",
            "properties": {
                "data": {"type": "null"},
                "errors": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "properties": {"code": _CODE, "message": _MESSAGE},
                        "required": ["code", "message"],
                    },
                },
                "warnings": {"type": "null"},
            },
            "required": ["data", "errors"],
        },
    ),
    Style.OWN: (
        "Problem",
        {
            "description": "A problem as RFC 9457 has it. `pointer` and `in` say which field of which part is meant.",
            "type": "object",
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": _CODE,
                "detail": {"type": "string"},
                "requestId": {"type": "string"},
                "pointer": {"type": "string"},
                "in": {"enum": ["body", "query", "path", "headers"]},
            },
            "required": ["type", "title", "status", "code", "detail", "requestId"],
        },
    ),
    Style.OTHER: (
        "Refusal",
        {
            "description": "A call that is refused.",
            "type": "object",
            "properties": {"code": _CODE, "message": _MESSAGE},
            "required": ["code", "message"],
        },
    ),
}
_ACCESS_REFUSAL: tuple[str, Schema] = (
    "AccessRefusal",
    {
        "description": "Access is denied (4000), or whether it is granted cannot be found out now (4001).",
        "type": "object",
        "properties": {
            "HttpStatusCode": {"type": "integer"},
            "errorMessage": _MESSAGE,
            "errorCode": {"enum": [errors.ACCESS_DENIED.code, errors.AUTHORIZATION_UNAVAILABLE.code]},
        },
        "required": ["HttpStatusCode", "errorMessage", "errorCode"],
    },
)
_OF_ACCESS = (errors.ACCESS_DENIED, errors.AUTHORIZATION_UNAVAILABLE)


def statuses_of(endpoint: Endpoint) -> list[int]:
    """The HTTP statuses of the endpoint's refusals, in order."""
    found = {errors.INVALID_INPUT, errors.URI_TOO_LONG, ALL_FAILED, *_declared(endpoint)}
    if endpoint.access is not Access.PUBLIC:
        # The administrator meets 403 where the server has no key for it.
        found |= {errors.UNAUTHENTICATED, *_OF_ACCESS}
    if endpoint.access is Access.WRITE:
        found |= {errors.CUSTOMER_BUSY, errors.CLOCK_BEHIND}
    if endpoint.is_write:
        found |= {KEY_REUSED, KEY_IN_PROGRESS}
    if "body" in endpoint.parameters:
        found |= {errors.TOO_LARGE, errors.UNSUPPORTED_MEDIA_TYPE}
    if rate_of([endpoint]):
        found.add(errors.RATE_LIMITED)
    return sorted({code.http_status for code in found})


def codes_of(endpoint: Endpoint, tables: dict[str, Schema]) -> Schema:
    """The codes that are the endpoint's own, by number; those of every endpoint are told by the HTTP status.

    Where the declaration names none they are the whole table of its domain, which is put among the tables.
    """
    name, codes = table_of(endpoint)
    if endpoint.codes is not None or not name or not codes.issuperset(endpoint.errors.values()):
        return _table(_declared(endpoint))
    tables[name] = _table(codes)
    return {"$ref": f"#/components/x-codes/{name}"}


def response(style: Style, status: int, components: dict[str, Schema]) -> Schema:
    """The response object of one HTTP status; the shapes that it needs are put among the components."""
    name, schema = _REFUSALS[style]
    components[name] = schema
    media_type = (PROBLEM_JSON if style is Style.OWN else JSON).decode()
    content: Schema = {media_type: {"schema": {"$ref": REFERENCE + name}}}
    if status in (errors.ACCESS_DENIED.http_status, errors.AUTHORIZATION_UNAVAILABLE.http_status):
        # Access control has a shape of its own in every style, beside that of other refusals of this status.
        access_name, access_schema = _ACCESS_REFUSAL
        components[access_name] = access_schema
        shapes = [{"$ref": REFERENCE + access_name}]
        if media_type == JSON.decode():
            shapes.append({"$ref": REFERENCE + name})
        content[JSON.decode()] = {"schema": {"anyOf": shapes} if len(shapes) > 1 else shapes[0]}
    if style is Style.V1:
        content["application/xml"] = {"schema": {}}
    headers = ["X-Cap-Requestid"]
    if status == errors.UNAUTHENTICATED.http_status:
        headers.append("WWW-Authenticate")
    if status in (errors.RATE_LIMITED.http_status, errors.AUTHORIZATION_UNAVAILABLE.http_status):
        headers.append("Retry-After")
    return {
        "description": _MEANINGS.get(status) or HTTPStatus(status).phrase,
        "content": content,
        "headers": {header: {"$ref": f"#/components/headers/{header}"} for header in headers},
    }


_MEANINGS: Mapping[int, str] = {
    code.http_status: f"{code.code} {code.message}"
    for code in (
        errors.UNAUTHENTICATED,
        errors.ACCESS_DENIED,
        errors.TOO_LARGE,
        errors.URI_TOO_LONG,
        errors.UNSUPPORTED_MEDIA_TYPE,
        errors.RATE_LIMITED,
        errors.AUTHORIZATION_UNAVAILABLE,
        KEY_REUSED,
    )
} | {
    errors.INVALID_INPUT.http_status: "A code of x-codes, or 400: path, query, headers or body are not as described",
    errors.CUSTOMER_BUSY.http_status: f"{errors.CUSTOMER_BUSY.code} {errors.CUSTOMER_BUSY.message}; or another conflict",
    ALL_FAILED.http_status: f"{ALL_FAILED.code} {ALL_FAILED.message}",
}


def table_of(endpoint: Endpoint) -> tuple[str, set[ErrorCode]]:
    """The name of the endpoint's table of codes, and the table: the module `errors` beside its routes, or `errors_v1`
    beside `routes_v1` where the versions have tables of their own. Empty for an endpoint outside the domains."""
    package, _, routes = endpoint.handler.__module__.rpartition(".")
    domain = package.partition(".domains.")[2]
    if not domain:
        return "", set()
    version = routes.removeprefix("routes")
    of_version = sys.modules.get(f"{package}.errors{version}") if version else None
    beside = of_version or sys.modules.get(f"{package}.errors")
    name = domain + version.replace("_", ".") if of_version else domain
    return name, _codes_in(beside) if beside is not None else set()


def _codes_in(module: ModuleType) -> set[ErrorCode]:
    found: set[ErrorCode] = set()
    for value in vars(module).values():
        values = value.values() if isinstance(value, Mapping) else [value]
        found.update(one for one in values if isinstance(one, ErrorCode))
    return found


def _declared(endpoint: Endpoint) -> set[ErrorCode]:
    return {*endpoint.errors.values(), *(table_of(endpoint)[1] if endpoint.codes is None else endpoint.codes)}


def _table(codes: Iterable[ErrorCode]) -> Schema:
    texts: dict[str, list[str]] = {}
    for code in sorted(codes, key=lambda code: (code.code, code.message)):
        several = texts.setdefault(str(code.code), [])
        if code.message not in several:
            several.append(code.message)
    return {number: " / ".join(several) for number, several in texts.items()}
