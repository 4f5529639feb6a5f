"""GET /v2/customers/{customerId} (02-customer-v2/05)."""

from __future__ import annotations

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.programs import demo_with
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Till

NOW = "2025-06-02T16:00:00+05:30"

ATTRIBUTION = ("profiles[].attribution", "loyaltyInfo.attributionV2")
SUMMARY_NUMBERS = (
    "redeemed",
    "expired",
    "returned",
    "adjusted",
    "lifetimePoints",
    "loyaltyPoints",
    "cumulativePurchases",
    "loyaltyId",
    "nextSlabSerialNumber",
    "slabSNo",
)
SUMMARY_STRINGS = ("currentSlab", "nextSlab", "nextSlabDescription", "slabExpiryDate")


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


@pytest.fixture(scope="module")
def member(till: Till) -> Member:
    """Two sources, channels, 4,200 spent, 420 points earned and 20 redeemed."""
    mobile = shop.new_mobile()
    channel = {"type": "mobile", "value": mobile, "primary": True, "meta": {"residence": True}}
    member = shop.register(
        till.at("2025-06-01T10:00:00+05:30"), mobile, lastName="Das", commChannels=[channel], fields={"size": "M"}
    )
    till.post("/v2/customers", shop.customer(mobile, source="WEBSITE", firstName="L. Das")).ok()
    shop.sell(till, member, 4_200)
    shop.redeem(till, member, 20)
    return member


def test_the_answer_has_the_documented_fields(till: Till, member: Member) -> None:
    found = till.get(f"/v2/customers/{member.id}", source="INSTORE", embed="points,mlp", gapToUpgrade=10).ok()
    expected = fields("array", "profiles", "loyaltyProgramDetails", "warnings")
    expected |= fields("number", "id", "loyaltyInfo.lifetimePurchases", "profiles[].userId")
    expected |= fields("object", "loyaltyInfo", "pointsSummary", "extendedFields", "segments", *ATTRIBUTION)
    expected |= fields("array", "cardDetails")
    expected |= fields("string", "associatedWith", "loyaltyInfo.loyaltyType")
    expected |= fields("string", "loyaltyInfo.attributionV2.createdFromSource")
    for block in ATTRIBUTION:
        expected |= fields("string", "createDate", "modifiedDate", at=block)
        expected |= fields("object", "createdBy", "modifiedBy", at=block)
        for who in ("createdBy", "modifiedBy"):
            expected |= fields("string", "code", "name", "type", at=f"{block}.{who}")
            expected |= fields("number", "id", "referenceId", at=f"{block}.{who}")
            expected |= fields("boolean", "default", at=f"{block}.{who}")
    profile = "profiles[]"
    expected |= fields("string", "firstName", "lastName", "source", "accountId", "autoUpdateTime", at=profile)
    expected |= fields("object", "fields", "allFields", at=profile)
    expected |= fields("array", "identifiers", "identifiersAll", "commChannels", "conflictingProfileList", at=profile)
    for identifiers in ("identifiers", "identifiersAll"):
        expected |= fields("string", "type", "value", at=f"{profile}.{identifiers}[]")
    channel = f"{profile}.commChannels[]"
    expected |= fields("string", "type", "value", at=channel)
    expected |= fields("boolean", "primary", "verified", "meta.residence", "meta.office", at=channel)
    expected |= fields("object", "meta", "attributes", at=channel) | {f"{channel}.meta.lastViewedDate": "null"}
    for block in ("pointsSummary", "loyaltyProgramDetails[]"):
        expected |= fields("number", *SUMMARY_NUMBERS, at=block) | fields("string", *SUMMARY_STRINGS, at=block)
    program = "loyaltyProgramDetails[]"
    expected |= fields(
        "number",
        "programId",
        "delayedPoints",
        "delayedReturnedPoints",
        "delayedExpiredPoints",
        "totalAvailablePoints",
        "totalReturnedPoints",
        "programPointsToCurrencyRatio",
        at=program,
    )
    expected |= fields("string", "programTitle", "programDescription", at=program)
    expected |= fields("array", "linkedPartnerPrograms", "upgradeStrategies", at=program)
    strategy = f"{program}.upgradeStrategies[]"
    expected |= fields("string", "upgradeBasedOn", "customerUpgradeEntityValues.valueValidUpto", at=strategy)
    expected |= fields("object", "customerUpgradeEntityValues", at=strategy)
    expected |= fields(
        "number",
        "upgradeThreshold",
        "customerUpgradeEntityValues.currentValue",
        "customerUpgradeEntityValues.gapToUpgrade",
        at=strategy,
    )
    assert shape(found) == expected


def test_the_answer_says_who_the_member_is(till: Till, member: Member) -> None:
    found = till.get(f"/v2/customers/{member.id}", source="INSTORE").ok()
    assert found["id"] == member.id
    assert [profile["source"] for profile in found["profiles"]] == ["INSTORE", "WEBSITE"]
    profile = found["profiles"][0]
    assert (profile["firstName"], profile["lastName"], profile["fields"]) == ("Leela", "Das", {"size": "M"})
    assert profile["identifiers"] == [{"type": "mobile", "value": member.mobile}]
    assert profile["attribution"]["createDate"] == "2025-06-01T10:00:00+05:30"
    assert profile["attribution"]["createdBy"]["code"] == till.username
    assert found["loyaltyInfo"]["attributionV2"]["createdFromSource"] == "instore"
    assert found["loyaltyInfo"]["lifetimePurchases"] == 4_200
    assert found["associatedWith"] == till.username


