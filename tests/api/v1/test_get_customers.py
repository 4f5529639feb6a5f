"""GET /v1.1/customer/get (01-customer-v1/05), in JSON and in XML."""

from __future__ import annotations

import pytest

from tests.api.v1.conftest import NOW, Spoken
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

PATH = "/v1.1/customer/get"
CUSTOMER = "response.customers.customer[]"
SUMMARY = f"{CUSTOMER}.points_summaries.points_summary[]"
CHANGE = f"{CUSTOMER}.slab_history.history[]"


def items_of(answer: Answer) -> list[Json]:
    found: list[Json] = answer.body["response"]["customers"]["customer"]
    return found


def found(spoken: Spoken, till: Till, **params: object) -> Json:
    """The one customer of a call that must have succeeded."""
    answer = spoken.get(till, PATH, **params)
    assert answer.status == 200, answer.text
    (item,) = items_of(answer)
    assert item["item_status"]["code"] == "1000", answer.text
    return item


@pytest.fixture(scope="module")
def member(till: Till) -> Member:
    """Has bought for 11,000 (Gold, 1,100 points) and redeemed 100."""
    mobile = shop.new_mobile()
    identifiers = [
        {"type": "mobile", "value": mobile},
        {"type": "email", "value": f"{mobile}@mail.example"},
        {"type": "externalId", "value": f"E-{mobile}"},
    ]
    member = shop.register(till, mobile, identifiers=identifiers, lastName="Rao", fields={"pet": "cat", "age": 7})
    shop.sell(till, member, 4_000, number=f"A-{mobile}", billingDate="2025-03-01T12:00:00+05:30")
    shop.sell(till, member, 7_000, number=f"B-{mobile}", billingDate="2025-03-02T12:00:00+05:30")
    shop.redeem(till, member, 100)
    return member


@pytest.mark.parametrize("path", [PATH, "/v1/customer/get"])
def test_the_answer_has_the_documented_fields(
    spoken: Spoken, till: Till, member: Member, shared_organization: Organization, path: str
) -> None:
    asked = {"user_id": "true", "mlp": "true", "slab_history": "true", "program_summary": "true", "next_slab": "true"}
    answer = spoken.get(till, path, mobile=member.mobile, gap_to_upgrade_for=30, **asked)
    assert answer.status == 200
    assert answer.body["response"]["status"] == {
        "success": "true",
        "code": 200,
        "message": "Success",
        "total": "1",
        "success_count": "1",
    }
    (item,) = items_of(answer)
    assert (item["firstname"], item["lastname"], item["mobile"]) == ("Leela", "Rao", member.mobile)
    assert (item["email"], item["external_id"]) == (f"{member.mobile}@mail.example", f"E-{member.mobile}")
    assert (item["lifetime_points"], item["loyalty_points"], item["lifetime_purchases"]) == (1_100, 1_000, 11_000)
    assert (item["current_slab"], item["type"], item["source"]) == ("Gold", "LOYALTY", "instore")
    assert (item["registered_on"], item["user_id"]) == ("2025-03-03 10:00:00", str(member.id))
    store = item["registered_store"]
    assert item["registered_till"]["code"] == till.username and item["registered_by"] == store["name"]
    assert item["fraud_details"] == {"status": "NONE", "marked_by": "", "modified_on": "", "reason": ""}
    assert item["gender"] is None and item["current_nps_status"] is None and item["trackers"] == ""
    custom = {field["name"]: field["value"] for field in item["custom_fields"]["field"]}
    assert custom == {"pet": "cat", "age": "7"}
    assert [bill["number"] for bill in item["transactions"]["transaction"]] == [
        f"B-{member.mobile}",
        f"A-{member.mobile}",
    ]
    assert item["transactions"]["transaction"][0] == {
        "id": item["transactions"]["transaction"][0]["id"],
        "number": f"B-{member.mobile}",
        "type": "REGULAR",
        "created_date": "2025-03-02 12:00:00",
        "store": store["name"],
    }
    (change,) = item["slab_history"]["history"]
    assert (change["from"], change["to"], change["type"]) == ("Silver", "Gold", "UPGRADE")
    assert (change["changed_on"], change["store"], change["program_id"]) == ("2025-03-02 12:00:00", store, "1")
    (summary,) = item["points_summaries"]["points_summary"]
    assert (summary["loyaltyPoints"], summary["redeemed"], summary["lifetimePoints"]) == ("1000", "100", "1100")
    assert summary["program_title"] == "Demo Rewards" and summary["total_available_points"] == "1000"
    (strategy,) = summary["gap_to_upgrade"]["upgrade_strategy"]
    assert strategy["upgrade_based_on"] == "CUMULATIVE_PURCHASES" and strategy["upgrade_threshold"] == "30000"
    assert strategy["customer_upgrade_entity_values"] == {
        "current_value": "11000",
        "gap_to_upgrade": "19000",
        "value_valid_upto": "2025-04-02",
    }
    (program,) = item["programs_list"]["program"]
    assert (program["programId"], program["isDefault"], program["pointsToCurrencyRatio"]) == ("1", "true", "1")
    assert item["item_status"]["message"] == "Customer successfully retrieved"
    documented = {
        **fields("number", "lifetime_points", "lifetime_purchases", "loyalty_points", at=CUSTOMER),
        **fields("string", "delayed_points", "total_returned_points", "currentSlabDescription", at=SUMMARY),
        **fields("string", "notes", "to_tier_expiry_date", "from_tier_expiry_date", at=CHANGE),
        **fields("array", "coupons.coupon", "extended_fields.field", at=CUSTOMER),
        **fields("array", f"{SUMMARY}.linked_partner_programs.linked_partner_program"),
    }
    assert documented.items() <= shape(answer.body).items()


