"""Taking bills back: how many points go with them, and what happens when they are spent already."""

from __future__ import annotations

from decimal import Decimal

import pytest

from earnest.engine.program.model import Level
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.programs import award, demo_with, percent
from tests.support.till import Json, Till

NOW = "2024-05-06T15:00:00+05:30"


def test_spent_points_of_a_returned_bill_are_taken_from_other_bills(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    first = shop.sell(till, member, 1_200)
    shop.sell(till, member, 1_800)
    # All 120 of the first bill and 10 of the second.
    assert shop.redeem(till, member, 130)["balance"] == 170

    back = shop.take_back(till, member, first)
    assert (back.points, back.warnings) == (-120, [])
    assert shop.points_of(till, member) == 50
    summary = shop.summary_of(till, member)
    assert (summary["redeemed"], summary["returned"], summary["lifetimePoints"]) == (130, 120, 180)


def test_what_no_other_bill_covers_stays_spent_with_a_warning(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    first = shop.sell(till, member, 1_200)
    second = shop.sell(till, member, 1_800)
    shop.redeem(till, member, 130)
    shop.take_back(till, member, first)

    back = shop.take_back(till, member, second)
    assert (back.points, back.warnings) == (-50, [710])
    assert shop.points_of(till, member) == 0
    summary = shop.summary_of(till, member)
    assert (summary["redeemed"], summary["returned"], summary["cumulativePurchases"]) == (130, 170, 0)
    assert shop.sell(till, member, 400).points == 40
    assert shop.points_of(till, member) == 40


def test_a_programme_with_negative_balances_remembers_the_debt(make_organization: MakeOrganization) -> None:
    till = make_organization(program=demo_with(negative_balance_on_return=True)).till.at(NOW)
    member = shop.register(till)
    first = shop.sell(till, member, 1_200)
    second = shop.sell(till, member, 1_800)
    shop.redeem(till, member, 130)
    shop.take_back(till, member, first)

    back = shop.take_back(till, member, second)
    assert (back.points, back.warnings) == (-180, [])
    assert shop.points_of(till, member) == -130
    assert shop.ask_to_redeem(till, member, 1)["item_status"]["code"] == 818

    # Earning pays the debt first.
    assert shop.sell(till, member, 500).points == 50
    assert shop.points_of(till, member) == -80
    assert shop.sell(till, member, 1_000).points == 100
    assert shop.points_of(till, member) == 20
    assert shop.ask_to_redeem(till, member, 21)["item_status"]["code"] == 818
    assert shop.redeem(till, member, 20)["balance"] == 0


def test_a_debt_outlives_the_points_that_would_have_expired(make_organization: MakeOrganization) -> None:
    till = make_organization(program=demo_with(negative_balance_on_return=True)).till
    member = shop.register(till.at(NOW))
    sale = shop.sell(till.at(NOW), member, 1_000)
    shop.redeem(till.at(NOW), member, 100)
    shop.take_back(till.at(NOW), member, sale)
    later = till.at("2027-01-05T12:00:00+05:30")
    assert shop.points_of(later, member) == -100
    shop.sell(later, member, 1_500)
    assert shop.points_of(later, member) == 50


def test_a_return_by_amount_takes_its_share_and_the_last_one_the_rest(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 1_000)
    assert sale.points == 100
    taken = [
        shop.take_back(till, member, sale, "AMOUNT", amount=amount).points for amount in ("333.33", "333.33", "333.34")
    ]
    # Shares are cumulative: 33.333 → 33.33, 66.666 → 66.67, then whatever is left.
    assert taken == [Decimal("-33.33"), Decimal("-33.34"), Decimal("-33.33")]
    assert shop.points_of(till, member) == 0
    assert shop.summary_of(till, member)["cumulativePurchases"] == 0


def test_a_return_by_line_waits_for_the_last_line_with_points_of_the_bill(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    lines = [shop.line("shirt", 900, quantity=3), shop.line("belt", 100)]
    sale = shop.sell(till, member, 1_000, lineItemsV2=lines)
    assert sale.points == 100
    two_shirts = shop.take_back(till, member, sale, "LINE_ITEM", lines=[shop.line("shirt", 600, quantity=2)])
    assert two_shirts.points == 0
    assert shop.summary_of(till, member)["cumulativePurchases"] == 400
    shop.take_back(till, member, sale, "LINE_ITEM", lines=[shop.line("belt", 100)])
    assert shop.points_of(till, member) == 100
    last = shop.take_back(till, member, sale, "LINE_ITEM", lines=[shop.line("shirt", 300)])
    assert last.points == -100
    assert shop.points_of(till, member) == 0


def test_a_return_by_line_takes_the_points_of_that_line(make_organization: MakeOrganization) -> None:
    program = demo_with(awards=(award(1, percent(10), level=Level.LINE), award(2, percent(1))))
    till = make_organization(program=program).till.at(NOW)
    member = shop.register(till)
    lines = [shop.line("shirt", 900, quantity=3), shop.line("belt", 100)]
    sale = shop.sell(till, member, 1_000, lineItemsV2=lines)
    assert sale.points == 110
    one_shirt = shop.take_back(till, member, sale, "LINE_ITEM", lines=[shop.line("shirt", 300)])
    assert one_shirt.points == -30
    # A line without an amount is worth its share of what was paid.
    second = shop.take_back(till, member, sale, "LINE_ITEM", lines=[{"itemCode": "shirt", "qty": 1}])
    assert second.points == -30
    rest = shop.take_back(till, member, sale, "LINE_ITEM", lines=[shop.line("shirt", 300), shop.line("belt", 100)])
    assert rest.points == -50
    assert shop.points_of(till, member) == 0


def test_a_cancelled_line_is_a_return_of_that_line_and_a_cancelled_bill_of_all(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 1_000, lineItemsV2=[shop.line("lamp", 400), shop.line("bulb", 600, quantity=6)])
    shop.take_back(till, member, sale, "CANCELLED", lines=[shop.line("lamp", 400)])
    assert shop.summary_of(till, member)["cumulativePurchases"] == 600
    other = shop.sell(till, member, 300)
    assert shop.take_back(till, member, other, "CANCELLED").points == -30
    assert shop.points_of(till, member) == 100


def test_a_programme_may_leave_the_points_of_returned_bills(make_organization: MakeOrganization) -> None:
    till = make_organization(program=demo_with(points_return_enabled=False)).till.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 1_000)
    assert shop.take_back(till, member, sale).points == 0
    summary = shop.summary_of(till, member)
    assert (summary["loyaltyPoints"], summary["cumulativePurchases"]) == (100, 0)


@pytest.mark.parametrize(
    ("first", "then", "code"),
    [
        ("FULL", "FULL", 633),
        ("FULL", "AMOUNT", 633),
        ("FULL", "LINE_ITEM", 633),
        ("AMOUNT", "FULL", 639),
        ("AMOUNT", "LINE_ITEM", 638),
        ("LINE_ITEM", "FULL", 639),
        ("LINE_ITEM", "AMOUNT", 632),
    ],
)
def test_a_bill_keeps_the_kind_of_its_first_return(client: Till, first: str, then: str, code: int) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 1_000, lineItemsV2=[shop.line("chair", 1_000, quantity=4)])
    fields: dict[str, Json] = {"amount": 250, "lines": [shop.line("chair", 250)]}
    shop.take_back(till, member, sale, first, **fields)
    points = shop.points_of(till, member)
    assert shop.send(till, member, shop.returned(sale, then, **fields)).code == code
    assert shop.points_of(till, member) == points


@pytest.mark.story("06-transaction-v2/01")
def test_no_more_is_returned_than_was_bought(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    by_amount = shop.sell(till, member, 500)
    by_line = shop.sell(till, member, 500, lineItemsV2=[shop.line("mug", 500, quantity=5)])
    shop.take_back(till, member, by_amount, "AMOUNT", amount=400)
    shop.take_back(till, member, by_line, "LINE_ITEM", lines=[shop.line("mug", 300, quantity=3)])

    def refused(sale: shop.Receipt, kind: str, **fields: Json) -> int:
        return shop.send(till, member, shop.returned(sale, kind, **fields)).code

    assert refused(by_amount, "AMOUNT", amount="100.01") == 630
    assert refused(by_line, "LINE_ITEM", lines=[shop.line("mug", 300, quantity=3)]) == 626
    assert refused(by_line, "LINE_ITEM", lines=[shop.line("mug", "200.01", quantity=2)]) == 630
    assert refused(by_line, "LINE_ITEM", lines=[shop.line("jug", 100)]) == 687
    assert shop.points_of(till, member) == 60
    shop.take_back(till, member, by_amount, "AMOUNT", amount=100)
    shop.take_back(till, member, by_line, "LINE_ITEM", lines=[shop.line("mug", 200, quantity=2)])
    assert shop.points_of(till, member) == 0
