"""How members rise, how long a tier lasts, and what the triggering sale earns."""

# Expectations write whole Decimals as ints.
# mypy: disable-error-code="comparison-overlap"

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from earnest.engine.outcome import Outcome
from earnest.engine.party import LotKind
from earnest.engine.program.model import (
    CriterionKind,
    Expiry,
    ExpiryBase,
    Level,
    Program,
    Step,
    TierUpgrade,
    TierValidity,
    UpgradeMode,
)
from earnest.engine.tiers import Part, parts_between, target_tier, tier_expiry
from tests.engine.life import Life, award, by_tier, fixed, lasting, member, percent, program

PURCHASES = CriterionKind.LIFETIME_PURCHASES
LIFETIME = CriterionKind.LIFETIME_POINTS
CURRENT = CriterionKind.CURRENT_POINTS


def upgrade(
    mode: UpgradeMode = UpgradeMode.LAZY, criterion: CriterionKind = PURCHASES, **thresholds: int
) -> TierUpgrade:
    """`upgrade(t2=1000, t3=3000)`"""
    return TierUpgrade(criterion, {int(name[1:]): Decimal(value) for name, value in thresholds.items()}, mode)


def life_with(*awards: Any, tier: int = 1, purchases: int = 0, earned: int = 0, **changes: Any) -> Life:
    configured: Program = program(*awards, **changes)
    party = member(tier=tier)
    wallet = replace(party.wallets[1], purchases=Decimal(purchases), earned=Decimal(earned))
    return Life(configured, party=replace(party, wallets={1: wallet}))


def parts(outcome: Outcome) -> list[tuple[int, Decimal, Decimal]]:
    return [(award.tier, award.base, award.points) for award in outcome.decisions[0].awards]


SHARE = award(percent(by_tier(t1=10, t2=20, t3=30)))


@pytest.mark.parametrize(
    ("value", "start", "expected"), [(999, 1, 1), (1000, 1, 2), (2999, 1, 2), (3000, 1, 3), (5000, 3, 3), (0, 2, 2)]
)
def test_the_target_is_the_highest_tier_whose_threshold_is_reached(value: int, start: int, expected: int) -> None:
    assert target_tier(upgrade(t2=1000, t3=3000), Decimal(value), start) == expected


@pytest.mark.parametrize(
    ("mode", "points"), [(UpgradeMode.LAZY, 400), (UpgradeMode.EAGER, 600), (UpgradeMode.DYNAMIC, 500)]
)
def test_the_mode_decides_what_the_triggering_sale_earns(mode: UpgradeMode, points: int) -> None:
    """tiers.md 4, the documented example: purchases 14000, threshold 15000, bill 2000, 20 % then 30 %."""
    life = life_with(SHARE, tier=2, purchases=14000, upgrade=upgrade(mode, t2=10000, t3=15000))
    outcome = life.sell(2000)
    assert (outcome.decisions[0].points, life.tier()) == (points, 3)


def test_a_dynamic_sale_is_cut_at_every_threshold_it_crosses() -> None:
    """tiers.md 20.3: 1000 at 10 %, 5000 at 20 %, 2000 at 30 %."""
    life = life_with(SHARE, purchases=9000, upgrade=upgrade(UpgradeMode.DYNAMIC, t2=10000, t3=15000))
    outcome = life.sell(8000)
    assert parts(outcome) == [(1, 1000, 100), (2, 5000, 1000), (3, 2000, 600)]
    assert [(lot.tier_at_award, lot.quantity) for lot in life.party.lots] == [(1, 100), (2, 1000), (3, 600)]
    assert [(c.from_tier, c.to_tier, c.bill_id) for c in life.tier_changes()] == [(1, 3, 1)]


def test_a_threshold_met_by_the_last_unit_leaves_nothing_for_the_higher_tier() -> None:
    life = life_with(SHARE, purchases=600, upgrade=upgrade(UpgradeMode.DYNAMIC, t2=1000))
    assert parts(life.sell(400)) == [(1, 400, 40)]
    assert life.tier() == 2


def test_a_threshold_reached_before_the_sale_lifts_the_member_first() -> None:
    life = life_with(SHARE, purchases=1200, upgrade=upgrade(UpgradeMode.DYNAMIC, t2=1000))
    assert parts(life.sell(100)) == [(2, 100, 20)]


def test_a_points_criterion_cuts_where_the_points_reach_the_threshold() -> None:
    dynamic = upgrade(UpgradeMode.DYNAMIC, LIFETIME, t2=1000)
    life = life_with(SHARE, earned=940, upgrade=dynamic)
    assert parts(life.sell(1000)) == [(1, 600, 60), (2, 400, 80)]
    assert (life.tier(), life.wallet().lifetime) == (2, 1080)


def test_a_points_criterion_needs_points_at_the_tier_to_cut() -> None:
    dynamic = upgrade(UpgradeMode.DYNAMIC, LIFETIME, t2=1000)
    life = life_with(award(percent(by_tier(t2=20))), earned=940, upgrade=dynamic)
    assert parts(life.sell(1000)) == [(1, 1000, 0)]
    assert life.tier() == 1


