"""Changing stored sales and adding several (06-transaction-v2/02, 03, 04), told by what a later read shows."""

from __future__ import annotations

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shop import Member, Receipt
from tests.support.till import Answer, Json, Till

NOW = "2025-09-10T12:00:00+05:30"
BULK = "/v2/transactions/bulk"


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
        customFields={"cashier": "7"},
        lineItemsV2=[shop.line("chair", 800, extendedFields={"wood": "teak"}), shop.line("rug", 200)],
    )


def change(till: Till, member: Member, body: Json) -> Answer:
    named = {"identifierName": "mobile", "identifierValue": member.mobile, "source": "INSTORE"}
    return till.send("PUT", "/v2/transactions", body=body, params=named)


def of(member: Member, **fields: Json) -> Json:
    return {"identifierType": "mobile", "identifierValue": member.mobile, "source": "INSTORE"} | fields


def test_what_was_changed_is_what_a_read_shows(till: Till, member: Member, sale: Receipt) -> None:
    lines = [{"itemCode": "chair", "extendedFields": {"colour": "red"}}]
    body = {"id": sale.id, "deliveryStatus": "DELIVERED", "customFields": {"mood": "good"}, "lineItems": lines}
    answer = change(till, member, body | {"extendedFields": {"ship_city": "Kochi"}}).ok()
    (details,) = answer["loyaltyDetails"]
    assert (details["loyaltyPoints"], details["cumulativePurchases"], details["slabSNo"]) == (100, 1_000, 1)
    bill = till.get(f"/v2/transactions/{sale.id}").ok()
    assert bill["customFields"] == {"cashier": "7", "mood": "good"}
    assert (bill["extendedFields"], bill["deliveryStatus"]) == ({"ship_city": "Kochi"}, "DELIVERED")
    assert bill["lineItems"][0]["details"]["extendedFields"] == {"wood": "teak", "colour": "red"}
    assert bill["lineItems"][1]["details"]["extendedFields"] == {}
    assert bill["attribution"]["modifiedBy"]["code"] == till.username
    assert bill["billDetails"]["amount"] == 1_000


def test_a_change_that_names_nothing_that_can_be_changed_is_refused(till: Till, member: Member, sale: Receipt) -> None:
    other = shop.register(till)
    assert change(till, member, {}).code == 607
    assert change(till, member, {"id": 999_999_999_999}).code == 620
    assert change(till, other, {"id": sale.id}).code == 667
    assert change(till, other, {"number": sale.number}).code == 668
    assert change(till, member, {"id": sale.id, "tillCode": "none"}).code == 671
    assert change(till, member, {"id": sale.id, "lineItems": [{"id": 1}]}).code == 1119
    assert change(till, member, {"id": sale.id, "lineItems": [{"itemCode": "sofa"}]}).code == 1120
    assert change(till, member, {"id": sale.id, "deliveryStatus": "LOST"}).code == 400
    nobody = Member(0, shop.new_mobile())
    assert change(till, nobody, {"id": sale.id}).code == 8015
    assert till.send("PUT", "/v2/transactions", body={"id": sale.id}).code == 8084
    bill = till.get(f"/v2/transactions/{sale.id}").ok()
    assert bill["attribution"]["modifiedBy"] == {}


def test_a_return_cannot_be_changed(till: Till, member: Member, sale: Receipt) -> None:
    back = shop.take_back(till, member, sale)
    assert change(till, member, {"id": back.id, "customFields": {"a": "b"}}).code == 1118


def test_several_changes_are_made_each_on_its_own(till: Till, member: Member, sale: Receipt) -> None:
    good = of(
        member, id=sale.id, customFields={"mood": "good"}, lineItems=[{"itemCode": "rug", "extendedFields": {"x": 1}}]
    )
    bad = of(member, id=sale.id + 10**9)
    unnamed = {"id": sale.id}
    answer = till.send("PUT", BULK, body=[good, bad, unnamed])
    assert answer.status == 200
    assert (answer.body["totalCount"], answer.body["failureCount"]) == (3, 2)
    first, second, third = answer.body["response"]
    assert first["result"]["customFields"] == {"cashier": "7", "mood": "good"}
    assert [line["extendedFields"] for line in first["result"]["lineItems"]] == [{"x": 1}]
    assert ("result" in second, second["errors"][0]["code"], third["errors"][0]["code"]) == (False, 620, 8084)
    assert till.get(f"/v2/transactions/{sale.id}").ok()["customFields"]["mood"] == "good"


def test_several_bills_are_added_each_on_its_own(till: Till, member: Member) -> None:
    number = shop.new_number()
    bill = of(member, type="REGULAR", billNumber=number, billAmount=500, billingDate="2025-09-09T10:00:00Z")
    back = of(member, type="RETURN", returnType="AMOUNT", billNumber=number, billAmount=100)
    back |= {"purchaseTime": "2025-09-09T10:00:00Z"}
    stranger = {"identifierType": "mobile", "identifierValue": shop.new_mobile(), "source": "INSTORE"}
    unknown = stranger | {"type": "REGULAR", "billNumber": shop.new_number(), "billAmount": 5}
    answer = till.post(BULK, [bill, bill, back, unknown])
    assert answer.status == 200, answer.text
    sold, again, returned, nobody = answer.body["response"]
    assert (answer.body["totalCount"], answer.body["failureCount"]) == (4, 2)
    assert (sold["result"]["billAmount"], sold["result"]["sideEffects"][0]["awardedPoints"]) == (500, 50)
    assert (again["errors"][0]["code"], nobody["errors"][0]["code"]) == (604, 8015)
    assert "entityId" not in again
    assert returned["result"]["sideEffects"][0]["awardedPoints"] == -10
    assert shop.points_of(till, member) == 40
    assert till.get(f"/v2/transactions/{sold['entityId']}").ok()["billDetails"]["billNumber"] == number


def test_a_batch_has_a_limit(till: Till, member: Member) -> None:
    bills = [of(member, type="REGULAR", billNumber=shop.new_number(), billAmount=1) for _ in range(101)]
    assert till.post(BULK, bills).code == 1060
    assert till.post(BULK, []).code == 400
    assert shop.points_of(till, member) == 0


@pytest.mark.parametrize("spelling", ["use_async", "use_asynch"])
def test_a_call_that_does_not_wait_is_told_no_effects_but_has_them(till: Till, member: Member, spelling: str) -> None:
    answer = shop.send(till, member, shop.sale(700), rawSideEffects="true", **{spelling: "true"}).ok()
    assert (answer["sideEffects"], "rawSideEffects" in answer) == ([], False)
    assert shop.points_of(till, member) == 70


def test_bills_of_another_organisation_cannot_be_changed(
    make_organization: MakeOrganization, till: Till, member: Member, sale: Receipt
) -> None:
    stranger = make_organization().till.at(NOW)
    own = shop.register(stranger)
    assert change(stranger, own, {"id": sale.id, "customFields": {"a": "b"}}).code == 620
    assert stranger.send("PUT", BULK, body=[of(own, id=sale.id)]).body["failureCount"] == 1
    change(till, member, {"id": sale.id, "customFields": {"a": "b"}}).ok()
