"""GET /v1.1/customer/redemptions (01-customer-v1/07)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from earnest.core.http import xml
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.programs import award, demo_with, percent
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Json, Till

PATH = "/v1.1/customer/redemptions"
NOW = "2024-06-01T12:00:00+05:30"
STAMPS = [f"2024-06-{day:02d}T12:00:00+05:30" for day in (2, 3, 4)]


@pytest.fixture(scope="module")
def organization(make_shared_organization: MakeOrganization) -> Organization:
    second = demo_with(id=2, name="Second", is_default=False, awards=(award(1, percent(50)),))
    return make_shared_organization(programs=[demo_with(), second])


@pytest.fixture(scope="module")
def till(organization: Organization) -> Till:
    return organization.till.at("2024-06-10T12:00:00+05:30")


@pytest.fixture(scope="module")
def member(organization: Organization) -> Member:
    """Redeemed 10, 20 and 30 points on three days at two stores, and 40 of the second programme on the last one."""
    till, elsewhere = organization.till, organization.tills[2]
    mobile = shop.new_mobile()
    body = shop.customer(mobile, lastName="Rao")
    body["profiles"][0]["identifiers"] += [
        {"type": "email", "value": f"leela.{mobile}@example.com"},
        {"type": "externalId", "value": f"ext-{mobile}"},
    ]
    added = till.at(NOW).post("/v2/customers", body, mlp_single_enroll="true").ok()
    member = Member(added["createdId"], mobile)
    sold = shop.sell(till.at(NOW), member, 1_000)
    shop.redeem(till.at(STAMPS[0]), member, 10, external_reference_number=f"first-{mobile}", redemption_purpose="gift")
    shop.redeem(
        elsewhere.at(STAMPS[1]),
        member,
        20,
        transaction_number=sold.number,
        notes="Redeemed",
        custom_fields={"field": [{"name": "counter", "value": "7"}]},
    )
    shop.redeem(till.at(STAMPS[2]), member, 30)
    item = shop.redemption(member, 40)
    redeemed = till.at(STAMPS[2]).post("/v1.1/points/redeem", item, format="json", program_id=2).ok()
    assert redeemed["response"]["responses"]["points"]["item_status"]["code"] == 800
    return member


def _customer(till: Till, **query: object) -> Json:
    answer = till.get(PATH, format="json", **query).ok()["response"]
    assert answer["status"] == {"success": True, "code": 200, "message": "Success"}
    return answer["customer"]


def _points(till: Till, member: Member, **query: object) -> list[Decimal]:
    found = _customer(till, mobile=member.mobile, **query)
    return [point["points_redeemed"] for point in found["redemptions"]["points"]["point"]]


def test_the_answer_has_the_documented_fields(till: Till, member: Member) -> None:
    customer = _customer(till, mobile=member.mobile, user_id="true")
    point = "redemptions.points.point[]"
    assert shape(customer) == (
        fields("string", "mobile", "email", "external_id", "firstname", "lastname")
        | fields("number", "user_id", "rows", "coupons_count", "points_count", "coupons_start_id", "points_start_id")
        | fields("array", "user_groups2")
        | fields("object", "redemptions", "item_status", "redemptions.coupons", "redemptions.points")
        | fields("null", "redemptions.coupons.coupon")
        | fields("array", "redemptions.points.point")
        | fields("number", "id", "program_id", "points_redeemed", at=point)
        | fields("string", "transaction_number", "bill_id", "validation_code", "redeemed_time", "redeemed_at", at=point)
        | fields("string", "redemption_purpose", "notes", "external_reference_number", "redemption_id", at=point)
        | fields("object", "redeemed_store", "redeemed_till", "custom_fields", at=point)
        | fields("string", "code", "name", at=f"{point}.redeemed_store")
        | fields("string", "code", "name", at=f"{point}.redeemed_till")
        | fields("array", "custom_fields.field", "reversals", "redemption_breakup_by_program", at=point)
        | fields("string", "name", "value", at=f"{point}.custom_fields.field[]")
        | fields("number", "program_id", "points_redeemed", at=f"{point}.redemption_breakup_by_program[]")
        | fields("string", "program_name", at=f"{point}.redemption_breakup_by_program[]")
        | fields("string", "success", "code", "message", at="item_status")
    )
    assert (customer["user_id"], customer["firstname"], customer["lastname"]) == (member.id, "Leela", "Rao")
    assert customer["item_status"] == {
        "success": "true", "code": "1000", "message": "Redemptions fetched successfully"
    }  # fmt: skip


def test_a_redemption_tells_where_when_and_what_for(till: Till, member: Member) -> None:
    newest, with_bill, first = _customer(till, mobile=member.mobile)["redemptions"]["points"]["point"]
    assert (newest["points_redeemed"], newest["redeemed_time"]) == (30, "2024-06-04 12:00:00")
    assert (newest["bill_id"], newest["transaction_number"]) == ("-1", "")
    assert first["redeemed_at"] == till.username == first["redeemed_till"]["code"]
    assert first["external_reference_number"] == f"first-{member.mobile}"
    assert first["redemption_purpose"] == "gift"
    assert len(first["redemption_id"]) == 6
    assert int(with_bill["bill_id"]) > 0 and with_bill["transaction_number"].startswith("bill-")
    assert with_bill["notes"] == "Redeemed"
    assert with_bill["custom_fields"] == {"field": [{"name": "counter", "value": "7"}]}
    assert with_bill["redeemed_store"] != first["redeemed_store"]
    assert first["redemption_breakup_by_program"][0]["points_redeemed"] == 10


def test_a_customer_is_named_by_any_identifier(till: Till, member: Member) -> None:
    for query in (
        {"id": member.id},
        {"email": f"leela.{member.mobile}@example.com"},
        {"external_id": f"ext-{member.mobile}"},
        {"identifierName": "mobile", "identifierValue": member.mobile},
        {"mobile": member.mobile[2:]},
    ):
        assert _customer(till, **query)["points_count"] == 3


def test_the_newest_comes_first_unless_it_is_asked_otherwise(till: Till, member: Member) -> None:
    assert _points(till, member) == [30, 20, 10]
    assert _points(till, member, order="asc") == [10, 20, 30]
    by_id = [one["id"] for one in _customer(till, mobile=member.mobile, sort="redemption_id", order="asc")[
        "redemptions"]["points"]["point"]]  # fmt: skip
    assert by_id == sorted(by_id) and len(by_id) == 3


def test_pages_are_bounds_on_ids(till: Till, member: Member) -> None:
    seen: list[int] = []
    bound: int | None = None
    while True:
        query: dict[str, object] = {} if bound is None else {"points_end_id": bound}
        page = _customer(till, mobile=member.mobile, sort="redemption_id", limit=1, **query)
        assert page["rows"] == 1
        assert page["points_count"] == 3 - len(seen)
        point = page["redemptions"]["points"]["point"]
        if not point:
            break
        seen.append(point[0]["id"])
        assert page["points_start_id"] == point[0]["id"]
        bound = point[0]["id"] - 1
    assert seen == sorted(seen, reverse=True) and len(seen) == 3
    assert len(_points(till, member, points_start_id=max(seen))) == 1


def test_programmes_are_the_default_one_all_or_a_chosen_one(till: Till, member: Member) -> None:
    assert sorted(_points(till, member, mlp="true")) == [10, 20, 30, 40]
    assert _points(till, member, program_id=2) == [40]
    assert _points(till, member, program_id=2, mlp="true") == [40]


def test_filters_leave_out_what_they_name(till: Till, organization: Organization, member: Member) -> None:
    assert _points(till, member, start_date="2024-06-03") == [30, 20]
    assert _points(till, member, end_date="2024-06-03") == [20, 10]
    assert _points(till, member, start_date="2024-06-03", end_date="2024-06-03") == [20]
    assert _points(till, member, end_date="2024-06-03 11:59:59") == [10]
    assert _points(till, member, external_reference_number=f"first-{member.mobile}") == [10]
    assert _points(till, member, entity_code=organization.tills[2].username) == [20]
    store = _customer(till, mobile=member.mobile)["redemptions"]["points"]["point"][0]["redeemed_store"]["code"]
    assert _points(till, member, entity_code=store) == [30, 10]
    assert _points(till, member, entity_code="nowhere") == []
    assert _points(till, member, merchant_store_id=1) == []


def test_types_leave_the_other_list_empty(till: Till, member: Member) -> None:
    assert _points(till, member, type="POINTS") == [30, 20, 10]
    coupons = _customer(till, mobile=member.mobile, type="COUPONS")
    assert coupons["redemptions"] == {"coupons": {"coupon": None}, "points": {"point": []}}
    assert (coupons["coupons_count"], coupons["points_count"]) == (0, 0)
    # Limits of a kind count only where no type is named.
    assert _points(till, member, points_limit=2) == [30, 20]
    assert _points(till, member, points_limit=2, type="POINTS", limit=1) == [30]


def test_several_customers_are_answered_in_their_order(till: Till, member: Member) -> None:
    other = shop.register(till)
    unknown = shop.new_mobile()
    answer = till.get(PATH, format="json", mobile=f"{member.mobile},{unknown},{other.mobile}").ok()["response"]
    assert (answer["status"]["success"], answer["status"]["code"]) == (True, 201)
    assert [one["item_status"]["code"] for one in answer["customer"]] == ["1000", "1012", "1000"]
    assert [one["mobile"] for one in answer["customer"]] == [member.mobile, unknown, other.mobile]


@pytest.mark.parametrize("query", [{}, {"mobile": "919812345678"}, {"id": "987654321"}, {"email": "x"}, {"id": "x"}])
def test_who_is_not_there_is_not_found(till: Till, query: dict[str, object]) -> None:
    answer = till.get(PATH, format="json", **query)
    assert answer.status == 200
    status = answer.body["response"]["status"]
    assert (status["success"], status["code"]) == (False, 500)
    assert answer.body["response"]["customer"]["item_status"]["code"] == "1012"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"start_date": "soon"}, 400),
        ({"end_date": "9999-12-31"}, 400),
        ({"limit": 0}, 400),
        ({"limit": 1_001}, 400),
        ({"order": "up"}, 400),
        ({"sort": "points"}, 400),
        ({"type": "SHOES"}, 400),
        ({"program_id": 9}, 885),
    ],
)
def test_refusals_have_a_code(till: Till, member: Member, query: dict[str, object], code: int) -> None:
    refused = till.get(PATH, format="json", mobile=member.mobile, **query)
    assert refused.body["response"]["status"]["code"] == code


def test_xml_says_the_same(till: Till, member: Member) -> None:
    answer = till.send("GET", PATH, params={"mobile": member.mobile, "format": "xml"}, headers={"Accept": "*/*"})
    assert "xml" in answer.headers["content-type"]
    customer = xml.read(answer.text.encode())["response"]["customer"]
    assert customer["mobile"] == member.mobile
    points = [one["points_redeemed"] for one in customer["redemptions"]["points"]["point"]]
    assert [Decimal(value) for value in points] == [30, 20, 10]
