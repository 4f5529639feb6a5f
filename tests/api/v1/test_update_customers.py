"""PUT and POST /v1.1/customer/update (01-customer-v1/02), in JSON and in XML."""

from __future__ import annotations

import pytest

from tests.api.v1.conftest import NOW, Spoken
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shapes import fields, shape
from tests.support.till import Answer, Json, Till

PATH = "/v1.1/customer/update"
CUSTOMER = "response.customers.customer[]"
SUMMARY = f"{CUSTOMER}.points_summaries.points_summary[]"


def customers(*items: Json) -> Json:
    return {"root": {"customer": list(items)}}


def items_of(answer: Answer) -> list[Json]:
    found: list[Json] = answer.body["response"]["customers"]["customer"]
    return found


def update(spoken: Spoken, till: Till, item: Json) -> Json:
    """The one item of an update that must have succeeded."""
    answer = spoken.put(till, PATH, customers(item))
    assert answer.status == 200, answer.text
    (found,) = items_of(answer)
    assert found["item_status"]["success"] == "true", answer.text
    return found


def code_of(spoken: Spoken, till: Till, item: Json) -> str:
    (found,) = items_of(spoken.put(till, PATH, customers(item)))
    code: str = found["item_status"]["code"]
    return code


def warnings_of(item: Json) -> list[str]:
    found: list[str] = item["item_status"]["warnings"]["warning"]
    return found


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("path", [PATH, "/v1/customer/update"])
def test_the_answer_has_the_documented_fields(spoken: Spoken, till: Till, method: str, path: str) -> None:
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    body = customers(
        {
            "mobile": member.mobile,
            "email": f"{member.mobile}@mail.example",
            "external_id": "",
            "firstname": "Tara",
            "lastname": "",
            "type": "LOYALTY",
            "custom_fields": {"field": [{"name": "pet", "value": "cat"}]},
            "extended_fields": {"field": [{"name": "gender", "value": "Female"}]},
            "subscriptions": {
                "subscription": [
                    {"priority": "TRANS", "scope": "all", "channel": "email", "is_subscribed": "1"},
                    {"priority": "BULK", "scope": "all", "channel": "sms", "is_subscribed": "0"},
                    {"priority": "BULK", "scope": "all", "channel": "pigeon", "is_subscribed": "0"},
                ]
            },
        }
    )
    answer = (spoken.put if method == "PUT" else spoken.post)(till, path, body)
    assert answer.status == 200, answer.text
    assert answer.body["response"]["status"]["success_count"] == "1"
    (item,) = items_of(answer)
    assert (item["firstname"], item["lastname"]) == ("Tara", "")
    assert item["email"] == f"{member.mobile}@mail.example"
    assert item["subscriptions"]["subscription"] == [
        {"channel": "EMAIL", "priority": "TRANS", "scope": "ALL", "status": "1"},
        {"channel": "SMS", "priority": "BULK", "scope": "ALL", "status": "0"},
    ]
    assert item["fraud_status"] == "NONE" and "reason" not in item
    assert warnings_of(item) == ["91022"]
    message = "Customer successfully updated, Failed to update subscription for pigeon channel and priority BULK"
    assert item["item_status"]["message"] == message
    documented = {
        **fields("number", "user_id", "lifetime_points", "loyalty_points", "lifetime_purchases", at=CUSTOMER),
        **fields("string", "mobile", "current_slab", "tier_expiry_date", "registered_on", "updated_on", at=CUSTOMER),
        **fields("string", "programId", "loyaltyPoints", "currentSlab", "slabSNo", "totalPoints", at=SUMMARY),
    }
    assert documented.items() <= shape(answer.body).items()


def test_a_customer_is_found_by_any_identifier_and_by_id(spoken: Spoken, till: Till) -> None:
    member = shop.register(till)
    email, external_id = f"{member.mobile}@mail.example", f"U-{member.mobile}"
    update(spoken, till, {"mobile": member.mobile, "email": email, "external_id": external_id})
    ways: list[Json] = [{"email": email}, {"external_id": external_id}, {"id": member.id}, {"mobile": member.mobile}]
    for number, named in enumerate(ways):
        item = update(spoken, till, {**named, "lastname": f"Name {number}"})
        assert (item["user_id"], item["lastname"]) == (member.id, f"Name {number}")


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ({"mobile": "919811112222"}, "1012"),
        ({"id": 987_654_321}, "1011"),
        ({"firstname": "Nobody"}, "1015"),
        ({"mobile": "12"}, "1001"),
    ],
)
def test_who_cannot_be_found_is_not_updated(spoken: Spoken, till: Till, item: Json, code: str) -> None:
    assert code_of(spoken, till, item) == code


