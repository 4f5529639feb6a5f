"""POST /v2/customers (02-customer-v2/01)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from earnest.engine.program.model import Fixed
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.programs import award, demo_with, percent, same
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

NOW = "2025-03-10T09:30:00+05:30"
PATH = "/v2/customers"


@pytest.fixture
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


def _add(till: Till, body: Json, **query: object) -> Answer:
    return till.post(PATH, body, **query)


def _identifiers(**values: str) -> list[Json]:
    return [{"type": type_, "value": value} for type_, value in values.items()]


def _found(till: Till, name: str, value: str) -> int:
    found: int = till.get("/v2/customers/lookup", source="INSTORE", identifierName=name, identifierValue=value).ok()[
        "entity"
    ]
    return found


def _is_nobody(till: Till, mobile: str) -> bool:
    answer = till.get("/v2/customers/lookup", source="ALL", identifierName="mobile", identifierValue=mobile)
    return answer.status == 400 and answer.code == 8015


def test_the_answer_has_the_documented_fields(make_organization: MakeOrganization) -> None:
    welcome = award(2, Fixed(same(25)), activity="CustomerRegistration")
    till = make_organization(program=demo_with(awards=(award(1, percent(10)), welcome))).till.at(NOW)
    body = shop.customer() | {"associatedWith": "no-such-till"}
    added = _add(till, body).ok()
    assert shape(added) == (
        {"createdId": "number", "warnings": "array", "sideEffects": "array"}
        | fields("number", "code", at="warnings[]")
        | fields("string", "message", at="warnings[]")
        | fields("boolean", "status", at="warnings[]")
        | fields("string", "entityType", "type", at="sideEffects[]")
        | fields("number", "rawAwardedPoints", "customerId", "awardedPoints", at="sideEffects[]")
        | fields("boolean", "isReferrer", at="sideEffects[]")
    )
    (effect,) = added["sideEffects"]
    assert effect == {
        "entityType": "USER",
        "rawAwardedPoints": 25,
        "customerId": added["createdId"],
        "awardedPoints": 25,
        "isReferrer": False,
        "type": "points",
    }
    assert shop.points_of(till, Member(added["createdId"], "")) == 25


def test_a_customer_without_a_welcome_has_no_side_effects(till: Till) -> None:
    added = _add(till, shop.customer()).ok()
    assert (added["warnings"], added["sideEffects"]) == ([], [])


@pytest.mark.parametrize(
    "written", ["9876501234", "+919876501234", "919876501234", "09876501234", "+91 98765-01234", 919876501234]
)
def test_a_mobile_number_is_kept_with_its_country_code(client: Till, written: str | int) -> None:
    till = client.at(NOW)
    added = _add(till, shop.customer(identifiers=[{"type": "mobile", "value": written}])).ok()
    assert _found(till, "mobile", "919876501234") == added["createdId"]
    details = shop.details_of(till, Member(added["createdId"], ""))
    assert details["profiles"][0]["identifiers"] == _identifiers(mobile="919876501234")


def test_an_address_is_kept_in_lower_case_and_other_identifiers_as_they_are(till: Till) -> None:
    identifiers = _identifiers(mobile=shop.new_mobile(), email="Meera.Iyer@Mail.Example", externalId="Card/77-a")
    added = _add(till, shop.customer(identifiers=identifiers)).ok()
    assert _found(till, "email", "meera.iyer@mail.example") == added["createdId"]
    assert _found(till, "externalId", "Card/77-a") == added["createdId"]
    assert (
        till.get(
            "/v2/customers/lookup", source="INSTORE", identifierName="externalId", identifierValue="card/77-a"
        ).code
        == 8015
    )


def test_names_are_cut_at_a_hundred_characters(till: Till) -> None:
    member = shop.register(till, firstName="é" * 101, lastName="x" * 100)
    profile = shop.details_of(till, member)["profiles"][0]
    assert (profile["firstName"], profile["lastName"]) == ("é" * 100, "x" * 100)


def test_what_a_customer_brings_along_is_kept(till: Till, shared_organization: Organization) -> None:
    mobile = shop.new_mobile()
    channels = [
        {"type": "mobile", "value": mobile, "primary": "true", "verified": True, "meta": {"residence": "true"}},
        {"type": "email", "value": "Home@Mail.Example", "subscribed": True, "attributes": {"label": "home"}},
    ]
    body = shop.customer(mobile, lastName="Menon", fields={"shoe_size": "42"}, commChannels=channels) | {
        "extendedFields": {"city": "Kochi", "children": 2},
        "associatedWith": shared_organization.other_store_till.username,
        "createDate": "2024-11-05T10:00:00+05:30",
        "referralCode": "",
        "statusLabel": "",
    }
    added = _add(till, body).ok()
    assert added["warnings"] == []
    details = shop.details_of(till, Member(added["createdId"], mobile))
    assert details["extendedFields"] == {"city": "Kochi", "children": 2}
    assert details["associatedWith"] == shared_organization.other_store_till.username
    assert details["loyaltyInfo"]["attributionV2"]["createDate"] == "2024-11-05T10:00:00+05:30"
    assert details["loyaltyInfo"]["attributionV2"]["createdBy"]["code"] == till.username
    (profile,) = details["profiles"]
    assert profile["fields"] == {"shoe_size": "42"}
    first, second = profile["commChannels"]
    assert (first["type"], first["value"], first["primary"], first["verified"]) == ("mobile", mobile, True, True)
    assert first["meta"] == {"residence": True, "office": False, "lastViewedDate": None}
    assert (second["value"], second["subscribed"], second["attributes"]) == (
        "home@mail.example",
        True,
        {"label": "home"},
    )


def test_an_enrolment_may_bring_tier_and_points(till: Till) -> None:
    mobile = shop.new_mobile()
    enrolment = {
        "programId": 1,
        "tierNumber": 2,
        "loyaltyPoints": "120.5",
        "tierExpiryDate": "2026-01-31T23:59:59+05:30",
        "pointsExpiryDate": "2025-06-30T23:59:59+05:30",
    }
    added = _add(till, shop.customer(mobile) | {"loyaltyProgramEnrollments": [enrolment]}).ok()
    member = Member(added["createdId"], mobile)
    assert added["sideEffects"][0]["awardedPoints"] == Decimal("120.5")
    summary = shop.summary_of(till, member)
    assert (summary["currentSlab"], summary["slabExpiryDate"]) == ("Gold", "2026-01-31T23:59:59+05:30")
    assert shop.points_of(till.at("2025-06-30T23:59:59+05:30"), member) == Decimal("120.5")
    assert shop.points_of(till.at("2025-07-01T00:00:00+05:30"), member) == 0
    assert shop.sell(till, member, 100).points == 12


@pytest.mark.parametrize(("single_enroll", "enrolled"), [("false", [1]), ("true", [1, 2])])
def test_mlp_single_enroll_enrols_in_all_programmes(
    make_organization: MakeOrganization, single_enroll: str, enrolled: list[int]
) -> None:
    second = demo_with(id=2, name="Second", is_default=False)
    till = make_organization(programs=[demo_with(), second]).till.at(NOW)
    mobile = shop.new_mobile()
    added = _add(till, shop.customer(mobile), mlp_single_enroll=single_enroll).ok()
    programs = shop.details_of(till, Member(added["createdId"], mobile))["loyaltyProgramDetails"]
    assert [program["programId"] for program in programs] == enrolled


def test_a_customer_who_is_no_member_earns_nothing(till: Till) -> None:
    mobile = shop.new_mobile()
    body = shop.customer(mobile) | {"loyaltyInfo": {"loyaltyType": "non_loyalty"}}
    member = Member(_add(till, body).ok()["createdId"], mobile)
    sale = shop.sell(till, member, 1_000)
    assert sale.points == 0
    assert shop.points_of(till, member) == 0
    details = shop.details_of(till, member)
    assert details["loyaltyInfo"]["loyaltyType"] == "non_loyalty"
    assert "pointsSummary" not in details
    assert shop.ask_to_redeem(till, member, 1)["item_status"]["code"] == 881


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"profiles": []}, 8004),
        ({"source": None}, 8004),
        ({"source": "MARKET"}, 3217),
        ({"identifiers": []}, 8005),
        ({"identifiers": _identifiers(email="nobody")}, 8005),
        ({"identifiers": _identifiers(shoe="42")}, 8013),
        ({"identifiers": _identifiers(id="7")}, 8013),
        ({"identifiers": _identifiers(mobile="12", email="lost@mail.example")}, 8014),
        ({"source": "LINE"}, 8045),
        ({"commChannels": [{"type": "pigeon", "value": "1"}]}, 8010),
        ({"createDate": "yesterday"}, 8017),
        ({"createDate": "2025-03-12T00:00:00+05:30"}, 8017),
        ({"createDate": "1812-06-24T00:00:00+05:30"}, 8017),
        ({"loyaltyInfo": {"loyaltyType": "gold"}}, 8005),
        ({"loyaltyProgramEnrollments": [{"programId": 9}]}, 1213),
        ({"loyaltyProgramEnrollments": [{"programId": 1, "tierNumber": 4}]}, 8923),
        ({"loyaltyProgramEnrollments": [{"programId": 1, "tierNumber": 0}]}, 8923),
        ({"loyaltyProgramEnrollments": [{"programId": 1, "loyaltyPoints": -1}]}, 1010),
        ({"loyaltyProgramEnrollments": [{"programId": 1, "pointsExpiryDate": "never"}]}, 8017),
    ],
)
def test_refusals_have_their_documented_code_and_store_nothing(till: Till, change: Json, code: int) -> None:
    mobile = shop.new_mobile()
    body = shop.customer(mobile)
    for key, value in change.items():
        if key in ("source", "identifiers", "commChannels"):
            body["profiles"][0][key] = value
        else:
            body[key] = value
    refused = _add(till, body)
    assert (refused.status, refused.code) == (400, code)
    assert shape(refused.body) == {
        "errors": "array",
        "errors[].status": "boolean",
        "errors[].code": "number",
        "errors[].message": "string",
        "warnings": "array",
    }
    assert refused.body["errors"][0]["status"] is False
    assert _is_nobody(till, mobile)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"identifiers": _identifiers(mobile="919876599999", email="no at sign")}, 8055),
        ({"commChannels": [{"type": "email", "value": "no at sign"}]}, 8057),
        ({"commChannels": [{"type": "mobile", "value": "12"}]}, 8058),
    ],
)
def test_a_part_that_is_not_valid_is_left_out_with_a_warning(till: Till, change: Json, code: int) -> None:
    added = _add(till, shop.customer(**change)).ok()
    assert [warning["code"] for warning in added["warnings"]] == [code]
    profile = shop.details_of(till, Member(added["createdId"], ""))["profiles"][0]
    assert profile["commChannels"] == []
    assert [identifier["type"] for identifier in profile["identifiers"]] == ["mobile"]


def test_a_wrong_number_is_a_warning_where_the_address_is_the_primary_identifier(
    make_organization: MakeOrganization,
) -> None:
    till = make_organization(primary_identifier="email").till.at(NOW)
    identifiers = _identifiers(mobile="12", email="asha@mail.example")
    added = _add(till, shop.customer(identifiers=identifiers)).ok()
    assert [warning["code"] for warning in added["warnings"]] == [8056]
    assert _add(till, shop.customer(identifiers=_identifiers(mobile="919876500001", email="x"))).code == 8014


def test_an_unknown_till_is_a_warning(till: Till) -> None:
    mobile = shop.new_mobile()
    added = _add(till, shop.customer(mobile) | {"associatedWith": "nowhere"}).ok()
    assert [warning["code"] for warning in added["warnings"]] == [8077]
    assert shop.details_of(till, Member(added["createdId"], mobile))["associatedWith"] == till.username


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'"profiles"',
        b'{"profiles": {}}',
        b'{"profiles": [{"source": "INSTORE", "identifiers": [{"type": "mobile", "value": ["9"]}]}]}',
        b'{"profiles": [{"source": "INSTORE", "fields": "size"}]}',
        b'{"profiles": [',
        b'{"loyaltyProgramEnrollments": [{"programId": "one"}]}',
        b'{"loyaltyProgramEnrollments": [{"programId": 1, "loyaltyPoints": 1e30}]}',
        b'{"loyaltyProgramEnrollments": [{"programId": 1, "loyaltyPoints": NaN}]}',
    ],
)
def test_what_does_not_fit_is_a_clear_error(till: Till, content: bytes) -> None:
    refused = till.send("POST", PATH, content=content)
    assert (refused.status, refused.code) == (400, 400)


def test_fields_that_nobody_knows_are_let_pass(till: Till) -> None:
    body = shop.customer() | {"favouriteColour": "green", "endPointsEnabled": ["TIMELINE_ENDPOINT"]}
    body["profiles"][0]["mood"] = "fine"
    assert _add(till, body).ok()["warnings"] == []
