"""POST /v2/transactions with a sale (06-transaction-v2/01)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

NOW = "2025-07-07T20:15:00+05:30"
RAW = (
    "alternateCurrencyIdentifier",
    "alternateCurrencyName",
    "awardOn",
    "awardStrategyId",
    "awardedOn",
    "awardedOnMillis",
    "billNumber",
    "customerId",
    "evaluatedEntity",
    "expiryDate",
    "expiryDateMillis",
    "expiryStrategyId",
    "initialQuantity",
    "initialSourceValue",
    "isDefaultProgram",
    "isReferrer",
    "lineItemId",
    "pointTypeId",
    "pointTypeIsRedeemable",
    "pointTypeName",
    "points",
    "pointsBeforeCapping",
    "programId",
    "promoId",
    "promoIdentifier",
    "promoName",
    "quantity",
    "ruleId",
    "ruleSetId",
    "sourceId",
    "sourceType",
    "sourceValue",
    "tenderCodeId",
    "type",
)


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


@pytest.fixture
def member(till: Till) -> Member:
    return shop.register(till, lastName="Shah")


def _full_sale() -> Json:
    """Everything that a till may send about a sale."""
    return shop.sale(
        "1450.75",
        grossAmount=1_600,
        discount="149.25",
        billingDate="2025-07-07T20:10:00+05:30",
        note="Two bags",
        deliveryStatus="SHIPPED",
        outlierStatus="NORMAL",
        currencyCode="INR",
        extendedFields={"ship_city": "Kochi"},
        customFields={"cashier": "7"},
        paymentModes=[
            {"mode": "Card", "value": "1450.75", "notes": "slip 4", "attributes": {"card_type": "debit"}},
            {"mode": "Voucher", "value": 0},
        ],
        lineItemsV2=[
            shop.line(
                "bag", "900.50", quantity=2, serial=1, description="Jute bag", returnable=True, returnableDays=30
            ),
            shop.line(
                "tea",
                "550.25",
                quantity="0.75",
                serial=2,
                discount="49.75",
                imgUrl="https://shop.example/tea.png",
                attributes={"kind": "black"},
                extendedFields={"estate": "high"},
                customFields={"batch": "b"},
                comboDetails=[{"itemCode": "tin", "quantity": 1, "comboType": "COMBO_ITEM"}],
                addOnDetails=[{"itemCode": "spoon"}],
                splitDetails=[],
            ),
        ],
        promotionEvaluationId="",
        loyaltyPromotionIdentifiers=[],
        attribution={"createdBy": {"code": "x", "type": "TILL"}},
    )


def test_the_answer_has_the_documented_fields(till: Till, member: Member) -> None:
    answer = shop.send(till, member, _full_sale(), rawSideEffects="true", use_async="false").ok()
    assert shape(answer) == (
        fields("number", "createdId")
        | fields("array", "warnings", "errors", "sideEffects", "rawSideEffects", "loyaltyDetails")
        | fields("string", "entityType", "type", at="sideEffects[]")
        | fields("number", "rawAwardedPoints", "awardedPoints", at="sideEffects[]")
        | fields("string", *RAW, at="rawSideEffects[]")
        | fields("object", "customerInfo")
        | fields("string", "firstName", "lastName", at="customerInfo")
    )
    # 10 % of 1,450.75, to two decimals half up.
    assert answer["sideEffects"] == [
        {
            "entityType": "USER",
            "rawAwardedPoints": Decimal("145.075"),
            "awardedPoints": Decimal("145.08"),
            "type": "points",
        }
    ]
    assert answer["customerInfo"] == {"firstName": "Leela", "lastName": "Shah"}
    assert answer["warnings"] == []


def test_raw_side_effects_say_everything_about_the_award(till: Till, member: Member) -> None:
    body = shop.sale("300.50", billingDate="2025-07-01T09:00:00+05:30")
    answer = shop.send(till, member, body, rawSideEffects="true").ok()
    (award,) = answer["rawSideEffects"]
    assert award["customerId"] == str(member.id)
    assert award["sourceId"] == str(answer["createdId"])
    assert award["billNumber"] == body["billNumber"]
    assert (award["awardOn"], award["sourceType"], award["lineItemId"]) == ("BILL", "Bill", "-1")
    assert (award["points"], award["pointsBeforeCapping"], award["sourceValue"]) == ("30.050", "30.050", "300.5")
    # Awarded now, expiring at the end of the month twelve months after the bill.
    assert (award["awardedOn"], award["expiryDate"]) == ("7th Jul, 2025", "31st Jul, 2026")
    assert award["awardedOnMillis"] == str(int(datetime.fromisoformat(NOW).timestamp() * 1000))
    end = datetime.fromisoformat("2026-07-31T23:59:59.999000+05:30")
    assert award["expiryDateMillis"] == str(round(end.timestamp() * 1000))
    assert (award["isDefaultProgram"], award["programId"], award["pointTypeName"]) == ("true", "1", "Main")
    assert "rawSideEffects" not in shop.send(till, member, shop.sale(10)).ok()


def test_a_rise_in_tier_is_a_side_effect(till: Till, member: Member) -> None:
    answer = shop.send(till, member, shop.sale(12_000)).ok()
    (slab,) = (effect for effect in answer["sideEffects"] if effect["type"] == "slab")
    assert slab == {
        "entityType": "USER",
        "previousSlabName": "Silver",
        "previousSlabNumber": 1,
        "upgradedSlabName": "Gold",
        "upgradedSlabNumber": 2,
        "slabExpiryDate": None,
        "type": "slab",
    }


@pytest.mark.parametrize("name", ["mobile", "email", "externalId", "id"])
def test_every_identifier_names_the_member(till: Till, name: str) -> None:
    mobile = shop.new_mobile()
    values: dict[str, object] = {"mobile": mobile, "email": f"{mobile}@mail.example", "externalId": f"x{mobile}"}
    member = shop.register(till, mobile, identifiers=[{"type": t, "value": v} for t, v in values.items()])
    value = (values | {"id": member.id})[name]
    named = {"source": "INSTORE", "identifierName": name, "identifierValue": value}
    till.post("/v2/transactions", shop.sale(100), **named).ok()
    # INSTORE is meant where no source is named.
    del named["source"]
    till.post("/v2/transactions", shop.sale(100), **named).ok()
    assert shop.points_of(till, member) == 20


def test_a_bill_of_nothing_is_a_bill(till: Till, member: Member) -> None:
    assert shop.sell(till, member, 0).points == 0
    assert shop.points_of(till, member) == 0


def test_amounts_may_be_strings_or_numbers_with_six_decimals(till: Till, member: Member) -> None:
    assert shop.sell(till, member, "100.123456").points == Decimal("10.01")
    assert shop.sell(till, member, Decimal("99.99")).points == 10
    assert shop.summary_of(till, member)["cumulativePurchases"] == Decimal("200.113456")


def test_a_bill_number_may_be_a_number(till: Till, member: Member) -> None:
    shop.send(till, member, shop.sale(100) | {"billNumber": 40_017}).ok()
    assert shop.send(till, member, shop.sale(100, number="40017")).code == 604


@pytest.mark.parametrize("status", ["INTERNAL", "FRAUD", "OUTLIER", "TEST", "DELETED", "FAILED", "OTHER"])
def test_an_outlier_is_stored_and_earns_nothing(till: Till, member: Member, status: str) -> None:
    sale = shop.sell(till, member, 20_000, outlierStatus=status)
    assert (sale.points, sale.tiers, sale.warnings) == (0, [], [9611])
    summary = shop.summary_of(till, member)
    assert (summary["loyaltyPoints"], summary["cumulativePurchases"]) == (0, 0)
    assert shop.send(till, member, shop.returned(sale)).code == 1121


def test_a_time_without_an_offset_is_utc(till: Till, member: Member) -> None:
    # 19:00 UTC on the last of June is the first of July in India: the points last to the end of July.
    body = shop.sale(100, billingDate="2025-06-30T19:00:00")
    (award,) = shop.send(till, member, body, rawSideEffects="true").ok()["rawSideEffects"]
    assert award["expiryDate"] == "31st Jul, 2026"


def test_a_bill_may_be_a_day_ahead_and_years_behind(till: Till, member: Member) -> None:
    now = datetime.fromisoformat(NOW)
    shop.sell(till, member, 100, billingDate=(now + timedelta(days=1)).isoformat())
    shop.sell(till, member, 100, billingDate="1995-01-01T00:00:00+05:30")
    late = shop.sale(100, billingDate=(now + timedelta(days=1, seconds=1)).isoformat())
    assert shop.send(till, member, late).code == 643
    assert shop.send(till, member, shop.sale(100, billingDate="1994-12-31T23:59:59+05:30")).code == 644


def test_the_limits_of_bill_dates_are_config_keys(make_organization: MakeOrganization) -> None:
    config = {"CONF_MIN_BILLING_DATE": "2025-07-01", "EARNEST_BILL_DAYS_AHEAD_MAX": 0}
    till = make_organization(config=config).till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 100, billingDate="2025-07-01T12:00:00+05:30")
    assert shop.send(till, member, shop.sale(100, billingDate="2025-06-30T12:00:00+05:30")).code == 644
    assert shop.send(till, member, shop.sale(100, billingDate="2025-07-07T20:15:01+05:30")).code == 643


def _line(**fields: Json) -> Json:
    return {"lineItemsV2": [{"itemCode": "pen", "qty": 1, "rate": 10, "value": 10, "amount": 10} | fields]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": None}, 690),
        ({"type": "SALE"}, 690),
        ({"billAmount": None}, 601),
        ({"billAmount": -1}, 601),
        ({"billNumber": None}, 602),
        ({"billNumber": "  "}, 602),
        ({"billNumber": "n" * 51}, 602),
        ({"grossAmount": -1}, 665),
        ({"discount": "-0.01"}, 666),
        ({"billingDate": "yesterday"}, 1114),
        ({"billingDate": "2025-02-30T00:00:00Z"}, 1114),
        ({"note": "n" * 4_001}, 685),
        ({"notInterestedReason": "n" * 256}, 685),
        ({"deliveryStatus": "LOST"}, 400),
        ({"outlierStatus": "ODD"}, 400),
        ({"paymentModes": [{"value": 1}]}, 400),
        ({"paymentModes": [{"mode": "Cash", "notes": "n" * 251}]}, 685),
        (_line(amount=-1), 661),
        (_line(value=-1), 662),
        (_line(rate=-1), 663),
        (_line(discount=-1), 664),
        (_line(qty=-1), 627),
        (_line(returnableDays=-1), 1105),
        (_line(itemCode="i" * 256), 685),
        ({"lineItemsV2": [{"itemCode": "pen"}] * 1_001}, 400),
        # What is no amount at all.
        ({"billAmount": "many"}, 400),
        ({"billAmount": "1e400"}, 400),
        ({"billAmount": "1234567890123456789"}, 400),
        ({"billAmount": "0.0000001"}, 400),
        ({"billAmount": True}, 400),
        ({"lineItemsV2": {}}, 400),
        (_line(qty="half"), 400),
        ({"extendedFields": "none"}, 400),
        ({"id": 2**53}, 400),
    ],
)
def test_refusals_have_their_documented_code_and_store_nothing(
    till: Till, member: Member, change: Json, code: int
) -> None:
    body = shop.sale(1_000)
    refused = shop.send(till, member, body | change)
    assert (refused.status, refused.code) == (400, code)
    assert refused.body["warnings"] == []
    assert shop.summary_of(till, member)["cumulativePurchases"] == 0
    # The number is free for the bill as it should have been.
    shop.send(till, member, body).ok()


def _named(**query: object) -> dict[str, object]:
    return {"source": "INSTORE", "identifierName": "mobile", "identifierValue": "919800000000"} | query


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 1104),
        ({"source": "INSTORE"}, 1104),
        (_named(source=""), 8001),
        (_named(source="MARKET"), 8003),
        (_named(source="LINE"), 8045),
        (_named(source="LINE", accountId="club"), 8015),
        (_named(identifierName=""), 8092),
        (_named(identifierValue=""), 8093),
        (_named(identifierName="shoe"), 8013),
        (_named(identifierValue="99"), 8015),
        (_named(identifierName="id", identifierValue="123456789"), 8015),
        (_named(), 8015),
        (_named(rawSideEffects="perhaps"), 400),
    ],
)
def test_a_bill_that_names_nobody_is_refused(till: Till, query: dict[str, object], code: int) -> None:
    refused: Answer = till.post("/v2/transactions", shop.sale(100), **query)
    assert (refused.status, refused.code) == (400, code)


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{", b'{"type": "REGULAR", "billAmount": Infinity}'])
def test_what_is_no_bill_is_a_clear_error(till: Till, member: Member, content: bytes) -> None:
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    refused = till.send("POST", "/v2/transactions", content=content, params=named)
    assert (refused.status, refused.code) == (400, 400)


def test_a_bill_without_credentials_is_refused(till: Till, member: Member) -> None:
    refused = till.send("POST", "/v2/transactions", body=shop.sale(100), headers={"Authorization": "Basic bm8="})
    assert (refused.status, refused.code) == (401, 401)
    assert shop.points_of(till, member) == 0