def test_blocks_come_when_they_are_asked_for(till: Till, member: Member) -> None:
    def blocks(**query: object) -> set[str]:
        found = till.get(f"/v2/customers/{member.id}", source="INSTORE", **query).ok()
        return {"pointsSummary", "loyaltyProgramDetails"} & set(found)

    assert blocks() == set()
    assert blocks(embed="points") == {"pointsSummary"}
    assert blocks(embed="mlp") == {"loyaltyProgramDetails"}
    assert blocks(embed="mlp, points") == {"pointsSummary", "loyaltyProgramDetails"}
    (program,) = till.get(f"/v2/customers/{member.id}", source="INSTORE", embed="mlp").ok()["loyaltyProgramDetails"]
    assert "upgradeStrategies" not in program


def test_the_summary_counts_what_happened(till: Till, member: Member) -> None:
    summary = shop.summary_of(till, member)
    assert {name: summary[name] for name in SUMMARY_NUMBERS if name != "loyaltyId"} == {
        "redeemed": 20,
        "expired": 0,
        "returned": 0,
        "adjusted": 0,
        "lifetimePoints": 420,
        "loyaltyPoints": 400,
        "cumulativePurchases": 4_200,
        "nextSlabSerialNumber": 2,
        "slabSNo": 1,
    }
    assert [summary[name] for name in SUMMARY_STRINGS] == [
        "Silver",
        "Gold",
        "From 10,000 lifetime purchases",
        "2125-06-01T23:59:59+05:30",
    ]


def test_each_programme_has_its_own_block(make_organization: MakeOrganization) -> None:
    second = demo_with(id=2, name="Night Owls", description="After dark", is_default=False)
    till = make_organization(programs=[demo_with(), second]).till.at(NOW)
    mobile = shop.new_mobile()
    added = till.post("/v2/customers", shop.customer(mobile), mlp_single_enroll="true").ok()
    member = Member(added["createdId"], mobile)
    shop.sell(till, member, 1_000)
    programs = shop.details_of(till, member)["loyaltyProgramDetails"]
    assert [(p["programId"], p["programTitle"], p["loyaltyPoints"]) for p in programs] == [
        (1, "Demo Rewards", 100),
        (2, "Night Owls", 100),
    ]
    assert programs[0]["loyaltyId"] != programs[1]["loyaltyId"]


def test_a_source_shows_its_profile_alone_when_asked(till: Till, member: Member) -> None:
    def sources(source: str, **query: object) -> list[str]:
        found = till.get(f"/v2/customers/{member.id}", source=source, **query).ok()
        return [profile["source"] for profile in found["profiles"]]

    assert sources("WEBSITE", includedOnlyCurrentProfile="true") == ["WEBSITE"]
    assert sources("INSTORE", includedOnlyCurrentProfile="true") == ["INSTORE"]
    assert sources("INSTORE", includedOnlyCurrentProfile="false") == ["INSTORE", "WEBSITE"]
    assert sources("ALL") == ["INSTORE", "WEBSITE"]


def test_times_are_in_the_organisations_zone(make_organization: MakeOrganization) -> None:
    organization: Organization = make_organization(
        program=demo_with(time_zone="Europe/Lisbon"), time_zone="Europe/Lisbon", country_code="PT"
    )
    till = organization.till.at("2025-07-01T23:30:00+00:00")
    member = shop.register(till, identifiers=[{"type": "mobile", "value": "912345678"}])
    found = till.get(f"/v2/customers/{member.id}", source="INSTORE").ok()
    assert found["profiles"][0]["attribution"]["createDate"] == "2025-07-02T00:30:00+01:00"
    assert found["profiles"][0]["identifiers"][0]["value"] == "351912345678"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 8016),
        ({"source": ""}, 8016),
        ({"source": "MARKET"}, 8012),
        ({"source": "instore"}, 8012),
        ({"source": "FACEBOOK"}, 8045),
        ({"source": "FACEBOOK", "accountId": "page"}, 8065),
        ({"source": "ECOMMERCE"}, 8065),
        ({"source": "INSTORE", "gapToUpgrade": "soon"}, 400),
        ({"source": "INSTORE", "includedOnlyCurrentProfile": "perhaps"}, 400),
    ],
)
def test_refusals_have_their_documented_code(till: Till, member: Member, query: dict[str, str], code: int) -> None:
    refused = till.get(f"/v2/customers/{member.id}", **query)
    assert (refused.status, refused.code) == (400, code)


@pytest.mark.parametrize("customer_id", ["999999999", "0", "-1", "9007199254740993", "abc", "1.5"])
def test_an_id_that_nobody_has_is_not_found(till: Till, customer_id: str) -> None:
    refused = till.get(f"/v2/customers/{customer_id}", source="INSTORE")
    assert (refused.status, refused.code) == (400, 8015)
