"""GET /v1.1/points/isredeemable (14-points-v1/01), in JSON."""

from __future__ import annotations

from decimal import Decimal

import pytest

from earnest.engine.program.model import Redemption
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.programs import demo_with, per_tier, same
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Json, Till

NOW = "2025-09-09T10:00:00+05:30"
PATH = "/v1.1/points/isredeemable"
GROUP_BY_PRIMARY_USER = {
    "user_group2_primary_user_source": "INSTORE",
    "user_group2_primary_user_accountId": "",
    "user_group2_primary_user_identifier_type": "mobile",
    "user_group2_primary_user_identifier_value": "919800000000",
}
REDEEMABLE = "response.points.redeemable"


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


@pytest.fixture(scope="module")
def member(till: Till) -> Member:
    """300 points."""
    mobile = shop.new_mobile()
    values = {"mobile": mobile, "email": "gita@mail.example", "externalId": "G-1", "cardnumber": "7001"}
    member = shop.register(till, mobile, identifiers=[{"type": t, "value": v} for t, v in values.items()])
    shop.sell(till, member, 3_000)
    return member


def _ask(till: Till, path: str = PATH, **query: Json) -> Json:
    answer = till.get(path, **({"format": "json"} | query))
    assert answer.status == 200, answer.text
    return answer.body


def _code(till: Till, **query: Json) -> int:
    body = _ask(till, **query)
    item = body["response"]["points"]["redeemable"]
    code: int = item["item_status"]["code"]
    fine = "true" if code in (800, 876) else "false"
    assert (item["is_redeemable"], item["item_status"]["success"], body["response"]["status"]["success"]) == (fine,) * 3
    assert body["response"]["status"]["code"] == (200 if fine == "true" else 500)
    return code


@pytest.mark.parametrize("path", [PATH, "/v1/points/isredeemable"])
def test_the_answer_has_the_documented_fields(till: Till, member: Member, path: str) -> None:
    body = _ask(till, path, mobile=member.mobile, points="120.5", program_id=1, issue_otp="false")
    assert shape(body) == (
        fields("object", "response", "response.status", "response.points", REDEEMABLE, f"{REDEEMABLE}.item_status")
        | fields("string", "success", "message", at="response.status")
        | fields("number", "code", at="response.status")
        | fields("string", "mobile", "email", "external_id", "is_redeemable", at=REDEEMABLE)
        | fields("string", "input_type", "points_currency_ratio", at=REDEEMABLE)
        | fields("number", "points", "points_redeem_value", "points_redeem_local_value", at=REDEEMABLE)
        | fields("string", "success", "message", at=f"{REDEEMABLE}.item_status")
        | fields("number", "code", at=f"{REDEEMABLE}.item_status")
    )
    assert body["response"]["status"] == {"success": "true", "code": 200, "message": "Success"}
    assert body["response"]["points"]["redeemable"] == {
        "mobile": member.mobile,
        "email": "gita@mail.example",
        "external_id": "G-1",
        "points": Decimal("120.5"),
        "is_redeemable": "true",
        "points_redeem_value": Decimal("120.5"),
        "points_redeem_local_value": Decimal("120.5"),
        "input_type": "points",
        "points_currency_ratio": "1",
        "item_status": {"success": "true", "code": 800, "message": "Points can be redeemed"},
    }


@pytest.mark.parametrize("name", ["mobile", "email", "external_id", "id", "card_number"])
def test_every_identifier_names_the_member(till: Till, member: Member, name: str) -> None:
    values = {"mobile": member.mobile, "email": "Gita@Mail.Example", "external_id": "G-1", "card_number": "7001"}
    assert _code(till, points=300, **{name: (values | {"id": str(member.id)})[name]}) == 800


def test_money_is_turned_into_points(make_organization: MakeOrganization) -> None:
    till = make_organization(program=demo_with(points_currency_ratio=Decimal("0.3"))).till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 3_000)
    body = _ask(till, mobile=member.mobile, currency_input="true", currency_value="10")
    item = body["response"]["points"]["redeemable"]
    # 33.333… points, rounded up to the programme's two decimals.
    assert (item["points"], item["points_redeem_value"]) == (Decimal("33.34"), 10)
    assert (item["input_type"], item["points_currency_ratio"]) == ("currency", "0.3")
    assert _code(till, mobile=member.mobile, currency_input="true", currency_value="90") == 800
    assert _code(till, mobile=member.mobile, currency_input="true", currency_value="90.01") == 818
    assert _ask(till, mobile=member.mobile, points=10)["response"]["points"]["redeemable"]["points_redeem_value"] == 3


