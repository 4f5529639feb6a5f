"""POST /v2/transactions with a return (06-transaction-v2/01)."""

from __future__ import annotations

import pytest

from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shapes import fields, shape
from tests.support.shop import Member, Receipt
from tests.support.till import Json, Till

NOW = "2025-08-20T11:00:00+05:30"
BOUGHT = "2025-08-18T17:00:00+05:30"


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


@pytest.fixture
def member(till: Till) -> Member:
    return shop.register(till.at("2025-08-01T10:00:00+05:30"), lastName="Shah")


@pytest.fixture
def sale(till: Till, member: Member) -> Receipt:
    """800 for two chairs and 200 for a rug: 100 points."""
    lines = [shop.line("chair", 800, quantity=2), shop.line("rug", 200)]
    return shop.sell(till, member, 1_000, billingDate=BOUGHT, lineItemsV2=lines)


def test_the_answer_has_the_documented_fields(till: Till, member: Member, sale: Receipt) -> None:
    answer = shop.send(till, member, shop.returned(sale), rawSideEffects="true").ok()
    assert shape(answer) == (
        fields("number", "createdId")
        | fields("array", "warnings", "errors", "sideEffects", "rawSideEffects", "loyaltyDetails")
        | fields("string", "entityType", "type", at="sideEffects[]")
        | fields("number", "rawAwardedPoints", "awardedPoints", at="sideEffects[]")
        | fields("object", "customerInfo")
        | fields("string", "firstName", "lastName", at="customerInfo")
    )
    assert answer["createdId"] != sale.id
    assert answer["sideEffects"] == [
        {"entityType": "USER", "rawAwardedPoints": -100, "awardedPoints": -100, "type": "points"}
    ]
    assert (answer["errors"], answer["warnings"], answer["rawSideEffects"]) == ([], [], [])
    assert answer["customerInfo"] == {"firstName": "Leela", "lastName": "Shah"}


@pytest.mark.parametrize(
    ("kind", "what", "points"),
    [
        ("FULL", {}, -100),
        ("FULL", {"amount": 5_000}, -100),
        ("CANCELLED", {}, -100),
        ("AMOUNT", {"amount": 250}, -25),
        ("AMOUNT", {"amount": "1000.00"}, -100),
        ("LINE_ITEM", {"lines": [shop.line("chair", 400)]}, 0),
        ("LINE_ITEM", {"lines": [shop.line("chair", 800, quantity=2), shop.line("rug", 200)]}, -100),
        ("CANCELLED", {"lines": [shop.line("chair", 800, quantity=2), shop.line("rug", 200)]}, -100),
    ],
)
def test_each_kind_takes_its_part_of_the_points(
    till: Till, member: Member, sale: Receipt, kind: str, what: Json, points: int
) -> None:
    assert shop.take_back(till, member, sale, kind, **what).points == points
    assert shop.points_of(till, member) == 100 + points


def test_a_return_may_name_the_sale_by_its_id(till: Till, member: Member, sale: Receipt) -> None:
    shop.take_back(till, member, sale, id=sale.id)
    assert shop.points_of(till, member) == 0


def test_a_return_may_come_at_another_till_and_by_another_identifier(
    shared_organization: Organization, member: Member, sale: Receipt
) -> None:
    other = shared_organization.other_store_till.at(NOW)
    named = {"identifierName": "id", "identifierValue": member.id}
    shop.send(other, member, shop.returned(sale), **named).ok()
    assert shop.points_of(other, member) == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"returnType": None}, 628),
        ({"returnType": "HALF"}, 628),
        ({"purchaseTime": None}, 624),
        ({"purchaseTime": "last week"}, 1114),
        ({"billingDate": "2025-08-18T16:59:59+05:30"}, 624),
        ({"billingDate": "soon"}, 1114),
        ({"billingDate": "2025-09-20T11:00:00+05:30"}, 643),
        ({"billNumber": "no-such-bill"}, 625),
        ({"billNumber": None}, 602),
        ({"id": 987_654_321}, 603),
        ({"returnType": "AMOUNT"}, 601),
        ({"returnType": "AMOUNT", "billAmount": 0}, 601),
        ({"returnType": "AMOUNT", "billAmount": -10}, 601),
        ({"returnType": "AMOUNT", "billAmount": "1000.01"}, 630),
        ({"returnType": "LINE_ITEM"}, 660),
        ({"returnType": "LINE_ITEM", "lineItemsV2": [shop.line("lamp", 1)]}, 687),
        ({"returnType": "LINE_ITEM", "lineItemsV2": [shop.line("chair", 800, quantity=3)]}, 626),
        ({"returnType": "LINE_ITEM", "lineItemsV2": [shop.line("chair", 801, quantity=2)]}, 630),
        ({"returnType": "LINE_ITEM", "lineItemsV2": [{"itemCode": "chair", "qty": 0}]}, 627),
        ({"returnType": "LINE_ITEM", "lineItemsV2": [{"itemCode": "chair", "qty": -1}]}, 627),
        ({"returnType": ["FULL"]}, 400),
    ],
)
def test_refusals_have_their_documented_code_and_take_nothing(
    till: Till, member: Member, sale: Receipt, change: Json, code: int
) -> None:
    refused = shop.send(till, member, shop.returned(sale) | change)
    assert (refused.status, refused.code) == (400, code)
    assert shop.points_of(till, member) == 100
    shop.take_back(till, member, sale)
    assert shop.points_of(till, member) == 0


def test_a_bill_of_somebody_else_cannot_be_returned(till: Till, member: Member, sale: Receipt) -> None:
    other = shop.register(till)
    refused = shop.send(till, other, shop.returned(sale))
    assert (refused.status, refused.code) == (400, 668)
    assert shop.points_of(till, member) == 100


def test_a_return_that_names_nobody_is_refused(till: Till, sale: Receipt) -> None:
    body = shop.returned(sale)
    assert till.post("/v2/transactions", body).code == 1104
    assert shop.send(till, Member(0, shop.new_mobile()), body).code == 8015
    named = {"source": "WEBSITE", "identifierName": "mobile", "identifierValue": "919800000000"}
    assert till.post("/v2/transactions", body, **named).code == 8015


def test_a_return_on_another_source_than_the_members_is_refused(till: Till, member: Member, sale: Receipt) -> None:
    assert shop.send(till, member, shop.returned(sale), source="WEBSITE").code == 8065
    assert shop.points_of(till, member) == 100
