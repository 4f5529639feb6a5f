"""Warnings and errors inside an answer, as the documented bodies print them."""

from __future__ import annotations

import msgspec

from earnest.core.errors import ErrorCode


class Message(msgspec.Struct, frozen=True):
    """An element of `errors` or `warnings` of the v2 envelope."""

    code: int
    message: str
    status: bool = False


def warning(code: ErrorCode, **values: object) -> Message:
    """The documented code as a warning: the main activity succeeded."""
    error = code.error(**values)
    return Message(error.code, error.message)
