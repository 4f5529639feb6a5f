"""Reading stored bills in v2 (06-transaction-v2/05, 06, 08; 02-customer-v2/25; 32-other/02)."""

from __future__ import annotations

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shop import Member, Receipt
from tests.support.till import Till

NOW = "2025-09-10T12:00:00+05:30"
BOUGHT = "2025-09-09T10:00:00+07:00"
EVERYTHING = (
    "BILL_CF,BILL_EF,ATTRIBUTION,PAYMENT_MODES,CREDIT_NOTES,BILL_STORE_DETAILS,BILL_POINTS,TRANSACTION_IDENTIFIER"
)


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


@pytest.fixture
def member(till: Till) -> Member:
    return shop.register(till.at("2025-09-01T10:00:00+05:30"))


@pytest.fixture
def sale(till: Till, member: Member) -> Receipt:
    return shop.sell(
        till,
        member,
        1_000,
        billingDate=BOUGHT,
        grossAmount=1_100,
        discount=100,
        note="Two chairs and a rug",
        deliveryStatus="SHIPPED",
        customFields={"cashier": "7"},
        extendedFields={"ship_city": "Kochi"},
        paymentModes=[{"mode": "Card", "value": 1_000, "notes": "slip 4", "attributes": {"card_type": "debit"}}],
        lineItemsV2=[
            shop.line("chair", 800, quantity=2, attributes={"wood": "teak"}),
            shop.line("rug", 200, description="Red rug"),
        ],
    )


def test_a_bill_is_read_as_it_was_sent(till: Till, member: Member, sale: Receipt) -> None:
    bill = till.get(f"/v2/transactions/{sale.id}", tenders="true").ok()
    details = bill["billDetails"]
    assert (bill["id"], bill["customerId"], bill["type"]) == (sale.id, member.id, "REGULAR")
    assert (details["amount"], details["grossAmount"], details["discount"]) == (1_000, 1_100, 100)
    # The instant in the organisation's zone; the offset that the till sent beside it.
    assert (details["billingTime"], details["billingTimeInputOffset"]) == ("2025-09-09T08:30:00+05:30", "+07:00")
    assert (details["note"], details["billingStore"]["type"]) == ("Two chairs and a rug", "STORE")
    assert bill["attribution"]["createdBy"]["code"] == till.username
    assert (bill["customFields"], bill["extendedFields"]) == ({"cashier": "7"}, {"ship_city": "Kochi"})
    assert (bill["deliveryStatus"], bill["basketSize"]) == ("SHIPPED", 3)
    (payment,) = bill["paymentModes"]
    assert (payment["amount"], payment["mode"], payment["attributes"]) == (1_000, "Card", [{"card_type": "debit"}])
    chair, rug = (line["details"] for line in bill["lineItems"])
    assert (chair["itemCode"], chair["qty"], chair["attributesSet"]) == ("chair", 2, [{"wood": "teak"}])
    assert (rug["description"], rug["returnable"], rug["returnableDays"]) == ("Red rug", True, -1)


def test_blocks_come_only_when_they_are_asked_for(till: Till, sale: Receipt) -> None:
    bill = till.get(f"/v2/transactions/{sale.id}").ok()
    assert "paymentModes" not in bill
    assert "creditNote" not in bill
    assert bill["loyaltiesPointDetails"] == []
    asked = till.get(f"/v2/transactions/{sale.id}", mlp="true", points_breakup="true").ok()
    (program,) = asked["loyaltiesPointDetails"]
    assert program["issuedPointsSummary"]["redeemablePointsIssued"] == 100


def test_the_kind_of_a_bill_has_to_be_the_one_asked_for(till: Till, member: Member, sale: Receipt) -> None:
    back = shop.take_back(till, member, sale, "AMOUNT", amount=100)
    assert till.get(f"/v2/transactions/{back.id}").code == 620
    assert till.get(f"/v2/transactions/{back.id}", type="MIXED").code == 690
    found = till.get(f"/v2/transactions/{back.id}", type="RETURN").ok()
    assert found["returnDetails"] == {
        "canceled": False,
        "returnType": "AMOUNT",
        "parentTransactionId": sale.id,
    }


@pytest.mark.parametrize("wrong", ["0", "-1", "9999999999999999", "99999999999999999999", "abc"])
def test_an_id_of_nothing_is_refused(till: Till, wrong: str) -> None:
    assert till.get(f"/v2/transactions/{wrong}").code == 620
    assert till.get(f"/v2/earning/{wrong}").code == 620


