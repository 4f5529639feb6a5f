"""Values of documents that are written as one text, and those that may differ from tier to tier."""

from __future__ import annotations

import re
import typing
from decimal import Decimal
from typing import Any

import msgspec

from earnest.programs.document.problems import Path
from earnest.programs.document.schema import MISSING, Reading, Ref, Scalar, canonical
from earnest.programs.document.source import Node

_DURATION = re.compile(r"([0-9]{1,4}) (day|days|month|months|year|years)")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Duration(Scalar, msgspec.Struct, frozen=True):
    """`12 months`, `30 days`, `never`. A year is written as 12 months."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Duration:
        if text == "never":
            return cls(0, "never")
        found = _DURATION.fullmatch(text)
        if found is None:
            raise ValueError(f"{text[:60]!r} is no duration, such as 12 months, 30 days or never")
        count, unit = int(found[1]), found[2].rstrip("s")
        return cls(count * 12, "month") if unit == "year" else cls(count, unit)

    def text(self) -> str:
        return "never" if self.unit == "never" else f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


class YearDay(Scalar, msgspec.Struct, frozen=True):
    """A day of every year: `31 March`."""

    day: int
    month: int

    @classmethod
    def parse(cls, text: str) -> YearDay:
        day, _, name = text.partition(" ")
        if not day.isascii() or not day.isdigit() or len(day) > 2 or name not in _MONTHS:
            raise ValueError(f"{text[:60]!r} is no day of the year, such as 31 March")
        month = _MONTHS.index(name) + 1
        if not 1 <= int(day) <= _LENGTHS[month - 1]:
            raise ValueError(f"{name} has no day {day}")
        return cls(int(day), month)

    def text(self) -> str:
        return f"{self.day} {_MONTHS[self.month - 1]}"


class _Tiered(msgspec.Struct, frozen=True):
    """One value for all tiers, or a mapping of tier names to values."""

    same: Any = None
    by_tier: dict[str, Any] = {}

    @classmethod
    def _item(cls) -> Any:
        raise NotImplementedError

    @classmethod
    def read_from(cls, reading: Reading, node: Node, path: Path) -> Any:
        if not isinstance(node.value, dict):
            found = reading.value(cls._item(), node, path)
            return None if found is MISSING else cls(same=found)
        found = reading.value(dict[_TIER, cls._item()], node, path)  # type: ignore[misc]
        if found is MISSING:
            return None
        order = {name: position for position, name in enumerate(reading.tiers)}
        return cls(by_tier=dict(sorted(found.items(), key=lambda one: order.get(one[0], len(order)))))

    def written(self) -> Any:
        if self.by_tier:
            return {name: _written(value) for name, value in self.by_tier.items()}
        return _written(self.same)

    def of(self, tier: str) -> Any:
        """The value of the tier, or None when it has none."""
        return self.same if not self.by_tier else self.by_tier.get(tier)


def _written(value: Any) -> Any:
    return canonical(value) if isinstance(value, Decimal) else value.text()


class Amounts(_Tiered, frozen=True):
    """A number, or one for each tier."""

    @classmethod
    def _item(cls) -> Any:
        return Decimal


class Durations(_Tiered, frozen=True):
    """A duration, or one for each tier."""

    @classmethod
    def _item(cls) -> Any:
        return Duration


_TIER = typing.Annotated[str, Ref("tier")]
