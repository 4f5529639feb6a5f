"""How an amount becomes points (points.md 4, 5.1): formulas, what takes the place of the tier, delays, rounding."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from earnest.programs.document.schema import Family, Range
from earnest.programs.document.values import Amounts

Positive = Annotated[Decimal, Range(Decimal("0.000001"))]
Days = Annotated[int, Range(0, 3660)]


class Formula(msgspec.Struct, frozen=True):
    """A way to compute points."""


class Fixed(Formula, frozen=True):
    points: Amounts


class Percentage(Formula, frozen=True):
    percent: Amounts


class Step(Formula, frozen=True):
    """`points` for every full `each` of the amount; `partial: begun` counts a begun one too."""

    points: Amounts
    each: Positive
    partial: Literal["full", "begun"] = "full"


class Multiplier(Formula, frozen=True):
    times: Amounts


class RoundUp(Formula, frozen=True, rename={"from_": "from"}):
    from_: Decimal
    to: Decimal
    multiple: Positive


Family("formula", "kind", Formula, {
    "fixed": Fixed, "percentage": Percentage, "step": Step, "multiplier": Multiplier, "round_up": RoundUp,
})  # fmt: skip


class Lookup(msgspec.Struct, frozen=True):
    """The value comes from a field instead of the tier (points.md 4.1)."""

    of: Literal["customer", "transaction"]
    field: str
    values: dict[str, Decimal] = {}


class Delay(msgspec.Struct, frozen=True):
    """When promised points become usable."""


class AfterDays(Delay, frozen=True):
    days: Days


class ItemReturnPeriod(Delay, frozen=True):
    pass


class LineField(Delay, frozen=True):
    field: str


class EventDate(Delay, frozen=True):
    attribute: str


class ExternalTrigger(Delay, frozen=True):
    pass


Family("delay", "kind", Delay, {
    "days": AfterDays, "item_return_period": ItemReturnPeriod, "line_field": LineField, "event_date": EventDate,
    "external_trigger": ExternalTrigger,
})  # fmt: skip


class ActionRounding(msgspec.Struct, frozen=True):
    """`floor` to whole points, `half_up` to `decimals`."""

    method: Literal["none", "floor", "half_up"] = "none"
    decimals: Annotated[int, Range(0, 3)] = 0
