"""What can be wrong with an expression (rules.md 5.6): it does not compile, or it fails while it is evaluated."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class ExpressionError(Exception):
    """The text is no valid condition: saving and publishing are refused.

    `offset` counts characters from 0, `line` and `column` from 1; `suggestion` is the nearest name that exists, or None.
    """

    kind: ClassVar[str] = "compile_error"

    def __init__(self, message: str, text: str, offset: int, suggestion: str | None = None) -> None:
        self.message = message
        self.offset = max(0, min(offset, len(text)))
        before = text[: self.offset]
        self.line = before.count("\n") + 1
        self.column = self.offset - (before.rfind("\n") + 1) + 1
        self.suggestion = suggestion
        hint = f"; did you mean {suggestion}?" if suggestion else ""
        super().__init__(f"line {self.line}, column {self.column}: {message}{hint}")


class EvaluationError(Exception):
    """The condition has no value for this event; its rule is skipped and the error logged (rules.md 4.2)."""

    kind: ClassVar[str] = "runtime_error"

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, case ignored, or None when nothing comes close."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