def test_empty_blocks_are_printed_as_documented(till: Till, member: Member) -> None:
    item = found(Spoken("json"), till, mobile=member.mobile)
    assert (item["identifiers"], item["user_groups2"], item["notes"]) == ([], [], [])


def test_blocks_that_were_not_asked_for_are_missing(spoken: Spoken, till: Till, member: Member) -> None:
    wanted = {"user_id", "slab_history", "current_nps_status", "programs_list", "points_summaries"}
    assert not wanted & found(spoken, till, mobile=member.mobile).keys()
    # The history needs the programmes.
    assert "slab_history" not in found(spoken, till, mobile=member.mobile, slab_history="true")
    off = dict.fromkeys(["registered_store", "registered_till", "fraud_details", "transactions"], "false")
    assert not off.keys() & found(spoken, till, mobile=member.mobile, **off).keys()


@pytest.mark.parametrize("parameter", ["mobile", "email", "external_id", "id"])
def test_a_customer_is_found_by_any_identifier(spoken: Spoken, till: Till, member: Member, parameter: str) -> None:
    local = member.mobile.removeprefix("91")
    values = {"mobile": local, "email": f"{member.mobile}@MAIL.example", "external_id": f"E-{member.mobile}"}
    item = found(spoken, till, **{parameter: values.get(parameter, member.id)})
    assert item["mobile"] == member.mobile


def test_several_identifiers_are_a_batch(spoken: Spoken, till: Till, member: Member) -> None:
    unknown = shop.new_mobile()
    answer = spoken.get(till, PATH, mobile=f"{member.mobile}, {unknown},,{member.mobile}")
    assert answer.status == 200
    status = answer.body["response"]["status"]
    assert (status["success"], status["code"]) == ("true", 201)
    assert (status["total"], status["success_count"]) == ("3", "2")
    assert [item["mobile"] for item in items_of(answer)] == [member.mobile, unknown, member.mobile]
    refused = items_of(answer)[1]["item_status"]
    assert (refused["success"], refused["code"]) == ("false", "1012")


def test_a_batch_of_unknown_customers_is_http_500(spoken: Spoken, till: Till) -> None:
    answer = spoken.get(till, PATH, external_id="nobody,nobody else")
    assert answer.status == 500
    status = answer.body["response"]["status"]
    assert (status["success"], status["code"], status["success_count"]) == ("false", 500, "0")
    assert [(item["external_id"], item["item_status"]["code"]) for item in items_of(answer)] == [
        ("nobody", "1012"),
        ("nobody else", "1012"),
    ]


