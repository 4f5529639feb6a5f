"""Rising through the tiers: what a bill earns on the way, and what the member is told."""

from __future__ import annotations

from decimal import Decimal

from earnest.engine.program.model import (
    CriterionKind,
    Fixed,
    TierUpgrade,
    TierValidity,
    UpgradeMode,
)
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.programs import award, demo_with, per_tier, percent
from tests.support.till import Till

NOW = "2025-04-15T12:00:00+05:30"
THRESHOLDS = {2: Decimal(10_000), 3: Decimal(30_000)}


def test_each_tier_earns_its_own_share(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    almost = shop.sell(till, member, "9999.99")
    assert (almost.points, almost.tiers) == (1_000, [])

    # A cent is worth no point, and reaches the threshold all the same.
    cent = shop.sell(till, member, "0.01")
    assert (cent.points, cent.tiers) == (0, [("Silver", "Gold")])

    gold = shop.sell(till, member, 1_000)
    assert (gold.points, gold.tiers) == (120, [])
    top = shop.sell(till, member, 19_000)
    assert (top.points, top.tiers) == (2_280, [("Gold", "Platinum")])
    platinum = shop.sell(till, member, 1_000)
    assert (platinum.points, platinum.tiers) == (150, [])

    summary = shop.summary_of(till, member)
    assert summary["loyaltyPoints"] == 1_000 + 120 + 2_280 + 150
    assert summary["cumulativePurchases"] == 31_000
    assert (summary["currentSlab"], summary["slabSNo"]) == ("Platinum", 3)
    assert (summary["nextSlab"], summary["nextSlabSerialNumber"], summary["nextSlabDescription"]) == ("", -1, "")


def test_one_bill_may_lift_a_member_over_two_tiers(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 30_000)
    assert (sale.points, sale.tiers) == (3_000, [("Silver", "Platinum")])
    assert shop.sell(till, member, 100).points == 15


def test_the_gap_to_the_next_tier_shrinks_with_each_bill(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 4_000)
    (program,) = shop.details_of(till, member, gapToUpgrade=30)["loyaltyProgramDetails"]
    (strategy,) = program["upgradeStrategies"]
    assert strategy["upgradeBasedOn"] == "CUMULATIVE_PURCHASES"
    assert strategy["upgradeThreshold"] == 10_000
    values = strategy["customerUpgradeEntityValues"]
    assert values == {"currentValue": 4_000, "gapToUpgrade": 6_000, "valueValidUpto": "2025-05-15"}


def test_an_eager_programme_upgrades_before_it_awards(make_organization: MakeOrganization) -> None:
    upgrade = TierUpgrade(CriterionKind.LIFETIME_PURCHASES, THRESHOLDS, UpgradeMode.EAGER)
    till = make_organization(program=demo_with(upgrade=upgrade)).till.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 10_000)
    assert (sale.points, sale.tiers) == (1_200, [("Silver", "Gold")])


def test_a_dynamic_programme_cuts_the_bill_at_the_threshold(make_organization: MakeOrganization) -> None:
    upgrade = TierUpgrade(CriterionKind.LIFETIME_PURCHASES, THRESHOLDS, UpgradeMode.DYNAMIC)
    till = make_organization(program=demo_with(upgrade=upgrade)).till.at(NOW)
    member = shop.register(till)
    assert shop.sell(till, member, 9_000).points == 900
    # 1,000 at 10 %, then 2,500 at 12 %.
    sale = shop.sell(till, member, 3_500)
    assert (sale.points, sale.tiers) == (400, [("Silver", "Gold")])


def test_tiers_may_rise_with_points_and_bring_a_bonus(make_organization: MakeOrganization) -> None:
    program = demo_with(
        upgrade=TierUpgrade(CriterionKind.LIFETIME_POINTS, {2: Decimal(500), 3: Decimal(5_000)}),
        awards=(
            award(1, percent(10, 20, 30)),
            award(2, Fixed(per_tier(0, 75, 150)), activity="SlabUpgrade"),
        ),
    )
    till = make_organization(program=program).till.at(NOW)
    member = shop.register(till)
    assert shop.sell(till, member, 4_990).points == 499
    sale = shop.sell(till, member, 10)
    assert (sale.points, sale.tiers) == (76, [("Silver", "Gold")])
    assert shop.points_of(till, member) == 575
    assert shop.sell(till, member, 100).points == 20


def test_a_tier_with_a_validity_shows_when_it_ends(make_organization: MakeOrganization) -> None:
    program = demo_with(validity=TierValidity(months={2: 12, 3: 12}, daily_check=True))
    till = make_organization(program=program).till.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 12_000)
    (slab,) = (effect for effect in sale.body["sideEffects"] if effect["type"] == "slab")
    assert slab["slabExpiryDate"] == "15th Apr, 2026"
    assert shop.summary_of(till, member)["slabExpiryDate"] == "2026-04-15T23:59:59+05:30"


def test_a_return_shrinks_the_purchases_and_leaves_the_tier(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 10_500)
    assert sale.tiers == [("Silver", "Gold")]
    back = shop.take_back(till, member, sale)
    assert (back.points, back.tiers) == (-1_050, [])
    summary = shop.summary_of(till, member)
    assert (summary["currentSlab"], summary["cumulativePurchases"]) == ("Gold", 0)
