"""PUT /v2/customers/{customerId} and PUT /v2/customers/lookup (02-customer-v2/02, 03-customer-lookup/01)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.programs import demo_rewards
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

NOW = "2025-06-02T16:00:00+05:30"


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


def named(member: Member, **query: object) -> dict[str, object]:
    return {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile} | query


def by_id(till: Till, member: Member, body: Json, **query: object) -> Answer:
    return till.put(f"/v2/customers/{member.id}", body, **({"source": "INSTORE"} | query))


def by_lookup(till: Till, member: Member, body: Json, **query: object) -> Answer:
    return till.put("/v2/customers/lookup", body, **named(member, **query))


def profile(**fields: Json) -> Json:
    return {"profiles": [{"source": "INSTORE", **fields}]}


@pytest.mark.parametrize("update", [by_id, by_lookup])
def test_an_update_changes_what_it_names_and_nothing_else(
    till: Till, update: Callable[[Till, Member, Json], Answer]
) -> None:
    member = shop.register(till, lastName="Das", fields={"size": "M", "city": "Pune"})
    body = profile(firstName="Lila", fields={"city": "Goa"}) | {"extendedFields": {"gender": "Female"}}
    answer = update(till, member, body).ok()
    assert answer == {"createdId": member.id, "warnings": [], "sideEffects": []}
    found = shop.details_of(till, member)
    (kept,) = found["profiles"]
    assert (kept["firstName"], kept["lastName"], kept["fields"]) == ("Lila", "Das", {"size": "M", "city": "Goa"})
    assert found["extendedFields"] == {"gender": "Female"}
    assert kept["identifiers"] == [{"type": "mobile", "value": member.mobile}]


def test_names_are_cut_at_a_hundred_characters(till: Till) -> None:
    member = shop.register(till)
    by_id(till, member, profile(firstName="x" * 120)).ok()
    assert shop.details_of(till, member)["profiles"][0]["firstName"] == "x" * 100


def test_channels_are_merged_by_type_and_value(till: Till) -> None:
    member = shop.register(till)
    first = {"type": "email", "value": f"{member.mobile}@one.example", "primary": True}
    second = {"type": "email", "value": f"{member.mobile}@two.example", "primary": True, "verified": True}
    by_id(till, member, profile(commChannels=[first])).ok()
    by_id(till, member, profile(commChannels=[second])).ok()
    by_id(till, member, profile(commChannels=[second | {"verified": False}])).ok()
    channels = shop.details_of(till, member)["profiles"][0]["commChannels"]
    assert [(c["value"], c["primary"], c["verified"]) for c in channels] == [
        (first["value"], False, False),
        (second["value"], True, False),
    ]


def test_identifiers_are_added_by_lookup_only(till: Till) -> None:
    member = shop.register(till)
    email = f"{member.mobile}@mail.example"
    body = profile(identifiers=[{"type": "email", "value": email}])
    assert by_id(till, member, body).ok()["warnings"][0]["code"] == 8070
    lookup = {"source": "INSTORE", "identifierName": "email", "identifierValue": email}
    assert till.get("/v2/customers/lookup", **lookup).code == 8015
    assert by_lookup(till, member, body).ok()["warnings"] == []
    assert till.get("/v2/customers/lookup", **lookup).ok()["entity"] == member.id
    # One that is set stays: another value is not a further one.
    other = profile(identifiers=[{"type": "email", "value": f"{member.mobile}@other.example"}])
    assert by_lookup(till, member, other).ok()["warnings"][0]["code"] == 8070


def test_a_lookup_adds_the_profile_of_another_source(till: Till) -> None:
    member = shop.register(till)
    body = {
        "profiles": [
            {
                "source": "WECHAT",
                "accountId": "WeChat1234",
                "firstName": "Lila",
                "identifiers": [{"type": "wechat", "value": f"wc-{member.mobile}"}],
                "commChannels": [{"type": "wechat", "value": f"wc-{member.mobile}", "primary": "true"}],
            }
        ]
    }
    by_lookup(till, member, body).ok()
    found = till.get(f"/v2/customers/{member.id}", source="WECHAT", accountId="WeChat1234").ok()
    assert [p["source"] for p in found["profiles"]] == ["INSTORE", "WECHAT"]


def test_an_identifier_of_another_customer_is_refused_on_the_source_and_left_out_on_another(till: Till) -> None:
    member, other = shop.register(till), shop.register(till)
    email = f"{other.mobile}@mail.example"
    identifiers = [{"type": "email", "value": email}]
    by_lookup(till, other, profile(identifiers=identifiers)).ok()
    assert by_lookup(till, member, profile(identifiers=identifiers)).code == 8008
    elsewhere = [{"type": "wechat", "value": f"wc-{member.mobile}"}, *identifiers]
    body = {"profiles": [{"source": "WECHAT", "accountId": "a", "identifiers": elsewhere}]}
    assert by_lookup(till, member, body).ok()["warnings"][0]["code"] == 8053


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ({"source": "NOWHERE"}, {}, 3217),
        ({"source": "ALL"}, {}, 3217),
        ({"source": "WECHAT"}, {}, 8045),
        ({"source": "WEBSITE"}, {}, 8009),
        ({}, profile(commChannels=[{"type": "pigeon", "value": "x"}]), 8010),
        ({}, profile(identifiers=[{"type": "pigeon", "value": "x"}]), 8013),
        ({}, {"loyaltyInfo": {"loyaltyType": "non_loyalty"}}, 8018),
        ({}, {"loyaltyProgramEnrollments": [{"programId": 4_040_404}]}, 1213),
        ({}, {"profiles": [{"source": "WEBSITE", "firstName": "x"}]}, 8009),
    ],
)
def test_what_cannot_be_done_has_its_documented_code(till: Till, query: Json, body: Json, code: int) -> None:
    assert by_id(till, shop.register(till), body, **query).code == code


def test_who_is_not_there_is_not_updated(till: Till) -> None:
    assert by_id(till, Member(987_654_321, ""), profile(firstName="x")).code == 8015
    assert by_lookup(till, Member(0, shop.new_mobile()), profile(firstName="x")).code == 8015
    assert till.put("/v2/customers/abc", {}, source="INSTORE").code == 8015


@pytest.mark.parametrize("update", [by_id, by_lookup])
def test_points_of_an_enrolment_are_a_side_effect_and_enrolling_twice_changes_nothing(
    make_organization: MakeOrganization, update: Callable[[Till, Member, Json], Answer]
) -> None:
    till, mobile = make_organization().till.at(NOW), shop.new_mobile()
    body = shop.customer(mobile) | {"loyaltyInfo": {"loyaltyType": "non_loyalty"}}
    member = Member(till.post("/v2/customers", body).ok()["createdId"], mobile)
    enrolment = {"programId": demo_rewards("Asia/Kolkata").id, "tierNumber": 2, "loyaltyPoints": 25}
    wish = {"loyaltyProgramEnrollments": [enrolment]}
    assert by_id(till, member, wish).ok()["warnings"][0]["code"] == 8089
    answer = update(till, member, wish | {"loyaltyInfo": {"loyaltyType": "loyalty"}}).ok()
    assert shop.details_of(till, member)["loyaltyInfo"]["loyaltyType"] == "loyalty"
    assert shop.tier_of(till, member) == "Gold"
    assert shop.points_of(till, member) == 25
    assert answer["sideEffects"] == [
        {"entityType": "USER", "rawAwardedPoints": 25, "awardedPoints": 25, "type": "points"}
    ]
    assert by_id(till, member, wish).ok()["sideEffects"] == []
    assert shop.points_of(till, member) == 25


def test_a_profile_elsewhere_may_need_one_in_the_stores(make_organization: MakeOrganization) -> None:
    till = make_organization(config={"CONF_RESTRICT_ORPHAN_V2_PROFILE": True}).till.at(NOW)
    mobile = shop.new_mobile()
    assert till.post("/v2/customers", shop.customer(mobile, source="WEBSITE")).code == 8090
    shop.register(till, mobile)
    till.post("/v2/customers", shop.customer(mobile, source="WEBSITE")).ok()


def test_a_second_profile_of_a_source_is_refused(till: Till) -> None:
    mobile = shop.new_mobile()
    email = {"type": "email", "value": f"{mobile}@mail.example"}
    shop.register(till, mobile, identifiers=[{"type": "mobile", "value": mobile}, email])
    till.post("/v2/customers", shop.customer(mobile, source="WEBSITE")).ok()
    body = shop.customer(source="WEBSITE", identifiers=[email])
    assert till.post("/v2/customers", body).code == 8006


def test_details_by_lookup_are_those_by_id(till: Till) -> None:
    member = shop.register(till)
    channel = {"type": "mobile", "value": member.mobile, "primary": True}
    by_id(till, member, profile(commChannels=[channel], fields={"pet": "cat"})).ok()
    shop.sell(till, member, 1_000)
    asked = {"embed": "mlp,points,subscriptions,alternateCurrencies", "gapToUpgrade": 3, "includedFraudDetails": "true"}
    by_lookup_ = till.get("/v2/customers/lookup/customerDetails", **named(member), **asked).ok()
    assert by_lookup_ == till.get(f"/v2/customers/{member.id}", source="INSTORE", **asked).ok()
    assert by_lookup_["profiles"][0]["commChannels"][0]["value"] == member.mobile
    assert (by_lookup_["alternateCurrencyDetails"], by_lookup_["cardDetails"]) == ([], [])
    refused = till.get(
        "/v2/customers/lookup/customerDetails", source="WEBSITE", identifierName="mobile", identifierValue=member.mobile
    )
    assert refused.code == 8065
