"""Config keys that are set through the admin API count with the next bill."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from tests.api.own.admin import Admin
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shop import Member
from tests.support.till import Json, Till

NOW = "2025-06-02T16:00:00+05:30"


@pytest.fixture
def till(organization: Organization) -> Till:
    return organization.till.at(NOW)


@pytest.fixture
def member(till: Till) -> Member:
    return shop.register(till)


def set_(of_organization: Admin, **values: Json) -> None:
    of_organization.patch("config", {"values": values}).ok()


def refusal(till: Till, member: Member, body: Json) -> int:
    answer = shop.send(till, member, body)
    assert answer.status == 400, answer.text
    return answer.code


def test_a_key_counts_from_the_next_bill_on_and_until_it_is_taken_away(
    of_organization: Admin, till: Till, member: Member
) -> None:
    shop.sell(till, member, 500)
    set_(of_organization, CONF_LOYALTY_MAX_BILL_AMOUNT="400")
    assert refusal(till, member, shop.sale(500)) == 601
    set_(of_organization, CONF_LOYALTY_MAX_BILL_AMOUNT=None)
    shop.sell(till, member, 500)


def test_amounts_of_bills_and_lines_have_bounds(of_organization: Admin, till: Till, member: Member) -> None:
    set_(
        of_organization,
        CONF_LOYALTY_MIN_BILL_AMOUNT="10",
        CONF_LOYALTY_MAX_BILL_AMOUNT="1000.50",
        CONF_LOYALTY_MIN_BILL_LINEITEM_AMOUNT="5",
        CONF_LOYALTY_MAX_BILL_LINEITEM_AMOUNT="600",
    )
    for amount in (Decimal("9.99"), Decimal("1000.51"), 0):
        assert refusal(till, member, shop.sale(amount)) == 601
    for line in (Decimal("4.99"), Decimal("600.01")):
        assert refusal(till, member, shop.sale(500, lineItemsV2=[shop.line("SKU", line)])) == 601
    for amount in (10, Decimal("1000.5")):
        shop.sell(till, member, amount, lineItemsV2=[shop.line("SKU", 5), shop.line("SKU", 600)])
    # Returns are of what was sold: their amounts have no bounds.
    sale = shop.sell(till, member, 500)
    shop.take_back(till, member, sale, "AMOUNT", amount=1)


def test_zero_bills_are_refused_where_they_are_not_wanted(of_organization: Admin, till: Till, member: Member) -> None:
    shop.sell(till, member, 0)
    set_(of_organization, CONF_CLIENT_IS_BILL_AMOUNT_ZERO=False)
    assert refusal(till, member, shop.sale(0)) == 601
    shop.sell(till, member, 1)


def test_bill_numbers_match_the_pattern_as_a_whole(of_organization: Admin, till: Till, member: Member) -> None:
    set_(of_organization, CONF_CLIENT_BILL_NO_REGEX="[A-Z]{2}-[0-9]+")
    for number in ("A-1", "AB-", "AB-1x", "xAB-1", "ab-1"):
        assert refusal(till, member, shop.sale(100, number=number)) == 602
    shop.sell(till, member, 100, number="AB-17")


def test_no_pattern_makes_a_bill_number_cost_time(of_organization: Admin, till: Till, member: Member) -> None:
    """Of the kind that takes a backtracking engine longer than anybody lives."""
    set_(of_organization, CONF_CLIENT_BILL_NO_REGEX="(([a-z]*)*)*!")
    started = time.monotonic()
    assert refusal(till, member, shop.sale(100, number="a" * 50)) == 602
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    ("config", "bill"),
    [
        ({"CONF_MARK_ZERO_BILL_AS_OUTLIER": True}, shop.sale(0)),
        ({"MARK_BILLS_OUTLIER_STARTING_WITH": ["TEST-", "X"]}, shop.sale(1_000, number="TEST-1")),
        ({"BILL_OUTLIER_BASKET_SIZE_LIMIT": 1}, shop.sale(200, lineItemsV2=[shop.line("A", 100), shop.line("B", 100)])),
    ],
)
def test_an_outlier_is_stored_and_brings_nothing(
    of_organization: Admin, till: Till, member: Member, config: Json, bill: Json
) -> None:
    set_(of_organization, **config)
    answer = shop.send(till, member, bill)
    assert answer.ok()["sideEffects"] == []
    assert answer.warning_codes == [9611]
    assert shop.points_of(till, member) == 0
    assert refusal(till, member, shop.returned(shop.Receipt(0, bill["billNumber"], {}, None))) == 1121
    shop.sell(till, member, 1_000)
    assert shop.points_of(till, member) == 100


def test_a_line_that_is_an_outlier_makes_the_bill_one_and_is_named(
    of_organization: Admin, till: Till, member: Member
) -> None:
    set_(of_organization, CONF_OUTLIER_ITEM_SKU=["BAG"])
    answer = shop.send(till, member, shop.sale(110, lineItemsV2=[shop.line("BAG", 10), shop.line("SHOE", 100)]))
    assert answer.ok()["sideEffects"] == []
    assert [(warning["code"], warning["message"]) for warning in answer.body["warnings"]] == [
        (9608, "Line item with Item code BAG is marked outlier"),
        (9611, "Transaction is marked as outlier"),
    ]


def test_all_bills_of_a_store_may_be_outliers(
    of_organization: Admin, organization: Organization, till: Till, member: Member
) -> None:
    store_id = of_organization.get("tills").ok()["items"][0]["storeId"]
    code = of_organization.get(f"stores/{store_id}").ok()["code"]
    set_(of_organization, MARK_BILLS_OUTLIER_FROM_STORE=[code])
    assert shop.sell(till, member, 1_000).body["sideEffects"] == []
    assert shop.sell(organization.other_store_till.at(NOW), member, 1_000).points == 100


def test_a_status_that_the_call_states_wins(of_organization: Admin, till: Till, member: Member) -> None:
    set_(of_organization, MARK_BILLS_OUTLIER_STARTING_WITH=["TEST-"])
    assert shop.sell(till, member, 1_000, number="TEST-2", outlierStatus="NORMAL").points == 100


def test_bills_with_an_ignored_prefix_count_and_bring_no_points(
    of_organization: Admin, till: Till, member: Member
) -> None:
    set_(of_organization, IGNORE_POINTS_FOR_BILL_NUMBER_STARTS_WITH=["STAFF-"])
    # Without the switch the prefixes mean nothing.
    assert shop.sell(till, member, 1_000, number="STAFF-1").points == 100
    set_(of_organization, BILL_NUMBER_WISE_IGNORE_POINTS=True)
    ignored = shop.sell(till, member, 9_000, number="STAFF-2")
    assert ignored.points == 0
    assert ignored.tiers == [("Silver", "Gold")]
    assert shop.points_of(till, member) == 100
    # Taking it back takes no points, and the purchases with it.
    shop.take_back(till, member, ignored)
    assert shop.points_of(till, member) == 100
    assert shop.sell(till, member, 1_000, number="X-STAFF-3").points == 120


def test_the_organisation_decides_whether_returns_take_points_back(
    of_organization: Admin, till: Till, member: Member
) -> None:
    set_(of_organization, CONF_POINTS_RETURN_ENABLED=False)
    first = shop.sell(till, member, 1_000)
    shop.take_back(till, member, first)
    assert shop.points_of(till, member) == 100
    set_(of_organization, CONF_POINTS_RETURN_ENABLED=None)
    second = shop.sell(till, member, 1_000)
    shop.take_back(till, member, second)
    assert shop.points_of(till, member) == 100


@pytest.mark.parametrize(("allowed", "left"), [(True, -100), (False, 0)])
def test_the_organisation_decides_whether_a_return_makes_the_balance_negative(
    of_organization: Admin, till: Till, member: Member, allowed: bool, left: int
) -> None:
    set_(of_organization, ALLOW_NEGATIVE_BALANCE_ON_RETURN=allowed)
    sale = shop.sell(till, member, 1_000)
    shop.redeem(till, member, 100)
    shop.take_back(till, member, sale)
    assert shop.summary_of(till, member)["loyaltyPoints"] == left


def test_a_return_of_an_unknown_sale_is_stored_where_that_is_wanted(
    of_organization: Admin, till: Till, member: Member
) -> None:
    shop.sell(till, member, 1_000)
    unknown = shop.Receipt(0, "never-sold", {}, None)
    lines = [shop.line("SKU", 70), shop.line("SKU", 30)]
    assert refusal(till, member, shop.returned(unknown)) == 625
    set_(of_organization, CONF_ALLOW_NOT_EXISTING_BILL_RETURN=True)
    for body in (
        shop.returned(unknown),
        shop.returned(unknown, "AMOUNT", amount=300),
        shop.returned(unknown, "LINE_ITEM", lines=lines),
    ):
        answer = shop.send(till, member, body)
        assert answer.ok()["sideEffects"] == []
        assert answer.warning_codes == [625]
    assert shop.points_of(till, member) == 100
    # The real sale goes back as ever.
    sale = shop.sell(till, member, 1_000)
    shop.take_back(till, member, sale)
    assert shop.points_of(till, member) == 100


def test_the_clock_time_of_a_bill_may_be_the_organisations_own(
    of_organization: Admin, till: Till, member: Member
) -> None:
    def read(bill_id: int) -> str:
        """v1 shows times in the organisation's zone, without offset."""
        answer = till.get("/v1.1/transaction/get", id=bill_id, format="json").ok()
        billed: str = answer["response"]["transactions"]["transaction"][0]["billing_time"]
        return billed

    at = "2025-06-01T10:00:00+07:00"
    converted = shop.sell(till, member, 100, billingDate=at)
    assert read(converted.id) == "2025-06-01 08:30:00"
    set_(of_organization, CONF_ORG_DISABLE_MACHINE_TIME_CONV=True)
    unconverted = shop.sell(till, member, 100, billingDate=at)
    assert read(unconverted.id) == "2025-06-01 10:00:00"
    assert read(shop.sell(till, member, 100, billingDate="2025-06-01T10:00:00").id) == "2025-06-01 10:00:00"
