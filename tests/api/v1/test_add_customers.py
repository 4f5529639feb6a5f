"""POST /v1.1/customer/add (01-customer-v1/01), in JSON and in XML."""

from __future__ import annotations

import pytest

from earnest.engine.program.model import Fixed
from tests.api.v1.conftest import NOW, Spoken
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.programs import award, demo_with, same
from tests.support.shapes import fields, shape
from tests.support.till import Answer, Json, Till

PATH = "/v1.1/customer/add"
CUSTOMER = "response.customers.customer[]"
SUMMARY = f"{CUSTOMER}.points_summaries.points_summary[]"


def customers(*items: Json) -> Json:
    return {"root": {"customer": list(items)}}


def items_of(answer: Answer) -> list[Json]:
    found: list[Json] = answer.body["response"]["customers"]["customer"]
    return found


def status_of(answer: Answer) -> Json:
    return answer.body["response"]["status"]


def add(spoken: Spoken, till: Till, *items: Json, **params: object) -> Json:
    """The one item of a call that must have succeeded."""
    answer = spoken.post(till, PATH, customers(*items), **params)
    assert answer.status == 200, answer.text
    (item,) = items_of(answer)
    assert item["item_status"]["success"] == "true", answer.text
    return item


def codes_of(answer: Answer) -> list[str]:
    return [item["item_status"]["code"] for item in items_of(answer)]


@pytest.mark.parametrize("path", [PATH, "/v1/customer/add"])
def test_the_answer_has_the_documented_fields(spoken: Spoken, till: Till, path: str) -> None:
    mobile = shop.new_mobile()
    answer = spoken.post(
        till,
        path,
        customers(
            {
                "mobile": mobile,
                "email": f"{mobile}@mail.example",
                "external_id": f"E-{mobile}",
                "firstname": "Asha",
                "lastname": "Rao",
                "registered_on": "2025-01-31 09:10:00",
                "type": "LOYALTY",
                "source": "INSTORE",
                "custom_fields": {"field": [{"name": "pet", "value": "cat"}, {"name": "pin", "value": "0042"}]},
                "extended_fields": {"field": [{"name": "gender", "value": "Female"}]},
            }
        ),
    )
    assert answer.status == 200, answer.text
    assert status_of(answer) == {
        "success": "true",
        "code": 200,
        "message": "Success",
        "total": "1",
        "success_count": "1",
    }
    (item,) = items_of(answer)
    assert item["mobile"] == mobile
    assert (item["firstname"], item["lastname"]) == ("Asha", "Rao")
    assert (item["email"], item["external_id"]) == (f"{mobile}@mail.example", f"E-{mobile}")
    assert (item["registered_on"], item["updated_on"]) == ("2025-01-31 09:10:00", "2025-03-03 10:00:00")
    assert (item["type"], item["source"], item["fraud_status"], item["reason"]) == ("LOYALTY", "instore", "NONE", "")
    assert item["custom_fields"]["field"] == [{"name": "pet", "value": "cat"}, {"name": "pin", "value": "0042"}]
    assert item["extended_fields"]["field"] == [{"name": "gender", "value": "Female"}]
    assert (item["lifetime_points"], item["loyalty_points"], item["lifetime_purchases"]) == (0, 0, 0)
    assert (item["current_slab"], item["tier_expiry_date"]) == ("Silver", "2125-01-31 23:59:59")
    assert item["item_status"] == {
        "success": "true",
        "code": "1000",
        "message": "Customer registration successful",
        "warnings": {"warning": []},
    }
    assert item["side_effects"] == {"effect": []} and item["subscriptions"] == {"subscription": []}
    documented = {
        **fields("number", "user_id", "lifetime_points", "loyalty_points", "lifetime_purchases", at=CUSTOMER),
        **fields("string", "mobile", "current_slab", "tier_expiry_date", "registered_on", "updated_on", at=CUSTOMER),
        **fields("string", "programId", "redeemed", "expired", "returned", "adjusted", "lifetimePoints", at=SUMMARY),
        **fields("string", "loyaltyPoints", "cumulativePurchases", "currentSlab", "nextSlab", "slabSNo", at=SUMMARY),
        **fields("string", "nextSlabSerialNumber", "nextSlabDescription", "slabExpiryDate", "totalPoints", at=SUMMARY),
    }
    assert documented.items() <= shape(answer.body).items()


