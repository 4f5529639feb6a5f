"""A member shows with a code that a redemption is his: check, send, redeem."""

from __future__ import annotations

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.codes import code_of
from tests.support.server import Server
from tests.support.shop import Member
from tests.support.till import Json, Till

NOON = "2024-06-03T12:00:00+05:30"


def _redeemable(till: Till, member: Member, points: int, **query: object) -> int:
    answer = till.get("/v1.1/points/isredeemable", mobile=member.mobile, points=points, format="json", **query).ok()
    code: int = answer["response"]["points"]["redeemable"]["item_status"]["code"]
    return code


@pytest.mark.story("14-points-v1/01", "14-points-v1/02", "14-points-v1/03")
def test_check_then_code_then_redemption(server: Server, make_organization: MakeOrganization) -> None:
    till = make_organization(config={"EARNEST_REDEMPTION_NEEDS_CODE": True}).till.at(NOON)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    assert shop.ask_to_redeem(till, member, 60)["item_status"]["code"] == 808
    assert _redeemable(till, member, 60) == 800
    sent = till.get("/v1.1/points/validationcode", mobile=member.mobile, points=60, format="json").ok()
    assert sent["response"]["validation_code"]["code"]["item_status"]["code"] == 200
    code = code_of(server, member.id)
    redeemed: Json = shop.redeem(till, member, 60, validation_code=code)
    assert redeemed["side_effects"]["effect"][0]["validation_code"] == code
    assert (redeemed["balance"], shop.points_of(till, member)) == (40, 40)
    # It was good for one redemption: neither a check nor another redemption takes it.
    assert _redeemable(till, member, 60, validation_code=code) == 808
    assert shop.ask_to_redeem(till, member, 60, validation_code=code)["item_status"]["code"] == 808
    history = till.get("/v1.1/customer/redemptions", mobile=member.mobile, format="json").ok()
    (point,) = history["response"]["customer"]["redemptions"]["points"]["point"]
    assert (point["redemption_id"], point["validation_code"]) == (redeemed["redemption_id"], "")


@pytest.mark.story("14-points-v1/02")
def test_the_check_sends_the_code_itself(server: Server, client: Till) -> None:
    till = client.at(NOON)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    assert _redeemable(till, member, 60, issue_otp="true") == 800
    assert shop.redeem(till, member, 60, validation_code=code_of(server, member.id))["balance"] == 40
    # What cannot be redeemed any more is sent no code.
    assert _redeemable(till, member, 60, issue_otp="true") == 818
