"""Programmes of the tests, as changes of the demo's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from earnest.demo.programs import demo_rewards
from earnest.engine.program.model import Award, Formula, Percentage, PerTier, Program

TIME_ZONE = "Asia/Kolkata"


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
