"""A call that is sent again changes nothing twice."""

from __future__ import annotations

import pytest

from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Till

NOW = "2024-08-12T18:00:00+05:30"


def test_a_bill_number_is_taken_once(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 700)
    for amount in (700, 900):
        again = shop.send(till, member, shop.sale(amount, number=sale.number))
        assert (again.status, again.code) == (400, 604)
    assert shop.points_of(till, member) == 70
    assert shop.summary_of(till, member)["cumulativePurchases"] == 700


def test_a_bill_number_is_taken_for_every_member_and_till(organization: Organization) -> None:
    tills = [till.at(NOW) for till in organization.tills]
    first, second = shop.register(tills[0]), shop.register(tills[0])
    sale = shop.sell(tills[0], first, 700)
    for till in tills:
        assert shop.send(till, second, shop.sale(700, number=sale.number)).code == 604
    assert shop.points_of(tills[0], second) == 0


def test_a_refused_bill_leaves_its_number_free(client: Till) -> None:
    till = client.at(NOW)
    stranger = shop.Member(0, shop.new_mobile())
    body = shop.sale(700)
    assert shop.send(till, stranger, body).code == 8015
    member = shop.register(till, stranger.mobile)
    shop.send(till, member, body).ok()
    assert shop.points_of(till, member) == 70


def test_a_returned_bill_keeps_its_number(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 700)
    shop.take_back(till, member, sale)
    assert shop.send(till, member, shop.sale(700, number=sale.number)).code == 604


@pytest.mark.story("14-points-v1/03")
def test_a_repeated_reference_answers_the_first_redemption(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 3_000)
    first = shop.redeem(till, member, 120, external_reference_number="checkout-81")
    assert first["balance"] == 180
    shop.redeem(till, member, 50, external_reference_number="checkout-82")
    for points in (120, "120.000"):
        again = shop.redeem(till, member, points, external_reference_number="checkout-81")
        assert again["redemption_id"] == first["redemption_id"]
        assert (again["points_redeemed"], again["redeemed_value"], again["balance"]) == ("120", 120, 180)
    assert shop.points_of(till, member) == 130
    assert shop.summary_of(till, member)["redeemed"] == 170


def test_a_reference_of_another_redemption_is_refused(client: Till) -> None:
    till = client.at(NOW)
    member, other = shop.register(till), shop.register(till)
    shop.sell(till, member, 3_000)
    shop.sell(till, other, 3_000)
    shop.redeem(till, member, 120, external_reference_number="checkout-81")
    more = shop.ask_to_redeem(till, member, 121, external_reference_number="checkout-81")
    assert (more["item_status"]["code"], more["item_status"]["success"]) == (903, "false")
    elsewhere = shop.ask_to_redeem(till, other, 120, external_reference_number="checkout-81")
    assert elsewhere["item_status"]["code"] == 903
    assert shop.points_of(till, member) == 180
    assert shop.points_of(till, other) == 300


def test_a_refused_redemption_leaves_its_reference_free(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 500)
    assert shop.ask_to_redeem(till, member, 60, external_reference_number="r1")["item_status"]["code"] == 818
    shop.sell(till, member, 500)
    assert shop.redeem(till, member, 60, external_reference_number="r1")["balance"] == 40


def test_a_reference_has_no_limit_of_length(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    reference = "x" * 5_000
    first = shop.redeem(till, member, 10, external_reference_number=reference + "1")
    assert shop.redeem(till, member, 10, external_reference_number=reference + "2")["balance"] == 80
    again = shop.redeem(till, member, 10, external_reference_number=reference + "1")
    assert again["redemption_id"] == first["redemption_id"]
    assert shop.points_of(till, member) == 80


@pytest.mark.story("02-customer-v2/01")
def test_a_customer_is_registered_once(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till, firstName="Nisha")
    again = till.post("/v2/customers", shop.customer(member.mobile, firstName="Somebody"))
    assert (again.status, again.code) == (400, 8006)
    assert str(member.id) in again.body["errors"][0]["message"]
    assert shop.details_of(till, member)["profiles"][0]["firstName"] == "Nisha"
