"""Loyalty details (02-customer-v2/13, 03-customer-lookup/06), tiers (02-customer-v2/14, 03-customer-lookup/12), and the
organisation's programmes (27-organization-v2/07)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.programs import award, demo_with, percent
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Answer, Till

NOW = "2024-06-03T12:00:00+05:30"
AMOUNTS = (
    "redeemed", "expired", "returned", "adjusted", "lifetimePoints", "loyaltyPoints", "cumulativePurchases",
    "delayedPoints", "delayedReturnedPoints", "totalAvailablePoints", "totalReturnedPoints",
)  # fmt: skip

Ask = Callable[..., Answer]


def _by_id(what: str) -> Ask:
    return lambda till, member, **query: till.get(f"/v2/customers/{member.id}/{what}", **query)


def _by_lookup(what: str) -> Ask:
    def ask(till: Till, member: Member, **query: object) -> Answer:
        named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
        return till.get(f"/v2/customers/lookup/{what}", **(named | query))

    return ask


details = pytest.mark.parametrize("ask", [_by_id("loyaltyDetails"), _by_lookup("loyaltyDetails")])
tier = pytest.mark.parametrize("ask", [_by_id("tierDetails"), _by_lookup("tierDetails")])
either = pytest.mark.parametrize("what", ["loyaltyDetails", "tierDetails"])


@pytest.fixture(scope="module")
def till(make_shared_organization: MakeOrganization) -> Till:
    second = demo_with(
        id=2, name="Second", is_default=False, upgrade=None, awards=(award(1, percent(3)),),
        points_currency_ratio=Decimal("0.25"), description="For the second shop",
    )  # fmt: skip
    return make_shared_organization(programs=[demo_with(), second]).till.at(NOW)


@pytest.fixture(scope="module")
def member(till: Till) -> Member:
    """Of the default programme alone: 100 points, 30 redeemed, 20 of them taken back."""
    member = shop.register(till)
    sale = shop.sell(till, member, 1_000)
    shop.redeem(till, member, 30)
    shop.take_back(till, member, sale, "AMOUNT", amount=200)
    return member


@details
def test_the_details_have_the_documented_fields(till: Till, member: Member, ask: Ask) -> None:
    answer = ask(till, member).ok()
    assert shape(answer) == (
        fields("array", "data", "warnings", "errors", "data[].linkedPartnerPrograms")
        | fields("number", *AMOUNTS, "loyaltyId", "nextSlabSerialNumber", "slabSNo", "programId", at="data[]")
        | fields("string", "currentSlab", "nextSlab", "nextSlabDescription", "slabExpiryDate", at="data[]")
    )


@details
def test_counters_are_those_of_the_programme(till: Till, member: Member, ask: Ask) -> None:
    first, _ = ask(till, member).ok()["data"]
    assert {name: first[name] for name in AMOUNTS} == {
        "redeemed": 30, "expired": 0, "returned": 20, "adjusted": 0, "lifetimePoints": 80, "loyaltyPoints": 50,
        "cumulativePurchases": 800, "delayedPoints": 0, "delayedReturnedPoints": 0, "totalAvailablePoints": 50,
        "totalReturnedPoints": 20,
    }  # fmt: skip
    assert first["loyaltyId"] > 0


@details
def test_every_programme_is_listed_enrolled_or_not(till: Till, member: Member, ask: Ask) -> None:
    first, second = ask(till, member).ok()["data"]
    assert (first["programId"], first["currentSlab"], first["nextSlab"], first["slabSNo"]) == (1, "Silver", "Gold", 1)
    assert (second["programId"], second["loyaltyId"], second["loyaltyPoints"]) == (2, -1, 0)
    assert (second["currentSlab"], second["slabSNo"]) == ("Silver", 1)
    # A tier without an end: a hundred years after it began, at the end of the day in India.
    assert first["slabExpiryDate"] == second["slabExpiryDate"] == "2124-06-03T18:29:59Z"
    assert [one["programId"] for one in ask(till, member, programId=2).ok()["data"]] == [2]


@details
def test_the_highest_tier_has_none_above(till: Till, ask: Ask) -> None:
    member = shop.register(till)
    shop.sell(till, member, 50_000)
    first, _ = ask(till, member).ok()["data"]
    assert (first["currentSlab"], first["nextSlab"], first["nextSlabSerialNumber"]) == ("Platinum", "", -1)


@details
@pytest.mark.parametrize(
    ("query", "code"), [({"programId": 9}, 8089), ({"programId": "x"}, 8089), ({"fleetGroupId": 1}, 1620)]
)
def test_refusals_of_the_details(till: Till, member: Member, ask: Ask, query: dict[str, object], code: int) -> None:
    refused = ask(till, member, **query)
    assert (refused.status, refused.code) == (400, code)


@tier
def test_a_tier_has_the_documented_fields(till: Till, member: Member, ask: Ask) -> None:
    answer = ask(till, member, programId=1, entityType="CUSTOMER", fetchDataForAllPrograms="false").ok()
    assert answer == {
        "entityId": member.id,
        "entityType": "CUSTOMER",
        "programTiers": [
            {
                "programId": 1,
                "currentTierName": "Silver",
                "currentTierSerialNumber": 1,
                "tierExpiryDate": "2124-06-03 23:59:59",
                "tierExpiryDateISO": "2124-06-03T18:29:59Z",
                "nextTierName": "Gold",
                "nextTierSerialNumber": 2,
            }
        ],
        "warnings": [],
    }


@tier
def test_a_programme_is_chosen_or_all_are_listed(till: Till, ask: Ask) -> None:
    mobile = shop.new_mobile()
    added = till.post("/v2/customers", shop.customer(mobile), mlp_single_enroll="true").ok()
    both = Member(added["createdId"], mobile)

    def found(member: Member, **query: object) -> list[int]:
        return [one["programId"] for one in ask(till, member, **query).ok()["programTiers"]]

    assert found(both) == [1]
    assert found(both, programId=2) == [2]
    assert found(both, fetchDataForAllPrograms="true", programId=2) == [1, 2]
    # Who is not enrolled has no tier there.
    assert found(shop.register(till), programId=2) == []


@tier
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"programId": 9}, 885),
        ({"programId": "x"}, 885),
        ({"entityType": "TEAM"}, 1212),
        ({"entityType": "FLEET"}, 1632),
    ],
)
def test_refusals_of_a_tier(till: Till, member: Member, ask: Ask, query: dict[str, object], code: int) -> None:
    refused = ask(till, member, **query)
    assert (refused.status, refused.code) == (400, code)


@either
def test_who_is_not_there_is_not_found(till: Till, what: str) -> None:
    nobody = Member(987_654_321, shop.new_mobile())
    assert _by_id(what)(till, nobody).code == _by_lookup(what)(till, nobody).code == 8015
    for user_id in ("0", "-4", "9007199254740993", "abc"):
        assert till.get(f"/v2/customers/{user_id}/{what}").code == 8015


@either
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"source": ""}, 8001),
        ({"source": "MARKET"}, 8003),
        ({"source": "WEBSITE"}, 8065),
        ({"source": "LINE"}, 8045),
        ({"identifierName": "", "identifierValue": ""}, 8002),
        ({"identifierName": ""}, 8092),
        ({"identifierValue": ""}, 8093),
        ({"identifierName": "shoe"}, 8013),
    ],
)
def test_a_lookup_that_names_nobody_is_refused(
    till: Till, member: Member, what: str, query: dict[str, str], code: int
) -> None:
    assert _by_lookup(what)(till, member, **query).code == code


def test_the_programmes_of_the_organisation(till: Till) -> None:
    answer = till.get("/v2/organization/programs").ok()
    first, second = answer.pop("data")
    assert answer == {"warnings": [], "errors": []}
    assert second == {
        "programId": 2,
        "programName": "Second",
        "pointsToCurrencyRatio": Decimal("0.25"),
        "programDescription": "For the second shop",
        "partnerPrograms": [],
    }
    assert (first["programId"], first["programName"], first["pointsToCurrencyRatio"]) == (1, demo_with().name, 1)
