"""Exact comparison of what a case writes down with what came out, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# By which of a lot's keys an entry of `lots` finds its lot.
LOT_IDENTITY = ("id", "bill", "line", "kind", "category", "promotion", "quantity")
_MISSING = object()


@dataclass
class Comparison:
    """What was compared: the number of leaves, and the differences in words."""

    leaves: int = 0
    differences: list[str] = field(default_factory=list)

    def compare(self, path: str, expected: Any, found: Any) -> None:
        """Of maps what is written, of lists every element; a leaf is compared by value (50 is 50.000)."""
        if isinstance(expected, Mapping):
            self._compare_map(path, expected, found)
        elif isinstance(expected, list):
            self._compare_list(path, expected, found)
        else:
            self.leaves += 1
            if not is_same(expected, found):
                self.differences.append(f"{path}: {show(expected)} is expected, {show(found)} came out")

    def compare_lots(
        self, path: str, expected: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]
    ) -> None:
        """Each entry stands for exactly one different lot; no entries mean that there are no lots."""
        if not expected:
            self.leaves += 1
            if found:
                self.differences.append(f"{path}: no lots are expected, there are {len(found)}")
            return
        free = list(found)
        for number, entry in enumerate(expected, start=1):
            where = f"{path}[{number}]"
            candidates = [lot for lot in free if _is_lot(entry, lot)]
            if not candidates:
                self.leaves += max(1, len(entry))
                self.differences.append(f"{where}: no such lot: {show(entry)} among {show(free)}")
                continue
            lot = min(candidates, key=lambda lot: _distance(entry, lot))
            free.remove(lot)
            for key, value in entry.items():
                self.compare(f"{where}.{key}", value, lot.get(key, _MISSING))

    def _compare_map(self, path: str, expected: Mapping[Any, Any], found: Any) -> None:
        if not isinstance(found, Mapping):
            self.leaves += 1
            self.differences.append(f"{path}: {show(expected)} is expected, {show(found)} came out")
            return
        if not expected:
            self.leaves += 1
            if any(found.values()):
                self.differences.append(f"{path}: nothing is expected, {show(found)} came out")
        for key, value in expected.items():
            there = found.get(key, _MISSING)
            # What is not there counts nothing.
            self.compare(
                f"{path}.{key}", value, 0 if there is _MISSING and value == 0 and value is not False else there
            )

    def _compare_list(self, path: str, expected: list[Any], found: Any) -> None:
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            self.leaves += max(1, len(expected))
            self.differences.append(f"{path}: {show(expected)} is expected, {show(found)} came out")
            return
        if not expected:
            self.leaves += 1
        for number, (one, other) in enumerate(zip(expected, found, strict=True), start=1):
            self.compare(f"{path}[{number}]", one, other)


def is_same(expected: Any, found: Any) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool) or expected is None or found is None:
        return expected is found
    if isinstance(expected, str) or isinstance(found, str):
        return type(expected) is type(found) and expected == found
    return bool(expected == found)


def show(value: Any) -> str:
    if value is _MISSING:
        return "nothing"
    text = ", ".join(_words(value))
    return text if len(text) < 400 else text[:400] + " …"


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{" + ", ".join(f"{key}: {show(inner)}" for key, inner in value.items()) + "}"
    elif isinstance(value, list | tuple):
        yield "[" + ", ".join(show(inner) for inner in value) + "]"
    else:
        yield str(value)


def _is_lot(entry: Mapping[str, Any], lot: Mapping[str, Any]) -> bool:
    return all(is_same(entry[key], lot.get(key)) for key in LOT_IDENTITY if key in entry)


def _distance(entry: Mapping[str, Any], lot: Mapping[str, Any]) -> int:
    return sum(not is_same(value, lot.get(key)) for key, value in entry.items())