def test_bills_of_one_number_are_listed_the_latest_first(till: Till, member: Member, sale: Receipt) -> None:
    back = shop.take_back(till, member, sale, "LINE_ITEM", lines=[shop.line("rug", 200)])
    answer = till.get(f"/v2/transactions/getByBillNumber/{sale.number}").ok()
    assert answer["pagination"] == {"limit": 100, "offset": 0, "total": 2}
    assert [bill["id"] for bill in answer["data"]] == [back.id, sale.id]
    chair, rug = answer["data"][1]["lineItems"]
    assert chair["returnLineItemsDtos"] == []
    assert [(one["transactionId"], one["qty"]) for one in rug["returnLineItemsDtos"]] == [(back.id, 1)]
    second = till.get(f"/v2/transactions/getByBillNumber/{sale.number}", limit=1, offset=1).ok()
    assert [bill["id"] for bill in second["data"]] == [sale.id]
    assert till.get("/v2/transactions/getByBillNumber/none-such").code == 688
    assert till.get(f"/v2/transactions/getByBillNumber/{sale.number}", limit=0).code == 1111
    assert till.get(f"/v2/transactions/getByBillNumber/{sale.number}", offset=-1).code == 1112


def test_the_earning_of_a_bill_follows_what_becomes_of_its_points(till: Till, member: Member, sale: Receipt) -> None:
    shop.redeem(till, member, 30)
    shop.take_back(till, member, sale, "AMOUNT", amount=500)
    bill = till.get(f"/v2/earning/{sale.id}").ok()
    entity = bill["billDetails"]["pointsEarningEntities"]
    assert (entity["entityId"], entity["entityType"]) == (member.id, "customer")
    (program,) = entity["billPoints"]
    assert program["issuedPointsSummary"] == {"redeemablePointsIssued": 100, "promisedPointsIssued": 0}
    now = program["currentPointsSummary"]
    assert (now["availablePoints"], now["redeemedPoints"], now["returnedPoints"]) == (20, 30, 50)
    (info,) = program["currentPointsBreakup"]["regularPointsInfo"]["availablePointsInfo"]
    (detail,) = info["actionSourceDetails"][0]["actionPointsDetail"]
    assert (info["points"], detail["points"], detail["sourceValue"]) == (20, 100, 1_000)
    assert all(line["pointsEarningEntities"]["lineItemPoints"] == [] for line in bill["lineItems"])


def test_the_evaluation_log_shows_what_fired(till: Till, member: Member, sale: Receipt) -> None:
    answer = till.post("/v2/transactions/searchEvaluationLog", {"search": {"transactionNumber": sale.number}})
    assert answer.status == 200
    (log,) = answer.body
    assert (log["customerId"], log["transactionId"], log["eventName"]) == (member.id, sale.id, "TransactionAdd")
    assert log["requestId"]
    for part in ('class="RuleSets"', 'class="RuleSet"', "if true", "points 100"):
        assert part in log["evaluationTree"]
    assert "points: '100.000'" in log["effects"]
    by_id = till.post("/v2/transactions/searchEvaluationLog", {"search": {"transactionId": sale.id}})
    assert by_id.body == answer.body
    assert till.post("/v2/transactions/searchEvaluationLog", {"search": {}}).code == 1117
    assert till.post("/v2/transactions/searchEvaluationLog", {"search": {"transactionNumber": "no-such"}}).body == []


def test_a_customers_bills_come_a_page_at_a_time(till: Till, member: Member) -> None:
    sales = [shop.sell(till, member, 100 + day, billingDate=f"2025-09-0{day}T10:00:00Z") for day in range(1, 6)]
    path = f"/v2/customers/{member.id}/transactions"
    answer = till.get(path, limit=2, offset=1).ok()
    assert answer["pagination"] == {
        "limit": 2,
        "offset": 1,
        "sortBy": "BILLING_TIME",
        "sortOrder": "DESC",
        "total": 5,
    }
    assert [bill["id"] for bill in answer["data"]] == [sales[3].id, sales[2].id]
    oldest = till.get(path, sortOrder="ASC", limit=1).ok()["data"][0]
    assert (oldest["id"], oldest["loyaltyLogId"], oldest["billingTime"]) == (
        sales[0].id,
        sales[0].id,
        "2025-09-01T15:30:00+05:30",
    )
    assert "billPoints" not in oldest


