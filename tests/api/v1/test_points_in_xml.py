"""The v1 endpoints of points in XML (14-points-v1/01, 03), and what their batches share with all others."""

from __future__ import annotations

import pytest

from tests.api.v1.conftest import Spoken
from tests.support import shop
from tests.support.shop import Member
from tests.support.till import Json, Till

REDEEM = "/v1.1/points/redeem"


@pytest.fixture
def member(till: Till) -> Member:
    """300 points."""
    member = shop.register(till)
    shop.sell(till, member, 3_000)
    return member


def redemptions(*items: Json) -> Json:
    return {"root": {"redeem": list(items)}}


def redemption(member: Member, points: Json, **item: Json) -> Json:
    return {"points_redeemed": points, "customer": {"mobile": member.mobile}} | item


def test_one_redemption_answers_an_object(spoken: Spoken, till: Till, member: Member) -> None:
    item = redemption(
        member,
        "40.5",
        notes="at the desk",
        custom_fields={"field": [{"name": "for", "value": "tea"}]},
        redemption_purpose="birthday",
    )
    answer = spoken.post(till, REDEEM, redemptions(item))
    assert answer.body["response"]["status"] == {"success": "true", "code": 200, "message": "Success"}
    points = answer.body["response"]["responses"]["points"]
    assert (points["mobile"], points["points_redeemed"]) == (member.mobile, "40.5")
    assert (float(points["balance"]), float(points["redeemed_value"])) == (259.5, 40.5)
    (effect,) = points["side_effects"]["effect"]
    assert (effect["type"], effect["redeemed_on_bill_id"], effect["case_value"]) == ("points", -1, "false")
    assert points["item_status"] == {"success": "true", "code": 800, "message": "Points Redeemed"}


def test_several_redemptions_are_processed_in_order_each_by_itself(spoken: Spoken, till: Till, member: Member) -> None:
    answer = spoken.post(
        till,
        REDEEM,
        redemptions(
            redemption(member, "200"),
            redemption(member, "200"),
            redemption(member, "ten"),
            redemption(member, "1", group_redemption="perhaps"),
            {"points_redeemed": "1"},
            redemption(member, "100"),
        ),
    )
    items = answer.body["response"]["responses"]["points"]
    assert [item["item_status"]["code"] for item in items] == [800, 818, 801, 400, 889, 800]
    assert items[-1]["balance"] == 0
    assert items[1]["mobile"] == member.mobile and "redemption_id" not in items[1]
    status = answer.body["response"]["status"]
    assert (answer.status, status["success"], status["code"]) == (200, "true", 201)


def test_a_batch_that_failed_as_a_whole_says_500_inside_http_200(spoken: Spoken, till: Till, member: Member) -> None:
    answer = spoken.post(till, REDEEM, redemptions(redemption(member, "0"), redemption(member, "301")))
    status = answer.body["response"]["status"]
    assert (answer.status, status["success"], status["code"]) == (200, "false", 500)


def test_too_large_a_batch_redeems_nothing(spoken: Spoken, till: Till, member: Member) -> None:
    answer = spoken.post(till, REDEEM, redemptions(*(redemption(member, "1") for _ in range(101))))
    assert (answer.status, answer.body["response"]["status"]["code"]) == (400, 1060)
    assert shop.points_of(till, member) == 300


def test_whether_points_can_be_redeemed(spoken: Spoken, till: Till, member: Member) -> None:
    answer = spoken.get(till, "/v1/points/isredeemable", mobile=member.mobile, points="120")
    verdict = answer.body["response"]["points"]["redeemable"]
    assert (verdict["is_redeemable"], float(verdict["points"]), verdict["points_redeem_value"]) == ("true", 120, 120)
    assert verdict["item_status"]["code"] == 800
    answer = spoken.get(till, "/v1.1/points/isredeemable", mobile=member.mobile, points="301")
    verdict = answer.body["response"]["points"]["redeemable"]
    assert (verdict["is_redeemable"], verdict["item_status"]["code"]) == ("false", 818)
    assert answer.body["response"]["status"]["code"] == 500