def test_points_of_a_registration_are_a_side_effect(spoken: Spoken, make_organization: MakeOrganization) -> None:
    program = demo_with(awards=(award(1, Fixed(same(50)), activity="CustomerRegistration"),))
    till = make_organization(program=program).till.at(NOW)
    item = add(spoken, till, {"mobile": shop.new_mobile()})
    assert item["side_effects"]["effect"] == [
        {
            "awarded_points": 50,
            "total_points": 50,
            "customer_id": str(item["user_id"]),
            "is_referrer": "false",
            "type": "points",
        }
    ]
    assert item["loyalty_points"] == 50


def test_figures_of_the_programme_are_text(spoken: Spoken, till: Till) -> None:
    member = shop.register(till)
    shop.sell(till, member, "1000.55")
    item = add(spoken, till, {"mobile": member.mobile})
    assert float(item["loyalty_points"]) == 100.06
    (summary,) = item["points_summaries"]["points_summary"]
    assert (summary["loyaltyPoints"], summary["cumulativePurchases"]) == ("100.06", "1000.55")
    assert (summary["programId"], summary["slabSNo"], summary["nextSlabSerialNumber"]) == ("1", "1", "2")


def test_each_customer_of_a_batch_is_added_or_refused_by_itself(spoken: Spoken, till: Till) -> None:
    first, last = shop.new_mobile(), shop.new_mobile()
    answer = spoken.post(
        till,
        PATH,
        customers(
            {"mobile": first, "firstname": "First"},
            {"mobile": "12"},
            {"mobile": shop.new_mobile(), "email": "no address"},
            {"firstname": "Nobody"},
            {"mobile": shop.new_mobile(), "registered_on": "2035-01-01 00:00:00"},
            {"mobile": shop.new_mobile(), "commChannels": [{"type": "mobile", "primary": "perhaps"}]},
            {"mobile": shop.new_mobile(), "type": "VIP"},
            {"mobile": shop.new_mobile(), "source": "MOON"},
            {"mobile": last},
        ),
    )
    assert answer.status == 200
    status = status_of(answer)
    assert (status["success"], status["code"]) == ("true", 201)
    assert status["message"] == "Some requests have failed due to errors"
    assert (status["total"], status["success_count"]) == ("9", "2")
    assert codes_of(answer) == ["1000", "1001", "1002", "1007", "1034", "400", "91003", "8003", "1000"]
    refused = items_of(answer)[1]
    assert refused["mobile"] == "12" and "user_id" not in refused
    assert refused["item_status"]["success"] == "false"
    assert [item["mobile"] for item in items_of(answer)][0::8] == [first, last]


def test_a_batch_that_failed_as_a_whole_is_http_500(spoken: Spoken, till: Till) -> None:
    answer = spoken.post(till, PATH, customers({"mobile": "1"}, {"email": "x"}, {}))
    assert answer.status == 500
    assert status_of(answer) == {
        "success": "false",
        "code": 500,
        "message": "All requests have failed due to errors",
        "total": "3",
        "success_count": "0",
    }
    assert codes_of(answer) == ["1001", "1002", "1007"]


def test_too_large_a_batch_is_refused_before_anybody_is_registered(spoken: Spoken, till: Till) -> None:
    mobiles = [shop.new_mobile() for _ in range(101)]
    answer = spoken.post(till, PATH, customers(*({"mobile": mobile} for mobile in mobiles)))
    assert (answer.status, status_of(answer)["code"]) == (400, 1060)
    assert spoken.get(till, "/v1.1/customer/get", mobile=mobiles[0]).status == 500
    at_the_limit = spoken.post(till, PATH, customers(*({"mobile": mobile} for mobile in mobiles[:100])))
    assert status_of(at_the_limit)["success_count"] == "100"


