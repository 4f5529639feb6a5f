"""The programme that a new organisation begins with, so that it works at once; it is its own from then on."""

from __future__ import annotations

from decimal import Decimal

from earnest.engine.program.model import (
    Award,
    Expiry,
    ExpiryBase,
    ExpiryUnit,
    Percentage,
    PerTier,
    Program,
    Redemption,
    Rounding,
    Tier,
)

STARTER_ID = 1


def starter_program(time_zone: str, currency_decimals: int) -> Program:
    """One tier; 1 % of the net bill as points, worth 1 unit of the currency each, for 12 months to the end of the month."""
    return Program(
        id=STARTER_ID,
        name="Starter",
        version=1,
        description="Earn 1 % of what you pay",
        time_zone=time_zone,
        tiers=(Tier(1, "Member", "Everybody"),),
        awards=(Award(id=1, name="1 % of the net bill", formula=Percentage(PerTier(same=Decimal(1)))),),
        expiry=Expiry(id=1, base=ExpiryBase.EVENT_DATE, unit=ExpiryUnit.MONTHS, value=PerTier(same=Decimal(12))),
        redemption=Redemption(),
        rounding=Rounding(decimals=2),
        points_currency_ratio=Decimal(1),
        currency_decimals=currency_decimals,
    )
