"""Bills from the till to the history: what one call writes is what the others read, and what state forbids is refused."""

from __future__ import annotations

import pytest

from earnest.engine.program.model import Level
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.programs import award, demo_with, percent
from tests.support.shop import Member
from tests.support.till import Json, Till

NOW = "2025-09-10T12:00:00+05:30"


@pytest.fixture
def till(client: Till) -> Till:
    return client.at(NOW)


@pytest.fixture
def member(till: Till) -> Member:
    return shop.register(till)


def of(member: Member, **fields: Json) -> Json:
    return {"identifierType": "mobile", "identifierValue": member.mobile, "source": "INSTORE"} | fields


def v1_history(till: Till, member: Member) -> Json:
    answer = till.get("/v1.1/customer/transactions", mobile=member.mobile, format="json")
    return answer.body["response"]["customer"]


@pytest.mark.story(
    "06-transaction-v2/05", "06-transaction-v2/06", "02-customer-v2/25", "01-customer-v1/06", "32-other/02"
)
def test_a_sale_and_its_return_are_seen_by_every_read(till: Till, member: Member) -> None:
    """06/05, 06/06, 02/25, 01/06, 32/02 after 06/01; no second return of what is gone."""
    assert v1_history(till, member)["item_status"]["code"] == "1051"
    sale = shop.sell(till, member, 1_000, lineItemsV2=[shop.line("chair", 800), shop.line("rug", 200)])
    assert v1_history(till, member)["count"] == 1
    back = shop.take_back(till, member, sale)

    (chair, _) = till.get(f"/v2/transactions/{sale.id}").ok()["lineItems"]
    assert chair["returnLineItemsDtos"] == []
    listed = till.get(f"/v2/transactions/getByBillNumber/{sale.number}").ok()["data"]
    assert {bill["id"] for bill in listed} == {sale.id, back.id}
    history = till.get(f"/v2/customers/{member.id}/transactions").ok()["data"]
    assert {bill["loyaltyLogId"] for bill in history} == {sale.id}
    assert v1_history(till, member)["count"] == 2
    (program,) = till.get(f"/v2/earning/{sale.id}").ok()["billDetails"]["pointsEarningEntities"]["billPoints"]
    assert program["currentPointsSummary"]["returnedPoints"] == 100
    assert program["currentPointsSummary"]["availablePoints"] == 0
    assert shop.send(till, member, shop.returned(sale)).code == 633


@pytest.mark.story("06-transaction-v2/02", "06-transaction-v2/08")
def test_bills_sent_together_are_evaluated_in_their_order(till: Till, member: Member) -> None:
    """06/02: the second bill is judged in the tier that the first one brought, and the log tells both."""
    bills = [of(member, type="REGULAR", billNumber=shop.new_number(), billAmount=amount) for amount in (10_000, 1_000)]
    answer = till.post("/v2/transactions/bulk", bills)
    assert answer.body["failureCount"] == 0
    assert shop.tier_of(till, member) == "Gold"
    first, second = (item["entityId"] for item in answer.body["response"])
    trees = []
    for bill_id in (first, second):
        (log,) = till.post("/v2/transactions/searchEvaluationLog", {"search": {"transactionId": bill_id}}).body
        trees.append(log["evaluationTree"])
    assert "tier 1 -" in trees[0]
    assert "tier 1 -" not in trees[1]
    assert "points 120" in trees[1]
    # Sent again, nothing happens twice.
    again = till.post("/v2/transactions/bulk", bills).body
    assert [item["errors"][0]["code"] for item in again["response"]] == [604, 604]
    assert len(till.get(f"/v2/customers/{member.id}/transactions").ok()["data"]) == 2


