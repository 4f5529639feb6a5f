"""Regular expressions with limits.

`regex` speaks the common subset of Java and PCRE that rules.md 5.4 asks for, look-around included, and stops a search that
takes too long. It unfolds counted repetitions when it compiles, so these are limited before: the size a pattern may unfold to
is the language's limit of steps.
"""

from __future__ import annotations

import re
from functools import lru_cache

import regex

from earnest.engine.expression.errors import EvaluationError

SEARCH_SECONDS_MAX = 0.1
STEPS_MAX = 100_000
GROUPS_NESTED_MAX = 50
TEXT_MAX = 20_000

# \d, \w and \s are ASCII as in Java; V1 lets an inline flag begin where it stands and knows Java's [a-z&&[^b]].
_FLAGS = regex.VERSION1 | regex.ASCII

_QUOTED = re.compile(r"\\Q(.*?)(?:\\E|$)", re.DOTALL)
_PART = re.compile(r"\\.|\[\^?\]?|\]|\(|\)|\{(?P<counts>[0-9]+(?:,[0-9]*)?)\}|.", re.DOTALL)


class BadPattern(ValueError):
    """The text is no regular expression, or one that would cost too much."""


@lru_cache(maxsize=2000)
def compiled(text: str) -> regex.Pattern[str]:
    """The pattern. BadPattern with the reason when it is none."""
    unquoted = _QUOTED.sub(lambda quoted: regex.escape(quoted[1]), text)
    _check_size(unquoted)
    try:
        return regex.compile(unquoted, _FLAGS)
    except (regex.error, ValueError, KeyError, IndexError, OverflowError, RecursionError, TypeError) as error:
        raise BadPattern(f"{text[:60]!r} is no regular expression: {str(error)[:120]}") from None


def pattern_of(text: str | None) -> regex.Pattern[str] | None:
    """The pattern of a text that is known only now. EvaluationError when it is none."""
    if text is None:
        return None
    try:
        return compiled(text)
    except BadPattern as error:
        raise EvaluationError(str(error)) from None


def found(pattern: regex.Pattern[str] | None, text: str | None) -> bool:
    """Whether the pattern is found anywhere in the text; null finds nothing. EvaluationError at the time limit."""
    if text is None or pattern is None:
        return False
    if len(text) > TEXT_MAX:
        raise EvaluationError(f"a regular expression searches at most {TEXT_MAX} characters")
    try:
        return pattern.search(text, timeout=SEARCH_SECONDS_MAX) is not None
    except TimeoutError:
        raise EvaluationError(f"the regular expression {pattern.pattern[:60]!r} takes too long") from None


def _check_size(text: str) -> None:
    """Refuses a pattern whose counted repetitions unfold to more than STEPS_MAX parts or that nests too deep."""
    largest = 1
    open_groups = [1]  # the product of repetitions inside each open group
    closed = 1  # of what stands before the quantifier
    in_class = 0
    for part in _PART.finditer(text):
        token = part[0]
        if in_class:
            in_class += token.startswith("[") - (token == "]")
            closed = 1
        elif token.startswith("["):
            in_class = 1
        elif token == "(":
            open_groups.append(1)
            if len(open_groups) > GROUPS_NESTED_MAX:
                raise BadPattern(f"groups nest at most {GROUPS_NESTED_MAX} deep")
        elif token == ")" and len(open_groups) > 1:
            closed = open_groups.pop()
        elif part["counts"]:
            closed *= max(1, *(int(count[:9]) for count in part["counts"].split(",") if count))
            open_groups[-1] = max(open_groups[-1], closed)
            largest = max(largest, closed)
            continue
        else:
            closed = 1
            continue
        open_groups[-1] = max(open_groups[-1], closed)
    for group in reversed(open_groups):
        largest = max(largest, group)
    if largest * max(1, len(text)) > STEPS_MAX:
        raise BadPattern(f"repetitions unfold to more than {STEPS_MAX} steps")
