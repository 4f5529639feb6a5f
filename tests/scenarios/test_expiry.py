"""Points run out at the end of their last day, in the organisation's zone; what expires first is spent first."""

from __future__ import annotations

from decimal import Decimal

import pytest

from earnest.engine.program.model import Expiry, ExpiryBase, ExpiryUnit, Fixed
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.programs import award, demo_with, percent, same
from tests.support.shop import Member
from tests.support.till import Till

JANUARY = "2024-01-10T12:00:00+05:30"
MARCH = "2024-03-05T12:00:00+05:30"
JUNE = "2024-06-01T12:00:00+05:30"
# Twelve months later, and what follows.
FIRST_OVER = "2025-02-01T00:00:00+05:30"
SECOND_ENDS = "2025-03-31T23:59:59+05:30"
SECOND_OVER = "2025-04-01T00:00:00+05:30"


def _member_with_two_awards(till: Till) -> Member:
    """100 points to the end of January 2025, 200 to the end of March 2025."""
    member = shop.register(till.at(JANUARY))
    shop.sell(till.at(JANUARY), member, 1_000)
    shop.sell(till.at(MARCH), member, 2_000)
    return member


def test_points_are_gone_twelve_months_later(client: Till) -> None:
    member = _member_with_two_awards(client)
    assert shop.points_of(client.at(JUNE), member) == 300
    assert shop.points_of(client.at("2025-01-31T23:59:59+05:30"), member) == 300
    assert shop.points_of(client.at(FIRST_OVER), member) == 200
    assert shop.points_of(client.at(SECOND_ENDS), member) == 200
    assert shop.points_of(client.at(SECOND_OVER), member) == 0
    # The counter moves with the sweep; what can be spent does not wait for it.
    summary = shop.summary_of(client.at(SECOND_OVER), member)
    assert (summary["loyaltyPoints"], summary["lifetimePoints"]) == (0, 300)


def test_what_expires_first_is_spent_first(client: Till) -> None:
    member = _member_with_two_awards(client)
    assert shop.redeem(client.at(JUNE), member, 150)["balance"] == 150
    # All of the first award and 50 of the second are spent: nothing is left to expire in January.
    assert shop.points_of(client.at(FIRST_OVER), member) == 150
    assert shop.points_of(client.at(SECOND_ENDS), member) == 150
    assert shop.points_of(client.at(SECOND_OVER), member) == 0


def test_points_that_came_later_and_expire_earlier_are_spent_first(client: Till) -> None:
    member = shop.register(client.at(MARCH))
    shop.sell(client.at(MARCH), member, 2_000)
    shop.sell(client.at("2024-03-06T12:00:00+05:30"), member, 1_000, billingDate=JANUARY)
    assert shop.redeem(client.at(JUNE), member, 100)["balance"] == 200
    assert shop.points_of(client.at(FIRST_OVER), member) == 200


@pytest.mark.story("14-points-v1/01", "14-points-v1/03")
def test_expired_points_cannot_be_redeemed(client: Till) -> None:
    member = _member_with_two_awards(client)
    late = client.at(FIRST_OVER)
    asked = late.get("/v1.1/points/isredeemable", mobile=member.mobile, points=201, format="json").body
    assert asked["response"]["points"]["redeemable"]["item_status"]["code"] == 818
    assert shop.ask_to_redeem(late, member, 201)["item_status"]["code"] == 818
    assert shop.redeem(late, member, 200)["balance"] == 0
    assert shop.points_of(late, member) == 0


def test_new_points_come_beside_expired_ones(client: Till) -> None:
    member = _member_with_two_awards(client)
    late = client.at("2025-06-10T09:00:00+05:30")
    assert shop.sell(late, member, 500).points == 50
    assert shop.points_of(late, member) == 50
    assert shop.redeem(late, member, 20)["balance"] == 30
    assert shop.points_of(client.at("2026-06-30T23:59:59+05:30"), member) == 30
    assert shop.points_of(client.at("2026-07-01T00:00:00+05:30"), member) == 0


def test_a_bill_of_expired_points_can_be_returned(client: Till) -> None:
    member = shop.register(client.at(JANUARY))
    sale = shop.sell(client.at(JANUARY), member, 1_000)
    shop.sell(client.at(MARCH), member, 2_000)
    late = client.at(FIRST_OVER)
    assert shop.take_back(late, member, sale).points == -100
    assert shop.points_of(late, member) == 200
    assert shop.summary_of(late, member)["returned"] == 100


def test_points_that_end_in_days_last_through_the_last_one(make_organization: MakeOrganization) -> None:
    ten_days = Expiry(id=1, base=ExpiryBase.EVENT_DATE, unit=ExpiryUnit.DAYS, value=same(10))
    till = make_organization(program=demo_with(expiry=ten_days)).till
    member = shop.register(till.at("2024-02-20T23:30:00+05:30"))
    shop.sell(till.at("2024-02-20T23:30:00+05:30"), member, 1_000)
    assert shop.points_of(till.at("2024-03-01T23:59:59+05:30"), member) == 100
    assert shop.points_of(till.at("2024-03-02T00:00:00+05:30"), member) == 0


def test_a_day_ends_with_the_organisations_zone(make_organization: MakeOrganization) -> None:
    one_day = Expiry(id=1, base=ExpiryBase.EVENT_DATE, unit=ExpiryUnit.DAYS, value=same(1))
    program = demo_with(expiry=one_day, time_zone="America/Los_Angeles")
    organization: Organization = make_organization(program=program, time_zone="America/Los_Angeles", country_code="US")
    till = organization.till
    # The evening of the 9th in California is the 10th in UTC.
    member = shop.register(till.at("2024-07-10T03:00:00+00:00"))
    shop.sell(till.at("2024-07-10T03:00:00+00:00"), member, 1_000)
    assert shop.points_of(till.at("2024-07-11T06:59:59+00:00"), member) == 100
    assert shop.points_of(till.at("2024-07-11T07:00:00+00:00"), member) == 0


def test_points_that_never_expire_are_spent_last(make_organization: MakeOrganization) -> None:
    days = Expiry(id=2, base=ExpiryBase.EVENT_DATE, unit=ExpiryUnit.DAYS, value=same(5))
    never = Expiry(id=1, base=ExpiryBase.EVENT_DATE, unit=ExpiryUnit.NEVER)
    program = demo_with(expiry=never, awards=(award(1, percent(10)), award(2, Fixed(same(40)), expiry=days)))
    till = make_organization(program=program).till
    member = shop.register(till.at(JANUARY))
    assert shop.sell(till.at(JANUARY), member, 1_000).points == 140
    # Were the lasting 100 spent first, 30 would be left now and none after the five days.
    assert shop.redeem(till.at(JANUARY), member, 110)["balance"] == 30
    assert shop.points_of(till.at("2040-01-01T00:00:00+05:30"), member) == 30


def test_a_late_bill_keeps_the_expiry_of_its_day(client: Till) -> None:
    member = shop.register(client.at(JANUARY))
    shop.sell(client.at(MARCH), member, 1_000, billingDate="2024-01-20T10:00:00+05:30")
    assert shop.points_of(client.at(FIRST_OVER), member) == 0
    assert shop.points_of(client.at("2025-01-31T23:59:59+05:30"), member) == Decimal(100)
