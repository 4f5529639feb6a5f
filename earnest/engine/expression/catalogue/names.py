"""Finding a row by name: exactly, else ignoring case when only one fits (rules.md 5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Row = TypeVar("Row", bound=_Named)


class Names(Generic[Row]):
    """Rows by their names and aliases."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._exact: dict[str, Row] = {}
        self._folded: dict[str, list[Row]] = {}
        for row in rows:
            for name in (row.name, *getattr(row, "aliases", ())):
                assert name not in self._exact, f"{name} stands twice in the catalogue"
                self._exact[name] = row
                same = self._folded.setdefault(name.casefold(), [])
                if row not in same:
                    same.append(row)

    def get(self, name: str) -> Row | None:
        if name in self._exact:
            return self._exact[name]
        same = self._folded.get(name.casefold(), ())
        return same[0] if len(same) == 1 else None

    def __iter__(self) -> Iterator[str]:
        return iter(self._exact)
