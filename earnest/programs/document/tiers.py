"""Tiers, how members rise, how long a tier lasts (tiers.md)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from earnest.programs.document.schema import Family, Range, Ref
from earnest.programs.document.values import Duration, YearDay

TierName = Annotated[str, Ref("tier")]


class Tier(msgspec.Struct, frozen=True):
    name: str
    description: str = ""
    colour: str | None = None


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """What a member must reach: a threshold for each tier above the lowest. `key` names it in a combination."""

    key: str = "A"
    thresholds: dict[TierName, Decimal]


class CurrentPoints(Criterion, frozen=True, kw_only=True):
    pass


class LifetimePoints(Criterion, frozen=True, kw_only=True):
    pass


class LifetimePurchases(Criterion, frozen=True, kw_only=True):
    pass


class TrackerValue(Criterion, frozen=True, kw_only=True):
    tracker: Annotated[str, Ref("tracker")]
    case: str | None = None


Family("tier criterion", "kind", Criterion, {
    "current_points": CurrentPoints, "lifetime_points": LifetimePoints, "lifetime_purchases": LifetimePurchases,
    "tracker": TrackerValue,
})  # fmt: skip


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """`require`: `any`, `any 2`, `all`, or keys with AND, OR and parentheses, read from left to right."""

    criteria: tuple[Criterion, ...]
    mode: Literal["lazy", "eager", "dynamic"] = "lazy"
    require: str = "any"
    require_in: dict[TierName, str] = {}


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What a member must show to keep a tier."""

    key: str = "A"
    at_least: Decimal


class Purchases(Condition, frozen=True, kw_only=True):
    pass


class Visits(Condition, frozen=True, kw_only=True):
    pass


class PointsEarned(Condition, frozen=True, kw_only=True):
    pass


class Tracked(Condition, frozen=True, kw_only=True):
    tracker: Annotated[str, Ref("tracker")]
    case: str | None = None


Family("renewal condition", "kind", Condition, {
    "purchases": Purchases, "visits": Visits, "points_earned": PointsEarned, "tracker": Tracked,
})  # fmt: skip


class Renewal(msgspec.Struct, frozen=True):
    conditions: tuple[Condition, ...]
    require: str = "any"


class TierLife(msgspec.Struct, frozen=True, kw_only=True):
    """`lasts` where the validity is a fixed duration. Without `renewal` the tier ends on its day."""

    lasts: Duration | None = None
    then: Literal["one_below", "eligible", "lowest"] = "one_below"
    renewal: Renewal | None = None


class Validity(msgspec.Struct, frozen=True, kw_only=True):
    """How long tiers last; tiers that are not named in `tiers` have no end."""

    tiers: dict[TierName, TierLife]
    daily_check: bool = False
    validate_on_return: bool = False
    extend_points: bool = False


class FixedDuration(Validity, frozen=True, kw_only=True):
    extension: Literal["one_month", "same_again", "from_day"] = "same_again"
    from_day: YearDay | None = None


class RegistrationDate(Validity, frozen=True, kw_only=True):
    at_least: Duration | None = None


class FixedDate(Validity, frozen=True, kw_only=True):
    day: YearDay
    at_least: Duration | None = None


Family("validity", "kind", Validity, {
    "fixed_duration": FixedDuration, "registration_date": RegistrationDate, "fixed_date": FixedDate,
})  # fmt: skip
TIERS_MAX = 20
CRITERIA_MAX = 3
MONTHS = Range(1, 120)