@pytest.mark.parametrize("formula", [fixed(by_tier(t1=10, t2=50)), Step(by_tier(t1=10, t2=50), Decimal(900))])
def test_what_cannot_be_cut_is_issued_at_the_tier_before(formula: Any) -> None:
    life = life_with(award(formula), purchases=600, upgrade=upgrade(UpgradeMode.DYNAMIC, t2=1000))
    assert parts(life.sell(900)) == [(1, 900, 10)]
    assert life.tier() == 2


def test_lines_share_the_running_value_of_their_bill() -> None:
    lines = award(percent(by_tier(t1=10, t2=20)), level=Level.LINE)
    life = life_with(lines, purchases=700, upgrade=upgrade(UpgradeMode.DYNAMIC, t2=1000))
    outcome = life.sell(600, [200, 250, 150])
    assert [(a.line_id, a.tier, a.base, a.points) for a in outcome.decisions[0].awards] == [
        (1, 1, 200, 20),
        (2, 1, 100, 10),
        (2, 2, 150, 30),
        (3, 2, 150, 30),
    ]


def test_parts_of_a_stretch_go_on_beyond_the_bill_at_its_last_tier() -> None:
    cut = [Part(1, Decimal(100)), Part(2, Decimal(50))]
    assert parts_between(cut, 2, Decimal(80), Decimal(100)) == [(1, 20), (2, 50), (2, 30)]
    assert parts_between(cut, 3, Decimal(150), Decimal(10)) == [(3, 10)]
    assert parts_between(cut, 2, Decimal(10), Decimal(-5)) == []


def test_one_sale_may_skip_a_tier_with_a_single_change() -> None:
    life = life_with(upgrade=upgrade(t2=1000, t3=3000))
    life.sell(3000)
    [change] = life.tier_changes()
    assert (change.from_tier, change.to_tier, change.type, change.cause) == (1, 3, "UPGRADE", "EVENT")
    assert change.values["LIFETIME_PURCHASES"] == 3000
    enrolment = life.party.enrolments[1]
    assert (enrolment.previous_tier, enrolment.upgraded_by_bill, enrolment.tier_since) == (1, 1, life.now)


def test_current_points_count_to_the_last_decimal() -> None:
    life = life_with(award(percent(10)), earned=900, upgrade=upgrade(criterion=CURRENT, t2=1000))
    life.sell("999.99")
    assert (life.tier(), life.wallet().current) == (1, Decimal("999.999"))
    life.sell(1)
    assert life.tier() == 2


def test_points_past_their_expiry_do_not_count_as_current() -> None:
    life = life_with(award(fixed(600)), expiry=lasting(1), upgrade=upgrade(criterion=CURRENT, t2=1000))
    life.sell(1)
    life.wait(days=5)
    life.sell(1)
    assert (life.wallet().current, life.tier()) == (1200, 1)


def test_a_value_that_does_not_rise_lifts_nobody() -> None:
    """Whoever was lowered by hand is not lifted again by a purchase criterion that stood there all along (tiers.md 8)."""
    life = life_with(SHARE, purchases=5000, upgrade=upgrade(t2=1000))
    life.sell(0)
    assert life.tier() == 1


@pytest.mark.parametrize("criterion", [LIFETIME, CURRENT])
def test_an_eager_points_criterion_counts_what_the_old_tier_would_earn(criterion: CriterionKind) -> None:
    eager = upgrade(UpgradeMode.EAGER, criterion, t2=1000, t3=1050)
    life = life_with(SHARE, earned=940, upgrade=eager)
    assert parts(life.sell(600)) == [(2, 600, 120)]
    assert (life.tier(), life.wallet().lifetime) == (2, 1060)


def test_an_upgrade_bonus_may_lift_the_member_once_more() -> None:
    bonus = award(fixed(by_tier(t2=120)), 2, activity="SlabUpgrade")
    life = life_with(award(percent(10)), bonus, earned=50, upgrade=upgrade(criterion=LIFETIME, t2=100, t3=200))
    outcome = life.sell(500)
    assert (outcome.decisions[0].points, life.tier(), life.wallet().lifetime) == (170, 3, 220)
    assert [(lot.kind, lot.quantity, lot.bill_id) for lot in life.party.lots] == [
        (LotKind.BILL_REGULAR, 50, 1),
        (LotKind.BILL_PROMOTION, 120, 1),
    ]
    assert [(c.from_tier, c.to_tier) for c in life.tier_changes()] == [(1, 3)]


def test_an_upgrade_bonus_is_given_once_at_the_tier_that_was_reached() -> None:
    bonus = award(fixed(by_tier(t2=10, t3=30)), 2, activity="SlabUpgrade")
    life = life_with(bonus, upgrade=upgrade(UpgradeMode.EAGER, t2=1000, t3=3000))
    assert life.sell(3500).decisions[0].points == 30
    assert life.sell(3500).decisions[0].points == 0


