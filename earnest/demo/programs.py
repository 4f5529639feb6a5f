"""The programme of the demo organisations."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from earnest.engine.program.model import (
    Award,
    CriterionKind,
    Expiry,
    ExpiryBase,
    ExpiryUnit,
    Percentage,
    PerTier,
    Program,
    Redemption,
    Rounding,
    Tier,
    TierUpgrade,
)
from earnest.programs.reading import read_text
from earnest.programs.stored import stored

DEMO_REWARDS_ID = 1


def demo_document() -> bytes:
    """The same as it is stored: the document beside this file."""
    text = Path(__file__).with_name("demo-rewards.yaml").read_bytes()
    return stored(read_text(text)[0].document).encode()


def demo_rewards(time_zone: str) -> Program:
    """ "Demo Rewards": 10/12/15 % of the net bill in Silver, Gold (10,000 lifetime purchases) and Platinum (30,000).

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
