"""The programme as a value: what the engine judges by. Immutable; a change is a new version.

Shapes follow `domain/points.md` sections 4, 7, 8 and `domain/tiers.md` section 2. Amounts are in base currency, points
in points, percentages as written (10 means 10 %), tiers are serials from 1 (lowest).
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

POINTS = "POINTS"
BASE_TIER = 1


class PerTier(msgspec.Struct, frozen=True, omit_defaults=True):
    """One value for all tiers (`same`), or one for each tier serial; a tier without a value counts as 0."""

    same: Decimal | None = None
    by_tier: dict[int, Decimal] = {}

    def of(self, tier: int) -> Decimal:
        return self.same if self.same is not None else self.by_tier.get(tier, Decimal(0))


class Fixed(msgspec.Struct, frozen=True, tag="FIXED", tag_field="type"):
    """`points` whatever the amount; nothing on a negative amount."""

    points: PerTier


class Percentage(msgspec.Struct, frozen=True, tag="PRORATED", tag_field="type"):
    """`percent` of the base amount."""

    percent: PerTier


class Step(msgspec.Struct, frozen=True, tag="STEP", tag_field="type"):
    """`points` for each full `step` of the base amount (`partial` CEIL: for each begun one)."""

    points: PerTier
    step: Decimal
    partial: Literal["FLOOR", "CEIL"] = "FLOOR"


Formula = Fixed | Percentage | Step


class ActionRounding(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rounding of one allocation action, before caps and the programme's own rounding (points.md 4.8)."""

    type: Literal["ACTUAL", "FLOOR", "ROUND"] = "ACTUAL"
    decimals: int = 0


class RoundingMethod(StrEnum):
    CEILING = "CEILING"
    FLOOR = "FLOOR"
    HALF_UP = "HALF_UP"
    HALF_DOWN = "HALF_DOWN"
    HALF_EVEN = "HALF_EVEN"


class Rounding(msgspec.Struct, frozen=True, omit_defaults=True):
    """The programme's rounding of points: 0..3 decimals."""

    decimals: int = 3
    method: RoundingMethod = RoundingMethod.HALF_UP


class ExpiryBase(StrEnum):
    EVENT_DATE = "EVENT_DATE"
    ROLLING_EVENT_DATE = "ROLLING_EVENT_DATE"
    MEMBERSHIP = "MEMBERSHIP"
    REGISTRATION_DATE = "REGISTRATION_DATE"
    FIXED_DATE = "FIXED_DATE"


class ExpiryUnit(StrEnum):
    DAYS = "DAYS"
    MONTHS = "MONTHS"
    DATE = "DATE"
    NEVER = "NEVER"


class Expiry(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a lot expires (points.md 7.1, 7.2).

    `value` holds days or months per tier; `date` is `YYYY-MM-DD` for unit DATE and `MM-DD` for base FIXED_DATE.
    """

    id: int = 0
    base: ExpiryBase = ExpiryBase.EVENT_DATE
    unit: ExpiryUnit = ExpiryUnit.NEVER
    value: PerTier = PerTier()
    date: str | None = None


class Level(StrEnum):
    BILL = "BILL"
    LINE = "LINE"


class Award(msgspec.Struct, frozen=True, omit_defaults=True):
    """One allocation action of the programme's own workflow, under a condition that is always true.

    `level` LINE awards once per bill line on the line's net amount. `min_amount`: least net bill amount. `activity` is
    the event that it belongs to; awards of `SlabUpgrade` run once per tier change, at the new tier.
    """

    id: int
    name: str
    formula: Formula
    activity: Literal["TransactionAdd", "CustomerRegistration", "SlabUpgrade"] = "TransactionAdd"
    level: Level = Level.BILL
    min_amount: Decimal | None = None
    rounding: ActionRounding = ActionRounding()
    expiry: Expiry | None = None


class Tier(msgspec.Struct, frozen=True, omit_defaults=True):
    serial: int
    name: str
    description: str = ""


class UpgradeMode(StrEnum):
    LAZY = "LAZY"
    EAGER = "EAGER"
    DYNAMIC = "DYNAMIC"


class CriterionKind(StrEnum):
    CURRENT_POINTS = "CURRENT_POINTS"
    LIFETIME_POINTS = "LIFETIME_POINTS"
    LIFETIME_PURCHASES = "LIFETIME_PURCHASES"


class TierUpgrade(msgspec.Struct, frozen=True, omit_defaults=True):
    """How members rise (tiers.md 3): one criterion, a threshold per tier serial >= 2; a value >= threshold
    qualifies."""

    criterion: CriterionKind
    thresholds: dict[int, Decimal]
    mode: UpgradeMode = UpgradeMode.LAZY


class TierValidity(msgspec.Struct, frozen=True, omit_defaults=True):
    """FIXED_DURATION validity (tiers.md 5): months per tier serial; a serial that is missing never expires."""

    months: dict[int, int] = {}
    daily_check: bool = False


class Redemption(msgspec.Struct, frozen=True, omit_defaults=True):
    """Conditions of a redemption (points.md 8.1); None means no condition."""

    min_points: PerTier | None = None
    max_points: PerTier | None = None
    balance_required: PerTier | None = None
    multiple_of: PerTier | None = None
    lifetime_points_required: PerTier | None = None
    lifetime_purchases_required: PerTier | None = None


class Program(msgspec.Struct, frozen=True):
    """One immutable version of a programme. `redemption` None: points of this programme cannot be redeemed at all."""

    id: int
    name: str
    version: int
    tiers: tuple[Tier, ...]
    awards: tuple[Award, ...]
    time_zone: str
    description: str = ""
    is_default: bool = True
    upgrade: TierUpgrade | None = None
    validity: TierValidity = TierValidity()
    expiry: Expiry = Expiry()
    redemption: Redemption | None = Redemption()
    rounding: Rounding = Rounding()
    points_currency_ratio: Decimal = Decimal(1)
    currency_decimals: int = 2
    points_return_enabled: bool = True
    negative_balance_on_return: bool = False

    def tier(self, serial: int) -> Tier:
        return self.tiers[serial - 1]