def test_a_percentage_in_an_upgrade_bonus_is_of_the_bill() -> None:
    bonus = award(percent(by_tier(t2=5)), activity="SlabUpgrade")
    life = life_with(bonus, upgrade=upgrade(t2=1000))
    assert life.sell(2000).decisions[0].points == 100


def test_a_programme_without_upgrade_leaves_tiers_alone() -> None:
    life = life_with(SHARE, purchases=10**6)
    life.sell(10**6)
    assert life.tier() == 1


@pytest.mark.parametrize(
    ("months", "entered", "daily", "month_end"),
    [
        (12, "2024-04-15", "2025-04-15", "2025-04-30"),
        (6, "2026-08-31", "2027-02-28", "2027-02-28"),
        (12, "2020-03-15", "2021-03-15", "2021-03-31"),
        (1, "2026-01-31", "2026-02-28", "2026-02-28"),
    ],
)
def test_a_tier_lasts_some_months_and_in_month_end_mode_to_the_end_of_the_last(
    months: int, entered: str, daily: str, month_end: str
) -> None:
    day = date.fromisoformat(entered)
    for is_daily, expected in ((True, daily), (False, month_end)):
        expires = tier_expiry(program(validity=TierValidity({2: months}, is_daily)), 2, day)
        assert expires == datetime.fromisoformat(f"{expected}T23:59:59+00:00")


def test_the_base_tier_and_tiers_without_validity_never_expire() -> None:
    configured = program(validity=TierValidity({1: 12, 2: 12}))
    assert tier_expiry(configured, 1, date(2026, 1, 1)) is None
    assert tier_expiry(configured, 3, date(2026, 1, 1)) is None


def test_a_further_upgrade_starts_the_months_of_its_own_tier() -> None:
    life = life_with(upgrade=upgrade(t2=1000, t3=2000), validity=TierValidity({2: 12, 3: 6}, daily_check=True))
    life.sell(1000)
    first = life.party.enrolments[1].tier_expires_at
    life.wait(days=100)
    life.sell(1000)
    change = life.tier_changes()[-1]
    assert (change.old_expires_at, change.expires_at) == (first, datetime(2026, 10, 11, 23, 59, 59, tzinfo=UTC))


def test_points_that_last_as_long_as_the_tier_follow_the_tier_they_were_earned_at() -> None:
    life = life_with(
        SHARE,
        upgrade=upgrade(UpgradeMode.EAGER, t2=1000),
        validity=TierValidity({2: 12}, daily_check=True),
        expiry=Expiry(base=ExpiryBase.MEMBERSHIP),
    )
    life.sell(1000)
    assert (
        life.party.lots[0].expires_at
        == life.party.enrolments[1].tier_expires_at
        == datetime(2027, 1, 1, 23, 59, 59, tzinfo=UTC)
    )


def test_a_sale_dated_in_the_future_lifts_as_of_now() -> None:
    life = life_with(upgrade=upgrade(t2=1000), validity=TierValidity({2: 1}, daily_check=True))
    life.sell(1000, at=life.now + timedelta(days=40))
    assert life.party.enrolments[1].tier_since == life.now
    assert life.party.enrolments[1].tier_expires_at == datetime(2026, 2, 1, 23, 59, 59, tzinfo=UTC)


def test_the_record_says_what_was_seen_before() -> None:
    life = life_with(award(fixed(10)), purchases=70, earned=5)
    [decision] = life.sell(30).decisions
    assert decision.seen == {"CURRENT_POINTS": 5, "LIFETIME_POINTS": 5, "LIFETIME_PURCHASES": 70}
    assert (decision.tier_before, decision.tier_after, decision.version) == (1, 1, 1)


def test_a_member_above_his_value_is_not_cut_at_thresholds_below_him() -> None:
    life = life_with(SHARE, tier=3, upgrade=upgrade(UpgradeMode.DYNAMIC, t2=1000, t3=2000))
    assert parts(life.sell(1500)) == [(3, 1500, 450)]
    assert life.tier() == 3


@pytest.mark.parametrize("mode", UpgradeMode)
def test_a_sale_of_nothing_lifts_nobody_in_any_mode(mode: UpgradeMode) -> None:
    life = life_with(SHARE, purchases=5000, upgrade=upgrade(mode, t2=1000))
    life.sell(0)
    assert life.tier() == 1


def test_points_that_last_as_long_as_the_tier_end_with_the_tier_the_member_has() -> None:
    until = datetime(2026, 8, 31, 23, 59, 59, tzinfo=UTC)
    configured = program(
        SHARE, validity=TierValidity({2: 12}, daily_check=True), expiry=Expiry(base=ExpiryBase.MEMBERSHIP)
    )
    life = Life(configured, party=member(tier=2, tier_expires_at=until))
    life.sell(100)
    assert life.party.lots[0].expires_at == until