def test_an_empty_batch_is_invalid_input(till: Till) -> None:
    for body in ({"root": {"customer": []}}, {"root": {}}):
        answer = till.post(PATH, body)
        assert (answer.status, status_of(answer)["code"]) == (400, 400)


def test_a_known_identifier_updates_the_customer(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    first = add(
        spoken,
        till,
        {"mobile": mobile, "firstname": "A", "lastname": "B", "custom_fields": {"field": {"name": "a", "value": "1"}}},
    )
    later = till.at("2025-03-04T10:00:00+05:30")
    item = add(
        spoken,
        later,
        {
            "mobile": mobile,
            "firstname": "Asha",
            "email": f"{mobile}@mail.example",
            "custom_fields": {"field": [{"name": "b", "value": "2"}]},
        },
    )
    assert item["user_id"] == first["user_id"]
    assert (item["firstname"], item["lastname"]) == ("Asha", "B")
    assert item["email"] == f"{mobile}@mail.example"
    assert {field["name"]: field["value"] for field in item["custom_fields"]["field"]} == {"a": "1", "b": "2"}
    assert (item["registered_on"], item["updated_on"]) == ("2025-03-03 10:00:00", "2025-03-04 10:00:00")
    assert item["item_status"]["message"] == "Customer successfully updated"


def test_the_same_call_again_changes_nothing(spoken: Spoken, till: Till) -> None:
    wish = {
        "mobile": shop.new_mobile(),
        "firstname": "Asha",
        "extended_fields": {"field": [{"name": "a", "value": ""}]},
    }
    first = add(spoken, till, wish)
    again = add(spoken, till.at("2025-03-05T10:00:00+05:30"), wish)
    assert again["user_id"] == first["user_id"]
    assert again["updated_on"] == first["updated_on"]


def test_an_identifier_that_is_set_or_taken_is_kept_with_a_warning(spoken: Spoken, till: Till) -> None:
    mine, other = shop.new_mobile(), shop.new_mobile()
    add(spoken, till, {"mobile": mine, "email": f"{mine}@mail.example"})
    add(spoken, till, {"mobile": other, "email": f"{other}@mail.example"})
    item = add(spoken, till, {"mobile": mine, "email": "new@mail.example"})
    assert item["email"] == f"{mine}@mail.example"
    assert item["item_status"]["warnings"] == {"warning": ["91006"]}
    assert item["item_status"]["message"] == "Customer successfully updated, Email update is not allowed"
    item = add(spoken, till, {"mobile": mine, "email": f"{other}@mail.example"})
    assert item["item_status"]["warnings"] == {"warning": ["91007"]}
    # The primary identifier never changes; the customer is found by the other one.
    item = add(spoken, till, {"mobile": shop.new_mobile(), "email": f"{mine}@mail.example"})
    assert item["mobile"] == mine
    assert item["item_status"]["warnings"] == {"warning": ["91005"]}


def test_the_organisation_may_let_identifiers_be_replaced(spoken: Spoken, make_organization: MakeOrganization) -> None:
    till = make_organization(config={"CONF_ALLOW_EMAIL_UPDATE": True}).till.at(NOW)
    mobile = shop.new_mobile()
    first = add(spoken, till, {"mobile": mobile, "email": "old@mail.example"})
    item = add(spoken, till, {"mobile": mobile, "email": "new@mail.example"})
    assert (item["email"], item["item_status"]["warnings"]) == ("new@mail.example", {"warning": []})
    # The old address is free again.
    other = add(spoken, till, {"mobile": shop.new_mobile(), "email": "old@mail.example"})
    assert other["user_id"] != first["user_id"]


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"CONF_PRIMARY_IDENTIFIER_STRICT_CHECK": True}, "1047"),
        ({"CONF_PRIMARY_IDENTIFIER_STRICT_CHECK": True, "CONF_SKIP_SECONDARY_ID_ON_PRIMARY_MISMATCH": True}, "1000"),
    ],
)
def test_a_new_primary_identifier_beside_a_known_one_is_what_the_organisation_says(
    make_organization: MakeOrganization, config: Json, code: str
) -> None:
    till = make_organization(config=config).till.at(NOW)
    email = "known@mail.example"
    shop.register(till, identifiers=[{"type": "mobile", "value": shop.new_mobile()}, {"type": "email", "value": email}])
    mobile = shop.new_mobile()
    answer = till.post(PATH, customers({"mobile": mobile, "email": email}))
    assert codes_of(answer) == [code]
    if "CONF_SKIP_SECONDARY_ID_ON_PRIMARY_MISMATCH" in config:
        (item,) = items_of(answer)
        assert (item["mobile"], item["email"]) == (mobile, "")


