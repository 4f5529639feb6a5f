"""Trackers (rules.md 7): what is added up over a window, and the cases that are tested."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from earnest.programs.document.schema import Family, Range, Ref

Count = Annotated[int, Range(0, 3660)]


class Window(msgspec.Struct, frozen=True):
    """The time over which a tracker adds up."""


class MovingDays(Window, frozen=True):
    days: Count


class MovingMonths(Window, frozen=True):
    months: Count


class CyclicDays(Window, frozen=True):
    days: Count


class CalendarCycles(Window, frozen=True):
    months: Count
    starts: date


class SinceTierChange(Window, frozen=True):
    pass


Family("window", "kind", Window, {
    "moving_days": MovingDays, "moving_months": MovingMonths, "cyclic_days": CyclicDays,
    "calendar_cycles": CalendarCycles, "since_tier_change": SinceTierChange,
})  # fmt: skip


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """`is` compares the aggregate with `value` (`between`: and `up_to`; `multiple_of`: another full multiple)."""

    name: str
    test: Literal["equal", "more_than", "less_than", "at_least", "at_most", "between", "multiple_of"] = "at_least"
    value: Decimal
    up_to: Decimal | None = None
    function: Literal["sum", "count"] = "sum"
    at_most_times: Annotated[int, Range(1)] | None = None


class Tracker(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    of: Literal[
        "bill_amount", "bill_gross", "bill_discount", "bill_quantity", "line_amount", "line_count", "line_quantity",
        "line_price", "visits", "points", "transaction_field", "line_field", "currency",
    ]  # fmt: skip
    window: Window
    cases: tuple[Case, ...] = ()
    field: str | None = None
    currency: Annotated[str, Ref("currency")] | None = None
