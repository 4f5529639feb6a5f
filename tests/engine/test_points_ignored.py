"""A sale that counts but brings no points (domain/points.md 4.9)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from earnest.engine.evaluate import evaluate
from earnest.engine.events import TransactionAdd
from earnest.engine.outcome import ChangeTier, CountPurchase, OpenLot, Outcome
from earnest.engine.party import Enrolment, HolderKind, LoyaltyType, Party
from earnest.engine.program.model import (
    Award,
    CriterionKind,
    Fixed,
    Percentage,
    PerTier,
    Program,
    Tier,
    TierUpgrade,
    UpgradeMode,
)

AT = datetime(2025, 3, 1, 12, tzinfo=UTC)


def sale(criterion: CriterionKind, mode: UpgradeMode, *, issues_points: bool) -> Outcome:
    """A bill of 1,000 in a programme of 10 % whose second tier begins at 50 (points) or 500 (purchases)."""
    threshold = Decimal(500) if criterion is CriterionKind.LIFETIME_PURCHASES else Decimal(50)
    bonus = Award(id=2, name="Bonus", formula=Fixed(PerTier(same=Decimal(7))), activity="SlabUpgrade")
    program = Program(
        id=1,
        name="Ten per cent",
        version=1,
        tiers=(Tier(1, "Base"), Tier(2, "Upper")),
        awards=(Award(id=1, name="Share", formula=Percentage(PerTier(same=Decimal(10)))), bonus),
        time_zone="UTC",
        upgrade=TierUpgrade(criterion, {2: threshold}, mode),
    )
    party = Party(
        holder_id=1,
        kind=HolderKind.CUSTOMER,
        loyalty_type=LoyaltyType.LOYALTY,
        registered_at=AT,
        enrolments={1: Enrolment(program_id=1, enrolled_at=AT, tier=1, tier_since=AT, tier_expires_at=None)},
    )
    event = TransactionAdd(at=AT, bill_id=5, bill_number="STAFF-1", amount=Decimal(1_000), issues_points=issues_points)
    return evaluate({1: program}, party, event, AT)


@pytest.mark.parametrize("mode", list(UpgradeMode))
def test_purchases_count_and_lift_the_tier_while_no_award_brings_points(mode: UpgradeMode) -> None:
    outcome = sale(CriterionKind.LIFETIME_PURCHASES, mode, issues_points=False)
    assert [type(effect) for effect in outcome.effects] == [CountPurchase, ChangeTier]
    (decision,) = outcome.decisions
    assert (decision.tier_before, decision.tier_after, decision.why) == (1, 2, "POINTS_IGNORED")
    assert decision.awards
    assert {award.points for award in decision.awards} == {Decimal(0)}


@pytest.mark.parametrize("mode", list(UpgradeMode))
def test_a_tier_that_is_reached_by_points_is_not_reached(mode: UpgradeMode) -> None:
    outcome = sale(CriterionKind.LIFETIME_POINTS, mode, issues_points=False)
    assert [type(effect) for effect in outcome.effects] == [CountPurchase]


@pytest.mark.parametrize("criterion", [CriterionKind.LIFETIME_PURCHASES, CriterionKind.LIFETIME_POINTS])
def test_the_same_sale_with_points_has_lots_and_the_bonus_of_the_tier(criterion: CriterionKind) -> None:
    outcome = sale(criterion, UpgradeMode.LAZY, issues_points=True)
    opened = [effect.lot.quantity for effect in outcome.effects if isinstance(effect, OpenLot)]
    assert sorted(opened) == [Decimal(7), Decimal(100)]
    assert outcome.decisions[0].why is None
