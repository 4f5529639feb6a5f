"""What a till writes shows in every read of points, and what a state forbids is refused after it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.api.own.admin import Admin
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.programs import award, demo_with, percent
from tests.support.server import Server
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

MAY = "2024-05-10T12:00:00+05:30"
JUNE = "2024-06-10T12:00:00+05:30"
JULY = "2024-07-10T12:00:00+05:30"
AUGUST = "2024-08-10T12:00:00+05:30"


def _named(member: Member) -> dict[str, object]:
    return {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}


def _scheduled(till: Till, member: Member, *, by_id: bool = True) -> list[tuple[str, Json]]:
    if by_id:
        answer = till.get(f"/v2/customers/{member.id}/pointsExpirySchedule")
    else:
        answer = till.get("/v2/customers/lookup/pointsExpirySchedule", **_named(member))
    return [(row["expiryDate"], row["points"]) for row in answer.ok()["expirySchedules"]]


def _history(till: Till, member: Member) -> list[tuple[Json, Json]]:
    answer = till.get("/v1.1/customer/redemptions", mobile=member.mobile, format="json").ok()
    points = answer["response"]["customer"]["redemptions"]["points"]["point"]
    return [(point["points_redeemed"], point["redemption_id"]) for point in points]


def _ledger(till: Till, member: Member) -> list[tuple[str, str]]:
    answer = till.get("/v2/pointsLedger/getCustomerLedgerInfo", **_named(member)).ok()
    return [(event["eventName"], event["netPointsOnEvent"]) for event in answer["ledgerEntries"]]


def _closing(till: Till, member: Member) -> str:
    answer = till.get("/v2/pointsLedger/getCustomerLedgerBalance", **_named(member)).ok()
    balance: str = answer["ledgerDetails"]["ledgerClosingBalance"][0]["closingBalance"]
    return balance


@pytest.mark.story("13-points-v2/06", "13-points-v2/05")
@pytest.mark.parametrize("by_id", [True, False])
def test_the_schedule_follows_sales_redemptions_and_returns(client: Till, by_id: bool) -> None:
    member = shop.register(client.at(MAY))
    first = shop.sell(client.at(MAY), member, 1_000)
    shop.sell(client.at(JUNE), member, 2_000)
    assert _scheduled(client.at(JUNE), member, by_id=by_id) == [("2025-05-31", 100), ("2025-06-30", 200)]
    # What runs out first is spent first.
    shop.redeem(client.at(JULY), member, 60)
    assert _scheduled(client.at(JULY), member, by_id=by_id) == [("2025-05-31", 40), ("2025-06-30", 200)]
    # The whole bill comes back, also what was spent of it.
    shop.take_back(client.at(AUGUST), member, first)
    assert _scheduled(client.at(AUGUST), member, by_id=by_id) == [("2025-06-30", 140)]
    # Once their day is over nothing is scheduled, and nothing can be redeemed.
    late = client.at("2025-07-01T09:00:00+05:30")
    assert _scheduled(late, member, by_id=by_id) == []
    assert shop.ask_to_redeem(late, member, 1)["item_status"]["code"] == 818


@pytest.mark.story("01-customer-v1/07")
def test_a_redemption_stands_in_the_history_once(client: Till) -> None:
    till = client.at(MAY)
    member = shop.register(till)
    assert _history(till, member) == []
    shop.sell(till, member, 1_000)
    redeemed = shop.redeem(client.at(JUNE), member, 80, external_reference_number="order-1")
    assert _history(client.at(JUNE), member) == [(80, redeemed["redemption_id"])]
    # The same call again answers the same redemption; one that asks for more than is left leaves no trace.
    shop.redeem(client.at(JULY), member, 80, external_reference_number="order-1")
    assert shop.ask_to_redeem(client.at(JULY), member, 21)["item_status"]["code"] == 818
    assert _history(client.at(JULY), member) == [(80, redeemed["redemption_id"])]
    assert shop.points_of(client.at(JULY), member) == 20


@pytest.mark.story("15-points-ledger/01", "15-points-ledger/02")
def test_the_ledger_is_the_diary_of_the_balance(client: Till) -> None:
    member = shop.register(client.at(MAY))
    sale = shop.sell(client.at(MAY), member, 1_000)
    shop.sell(client.at(MAY), member, 500)
    shop.redeem(client.at(JUNE), member, 120)
    shop.take_back(client.at(JULY), member, sale, "AMOUNT", amount=300)
    assert _ledger(client.at(JULY), member) == [
        ("ReturnBill", "-30.000"), ("PointsRedemption", "-120.000"), ("TransactionAdd", "50.000"),
        ("TransactionAdd", "100.000"),
    ]  # fmt: skip
    assert _closing(client.at(JULY), member) == "0.000"
    assert shop.points_of(client.at(JULY), member) == 0
    # A refused redemption is no event.
    assert shop.ask_to_redeem(client.at(AUGUST), member, 1)["item_status"]["code"] == 818
    assert len(_ledger(client.at(AUGUST), member)) == 4


@pytest.mark.story("15-points-ledger/01", "15-points-ledger/02")
def test_points_that_ran_out_are_in_the_ledger_since_the_sweep(
    server: Server, http: httpx.Client, make_organization: MakeOrganization
) -> None:
    organization = make_organization()
    admin, of = Admin(http, server.admin_key), {"organizationId": organization.org_id}
    till = organization.till
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    admin.post("clock/advance", of | {"by": "P800D"}).ok()
    assert (shop.points_of(till, member), _closing(till, member)) == (0, "100.000")
    admin.post("jobs/run-due", of).ok()
    assert _ledger(till, member)[0] == ("PointsExpiry", "-100.000")
    assert _closing(till, member) == "0.000"
    assert _scheduled(till, member) == []


@pytest.mark.story("15-points-ledger/03")
def test_what_stands_behind_a_sale_is_what_the_till_was_told(client: Till) -> None:
    till = client.at(MAY)
    member = shop.register(till)
    sale = shop.sell(till, member, 1_200, lineItemsV2=[shop.line("shoe", 1_200)])
    query = {"eventName": "TransactionAdd", "eventReferenceIds": sale.id, "getBillDetails": "true"}
    (event,) = till.get("/v2/pointsLedger/getLedgerExplodeInfo", **_named(member), **query).ok()["events"]
    assert event["billDetails"]["pointsEarned"]["regular"][0]["value"] == sale.points == 120
    assert event["billDetails"]["lineItems"][0]["itemCode"] == "shoe"
    # Another customer's events are not to be had by naming them.
    other = shop.register(till)
    refused = till.get("/v2/pointsLedger/getLedgerExplodeInfo", **_named(other), **query)
    assert refused.code == 9022


@pytest.mark.story("15-points-ledger/04", "15-points-ledger/05")
def test_a_parent_sees_what_its_child_has_just_booked(
    server: Server, http: httpx.Client, make_organization: MakeOrganization
) -> None:
    parent, child = make_organization(), make_organization()
    admin = Admin(http, server.admin_key)
    mobile = shop.new_mobile()
    member = shop.register(child.till.at(MAY), mobile)
    sale = shop.sell(child.till.at(MAY), member, 1_000)
    headers = {"DATA-SCOPE": "OTHER", "DATA-SCOPE-ORG": str(child.org_id)}

    def ask(path: str, **query: object) -> Answer:
        return parent.till.at(JUNE).send("GET", path, params=_named(member) | query, headers=headers)

    ledger, explode = "/v2.1/pointsLedger/getCustomerLedgerInfo", "/v2.1/pointsLedger/getLedgerExplodeInfo"
    assert ask(ledger).code == 310144
    admin.under(f"organizations/{parent.org_id}").put(f"connected/{child.org_id}", {}).ok()
    (event,) = ask(ledger).ok()["ledgerEntries"]
    assert (event["netPointsOnEvent"], event["orgId"]) == ("100.000", child.org_id)
    (behind,) = ask(explode, eventIds=event["eventLogId"]).ok()["events"]
    assert behind["eventReferenceId"] == str(sale.id)
    admin.under(f"organizations/{parent.org_id}").delete(f"connected/{child.org_id}").ok()
    assert ask(ledger).code == ask(explode, eventIds=event["eventLogId"]).code == 310144


TIER_READS: dict[str, Callable[[Till, Member], tuple[str, Json]]] = {
    "loyalty details": lambda till, member: _slab(till.get(f"/v2/customers/{member.id}/loyaltyDetails")),
    "loyalty details by lookup": lambda till, member: _slab(
        till.get("/v2/customers/lookup/loyaltyDetails", **_named(member))
    ),
    "tier": lambda till, member: _tier(till.get(f"/v2/customers/{member.id}/tierDetails")),
    "tier by lookup": lambda till, member: _tier(till.get("/v2/customers/lookup/tierDetails", **_named(member))),
}


def _slab(answer: Answer) -> tuple[str, Json]:
    (one,) = answer.ok()["data"]
    return one["currentSlab"], one["nextSlab"]


def _tier(answer: Answer) -> tuple[str, Json]:
    (one,) = answer.ok()["programTiers"]
    return one["currentTierName"], one["nextTierName"]


@pytest.mark.story("02-customer-v2/13", "03-customer-lookup/06", "02-customer-v2/14", "03-customer-lookup/12")
@pytest.mark.parametrize("name", TIER_READS)
def test_a_tier_is_read_as_soon_as_a_bill_has_earned_it(client: Till, name: str) -> None:
    read = TIER_READS[name]
    member = shop.register(client.at(MAY))
    assert read(client.at(MAY), member) == ("Silver", "Gold")
    sale = shop.sell(client.at(JUNE), member, 12_000)
    assert sale.tiers == [("Silver", "Gold")]
    assert read(client.at(JUNE), member) == ("Gold", "Platinum")
    shop.sell(client.at(JULY), member, 20_000)
    assert read(client.at(JULY), member) == ("Platinum", "")


@pytest.mark.story("27-organization-v2/07")
def test_the_programmes_that_are_listed_are_those_that_points_are_read_of(make_organization: MakeOrganization) -> None:
    second = demo_with(id=2, name="Second", is_default=False, awards=(award(1, percent(3)),))
    till = make_organization(programs=[demo_with(), second]).till.at(MAY)
    member = shop.register(till)
    listed = [one["programId"] for one in till.get("/v2/organization/programs").ok()["data"]]
    assert listed == [1, 2]
    for program_id in listed:
        assert till.get(f"/v2/customers/{member.id}/points/balance", programId=program_id).status == 200
    assert till.get(f"/v2/customers/{member.id}/points/balance", programId=3).code == 885
    assert till.get(f"/v2/customers/{member.id}/loyaltyDetails", programId=3).code == 8089


# Another organisation's ids are unknown here.

READS: dict[str, Callable[[Till, Member], Answer]] = {
    "schedule": lambda till, of: till.get(f"/v2/customers/{of.id}/pointsExpirySchedule"),
    "schedule by lookup": lambda till, of: till.get("/v2/customers/lookup/pointsExpirySchedule", **_named(of)),
    "loyalty details": lambda till, of: till.get(f"/v2/customers/{of.id}/loyaltyDetails"),
    "loyalty details by lookup": lambda till, of: till.get("/v2/customers/lookup/loyaltyDetails", **_named(of)),
    "tier": lambda till, of: till.get(f"/v2/customers/{of.id}/tierDetails"),
    "tier by lookup": lambda till, of: till.get("/v2/customers/lookup/tierDetails", **_named(of)),
    "ledger balance": lambda till, of: till.get("/v2/pointsLedger/getCustomerLedgerBalance", **_named(of)),
    "ledger": lambda till, of: till.get("/v2/pointsLedger/getCustomerLedgerInfo", **_named(of)),
}


@pytest.mark.parametrize("name", READS)
def test_a_member_of_another_organisation_is_unknown(make_organization: MakeOrganization, name: str) -> None:
    here, there = make_organization().till.at(MAY), make_organization().till.at(MAY)
    member = shop.register(there)
    shop.sell(there, member, 1_000)
    assert READS[name](here, member).code == 8015
    READS[name](there, member).ok()


def test_redemptions_and_events_of_another_organisation_are_unknown(make_organization: MakeOrganization) -> None:
    here, there = make_organization().till.at(MAY), make_organization().till.at(MAY)
    member = shop.register(there)
    sale = shop.sell(there, member, 1_000)
    shop.redeem(there, member, 10)
    for query in ({"id": member.id}, {"mobile": member.mobile}):
        answer = here.get("/v1.1/customer/redemptions", format="json", **query).body["response"]
        assert (answer["status"]["code"], answer["customer"]["item_status"]["code"]) == (500, "1012")
    # The same person here, and the other organisation's bill.
    own = shop.register(here, member.mobile)
    explode = {"eventName": "TransactionAdd", "eventReferenceIds": sale.id}
    refused = here.get("/v2/pointsLedger/getLedgerExplodeInfo", **_named(own), **explode)
    assert refused.code == 9022
    assert there.get("/v2/pointsLedger/getLedgerExplodeInfo", **_named(member), **explode).status == 200