def test_a_mixed_batch_updates_whom_it_finds(spoken: Spoken, till: Till) -> None:
    member = shop.register(till)
    body = customers({"mobile": shop.new_mobile(), "lastname": "X"}, {"mobile": member.mobile, "lastname": "Found"})
    answer = spoken.put(till, PATH, body)
    assert answer.status == 200
    status = answer.body["response"]["status"]
    assert (status["success"], status["code"], status["success_count"]) == ("true", 201, "1")
    assert [item["item_status"]["success"] for item in items_of(answer)] == ["false", "true"]


def test_all_failed_answers_200_with_code_500_inside(spoken: Spoken, till: Till) -> None:
    answer = spoken.put(till, PATH, customers({"mobile": shop.new_mobile()}))
    assert answer.status == 200
    assert answer.body["response"]["status"]["code"] == 500


def test_set_identifiers_stay_unless_the_organisation_lets_them_change(
    spoken: Spoken, make_organization: MakeOrganization
) -> None:
    for allowed in (False, True):
        till = make_organization(config={"CONF_ALLOW_EMAIL_UPDATE": allowed}).till.at(NOW)
        member = shop.register(till)
        old, new = f"{member.mobile}@old.example", f"{member.mobile}@new.example"
        assert update(spoken, till, {"mobile": member.mobile, "email": old})["email"] == old
        item = update(spoken, till, {"mobile": member.mobile, "email": new})
        assert item["email"] == (new if allowed else old)
        assert warnings_of(item) == ([] if allowed else ["91006"])


def test_the_primary_identifier_never_changes(spoken: Spoken, make_organization: MakeOrganization) -> None:
    till = make_organization(config={"CONF_ALLOW_MOBILE_UPDATE": True}).till.at(NOW)
    member = shop.register(till)
    item = update(spoken, till, {"id": member.id, "mobile": shop.new_mobile()})
    assert (item["mobile"], warnings_of(item)) == (member.mobile, ["91005"])


def test_an_identifier_of_another_customer_is_left_alone(spoken: Spoken, till: Till) -> None:
    member, other = shop.register(till), shop.register(till)
    email = f"{other.mobile}@mail.example"
    update(spoken, till, {"mobile": other.mobile, "email": email})
    item = update(spoken, till, {"mobile": member.mobile, "email": email})
    assert (item["email"], warnings_of(item)) == ("", ["91007"])


def test_the_type_goes_one_way(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    spoken.post(till, "/v1.1/customer/add", customers({"mobile": mobile, "type": "NON_LOYALTY"}))
    item = update(spoken, till, {"mobile": mobile, "type": "LOYALTY"})
    assert (item["type"], item["current_slab"]) == ("LOYALTY", "Silver")
    assert code_of(spoken, till, {"mobile": mobile, "type": "NON_LOYALTY"}) == "1046"


@pytest.mark.parametrize(
    ("key", "code"), [("CONF_USERS_IS_EMAIL_REQUIRED", "1048"), ("CONF_USERS_IS_EXTERNAL_ID_REQUIRED", "1049")]
)
def test_the_step_to_loyalty_needs_what_a_registration_needs(
    spoken: Spoken, make_organization: MakeOrganization, key: str, code: str
) -> None:
    till = make_organization(config={key: True}).till.at(NOW)
    mobile = shop.new_mobile()
    body = shop.customer(mobile) | {"loyaltyInfo": {"loyaltyType": "non_loyalty"}}
    till.post("/v2/customers", body).ok()
    assert code_of(spoken, till, {"mobile": mobile, "type": "LOYALTY"}) == code
    given = {"email": f"{mobile}@mail.example", "external_id": f"L-{mobile}"}
    assert update(spoken, till, {"mobile": mobile, "type": "LOYALTY", **given})["type"] == "LOYALTY"


def test_the_update_is_booked_on_the_till_that_it_names(
    spoken: Spoken, till: Till, shared_organization: Organization
) -> None:
    member = shop.register(till)
    other = shared_organization.other_store_till.username
    update(spoken, till, {"mobile": member.mobile, "lastname": "Moved", "registered_till": other})
    profile = shop.details_of(till, member)["profiles"][0]
    assert profile["attribution"]["modifiedBy"]["code"] == other
    assert profile["attribution"]["createdBy"]["code"] == till.username
    item = update(spoken, till, {"mobile": member.mobile, "lastname": "Again", "registered_till": "no such till"})
    assert warnings_of(item) == ["91020"]


def test_a_repeated_call_with_a_key_updates_once(till: Till) -> None:
    member = shop.register(till)
    body = customers({"mobile": member.mobile, "lastname": "Once"})
    headers = {"Idempotency-Key": f"update-{member.mobile}"}
    answers = [till.send("PUT", PATH, body=body, headers=headers) for _ in range(2)]
    assert answers[0].body == answers[1].body
    assert answers[1].headers["Idempotency-Replayed"] == "true"
