"""What is wrong with a document, each with its place; all of it is reported at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import StrEnum

import msgspec

Path = tuple[str | int, ...]

PROBLEMS_MAX = 100
"""What is beyond is not reported: nobody reads it, and a hostile document would make it long."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`line` and `column` begin at 1; 0 where the document was not read from text. `suggestion` is the nearest known
    name. `path` reads `tiers[1].name`."""

    severity: Severity
    path: str
    message: str
    line: int = 0
    column: int = 0
    suggestion: str | None = None

    def __str__(self) -> str:
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        where = f" at {self.path}" if self.path else ""
        return f"{self.severity.value}{where}: {self.message}{hint}"

    def located(self, file: str) -> str:
        """As compilers write it: `file:line:column: error at path: message`."""
        place = f"{file}:{self.line}:{self.column}" if self.line else file
        return f"{place}: {self}"


class InvalidDocument(Exception):
    """The document cannot be used; `problems` say why, in the order of their places."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(one) for one in self.problems[:3]))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was probably meant to be."""
    by_folded = {one.casefold(): one for one in known}
    found = difflib.get_close_matches(name.casefold()[:100], list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def written(path: Path) -> str:
    """`("tiers", 1, "name")` as `tiers[1].name`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if len(part) <= 60 else part[:60] + "…")
    return text