def test_the_filters_of_a_customers_bills(shared_organization: Organization, till: Till, member: Member) -> None:
    first = shop.sell(till, member, 100, billingDate="2025-09-02T10:00:00Z")
    elsewhere = shared_organization.other_store_till
    second = shop.sell(elsewhere.at(NOW), member, 200, billingDate="2025-09-04T10:00:00Z")
    path = f"/v2/customers/{member.id}/transactions"

    def found(**query: object) -> list[int]:
        return [bill["id"] for bill in till.get(path, **query).ok()["data"]]

    assert found() == [second.id, first.id]
    assert found(number=first.number) == [first.id]
    assert found(transNos=f"{first.number},{second.number}") == [second.id, first.id]
    assert found(transactionId=f"{second.id}") == [second.id]
    assert found(startId=first.id, endId=first.id) == [first.id]
    assert found(startDate="2025-09-03T00:00:00Z") == [second.id]
    assert found(endDate="2025-09-02T10:00:00Z") == [first.id]
    assert found(startDate="2025-09-02", endDate="2025-09-02") == [first.id]
    assert found(entityType="TILL", entityCode=elsewhere.username) == [second.id]
    assert till.get(path, entityType="TILL", entityCode="none").code == 671
    assert till.get(path, startDate="2025-09-03", endDate="2025-09-02").code == 1115
    assert till.get(path, startDate="yesterday").code == 1114
    assert till.get(path, offset=-1).code == 8100
    assert till.get(path, limit=0).code == 8101
    assert till.get(path, limit=1_001).code == 8102
    assert till.get("/v2/customers/9999999999/transactions").code == 8015


def test_embeds_of_a_customers_bills(till: Till, member: Member, sale: Receipt) -> None:
    back = shop.take_back(till, member, sale, customFields={"why": "wrong"})
    answer = till.get(f"/v2/customers/{member.id}/transactions", embed=EVERYTHING).ok()
    taken, sold = answer["data"]
    assert (taken["id"], taken["loyaltyLogId"], taken["returnType"]) == (back.id, sale.id, "FULL")
    assert (sold["customFields"], sold["extendedFields"]) == ({"cashier": "7"}, {"ship_city": "Kochi"})
    assert sold["paymentModes"] == [{"mode": "Card", "value": 1_000}]
    assert sold["txnIdentifiers"] == [{"type": "mobile", "value": member.mobile}]
    assert sold["billingTimeInputOffset"] == "+07:00"
    (sums,) = sold["billPoints"]["aggregatedBillPoints"]
    assert sums["regularPoints"] == {"points": 100}
    (breakup,) = sold["billPoints"]["pointsBreakup"]
    assert breakup["regularPoints"] == [{"points": 100, "pointsAwardedType": "POINT_AWARDED"}]


def test_credit_notes_of_v1_are_read_in_v2(till: Till, member: Member) -> None:
    note = {"amount": "18", "number": "cn-1", "notes": "Broken cup"}
    item = {"type": "regular", "number": shop.new_number(), "amount": "90", "customer": {"mobile": member.mobile}}
    body = {"root": {"transaction": [item | {"credit_note": note}]}}
    added = till.post("/v1.1/transaction/add", body, format="json").body["response"]["transactions"]["transaction"][0]
    found = till.get(f"/v2/transactions/{added['id']}", credit_notes="true").ok()["creditNote"]
    assert found == {"amount": 18, "number": "cn-1", "notes": "Broken cup", "updateAmount": False}
    bills = till.get(f"/v2/customers/{member.id}/transactions", embed="CREDIT_NOTES").ok()["data"]
    assert bills[0]["creditNotes"] == [
        {"number": "cn-1", "amount": 18, "notes": "Broken cup", "referenceId": added["id"]}
    ]


def test_bills_of_another_organisation_are_not_there(
    make_organization: MakeOrganization, till: Till, member: Member, sale: Receipt
) -> None:
    stranger = make_organization().till.at(NOW)
    assert stranger.get(f"/v2/transactions/{sale.id}").code == 620
    assert stranger.get(f"/v2/earning/{sale.id}").code == 620
    assert stranger.get(f"/v2/transactions/getByBillNumber/{sale.number}").code == 688
    assert stranger.get(f"/v2/customers/{member.id}/transactions").code == 8015
    search = {"search": {"transactionId": sale.id}}
    assert stranger.post("/v2/transactions/searchEvaluationLog", search).body == []
    for path in (f"/v2/transactions/{sale.id}", f"/v2/earning/{sale.id}", f"/v2/customers/{member.id}/transactions"):
        till.get(path).ok()