def test_asking_changes_nothing(till: Till, member: Member) -> None:
    before = shop.details_of(till, member)
    for points in (1, 300, 301):
        _ask(till, mobile=member.mobile, points=points)
    assert shop.details_of(till, member) == before


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 801),
        ({"points": 0}, 801),
        ({"points": -5}, 801),
        ({"points": "many"}, 801),
        ({"points": "1e30"}, 801),
        ({"points": "1.0001"}, 878),
        # The programme keeps two decimals.
        ({"points": "1.005"}, 878),
        ({"points": "300.01"}, 818),
        ({"points": 1, "program_id": 9}, 1101),
        ({"points": 1, "validation_code": "AB12CD"}, 808),
        ({"points": 1, "validation_code": "AB12CD", "skip_validation": "true"}, 800),
        ({"points": 1, "issue_otp": "true"}, 800),
        ({"points": 1, "validation_type": "SMS"}, 800),
        ({"points": 1, "group_redemption": "true"}, 827),
        ({"points": 1, "user_group2_id": 5}, 1632),
        ({"points": 1, "user_group2_external_id": "team"}, 1632),
        ({"points": 1, "user_group2_primary_user_id": 5}, 1632),
        ({"points": 1, "use_default_user_group2": "true"}, 1632),
        ({"points": 1} | GROUP_BY_PRIMARY_USER, 1632),
        ({"currency_input": "true", "points": 1}, 801),
    ],
)
def test_verdicts_have_their_documented_code(till: Till, member: Member, query: dict[str, object], code: int) -> None:
    assert _code(till, mobile=member.mobile, **query) == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 889),
        ({"mobile": "919800000000", "email": "gita@mail.example"}, 889),
        ({"mobile": "919800000000"}, 816),
        ({"mobile": "none"}, 816),
        ({"email": "nobody@mail.example"}, 816),
        ({"id": "987654321"}, 816),
        ({"id": "x"}, 816),
        ({"card_external_id": "x"}, 816),
    ],
)
def test_who_is_not_there_cannot_redeem(till: Till, query: dict[str, object], code: int) -> None:
    assert _code(till, points=1, **query) == code


TERMS = Redemption(
    min_points=same(10),
    max_points=per_tier(200, 1_000),
    balance_required=same(50),
    multiple_of=same(5),
    lifetime_points_required=same(100),
    lifetime_purchases_required=same(2_000),
)


@pytest.fixture(scope="module")
def strict_till(make_shared_organization: MakeOrganization) -> Till:
    return make_shared_organization(program=demo_with(redemption=TERMS)).till.at(NOW)


@pytest.mark.parametrize(
    ("bought", "redeemed", "points", "code"),
    [
        ([2_000, 1_000], [], 100, 800),
        ([2_000, 1_000], [], 5, 821),
        ([2_000, 1_000], [], 205, 819),
        ([2_000, 1_000], [], 12, 807),
        ([2_000, 1_000], [200, 55], 45, 804),
        ([1_999], [], 100, 806),
        ([400], [], 40, 804),
        ([990], [], 50, 805),
        # In Gold more may be redeemed at once.
        ([10_000], [], 995, 800),
        ([10_000], [], 1_005, 819),
        ([2_000], [150], 55, 818),
    ],
)
def test_a_programme_sets_its_terms(
    strict_till: Till, bought: list[int], redeemed: list[int], points: int, code: int
) -> None:
    member = shop.register(strict_till)
    for amount in bought:
        shop.sell(strict_till, member, amount)
    for drawn in redeemed:
        shop.redeem(strict_till, member, drawn)
    assert _code(strict_till, mobile=member.mobile, points=points) == code
    # Redeeming comes to the same end.
    assert shop.ask_to_redeem(strict_till, member, points)["item_status"]["code"] == code


def test_a_programme_may_redeem_nothing(make_organization: MakeOrganization) -> None:
    till = make_organization(program=demo_with(redemption=None)).till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    assert _code(till, mobile=member.mobile, points=1) == 827
    assert shop.ask_to_redeem(till, member, 1)["item_status"]["code"] == 827


def test_who_is_not_enrolled_cannot_redeem(make_organization: MakeOrganization) -> None:
    second = demo_with(id=2, name="Second", is_default=False)
    till = make_organization(programs=[demo_with(), second]).till.at(NOW)
    member = shop.register(till)
    assert _code(till, mobile=member.mobile, points=1, program_id=2) == 881


@pytest.mark.parametrize(
    "query",
    [{"program_id": "one"}, {"issue_otp": "perhaps"}, {"currency_input": "2"}, {"use_default_user_group2": "?"}],
)
def test_what_does_not_fit_is_a_clear_error(till: Till, member: Member, query: dict[str, str]) -> None:
    answer = till.get(PATH, mobile=member.mobile, points=1, format="json", **query)
    status = answer.body["response"]["status"]
    assert (status["success"], status["code"]) == ("false", 400)
