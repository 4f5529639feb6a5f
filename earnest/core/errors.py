"""The one error type: a documented code, an HTTP status and a message; the envelope of the route's style renders it."""

from __future__ import annotations

import msgspec


class ErrorCode(msgspec.Struct, frozen=True):
    """A row of a documented table of codes. `message` may hold `{name}` places that `error()` fills.

    `slug` names what is ours and has no documented code: it is the type of the problem (RFC 9457).
    """

    code: int
    message: str
    http_status: int = 400
    slug: str = ""

    def error(self, **values: object) -> ApiError:
        message = self.message.format(**values) if values else self.message
        return ApiError(self.code, message, self.http_status, slug=self.slug)


class ApiError(Exception):
    """A documented refusal. Raised anywhere below a route; nothing of the call has been stored when it arrives there.

    `retry_after_s` is what a refusal for now (429, 503) asks a client to wait. `pointer` is the JSON Pointer of the field
    that it is about, in the part of the call that `where` names (body, query, path, headers); empty when there is none.
    """

    def __init__(
        self, code: int, message: str, http_status: int = 400, *, retry_after_s: int = 1, slug: str = ""
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.retry_after_s = retry_after_s
        self.slug = slug
        self.pointer = ""
        self.where = "body"
        # What is wrong one by one, where a call can have many problems at once.
        self.problems: tuple[msgspec.Struct, ...] = ()

    def about(self, problems: tuple[msgspec.Struct, ...]) -> ApiError:
        """The same refusal, with each single problem."""
        self.problems = problems
        return self

    def at(self, pointer: str, where: str = "body") -> ApiError:
        """The same refusal, about this field."""
        self.pointer, self.where = pointer, where
        return self

    def __str__(self) -> str:
        return f"{self.code} {self.message}"


# Platform-wide codes (contract/_conventions.md, section 6). What is not there (413, 414) follows HTTP.
INVALID_INPUT = ErrorCode(400, "Input is invalid. Please check request parameters or input xml/json")
UNAUTHENTICATED = ErrorCode(401, "Invalid username, password or token", 401)
NOT_FOUND = ErrorCode(404, "Resource not found", 404)
METHOD_NOT_ALLOWED = ErrorCode(405, "Operation not supported for the resource", 405)
CLOCK_BEHIND = ErrorCode(409, "The requested time is earlier than the last change of this member", 409)
FIGURE_TOO_LARGE = ErrorCode(400, "Input is invalid. A figure of this customer would have more digits than are kept")
TOO_LARGE = ErrorCode(413, "Request body is too large", 413)
URI_TOO_LONG = ErrorCode(414, "Request URI is too long", 414)
UNSUPPORTED_MEDIA_TYPE = ErrorCode(415, "Content-Type is not supported", 415)
RATE_LIMITED = ErrorCode(429, "Too many requests, please try again later", 429)
FAILED = ErrorCode(500, "Failed because of errors", 500)
AUTHORIZATION_UNAVAILABLE = ErrorCode(4001, "Authorization status unavailable!", 503)
ACCESS_DENIED = ErrorCode(4000, "Not authorized. Access is denied!", 403)
CUSTOMER_BUSY = ErrorCode(521, "Multiple actions running for the same customer, Please try after some time", 409)
