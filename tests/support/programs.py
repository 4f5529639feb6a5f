"""Programmes of the tests, as changes of the demo's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from earnest.demo.programs import DEMO_REWARDS_ID
from earnest.engine.program.model import (
    Award,
    CriterionKind,
    Expiry,
    ExpiryBase,
    ExpiryUnit,
    Formula,
    Percentage,
    PerTier,
    Program,
    Redemption,
    Rounding,
    Tier,
    TierUpgrade,
)

TIME_ZONE = "Asia/Kolkata"


def demo_rewards(time_zone: str) -> Program:
    """What the demo's document stands for: 10/12/15 % of the net bill in Silver, Gold (10,000 purchases) and Platinum.

    Points expire after 12 months, at the end of the month; one point is worth 1 unit of the currency.
    """
    return Program(
        id=DEMO_REWARDS_ID,
        name="Demo Rewards",
        version=1,
        description="Earn 10, 12 or 15 % of what you pay",
        time_zone=time_zone,
        tiers=(
            Tier(1, "Silver", "Where everybody starts"),
            Tier(2, "Gold", "From 10,000 lifetime purchases"),
            Tier(3, "Platinum", "From 30,000 lifetime purchases"),
        ),
        upgrade=TierUpgrade(CriterionKind.LIFETIME_PURCHASES, {2: Decimal(10_000), 3: Decimal(30_000)}),
        awards=(
            Award(
                id=1,
                name="Share of the net bill",
                formula=Percentage(PerTier(by_tier={1: Decimal(10), 2: Decimal(12), 3: Decimal(15)})),
            ),
        ),
        expiry=Expiry(id=1, base=ExpiryBase.EVENT_DATE, unit=ExpiryUnit.MONTHS, value=PerTier(same=Decimal(12))),
        redemption=Redemption(),
        rounding=Rounding(decimals=2),
        points_currency_ratio=Decimal(1),
    )


def demo_with(**changes: Any) -> Program:
    """The demo's programme with other values: 10, 12, 15 % of the bill; Gold from 10,000, Platinum from 30,000."""
    return replace(demo_rewards(TIME_ZONE), **changes)


def same(value: int | str) -> PerTier:
    """One value for all tiers."""
    return PerTier(same=Decimal(value))


def per_tier(*values: int | str) -> PerTier:
    """A value for each tier from the lowest."""
    return PerTier(by_tier={serial: Decimal(value) for serial, value in enumerate(values, 1)})


def award(award_id: int, formula: Formula, **fields: Any) -> Award:
    return Award(id=award_id, name=f"Award {award_id}", formula=formula, **fields)


def percent(*values: int | str) -> Percentage:
    """A share of the amount: the same for all tiers, or one for each."""
    return Percentage(same(values[0]) if len(values) == 1 else per_tier(*values))
