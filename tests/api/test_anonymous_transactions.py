"""Bills of nobody, NOT_INTERESTED, in v2 (06-transaction-v2/01, 02, 05, 06)."""

from __future__ import annotations

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Answer, Json, Till

NOW = "2025-09-10T12:00:00+05:30"


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


def bill(amount: Json = 500, **fields: Json) -> Json:
    return shop.sale(amount, **fields) | {"type": "NOT_INTERESTED"}


def send(till: Till, body: Json, **query: object) -> Answer:
    return till.post("/v2/transactions", body, source="INSTORE", **query)


def test_a_bill_of_nobody_is_stored_and_read_by_id_and_by_number(till: Till) -> None:
    lines = [shop.line("chair", 400, type="NOT_INTERESTED"), shop.line("rug", 100)]
    body = bill(
        lineItemsV2=lines,
        notInterestedReason="in a hurry",
        paymentModes=[{"mode": "CASH", "value": 500}],
        customFields={"cashier": "7"},
    )
    added = send(till, body).ok()
    assert (added["sideEffects"], added["warnings"], "customerInfo" in added) == ([], [], False)

    path = f"/v2/transactions/{added['createdId']}"
    assert till.get(path).code == 620
    read = till.get(path, type="NOT_INTERESTED", tenders=True).ok()
    assert (read["type"], "customerId" in read, read["outlierStatus"]) == ("NOT_INTERESTED", False, "NORMAL")
    assert (read["billDetails"]["amount"], read["billDetails"]["notInterestedReason"]) == (500, "in a hurry")
    assert [one["details"]["itemCode"] for one in read["lineItems"]] == ["chair", "rug"]
    assert (read["paymentModes"][0]["mode"], read["customFields"]) == ("CASH", {"cashier": "7"})
    (listed,) = till.get(f"/v2/transactions/getByBillNumber/{body['billNumber']}").ok()["data"]
    assert (listed["id"], listed["type"]) == (added["createdId"], "NOT_INTERESTED")
    earned = till.get(f"/v2/earning/{added['createdId']}").ok()
    assert earned["id"] == added["createdId"]
    (log,) = till.post("/v2/transactions/searchEvaluationLog", {"search": {"transactionId": added["createdId"]}}).body
    assert (log["customerId"], log["eventName"]) == (None, "")


def test_whoever_is_named_gets_nothing_and_need_not_be_known(till: Till) -> None:
    member = shop.register(till)
    shop.send(till, member, bill(10_000)).ok()
    assert shop.points_of(till, member) == 0
    assert till.get(f"/v2/customers/{member.id}/transactions").ok()["data"] == []
    named = {"identifierName": "mobile", "identifierValue": "919899999999"}
    send(till, bill(), **named).ok()
    assert till.get("/v2/customers/lookup", source="INSTORE", **named).code in (8013, 8015)


def test_its_number_is_taken_for_sales_and_taken_by_them(till: Till) -> None:
    member = shop.register(till)
    body = bill()
    send(till, body).ok()
    assert send(till, body).code == 604
    assert shop.send(till, member, shop.sale(100, number=body["billNumber"])).code == 604
    sold = shop.sell(till, member, 100)
    assert send(till, bill(number=sold.number)).code == 604


def test_numbers_that_need_not_be_unique_may_be_used_twice(make_organization: MakeOrganization) -> None:
    till = make_organization(config={"CONF_LOYALTY_IS_BILL_NUMBER_UNIQUE": False}).till.at(NOW)
    body = bill()
    assert send(till, body).ok()["createdId"] != send(till, body).ok()["createdId"]


def test_it_cannot_be_taken_back_as_a_sale_nor_changed_nor_simulated(till: Till) -> None:
    member = shop.register(till)
    body = bill()
    added = send(till, body).ok()
    back = {"type": "RETURN", "billNumber": body["billNumber"], "returnType": "FULL", "purchaseTime": NOW}
    assert shop.send(till, member, back).code == 625
    assert shop.send(till, member, back | {"id": added["createdId"]}).code == 603
    named = {"identifierName": "mobile", "identifierValue": member.mobile, "source": "INSTORE"}
    change = {"id": added["createdId"], "deliveryStatus": "SHIPPED"}
    assert till.send("PUT", "/v2/transactions", body=change, params=named).code == 667
    assert shop.send(till, member, back | {"type": "NOT_INTERESTED_RETURN"}).code == 690
    assert shop.send(till, member, {**body, "type": "NOTHING"}).code == 690


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"billAmount": None}, 601),
        ({"billAmount": -1}, 601),
        ({"billNumber": ""}, 602),
        ({"notInterestedReason": "x" * 256}, 685),
        ({"lineItemsV2": [{"itemCode": "a", "type": "RETURN"}]}, 660),
        ({"billingDate": "2035-01-01T00:00:00Z"}, 643),
    ],
)
def test_what_is_wrong_with_any_sale_is_wrong_with_it(till: Till, fields: Json, code: int) -> None:
    assert send(till, bill() | fields).code == code


def test_a_sale_to_a_customer_has_no_line_of_nobody(till: Till) -> None:
    member = shop.register(till)
    lines = [shop.line("chair", 10, type="NOT_INTERESTED")]
    assert shop.send(till, member, shop.sale(10, lineItemsV2=lines)).code == 660


def test_a_source_that_does_not_exist_is_refused(till: Till) -> None:
    assert till.post("/v2/transactions", bill(), source="MOON").code == 8003


def test_several_are_added_among_others_each_on_its_own(till: Till) -> None:
    member = shop.register(till)
    nobody = bill() | {"source": "INSTORE"}
    sold = shop.sale(1_000) | {"identifierType": "mobile", "identifierValue": member.mobile, "source": "INSTORE"}
    answer = till.post("/v2/transactions/bulk", [nobody, sold, nobody]).body
    assert answer["failureCount"] == 1
    first, second, third = answer["response"]
    assert (first["result"]["type"], first["result"]["sideEffects"]) == ("NOT_INTERESTED", [])
    assert second["result"]["sideEffects"][0]["awardedPoints"] == 100
    assert third["errors"][0]["code"] == 604


def test_a_repeated_call_with_an_idempotency_key_stores_one(make_organization: MakeOrganization) -> None:
    till = make_organization(config={"CONF_LOYALTY_IS_BILL_NUMBER_UNIQUE": False}).till.at(NOW)
    body = bill()
    params = {"source": "INSTORE"}
    headers = {"Idempotency-Key": shop.new_number()}
    answers = [till.send("POST", "/v2/transactions", body=body, params=params, headers=headers).ok() for _ in range(3)]
    assert len({answer["createdId"] for answer in answers}) == 1
    assert len(till.get(f"/v2/transactions/getByBillNumber/{body['billNumber']}").ok()["data"]) == 1