@pytest.mark.story("06-transaction-v2/03", "06-transaction-v2/04", "05-transaction-v1/05")
def test_changed_fields_are_read_in_both_versions_and_money_stays(till: Till, member: Member) -> None:
    """06/03 and 06/04, read by 06/05, 05/05 and 02/25."""
    sale = shop.sell(till, member, 500, customFields={"cashier": "7"})
    named = {"identifierName": "mobile", "identifierValue": member.mobile, "source": "INSTORE"}
    change = {"id": sale.id, "deliveryStatus": "SHIPPED", "customFields": {"mood": "good"}, "billAmount": 1}
    till.send("PUT", "/v2/transactions", body=change, params=named).ok()
    several = [of(member, id=sale.id, extendedFields={"ship_city": "Kochi"})]
    assert till.send("PUT", "/v2/transactions/bulk", body=several).body["failureCount"] == 0

    bill = till.get(f"/v2/transactions/{sale.id}").ok()
    assert (bill["deliveryStatus"], bill["billDetails"]["amount"]) == ("SHIPPED", 500)
    (listed,) = till.get(f"/v2/customers/{member.id}/transactions", embed="BILL_CF,BILL_EF").ok()["data"]
    assert (listed["customFields"]["mood"], listed["extendedFields"]["ship_city"]) == ("good", "Kochi")
    old = till.get("/v1.1/transaction/get", id=sale.id, format="json").body["response"]["transactions"]["transaction"]
    assert old[0]["delivery_status"] == "SHIPPED"
    assert {field["name"] for field in old[0]["custom_fields"]["field"]} == {"cashier", "mood"}
    assert shop.points_of(till, member) == 50


def test_points_of_lines_are_told_line_by_line(make_organization: MakeOrganization) -> None:
    """06/07, 06/02 and 32/02 with a programme that awards on lines: what was simulated is what the lines have earned."""
    program = demo_with(awards=(award(1, percent(10), level=Level.LINE),))
    till = make_organization(program=program, config={"CONF_ENABLE_SIMULATION_API_MODE": True}).till.at(NOW)
    member = shop.register(till)
    lines = [shop.line("chair", 800, attributes={"POINTS_ELIGIBILITY": "Yes"}), shop.line("rug", 200)]
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    body = shop.sale(1_000, lineItemsV2=lines, paymentModes=[{"mode": "Card", "value": 1_000, "notes": "slip"}])
    simulated = till.post("/v2/simulation/transactions", body, **named).ok()["simulatedPointsBreakup"]["billDetails"]
    assert simulated["pointsEarned"]["regular"] == []
    told = [line["pointsEarned"]["regular"][0]["value"] for line in simulated["lineItems"]]
    assert told == [80, 20]

    (added,) = till.post("/v2/transactions/bulk", [of(member) | body]).body["response"]
    assert [line["itemCode"] for line in added["result"]["lineItemsV2"]] == ["chair", "rug"]
    assert added["result"]["lineItemsV2"][0]["returnableDays"] == -1
    bill = till.get(f"/v2/earning/{added['entityId']}").ok()
    earned = [line["pointsEarningEntities"]["lineItemPoints"][0] for line in bill["lineItems"]]
    assert [one["issuedPointsSummary"]["redeemablePointsIssued"] for one in earned] == told
    listed = till.get(f"/v2/customers/{member.id}/transactions", embed="BILL_POINTS").ok()["data"][0]
    kinds = [one["pointsAwardedType"] for one in listed["billPoints"]["pointsBreakup"][0]["regularPoints"]]
    assert kinds == ["POINT_AWARDED_LINEITEM"] * 2


def test_a_bill_that_brings_no_points_says_so_when_it_is_read(make_organization: MakeOrganization) -> None:
    """06/05 after 06/01 and 05/01 under BILL_NUMBER_WISE_IGNORE_POINTS."""
    config = {"BILL_NUMBER_WISE_IGNORE_POINTS": True, "IGNORE_POINTS_FOR_BILL_NUMBER_STARTS_WITH": ["STAFF"]}
    till = make_organization(config=config).till.at(NOW)
    member = shop.register(till)
    ignored = shop.sell(till, member, 100, number="STAFF-1")
    item = {"type": "regular", "number": "STAFF-2", "amount": "5", "bill_client_id": "c", "customer": {"id": member.id}}
    till.post("/v1.1/transaction/add", {"root": {"transaction": [item]}}, format="json")
    (old,) = till.get("/v2/transactions/getByBillNumber/STAFF-2").ok()["data"]
    usual = shop.sell(till, member, 100)
    assert till.get(f"/v2/transactions/{ignored.id}").ok()["ignorePoints"] is True
    assert old["ignorePoints"] is True
    assert till.get(f"/v2/transactions/{usual.id}").ok()["ignorePoints"] is False
    assert shop.points_of(till, member) == 10
