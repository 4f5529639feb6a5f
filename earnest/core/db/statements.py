"""Named SQL statements from `.sql` files: a reader sees the query that runs; a test prepares every one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import aiosql

_NUMBERED = re.compile(r"\$(\d+)")
# Every file that was loaded, by path: what the test that prepares all statements walks through.
_LOADED: dict[Path, Statements] = {}


class Statements:
    """The statements of one file. `:name` parameters become `$n` in order of first appearance, `:org_id` always `$1`."""

    def __init__(self, path: Path) -> None:
        queries = aiosql.from_path(path, "asyncpg", mandatory_parameters=False)
        self.path = path
        self._texts: dict[str, str] = {}
        self._parameters: dict[str, tuple[str, ...]] = {}
        for name in queries.available_queries:
            if name.endswith("_cursor"):
                continue
            found = list(queries.driver_adapter.var_sorted[name])
            ordered = sorted(found, key=lambda parameter: parameter != "org_id")
            places = {str(found.index(parameter) + 1): f"${place + 1}" for place, parameter in enumerate(ordered)}
            self._texts[name] = _placed(getattr(queries, name).sql, places)
            self._parameters[name] = tuple(ordered)

    def text(self, name: str) -> str:
        """The SQL of `name`, ready for asyncpg. KeyError when the file has no such statement."""
        return self._texts[name]

    def parameters(self, name: str) -> tuple[str, ...]:
        """The parameter names of `name` in the order of `$1`, `$2` …"""
        return self._parameters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)


def _placed(text: str, places: dict[str, str]) -> str:
    def place(match: re.Match[str]) -> str:
        return places.get(match[1], match[0])

    return _NUMBERED.sub(place, text)


def load(path: Path) -> Statements:
    """The statements of a `.sql` file; the same object for the same file."""
    if path not in _LOADED:
        _LOADED[path] = Statements(path)
    return _LOADED[path]


def loaded() -> tuple[Statements, ...]:
    return tuple(_LOADED.values())


def renumbered(text: str, shift: int) -> str:
    """`text` with every parameter but `$1` moved up by `shift`."""
    return _NUMBERED.sub(lambda m: m[0] if m[1] == "1" else f"${int(m[1]) + shift}", text)
