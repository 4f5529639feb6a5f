"""The documented shapes of answers and refusals, one per style (contract/_conventions.md, sections 5 and 12)."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

import msgspec

from earnest.core.errors import ACCESS_DENIED, AUTHORIZATION_UNAVAILABLE, ApiError, ErrorCode
from earnest.core.http import xml
from earnest.core.http.v1_format import PREFIXES as V1_PREFIXES

# An unexpected exception, in the words of the documented code (contract/_conventions.md, section 6).
ALL_FAILED = ErrorCode(500, "All requests have failed due to errors", 500)

JSON = b"application/json"
XML = b"application/xml"
PROBLEM_JSON = b"application/problem+json"
OCTETS = b"application/octet-stream"


class Style(StrEnum):
    """Which envelope an endpoint speaks. OWN is what is ours (`/earnest/v1`): RFC 9457 problems."""

    V1 = "v1"
    V2 = "v2"
    GATEWAY = "gateway"
    OWN = "own"
    OTHER = "other"


class InvalidInputError(ApiError):
    """Input that does not decode or is out of bounds.

    `where` is body, query, path or headers; `pointer` the JSON Pointer of the field, empty when there is none.
    """

    def __init__(self, error: ErrorCode, detail: str, *, where: str, pointer: str = "") -> None:
        super().__init__(error.code, f"{error.message}: {detail}" if detail else error.message, error.http_status)
        self.where = where
        self.pointer = pointer


class Reply(msgspec.Struct, frozen=True):
    """An answer as it goes out, but for the headers that every answer has."""

    status: int
    body: bytes
    content_type: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class V1Status(msgspec.Struct, frozen=True, omit_defaults=True):
    """`response.status` of v1. `success` is the string "true" or "false" in most entities, a boolean in a few."""

    success: str | bool
    code: int | str
    message: str
    total: str | None = None
    success_count: str | None = None


class ErrorItem(msgspec.Struct, frozen=True):
    """An element of `errors` or `warnings` in v2."""

    code: int
    message: str
    status: bool = False


# Decimals keep every digit; they are never turned into binary floats.
_encoder = msgspec.json.Encoder(decimal_format="number")

_PREFIXES = (
    *((prefix, Style.V1) for prefix in V1_PREFIXES),
    ("/v2/", Style.V2),
    ("/v2.1/", Style.V2),
    ("/v3/", Style.GATEWAY),
    ("/api_gateway/", Style.GATEWAY),
    ("/x/", Style.GATEWAY),
    ("/earnest/", Style.OWN),
)


def style_of(path: str) -> Style:
    """The style of a path that no endpoint has."""
    rooted = path + "/"
    return next((style for prefix, style in _PREFIXES if rooted.startswith(prefix)), Style.OTHER)


def render(style: Style, value: object, status: int, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Reply:
    """An answer of an endpoint. All styles are JSON as the endpoint's own structs say."""
    if value is None:
        return Reply(status, b"", JSON, headers)
    if isinstance(value, bytes):
        return Reply(status, value, OCTETS, headers)
    return Reply(status, _encoder.encode(value), JSON, headers)


def in_xml(reply: Reply) -> Reply:
    """The same answer in XML. What is no JSON (files, nothing at all) stays as it is."""
    if reply.content_type != JSON or not reply.body:
        return reply
    return Reply(reply.status, xml.of_json(reply.body), XML, reply.headers)


def render_error(style: Style, error: ApiError, request_id: str) -> Reply:
    """A refusal in the shape of `style`; the two codes of access control have a shape of their own in every style."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if error.http_status in (429, 503):
        headers = ((b"retry-after", b"%d" % error.retry_after_s),)
    code, message, status = error.code, error.message, error.http_status
    body: object
    if code in (ACCESS_DENIED.code, AUTHORIZATION_UNAVAILABLE.code):
        body = {"HttpStatusCode": status, "errorMessage": message, "errorCode": code}
    elif style is Style.V1:
        # Section 5: success is a boolean in "the failure answers of a malformed body", a string elsewhere.
        malformed_body = isinstance(error, InvalidInputError) and error.where == "body"
        failed = V1Status(False if malformed_body else "false", code, message)
        body = {"response": {"status": failed}}
    elif style is Style.V2:
        body = {"errors": [{"status": False, "code": code, "message": message}], "warnings": []}
    elif style is Style.GATEWAY:
        body = {"data": None, "errors": [{"code": code, "message": message}], "warnings": None}
    elif style is Style.OWN:
        return Reply(status, _encoder.encode(_problem(error, request_id)), PROBLEM_JSON, headers)
    else:
        body = {"code": code, "message": message}
    return Reply(status, _encoder.encode(body), JSON, headers)


def _problem(error: ApiError, request_id: str) -> dict[str, object]:
    problem: dict[str, object] = {
        "type": f"urn:earnest:problem:{error.slug}" if error.slug else "about:blank",
        "title": HTTPStatus(error.http_status).phrase,
        "status": error.http_status,
        "code": error.code,
        "detail": error.message,
        "requestId": request_id,
    }
    if error.pointer:
        problem["pointer"] = error.pointer
        problem["in"] = error.where
    if error.problems:
        problem["problems"] = error.problems
    return problem
