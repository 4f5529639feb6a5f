"""Why input did not decode, in the words of the endpoint's documented codes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from earnest.core.errors import INVALID_INPUT, ErrorCode
from earnest.core.http.bounds import OutOfBoundsError
from earnest.core.http.envelopes import InvalidInputError

DETAIL_CHARACTERS_MAX = 200

# DecodeError and the ValueErrors of hooks; bytes that are not UTF-8; brackets without end; numbers without measure.
UNDECODABLE = (msgspec.DecodeError, ValueError, RecursionError, ArithmeticError)

_AT = re.compile(r" - at `([^`]*)`$")
# A name that is not known was chosen by the caller: a long one is not repeated to him.
_FIELD = re.compile(r"missing required field `([^`]*)`|contains unknown field `([^`]{1,100})`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def steps_of(error: Exception) -> list[str]:
    """The fields and positions that lead to what did not decode, outermost first; empty when that is not known."""
    if isinstance(error, OutOfBoundsError):
        return [str(step) for step in error.path]
    if not isinstance(error, msgspec.DecodeError):
        return []
    text = str(error)
    at = _AT.search(text)
    steps = [name or index for name, index in _STEP.findall(at[1])] if at else []
    if field := _FIELD.search(text):
        steps.append(field[1] or field[2] or "")
    return steps


def refusal(
    where: str, error: Exception, errors: Mapping[str, ErrorCode], inside: Sequence[str] = ()
) -> InvalidInputError:
    """The refusal for an exception of UNDECODABLE; `inside` leads to the value that was decoded, when it was a part."""
    steps = [*inside, *steps_of(error)]
    if isinstance(error, OutOfBoundsError):
        return invalid(where, error.rule, steps, errors)
    if not isinstance(error, msgspec.DecodeError):
        rule = "nested too deeply" if isinstance(error, RecursionError) else "not valid JSON in UTF-8"
        return invalid(where, rule, steps, errors)
    text = str(error)
    at = _AT.search(text)
    return invalid(where, text[: at.start()].rstrip() if at else text, steps, errors)


def invalid(where: str, rule: str, steps: Sequence[str], errors: Mapping[str, ErrorCode]) -> InvalidInputError:
    """Input that breaks `rule` at `steps`, under the endpoint's code for that field: the longest name wins, else 400."""
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
    names = [where, *(step for step in steps if not step.isdigit())]
    for length in range(len(names), 0, -1):
        if named := errors.get(".".join(names[:length])):
            # The documented text says it all; a client may compare it.
            return InvalidInputError(named, "", where=where, pointer=pointer)
    detail = rule[:DETAIL_CHARACTERS_MAX] + (f" at {where} {pointer}" if pointer else "")
    return InvalidInputError(INVALID_INPUT, detail, where=where, pointer=pointer)