@pytest.mark.parametrize(
    ("key", "missing", "code"),
    [
        ("CONF_USERS_IS_MOBILE_REQUIRED", "mobile", "1006"),
        ("CONF_USERS_IS_EMAIL_REQUIRED", "email", "1039"),
        ("CONF_USERS_IS_EXTERNAL_ID_REQUIRED", "external_id", "1043"),
    ],
)
def test_the_organisation_decides_which_identifiers_a_registration_needs(
    make_organization: MakeOrganization, key: str, missing: str, code: str
) -> None:
    till = make_organization(config={key: True}).till.at(NOW)
    whole = {"mobile": shop.new_mobile(), "email": "a@mail.example", "external_id": "E-1"}
    part = {name: value for name, value in whole.items() if name != missing}
    assert codes_of(till.post(PATH, customers(part))) == [code]
    assert codes_of(till.post(PATH, customers(whole))) == ["1000"]


def test_a_registration_before_the_first_allowed_day_is_refused(make_organization: MakeOrganization) -> None:
    till = make_organization(config={"CONF_MIN_REGISTRATION_DATE": "2025-03-01"}).till.at(NOW)
    days = ["2025-02-28 23:59:59", "2025-03-01 00:00:00", "never"]
    answer = till.post(PATH, customers(*({"mobile": shop.new_mobile(), "registered_on": day} for day in days)))
    assert codes_of(answer) == ["1034", "1000", "1034"]


def test_a_loyalty_registration_needs_the_primary_identifier_unless_any_will_do(
    make_organization: MakeOrganization,
) -> None:
    strict = make_organization().till.at(NOW)
    only_email = customers({"email": "a@mail.example"}, {"email": "b@mail.example", "type": "NON_LOYALTY"})
    assert codes_of(strict.post(PATH, only_email)) == ["1007", "1000"]
    lenient = make_organization(config={"CONF_ALLOW_REGISTRATION_FROM_ANY_IDENTIFIERS": True}).till.at(NOW)
    assert codes_of(lenient.post(PATH, only_email)) == ["1000", "1000"]


