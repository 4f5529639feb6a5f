"""POST /v1.1/points/redeem (14-points-v1/03), in JSON."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.programs import demo_with
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

NOW = "2025-09-09T10:00:00+05:30"
PATH = "/v1.1/points/redeem"
GROUP_BY_PRIMARY_USER = {
    "user_group2_primary_user_source": "INSTORE",
    "user_group2_primary_user_accountId": "",
    "user_group2_primary_user_identifier_type": "mobile",
    "user_group2_primary_user_identifier_value": "919800000000",
}
ITEM = "response.responses.points"
EFFECT = f"{ITEM}.side_effects.effect[]"


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


@pytest.fixture
def member(till: Till) -> Member:
    """300 points."""
    mobile = shop.new_mobile()
    values = {"mobile": mobile, "email": f"{mobile}@mail.example", "externalId": f"E-{mobile}"}
    member = shop.register(till, mobile, identifiers=[{"type": t, "value": v} for t, v in values.items()])
    shop.sell(till, member, 3_000)
    return member


def _redeem(till: Till, body: Json, path: str = PATH, **query: Json) -> Answer:
    return till.post(path, body, **({"format": "json"} | query))


@pytest.mark.parametrize("path", [PATH, "/v1/points/redeem"])
def test_the_answer_has_the_documented_fields(till: Till, member: Member, path: str) -> None:
    sale = shop.sell(till, member, 10)
    body = shop.redemption(
        member,
        "40.5",
        external_reference_number=f"order of {member.mobile}",
        transaction_number=sale.number,
        validation_code="",
        redemption_time="2025-09-08 21:00:00",
        redemption_purpose="birthday",
        notes="paid at the desk",
        till_id=till.username,
        group_redemption=False,
        custom_fields={"field": [{"name": "desk", "value": "3"}]},
    )
    answer = _redeem(till, body, path, skip_validation="false", program_id=1, validation_type="SMS")
    assert answer.status == 200
    assert shape(answer.body) == (
        fields("object", "response", "response.status", "response.responses", ITEM)
        | fields("object", "side_effects", "item_status", at=ITEM)
        | fields("string", "success", "message", at="response.status")
        | fields("number", "code", at="response.status")
        | fields("string", "mobile", "email", "external_id", "user_id", "redemption_id", at=ITEM)
        | fields("string", "points_redeemed", "redemption_purpose", at=ITEM)
        | fields("number", "redeemed_value", "redeemed_local_value", "balance", at=ITEM)
        | fields("array", "side_effects.effect", at=ITEM)
        | fields("number", "id", "num_points", "currency_value", "redeemed_on_bill_id", at=EFFECT)
        | fields("string", "case_value", "validation_code", "points_redemption_summary_id", at=EFFECT)
        | fields("string", "redeemed_on_bill_number", "type", at=EFFECT)
        | fields("string", "success", "message", at=f"{ITEM}.item_status")
        | fields("number", "code", at=f"{ITEM}.item_status")
    )
    assert answer.body["response"]["status"] == {"success": "true", "code": 200, "message": "Success"}
    item = answer.body["response"]["responses"]["points"]
    (effect,) = item.pop("side_effects")["effect"]
    code = item.pop("redemption_id")
    assert len(code) == 6 and code.isascii() and code.isalnum()
    assert item == {
        "mobile": member.mobile,
        "email": f"{member.mobile}@mail.example",
        "external_id": f"E-{member.mobile}",
        "user_id": str(member.id),
        "points_redeemed": "40.5",
        "redemption_purpose": "birthday",
        "redeemed_value": Decimal("40.5"),
        "redeemed_local_value": Decimal("40.5"),
        "balance": Decimal("260.5"),
        "item_status": {"success": "true", "code": 800, "message": "Points Redeemed"},
    }
    assert effect == {
        "id": int(effect["points_redemption_summary_id"]),
        "case_value": "false",
        "num_points": Decimal("40.5"),
        "currency_value": Decimal("40.5"),
        "validation_code": "",
        "points_redemption_summary_id": str(effect["id"]),
        "redeemed_on_bill_number": sale.number,
        "redeemed_on_bill_id": sale.id,
        "type": "points",
    }


@pytest.mark.parametrize("name", ["mobile", "email", "external_id", "id"])
def test_every_identifier_names_the_member(till: Till, member: Member, name: str) -> None:
    values: Json = {
        "mobile": int(member.mobile),
        "email": f"{member.mobile}@MAIL.example",
        "external_id": f"E-{member.mobile}",
        "id": member.id,
    }
    item = {"points_redeemed": 10, "customer": {name: values[name]}}
    answer = _redeem(till, {"root": {"redeem": item}}).body["response"]
    assert answer["responses"]["points"]["item_status"]["code"] == 800
    assert shop.points_of(till, member) == 290


def test_a_bill_that_is_not_known_yet_has_no_id(till: Till, member: Member) -> None:
    (effect,) = shop.redeem(till, member, 5, transaction_number="to come")["side_effects"]["effect"]
    assert (effect["redeemed_on_bill_number"], effect["redeemed_on_bill_id"]) == ("to come", -1)


def test_points_are_worth_what_the_programme_says(make_organization: MakeOrganization) -> None:
    till = make_organization(program=demo_with(points_currency_ratio=Decimal("0.333"))).till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    redeemed = shop.redeem(till, member, "10.05")
    # 3.34665, to two decimals half up.
    assert (redeemed["redeemed_value"], redeemed["balance"]) == (Decimal("3.35"), Decimal("89.95"))


def test_several_redemptions_are_judged_one_by_one(till: Till, member: Member) -> None:
    other = shop.register(till)
    items = [
        shop.redemption(who, points)["root"]["redeem"][0] for who, points in ((member, 200), (other, 1), (member, 100))
    ]
    answer = _redeem(till, {"root": {"redeem": items}})
    assert answer.status == 200
    assert answer.body["response"]["status"]["code"] == 201
    assert answer.body["response"]["status"]["success"] == "true"
    points = answer.body["response"]["responses"]["points"]
    assert [item["item_status"]["code"] for item in points] == [800, 818, 800]
    assert [item["user_id"] for item in points] == [str(member.id), str(other.id), str(member.id)]
    assert shop.points_of(till, member) == 0


@pytest.mark.parametrize(
    ("change", "query", "code"),
    [
        ({"points_redeemed": None}, {}, 801),
        ({"points_redeemed": ""}, {}, 801),
        ({"points_redeemed": 0}, {}, 801),
        ({"points_redeemed": -1}, {}, 801),
        ({"points_redeemed": "ten"}, {}, 801),
        ({"points_redeemed": [10]}, {}, 801),
        ({"points_redeemed": "1.0001"}, {}, 878),
        ({"points_redeemed": "1.005"}, {}, 878),
        ({"points_redeemed": "300.01"}, {}, 818),
        ({"customer": None}, {}, 889),
        ({"customer": {}}, {}, 889),
        ({"customer": {"mobile": "919800000000", "id": 1}}, {}, 889),
        ({"customer": {"mobile": "919800000000"}}, {}, 816),
        ({"customer": {"card_number": "1"}}, {}, 816),
        ({}, {"program_id": 9}, 1101),
        ({"validation_code": "AB12CD"}, {}, 808),
        ({"redemption_time": "yesterday"}, {}, 859),
        ({"redemption_time": "2025-09-09 10:00:01"}, {}, 859),
        ({"redemption_purpose": "p" * 256}, {}, 817),
        ({"notes": "n" * 4_001}, {}, 817),
        ({"group_redemption": True}, {}, 827),
        ({}, {"user_group2_id": 5}, 1632),
        ({}, {"user_group2_external_id": "team"}, 1632),
        ({}, {"user_group2_primary_user_id": 5}, 1632),
        ({}, {"use_default_user_group2": "true"}, 1632),
        ({}, GROUP_BY_PRIMARY_USER, 1632),
    ],
)
def test_refusals_have_their_documented_code_and_draw_nothing(
    till: Till, member: Member, change: Json, query: dict[str, Json], code: int
) -> None:
    body = shop.redemption(member, 10)
    body["root"]["redeem"][0] |= change
    answer = _redeem(till, body, **query)
    assert answer.status == 200
    assert answer.body["response"]["status"]["code"] == 500
    assert answer.body["response"]["status"]["success"] == "false"
    item = answer.body["response"]["responses"]["points"]
    assert (item["item_status"]["success"], item["item_status"]["code"]) == ("false", code)
    assert item["item_status"]["message"]
    assert "redemption_id" not in item
    assert shop.points_of(till, member) == 300


def test_an_organisation_may_ask_for_a_validation_code(make_organization: MakeOrganization) -> None:
    till = make_organization(config={"EARNEST_REDEMPTION_NEEDS_CODE": True}).till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    assert shop.ask_to_redeem(till, member, 10)["item_status"]["code"] == 808
    assert shop.ask_to_redeem(till, member, 10, validation_code="AB12CD")["item_status"]["code"] == 808
    answer = _redeem(till, shop.redemption(member, 10, validation_code="AB12CD"), skip_validation="true")
    assert answer.body["response"]["responses"]["points"]["item_status"]["code"] == 800
    assert shop.points_of(till, member) == 90


def test_a_redemption_draws_from_its_programme_alone(make_organization: MakeOrganization) -> None:
    second = demo_with(id=2, name="Second", is_default=False)
    till = make_organization(programs=[demo_with(), second]).till.at(NOW)
    mobile = shop.new_mobile()
    added = till.post("/v2/customers", shop.customer(mobile), mlp_single_enroll="true").ok()
    member = Member(added["createdId"], mobile)
    shop.sell(till, member, 1_000)
    answer = _redeem(till, shop.redemption(member, 70), program_id=2)
    assert answer.body["response"]["responses"]["points"]["balance"] == 30
    assert shop.points_of(till, member) == 100
    balance = till.get(f"/v2/customers/{member.id}/points/balance", programId=2).ok()
    assert balance["mainPoints"] == 30


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"root": 5}'])
def test_what_is_no_redemption_is_a_clear_error(till: Till, content: bytes) -> None:
    answer = till.send("POST", PATH, content=content, params={"format": "json"})
    status = answer.body["response"]["status"]
    assert (str(status["success"]).lower(), status["code"]) == ("false", 400)


def test_an_item_that_does_not_fit_fails_alone(till: Till, member: Member) -> None:
    good = shop.redemption(member, 10)["root"]["redeem"][0]
    answer = _redeem(till, {"root": {"redeem": [5, good, good | {"group_redemption": "perhaps"}]}})
    assert answer.body["response"]["status"]["code"] == 201
    codes = [item["item_status"]["code"] for item in answer.body["response"]["responses"]["points"]]
    assert codes == [400, 800, 400]
    assert shop.points_of(till, member) == 290


def test_a_redemption_without_credentials_is_refused(till: Till, member: Member) -> None:
    body = shop.redemption(member, 10)
    refused = till.send("POST", PATH, body=body, headers={"Authorization": "Basic bm8="}, params={"format": "json"})
    assert refused.status == 401
    assert refused.body["response"]["status"]["code"] == 401
    assert shop.points_of(till, member) == 300
