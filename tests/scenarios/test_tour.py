"""The guided tour as a story: what the member sees after each step."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Till


@pytest.mark.story("06-transaction-v2/01", "13-points-v2/03", "02-customer-v2/05")
def test_a_member_earns_rises_redeems_and_takes_a_bill_back(client: Till) -> None:
    till = client.at("2025-03-03T10:00:00+05:30")
    member = shop.register(till, firstName="Asha", lastName="Rao")
    assert shop.points_of(till, member) == 0
    assert shop.tier_of(till, member) == "Silver"

    first = shop.sell(till, member, 4_000)
    assert (first.points, first.tiers) == (400, [])
    assert first.body["customerInfo"] == {"firstName": "Asha", "lastName": "Rao"}
    assert shop.points_of(till, member) == 400

    # 11,000 in all: Gold, but this bill still earned in Silver.
    second = shop.sell(till, member, 7_000)
    assert (second.points, second.tiers) == (700, [("Silver", "Gold")])
    assert shop.points_of(till, member) == 1_100
    assert shop.tier_of(till, member) == "Gold"

    third = shop.sell(till, member, "2500.50")
    assert (third.points, third.tiers) == (Decimal("300.06"), [])
    assert shop.points_of(till, member) == Decimal("1400.06")

    redeemed = shop.redeem(till, member, 350, transaction_number=third.number)
    assert redeemed["redeemed_value"] == 350
    assert redeemed["balance"] == Decimal("1050.06")
    assert redeemed["side_effects"]["effect"][0]["redeemed_on_bill_id"] == third.id
    assert shop.points_of(till, member) == Decimal("1050.06")

    back = shop.take_back(till, member, third)
    assert (back.points, back.warnings) == (Decimal("-300.06"), [])
    assert shop.points_of(till, member) == 750

    summary = shop.summary_of(till, member)
    assert summary["lifetimePoints"] == 1_100
    assert summary["redeemed"] == 350
    assert summary["returned"] == Decimal("300.06")
    assert summary["expired"] == 0
    assert summary["loyaltyPoints"] == 750
    assert summary["cumulativePurchases"] == 11_000
    assert (summary["currentSlab"], summary["slabSNo"]) == ("Gold", 2)
    assert (summary["nextSlab"], summary["nextSlabSerialNumber"]) == ("Platinum", 3)


def test_every_till_of_the_organisation_serves_the_member(organization: Organization) -> None:
    now = "2025-03-03T10:00:00+05:30"
    till, neighbour, other_store = (each.at(now) for each in organization.tills)
    member = shop.register(till)
    sale = shop.sell(neighbour, member, 1_200)
    shop.sell(other_store, member, 300)
    assert [shop.points_of(each, member) for each in (till, neighbour, other_store)] == [150, 150, 150]
    shop.take_back(other_store, member, sale)
    shop.redeem(neighbour, member, 30)
    assert [shop.points_of(each, member) for each in (till, neighbour, other_store)] == [0, 0, 0]