@pytest.mark.parametrize("params", [{}, {"mobile": ""}, {"mobile": " , "}])
def test_without_an_identifier_the_item_says_so(spoken: Spoken, till: Till, params: Json) -> None:
    answer = spoken.get(till, PATH, **params)
    assert answer.status == 500
    assert [item["item_status"]["code"] for item in items_of(answer)] == ["400"]


@pytest.mark.parametrize(
    "params",
    [{"gap_to_upgrade_for": "-1"}, {"gap_to_upgrade_for": "soon"}, {"mlp": "perhaps"}, {"program_id": "1.5"}],
)
def test_a_parameter_of_the_wrong_kind_is_invalid_input(spoken: Spoken, till: Till, params: Json) -> None:
    answer = spoken.get(till, PATH, mobile="919800000000", **params)
    assert (answer.status, answer.body["response"]["status"]["code"]) == (400, 400)


def test_too_many_identifiers_are_refused(spoken: Spoken, till: Till) -> None:
    answer = spoken.get(till, PATH, id=",".join(["1"] * 101))
    assert (answer.status, answer.body["response"]["status"]["code"]) == (400, 1060)


def test_the_bills_can_be_filtered(
    spoken: Spoken, till: Till, member: Member, shared_organization: Organization
) -> None:
    def numbers(**filters: object) -> list[str]:
        item = found(spoken, till, mobile=member.mobile, **filters)
        return [bill["number"] for bill in item["transactions"]["transaction"]]

    first, second = f"A-{member.mobile}", f"B-{member.mobile}"
    assert numbers(number=first) == [first]
    assert numbers(amount="7000.00") == [second]
    assert numbers(date="2025-03-01") == [first]
    assert numbers(type="RETURN") == [] and numbers(type="all") == [second, first]
    assert numbers(till_code=till.username) == [second, first]
    assert numbers(till_code=shared_organization.neighbour_till.username) == []
    assert numbers(store_code="no such store") == []


def test_ten_bills_are_listed_the_latest_first(spoken: Spoken, till: Till) -> None:
    member = shop.register(till)
    bills = [shop.sell(till, member, 10, billingDate=f"2025-02-{day:02}T12:00:00+05:30").number for day in range(1, 13)]
    item = found(spoken, till, mobile=member.mobile)
    assert [bill["number"] for bill in item["transactions"]["transaction"]] == bills[:1:-1]


def test_the_highest_tier_has_no_gap_and_no_next_tier(spoken: Spoken, till: Till) -> None:
    member = shop.register(till)
    shop.sell(till, member, 30_000)
    item = found(spoken, till, mobile=member.mobile, mlp="true", gap_to_upgrade_for=0)
    (summary,) = item["points_summaries"]["points_summary"]
    assert "gap_to_upgrade" not in summary
    assert (summary["currentSlab"], summary["nextSlab"], summary["nextSlabSerialNumber"]) == ("Platinum", "", "-1")


def test_times_are_those_of_the_organisation(spoken: Spoken, make_organization: MakeOrganization) -> None:
    till = make_organization(time_zone="America/New_York", country_code="US").till.at(NOW)
    member = shop.register(till, mobile="16502530001")
    assert found(spoken, till, mobile=member.mobile)["registered_on"] == "2025-03-02 23:30:00"


def test_another_organisation_does_not_find_the_customer(
    spoken: Spoken, till: Till, member: Member, make_organization: MakeOrganization
) -> None:
    stranger = make_organization().till.at(NOW)
    for identifier in ({"mobile": member.mobile}, {"id": member.id}):
        assert spoken.get(stranger, PATH, **identifier).status == 500
        assert spoken.get(till, PATH, **identifier).status == 200


def test_an_empty_parameter_was_not_sent(spoken: Spoken, till: Till, member: Member) -> None:
    blank = dict.fromkeys(["mlp", "user_id", "gap_to_upgrade_for", "amount", "number", "date", "email", "format"], "")
    if spoken.format == "json":
        del blank["format"]
    item = found(spoken, till, mobile=member.mobile, **blank)
    assert (item["mobile"], len(item["transactions"]["transaction"])) == (member.mobile, 2)