def test_a_customer_rises_from_non_loyalty_to_loyalty_and_never_falls(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    item = add(spoken, till, {"mobile": mobile, "type": "NON_LOYALTY"})
    assert (item["type"], item["current_slab"], item["points_summaries"]["points_summary"]) == ("NON_LOYALTY", "", [])
    item = add(spoken, till, {"mobile": mobile, "type": "LOYALTY"})
    assert (item["type"], item["current_slab"]) == ("LOYALTY", "Silver")
    assert codes_of(spoken.post(till, PATH, customers({"mobile": mobile, "type": "NON_LOYALTY"}))) == ["1046"]


def test_a_source_adds_its_profile_to_the_customer_of_another(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    first = add(spoken, till, {"mobile": mobile, "firstname": "Asha"})
    second = add(spoken, till, {"mobile": mobile, "firstname": "A.", "source": "ECOMMERCE"})
    assert second["user_id"] == first["user_id"]
    # Answers without a source print the profile of the stores.
    assert (second["firstname"], second["source"]) == ("Asha", "instore")
    profiles = till.get(f"/v2/customers/{first['user_id']}", source="ALL").ok()["profiles"]
    assert {profile["source"]: profile["firstName"] for profile in profiles} == {"INSTORE": "Asha", "ECOMMERCE": "A."}


def test_tills_and_what_cannot_be_done_yet_become_warnings(
    spoken: Spoken, till: Till, shared_organization: Organization
) -> None:
    other_till = shared_organization.other_store_till.username
    item = add(
        spoken,
        till,
        {
            "mobile": shop.new_mobile(),
            "registered_till": "no such till",
            "associated_with": "nor this one",
            "card_number": "C-1",
            "referral_code": "FRIEND",
        },
    )
    assert item["item_status"]["warnings"] == {"warning": ["91020", "91003", "1205", "91021"]}
    mobile = shop.new_mobile()
    add(spoken, till, {"mobile": mobile, "registered_till": other_till})
    (found,) = spoken.get(till, "/v1.1/customer/get", mobile=mobile).body["response"]["customers"]["customer"]
    assert found["registered_till"]["code"] == other_till


def test_a_mobile_number_gets_the_country_code_of_the_header(till: Till) -> None:
    def post(mobile: str, code: str) -> Answer:
        headers = {"X-CAP-CLIENT-COUNTRYCODE": code}
        return till.send("POST", PATH, body=customers({"mobile": mobile}), headers=headers)

    (item,) = items_of(post("7911123456", "44"))
    assert item["mobile"] == "447911123456"
    (item,) = items_of(post("9812345678", "not a code"))
    assert item["mobile"] == "919812345678"


def test_json_may_be_written_in_the_habits_of_xml(till: Till) -> None:
    mobile = shop.new_mobile()
    body = {
        "root": {
            "customer": {
                "mobile": int(mobile),
                "email": [],
                "external_id": "",
                "custom_fields": {"field": {"name": "age", "value": 42}},
                "extended_fields": "",
                "commChannels": {"type": "mobile", "value": mobile, "primary": "true", "meta": {"residence": "1"}},
                "fraud_status": "",
                "subscriptions": {"subscription": {"channel": "sms", "is_subscribed": 1}},
            }
        }
    }
    (item,) = items_of(till.post(PATH, body))
    assert item["mobile"] == mobile
    assert item["custom_fields"]["field"] == [{"name": "age", "value": "42"}]
    (profile,) = till.get(f"/v2/customers/{item['user_id']}", source="INSTORE").ok()["profiles"]
    (channel,) = profile["commChannels"]
    assert (channel["value"], channel["primary"], channel["meta"]["residence"]) == (mobile, True, True)


def test_characters_arrive_as_they_were_sent(spoken: Spoken, till: Till) -> None:
    name = 'Zoë <&> "O\'Neil" 雪 \U0001f600 ]]>'
    item = add(spoken, till, {"mobile": shop.new_mobile(), "firstname": name})
    assert item["firstname"] == name


def test_a_control_character_that_xml_cannot_hold_is_replaced(till: Till) -> None:
    mobile = shop.new_mobile()
    (item,) = items_of(till.post(PATH, customers({"mobile": mobile, "firstname": "a\u0007b"})))
    assert item["firstname"] == "a\u0007b"
    answer = till.send("GET", "/v1.1/customer/get.xml", params={"mobile": mobile})
    assert "<firstname>a\ufffdb</firstname>" in answer.text


def test_customers_of_several_calls_at_once_are_registered_once(till: Till) -> None:
    mobile = shop.new_mobile()
    answers = shop.at_once([lambda: till.post(PATH, customers({"mobile": mobile, "firstname": "A"}))] * 8)
    assert {codes_of(answer)[0] for answer in answers} == {"1000"}
    assert len({items_of(answer)[0]["user_id"] for answer in answers}) == 1


def test_the_credentials_are_asked_for_in_the_format_of_the_call(spoken: Spoken, till: Till) -> None:
    stranger = Till(till._http, till.username, "wrong")
    answer = spoken.post(stranger, PATH, customers({"mobile": shop.new_mobile()}))
    assert (answer.status, status_of(answer)["code"]) == (401, 401)
