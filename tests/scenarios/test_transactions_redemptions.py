"""Redemptions that a bill names are its redemptions from then on."""

from __future__ import annotations

from functools import partial

import pytest

from tests.support import shop
from tests.support.shop import Member
from tests.support.till import Json, Till

NOW = "2025-09-10T12:00:00+05:30"


@pytest.fixture
def till(client: Till) -> Till:
    return client.at(NOW)


@pytest.fixture
def member(till: Till) -> Member:
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    return member


def history(till: Till, member: Member) -> list[Json]:
    """The member's redemptions, the latest first."""
    answer = till.get("/v1.1/customer/redemptions", mobile=member.mobile, format="json").body
    found: list[Json] = answer["response"]["customer"]["redemptions"]["points"]["point"]
    return found


def ids_of(till: Till, member: Member) -> list[int]:
    return [point["id"] for point in history(till, member)]


def add_v1(till: Till, member: Member, *names: object) -> Json:
    named = {"points_redemptions": {"id": [str(name) for name in names]}}
    item = {"type": "regular", "number": shop.new_number(), "amount": "100", "customer": {"mobile": member.mobile}}
    body = {"root": {"transaction": [item | {"redemptions": named}]}}
    answer = till.post("/v1.1/transaction/add", body, format="json").body
    (added,) = answer["response"]["transactions"]["transaction"]
    return added


@pytest.mark.story("06-transaction-v2/01", "01-customer-v1/07", "14-points-v1/03")
def test_a_redemption_made_before_the_bill_gets_the_bill_that_names_it(till: Till, member: Member) -> None:
    number = shop.new_number()
    shop.redeem(till, member, 10)
    shop.redeem(till, member, 20, transaction_number=number)
    assert {point["bill_id"] for point in history(till, member)} == {"-1"}
    sold = shop.sell(
        till,
        member,
        500,
        number=number,
        redemptions={"pointsRedemptions": ids_of(till, member), "couponRedemptions": []},
    )
    assert sold.warnings == []
    seen = [(point["bill_id"], point["transaction_number"]) for point in history(till, member)]
    assert seen == [(str(sold.id), number)] * 2
    assert shop.points_of(till, member) == 120


@pytest.mark.story("06-transaction-v2/01", "05-transaction-v1/01")
def test_what_cannot_be_tied_is_a_remark_and_the_bill_is_stored(till: Till, member: Member) -> None:
    other = shop.register(till)
    shop.sell(till, other, 1_000)
    shop.redeem(till, other, 5)
    (foreign,) = ids_of(till, other)
    shop.redeem(till, member, 10, transaction_number="another bill")
    (promised,) = ids_of(till, member)
    sold = shop.sell(
        till, member, 100, redemptions={"pointsRedemptions": [foreign, promised, 1], "couponRedemptions": [7]}
    )
    assert sold.warnings == [750] * 4
    assert sold.points == 10
    messages = [warning["message"] for warning in sold.body["warnings"]]
    assert messages[0] == f"redemption update failed: {foreign}"
    assert history(till, other)[0]["bill_id"] == "-1"
    assert (history(till, member)[0]["bill_id"], history(till, member)[0]["transaction_number"]) == (
        "-1",
        "another bill",
    )
    added = add_v1(till, member, foreign)
    assert (added["item_status"]["code"], added["item_status"]["message"].count("not redeemed")) == (600, 1)


@pytest.mark.story("05-transaction-v1/01", "01-customer-v1/07")
def test_v1_names_a_redemption_by_id_or_by_code_and_only_one_bill_gets_it(till: Till, member: Member) -> None:
    by_code = shop.redeem(till, member, 10)["redemption_id"]
    shop.redeem(till, member, 10)
    by_id = ids_of(till, member)[0]
    first = add_v1(till, member, by_code, by_id)
    assert first["item_status"]["message"] == "Transaction added successfully"
    assert {point["bill_id"] for point in history(till, member)} == {str(first["id"])}
    second = add_v1(till, member, by_code)
    assert second["item_status"]["message"].endswith("Points or coupons are not redeemed for this transaction.")
    assert {point["bill_id"] for point in history(till, member)} == {str(first["id"])}


@pytest.mark.story("06-transaction-v2/01")
def test_of_bills_that_name_one_redemption_together_one_gets_it(till: Till, member: Member) -> None:
    shop.redeem(till, member, 10)
    named = {"pointsRedemptions": ids_of(till, member), "couponRedemptions": []}
    sold = shop.at_once([partial(shop.sell, till, member, 10, redemptions=named) for _ in range(10)])
    tied = [one for one in sold if not one.warnings]
    assert len(tied) == 1
    assert [one.warnings for one in sold].count([750]) == 9
    assert history(till, member)[0]["bill_id"] == str(tied[0].id)


@pytest.mark.story("06-transaction-v2/02")
def test_bills_sent_together_name_their_redemptions(till: Till, member: Member) -> None:
    shop.redeem(till, member, 10)
    named = {"pointsRedemptions": ids_of(till, member), "couponRedemptions": []}
    of = {"identifierType": "mobile", "identifierValue": member.mobile, "source": "INSTORE"}
    answer = till.post("/v2/transactions/bulk", [shop.sale(100, redemptions=named) | of for _ in range(2)]).body
    first, second = answer["response"]
    assert [len(first["warnings"]), len(second["warnings"])] == [0, 1]
    assert (first["result"]["redemptions"], second["result"]["redemptions"]) == (named, named)
    assert history(till, member)[0]["bill_id"] == str(first["entityId"])
    nobody = shop.sale(5, redemptions=named) | {"type": "NOT_INTERESTED"}
    kept = till.post("/v2/transactions", nobody, source="INSTORE").ok()
    assert [warning["code"] for warning in kept["warnings"]] == [750]


def test_a_bill_names_at_most_a_hundred(till: Till, member: Member) -> None:
    body = shop.sale(100, redemptions={"pointsRedemptions": list(range(101))})
    assert shop.send(till, member, body).code == 400
    stranger = Member(0, shop.new_mobile())
    assert add_v1(till, stranger, *range(101))["item_status"]["code"] == 400
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": stranger.mobile}
    assert till.get("/v2/customers/lookup", **named).code in (8013, 8015)
