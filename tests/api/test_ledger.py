"""The points ledger: balances, events, and what stands behind them (15-points-ledger/01, 02, 03)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.programs import award, demo_with, percent
from tests.support.shapes import fields, shape
from tests.support.shop import Member, Receipt
from tests.support.till import Answer, Json, Till

BALANCE = "/v2/pointsLedger/getCustomerLedgerBalance"
LEDGER = "/v2/pointsLedger/getCustomerLedgerInfo"
EXPLODE = "/v2/pointsLedger/getLedgerExplodeInfo"
MONDAY = "2024-06-03T12:00:00+05:30"
TUESDAY = "2024-06-04T09:30:15+05:30"
WEDNESDAY = "2024-06-05T10:00:00+05:30"
THURSDAY = "2024-06-06T10:00:00+05:30"
SOURCES_KEPT = {"ENABLE_POINTS_AWARDED_SOURCE_VALUE_CAPTURING": True}
CATEGORIES = ["Main", "DelayedAccrualPointCategory", "ExternalTriggerBasedPointCategory"]

EVERY_PATH = pytest.mark.parametrize("path", [BALANCE, LEDGER, EXPLODE])


@pytest.fixture(scope="module")
def organization(make_shared_organization: MakeOrganization) -> Organization:
    second = demo_with(id=2, name="Second", is_default=False, awards=(award(1, percent(3)),))
    return make_shared_organization(programs=[demo_with(), second], config=SOURCES_KEPT)


@pytest.fixture(scope="module")
def till(organization: Organization) -> Till:
    return organization.till.at("2024-06-10T12:00:00+05:30")


class Life:
    """A member of both programmes: a sale on Monday, a redemption at another store on Tuesday, half of the sale back on
    Wednesday, a bill that brings nothing on Thursday."""

    def __init__(self, organization: Organization) -> None:
        till, elsewhere = organization.till, organization.tills[2]
        mobile = shop.new_mobile()
        body = shop.customer(mobile, lastName="Rao")
        body["profiles"][0]["identifiers"].append({"type": "externalId", "value": f"ext-{mobile}"})
        created = till.at(MONDAY).post("/v2/customers", body, mlp_single_enroll="true").ok()["createdId"]
        self.member = Member(created, mobile)
        self.sale: Receipt = shop.sell(
            till.at(MONDAY),
            self.member,
            1_000,
            grossAmount=1_100,
            discount=100,
            note="first",
            billingDate=MONDAY,
            customFields={"counter": "7"},
            extendedFields={"ship_first_name": "Leela"},
            lineItemsV2=[shop.line("shoe", 1_000, quantity=2)],
            paymentModes=[{"mode": "Cash", "value": 1_000}],
        )
        self.redeemed = shop.redeem(
            elsewhere.at(TUESDAY),
            self.member,
            30,
            transaction_number=self.sale.number,
            redemption_purpose="gift",
            notes="at the counter",
            custom_fields={"field": [{"name": "desk", "value": "3"}]},
        )
        self.returned = shop.take_back(till.at(WEDNESDAY), self.member, self.sale, "AMOUNT", amount=500)
        shop.sell(till.at(THURSDAY), self.member, 0)


@pytest.fixture(scope="module")
def life(organization: Organization) -> Life:
    return Life(organization)


@pytest.fixture(scope="module")
def member(life: Life) -> Member:
    return life.member


def ask(till: Till, path: str, member: Member, **query: object) -> Answer:
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    return till.get(path, **(named | query))


def events(till: Till, member: Member, **query: object) -> list[Json]:
    found: list[Json] = ask(till, LEDGER, member, **query).ok()["ledgerEntries"]
    return found


def names(till: Till, member: Member, **query: object) -> list[str]:
    return [event["eventName"] for event in events(till, member, **query)]


def posted(event: Json) -> list[tuple[str, str, int]]:
    return [
        (one["ledgerEntryType"], one["points"], one["programId"])
        for one in event["entryDetails"]
        if one["ledgerEntryType"] != "OPENING_BALANCE"
    ]


def explode(till: Till, member: Member, **query: object) -> list[Json]:
    found: list[Json] = ask(till, EXPLODE, member, **query).ok()["events"]
    return found


# Balances


def closing(till: Till, member: Member, **query: object) -> dict[tuple[int, str], str]:
    found = ask(till, BALANCE, member, **query).ok()["ledgerDetails"]["ledgerClosingBalance"]
    return {(one["programId"], one["pointsCategory"]): one["closingBalance"] for one in found}


def test_the_balance_has_the_documented_fields(till: Till, member: Member) -> None:
    answer = ask(till, BALANCE, member, includeAlternateCurrencies="true").ok()
    assert shape(answer) == (
        fields("object", "customerDetails", "ledgerDetails")
        | fields("string", "firstName", "lastName", "externalId", "entityType", at="customerDetails")
        | fields("number", "userId", at="customerDetails")
        | fields("number", "pageNumber", "pageSize", "totalEntries", "pageCount", at="ledgerDetails")
        | fields("array", "ledgerDetails.ledgerClosingBalance", "warnings")
        | fields("string", "pointsCategory", "programName", "closingBalance", at="ledgerDetails.ledgerClosingBalance[]")
        | fields("number", "programId", at="ledgerDetails.ledgerClosingBalance[]")
    )
    assert answer["customerDetails"] == {
        "firstName": "Leela", "lastName": "Rao", "userId": member.id, "externalId": f"ext-{member.mobile}",
        "entityType": "CUSTOMER",
    }  # fmt: skip


def test_a_balance_is_what_the_events_come_to(till: Till, member: Member) -> None:
    # 100 earned, 30 redeemed, 50 taken back; 30 and 15 in the second programme.
    assert closing(till, member) == {
        (1, "Main"): "20.000", (1, CATEGORIES[1]): "0.000", (1, CATEGORIES[2]): "0.000",
        (2, "Main"): "15.000", (2, CATEGORIES[1]): "0.000", (2, CATEGORIES[2]): "0.000",
    }  # fmt: skip


def test_a_balance_is_that_of_an_instant(till: Till, member: Member) -> None:
    assert closing(till, member, endDate="2024-06-03T11:59:59")[1, "Main"] == "0.000"
    assert closing(till, member, endDate="2024-06-03T12:00:00")[1, "Main"] == "100.000"
    assert closing(till, member, endDate="2024-06-04T23:00:00")[1, "Main"] == "70.000"


def test_a_balance_can_be_of_a_till_a_type_or_a_category(
    till: Till, organization: Organization, member: Member
) -> None:
    elsewhere = next(e["tillId"] for e in _times(till, member) if e["eventName"] == "PointsRedemption")
    assert closing(till, member, tillId=elsewhere)[1, "Main"] == "-30.000"
    assert closing(till, member, ledgerEntryType="CREDIT")[1, "Main"] == "100.000"
    assert closing(till, member, ledgerEntryType="DEBIT")[1, "Main"] == "-80.000"
    assert list(closing(till, member, pointCategoryType="PROMISED")) == [(1, CATEGORIES[1]), (2, CATEGORIES[1])]


def _times(till: Till, member: Member) -> list[Json]:
    ids = ",".join(str(event["eventLogId"]) for event in events(till, member))
    return [{"eventName": e["eventName"], **e["eventDetails"]} for e in explode(till, member, eventIds=ids)]


def test_balances_come_in_pages(till: Till, member: Member) -> None:
    details = ask(till, BALANCE, member, limit=4, offset=1).ok()["ledgerDetails"]
    assert [details[name] for name in ("pageNumber", "pageSize", "totalEntries", "pageCount")] == [1, 4, 6, 2]
    assert len(details["ledgerClosingBalance"]) == 2


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": 11}, 11006),
        ({"limit": 0}, 400),
        ({"offset": -1}, 400),
        ({"ledgerEntryType": "GIFT"}, 11007),
        ({"pointCategoryType": "GOLD"}, 11008),
        ({"endDate": "2024-06-03"}, 11011),
        ({"endDate": "2024-13-03T00:00:00"}, 11011),
        ({"alternateCurrencyNames": "Stars"}, 9005),
        ({"tillId": "first"}, 11004),
        ({"tillId": 1}, 11004),
    ],
)
def test_refusals_of_a_balance(till: Till, member: Member, query: dict[str, object], code: int) -> None:
    refused = ask(till, BALANCE, member, **query)
    assert (refused.status, refused.code) == (400, code)


# Events


def test_the_ledger_has_the_documented_fields(till: Till, member: Member) -> None:
    answer = ask(till, LEDGER, member, includeAlternateCurrencies="true", includeConceptDetails="true").ok()
    event = "ledgerEntries[]"
    assert shape(answer) == (
        fields("object", "customerDetails", "ledgerDetails")
        | fields("string", "firstName", "lastName", "externalId", "entityType", at="customerDetails")
        | fields("number", "userId", at="customerDetails")
        | fields("number", "pageNumber", "pageSize", "totalEntries", "pageCount", at="ledgerDetails")
        | fields("array", "ledgerEntries", "warnings", "ledgerEntries[].entryDetails")
        | fields("number", "eventLogId", "customerId", "sourceProgramId", "conceptId", at=event)
        | fields("string", "eventName", "ledgerCreatedDate", "netPointsOnEvent", "store", "storeCode", at=event)
        | fields("string", "tillCode", "sourceProgramName", "conceptName", at=event)
        | fields("object", "customerDetails", "transactionDetails", "eventDetails", at=event)
        | fields("object", "netAlternateCurrenciesOnEvent", at=event)
        | fields("null", "orgId", at=event)
        | fields("number", "userId", at=f"{event}.customerDetails")
        | fields("string", "eventDate", at=f"{event}.eventDetails")
        | fields("number", "transactionId", "amount", "grossBillAmount", at=f"{event}.transactionDetails")
        | fields("string", "transactionNumber", "date", "source", at=f"{event}.transactionDetails")
        | fields("string", "ledgerEntryType", "points", "pointsCategory", "programName", at=f"{event}.entryDetails[]")
        | fields("number", "programId", at=f"{event}.entryDetails[]")
    )


def test_each_event_tells_what_it_gave_and_took(till: Till, life: Life) -> None:
    returned, redeemed, sold = events(till, life.member)
    assert (sold["eventName"], posted(sold)) == ("TransactionAdd", [("CREDIT", "100.000", 1), ("CREDIT", "30.000", 2)])
    assert (redeemed["eventName"], posted(redeemed)) == ("PointsRedemption", [("DEBIT", "30.000", 1)])
    assert (returned["eventName"], posted(returned)) == (
        "ReturnBill", [("DEBIT", "50.000", 1), ("DEBIT", "15.000", 2)],
    )  # fmt: skip
    nets = [event["netPointsOnEvent"] for event in (sold, redeemed, returned)]
    assert nets == ["130.000", "-30.000", "-65.000"]


def test_an_event_tells_when_where_and_for_which_bill(till: Till, organization: Organization, life: Life) -> None:
    returned, redeemed, sold = events(till, life.member)
    assert sold["ledgerCreatedDate"] == "2024-06-03 12:00:00.0"
    assert redeemed["ledgerCreatedDate"] == "2024-06-04 09:30:15.0"
    assert sold["transactionDetails"] == {
        "transactionId": life.sale.id, "transactionNumber": life.sale.number, "date": "2024-06-03 12:00:00.0",
        "amount": 1_000, "grossBillAmount": 1_100, "source": "instore",
    }  # fmt: skip
    assert returned["transactionDetails"]["transactionId"] == life.returned.id
    assert redeemed["transactionDetails"] == {}
    assert (sold["tillCode"], redeemed["tillCode"]) == (organization.till.username, organization.tills[2].username)
    assert sold["storeCode"] != redeemed["storeCode"]
    assert (sold["customerId"], sold["sourceProgramId"], sold["orgId"]) == (life.member.id, 1, None)


def test_the_first_event_of_a_programme_opens_its_categories(till: Till, member: Member) -> None:
    *later, first = events(till, member)
    opened = [
        (one["programId"], one["pointsCategory"], one["points"])
        for one in first["entryDetails"]
        if one["ledgerEntryType"] == "OPENING_BALANCE"
    ]
    assert opened == [(program, category, "0.000") for program in (1, 2) for category in CATEGORIES]
    assert all(one["ledgerEntryType"] == "DEBIT" for event in later for one in event["entryDetails"])


def test_filters_leave_entries_and_events_out(till: Till, organization: Organization, life: Life) -> None:
    member = life.member
    every = ["ReturnBill", "PointsRedemption", "TransactionAdd"]
    assert names(till, member) == every
    assert names(till, member, order="ASC") == names(till, member, sortOrder="asc") == every[::-1]
    assert names(till, member, programId=2) == ["ReturnBill", "TransactionAdd"]
    assert [posted(event) for event in events(till, member, programId=2)] == [
        [("DEBIT", "15.000", 2)], [("CREDIT", "30.000", 2)],
    ]  # fmt: skip
    assert names(till, member, ledgerEntryType="CREDIT") == ["TransactionAdd"]
    assert names(till, member, ledgerEntryType="DEBIT") == ["ReturnBill", "PointsRedemption"]
    (opening,) = events(till, member, ledgerEntryType="OPENING_BALANCE")
    assert (posted(opening), len(opening["entryDetails"]), opening["netPointsOnEvent"]) == ([], 6, "0.000")
    assert names(till, member, pointCategoryType="REGULAR") == every
    assert names(till, member, pointCategoryType="PROMISED") == ["TransactionAdd"]
    elsewhere = events(till, member)[1]
    assert names(till, member, storeCode=elsewhere["storeCode"]) == ["PointsRedemption"]
    till_id = next(e["tillId"] for e in _times(till, member) if e["eventName"] == "PointsRedemption")
    assert names(till, member, tillId=till_id) == ["PointsRedemption"]
    assert names(till, member, tillIds=f"{till_id}") == ["PointsRedemption"]
    assert ask(till, LEDGER, member, includeAlternateCurrencies="true", excludePointCategories="true").code == 11003


def test_dates_bound_the_ledger(till: Till, member: Member) -> None:
    tuesday = {"startDate": "2024-06-04T00:00:00", "endDate": "2024-06-04T09:30:15"}
    assert names(till, member, **tuesday) == ["PointsRedemption"]
    assert names(till, member, startDate="2024-06-04T09:30:16") == ["ReturnBill"]
    assert names(till, member, endDate="2024-06-03T12:00:00") == ["TransactionAdd"]
    # One date alone reaches 90 days, or a year.
    assert ask(till, LEDGER, member, startDate="2024-03-01T00:00:00").code == 11003
    year = {"startDate": "2024-03-01T00:00:00", "includeLastOneYearData": "true"}
    assert len(names(till, member, **year)) == 3
    assert len(names(till, member, startDate="1999-01-01T00:00:00", isFilterBasedOnDate="false")) == 3


def test_the_ledger_comes_in_pages(till: Till, member: Member) -> None:
    pages = [ask(till, LEDGER, member, limit=2, offset=page).ok() for page in (0, 1)]
    seen = [event["eventName"] for page in pages for event in page["ledgerEntries"]]
    assert seen == ["ReturnBill", "PointsRedemption", "TransactionAdd"]
    details = pages[1]["ledgerDetails"]
    assert [details[name] for name in ("pageNumber", "pageSize", "totalEntries", "pageCount")] == [1, 2, 3, 2]
    assert ask(till, LEDGER, member, limit=2, offset=2).code == 11003


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"limit": 101}, 11029),
        ({"limit": 0}, 400),
        ({"offset": -1}, 400),
        ({"offset": 10**7}, 400),
        ({"order": "UP"}, 400),
        ({"programId": 9}, 11005),
        ({"programId": "one"}, 11005),
        ({"includeTillConceptEvents": "true"}, 11001),
        ({"ledgerEntryType": "GIFT"}, 11007),
        ({"pointCategoryType": "GOLD"}, 11008),
        ({"startDate": "2024-06-05T00:00:00", "endDate": "2024-06-04T00:00:00"}, 11009),
        ({"startDate": "2024-01-01T00:00:00", "endDate": "2024-06-04T00:00:00"}, 11010),
        ({"startDate": "2024-06-05"}, 11011),
        ({"endDate": "2024-06-05 00:00:00"}, 11011),
        ({"tillId": "first"}, 11025),
        ({"tillId": 1}, 11004),
        ({"tillIds": "1,x"}, 11027),
        ({"storeId": 1}, 11026),
        ({"storeCode": "nowhere"}, 11026),
        ({"tillId": 1, "storeCode": "nowhere"}, 11028),
        ({"alternateCurrencyNames": "Stars"}, 9005),
        ({"type": "USERGROUP2"}, 1632),
        ({"type": "TEAM"}, 400),
    ],
)
def test_refusals_of_the_ledger(till: Till, member: Member, query: dict[str, object], code: int) -> None:
    refused = ask(till, LEDGER, member, **query)
    assert (refused.status, refused.code) == (400, code)


def test_a_member_without_events_has_no_entries(till: Till) -> None:
    member = shop.register(till)
    assert ask(till, LEDGER, member).code == 11003
    assert set(closing(till, member).values()) == {"0.000"}


def test_a_customer_without_a_programme_has_no_ledger(till: Till) -> None:
    mobile = shop.new_mobile()
    body = shop.customer(mobile) | {"loyaltyInfo": {"loyaltyType": "non_loyalty"}}
    stranger = Member(till.post("/v2/customers", body).ok()["createdId"], mobile)
    assert ask(till, LEDGER, stranger).code == 9003


@EVERY_PATH
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"source": ""}, 11013),
        ({"identifierName": ""}, 11013),
        ({"identifierValue": ""}, 11013),
        ({"source": "MARKET"}, 8003),
        ({"identifierName": "shoe"}, 8013),
        ({"source": "WEBSITE"}, 8015),
        ({"identifierValue": "919812345678"}, 8015),
        ({"identifierName": "id", "identifierValue": "x"}, 11012),
        ({"identifierName": "id", "identifierValue": "987654321"}, 11012),
    ],
)
def test_who_is_not_there_is_not_found(
    till: Till, member: Member, path: str, query: dict[str, object], code: int
) -> None:
    events_named = {"eventIds": 1} if path == EXPLODE else {}
    refused = ask(till, path, member, **(events_named | query))
    assert (refused.status, refused.code) == (400, code)


@EVERY_PATH
def test_a_customer_is_named_by_id_or_external_id(till: Till, member: Member, path: str) -> None:
    first = events(till, member)[0]["eventLogId"]
    for name, value in (("id", member.id), ("externalId", f"ext-{member.mobile}")):
        more = {"eventIds": first} if path == EXPLODE else {}
        assert ask(till, path, member, identifierName=name, identifierValue=value, **more).status == 200


# What stands behind events


def _ids(till: Till, member: Member) -> dict[str, int]:
    return {event["eventName"]: event["eventLogId"] for event in events(till, member)}


def test_without_flags_an_event_has_its_names_alone(till: Till, life: Life) -> None:
    event_id = _ids(till, life.member)["TransactionAdd"]
    answer = ask(till, EXPLODE, life.member, eventIds=event_id).ok()
    (event,) = answer["events"]
    assert event == {
        "eventLogId": event_id,
        "eventName": "TransactionAdd",
        "eventDetails": {"eventTime": "2024-06-03 12:00:00.0", "tillId": event["eventDetails"]["tillId"]},
        "eventReferenceId": str(life.sale.id),
        "uniqueId": event["uniqueId"],
    }
    assert len(event["uniqueId"]) == 10
    assert explode(till, life.member, eventIds=event_id) == [event]


def test_a_sale_tells_its_bill_and_where_its_points_come_from(till: Till, life: Life) -> None:
    flags = ("getBillDetails", "getPointsEarnedBreakup", "getCustomFields", "getExtendedFields", "getPaymentModes")
    (event,) = explode(
        till, life.member, eventName="TransactionAdd", eventReferenceIds=life.sale.id, **dict.fromkeys(flags, "true")
    )
    bill = event["billDetails"]
    assert (bill["billNumber"], bill["billAmount"], bill["grossAmount"], bill["discount"]) == (
        life.sale.number, 1_000, 1_100, 100,
    )  # fmt: skip
    assert (bill["type"], bill["note"], bill["source"]) == ("loyalty", "first", "instore")
    assert bill["billDate"] == "2024-06-03T12:00:00.000"
    regular = bill["pointsEarned"]["regular"]
    assert [(one["value"], one["programId"], one["expiresOn"]) for one in regular] == [
        (100, 1, "2025-06-30 23:59:59.0"), (30, 2, "2025-06-30 23:59:59.0"),
    ]  # fmt: skip
    assert (bill["pointsEarned"]["promo"], bill["pointsEarned"]["promised"]) == ([], [])
    (first, _) = bill["pointsEarnedBreakup"]["regular"]
    assert first["sourceValue"] == 1_000
    assert first["awardedOn"] == "2024-06-03 12:00:00.0"
    assert first["allocationStrategyName"] == demo_with().awards[0].name
    (line,) = bill["lineItems"]
    assert (line["itemCode"], line["qty"], line["rate"], line["amount"]) == ("shoe", 2, 500, 1_000)
    assert event["customFields"] == [{"name": "counter", "value": "7"}]
    assert event["extendedFields"] == [{"name": "ship_first_name", "value": "Leela"}]
    (payment,) = event["paymentModes"]
    assert (payment["mode"], payment["value"]) == ("Cash", 1_000)
    slabs = [(one["programId"], one["pointInTimeSlabNumber"]) for one in event["pointInTimeSlabs"]]
    assert slabs == [(1, 1), (2, 1)]


def test_a_return_tells_its_sale_and_what_came_back(till: Till, life: Life) -> None:
    event_id = _ids(till, life.member)["ReturnBill"]
    (event,) = explode(till, life.member, eventIds=event_id, getBillDetails="true")
    bill = event["billDetails"]
    assert (bill["billNumber"], bill["billAmount"]) == (life.sale.number, 1_000)
    assert (bill["returnAmount"], bill["returnType"], bill["returnBillId"]) == (500, "AMOUNT", life.returned.id)
    assert bill["returnDate"].startswith("2024-06-05T")
    assert "pointsEarned" not in bill


def test_a_redemption_tells_what_it_was_for_and_what_it_drew(till: Till, life: Life) -> None:
    (event,) = explode(till, life.member, eventIds=_ids(till, life.member)["PointsRedemption"])
    assert event["redemptionDetails"] == {
        "pointsRedeemed": "30.000",
        "redemptionPurpose": "gift",
        "transactionNumber": life.sale.number,
        "billingTime": "2024-06-03 12:00:00.0",
        "redemptionId": life.redeemed["redemption_id"],
        "notes": "at the counter",
        "groupRedemption": False,
    }
    assert event["customFields"] == [{"name": "desk", "value": "3"}]
    (drawn,) = event["pointsBreakup"]
    assert (drawn["programId"], drawn["points"], drawn["expiresOn"]) == (1, Decimal(30), "2025-06-30 23:59:59.0")


def test_ids_that_there_are_not_are_told(till: Till, member: Member) -> None:
    known = _ids(till, member)["TransactionAdd"]
    answer = ask(till, EXPLODE, member, eventIds=f"{known},1").ok()
    assert [event["eventLogId"] for event in answer["events"]] == [known]
    assert [warning["code"] for warning in answer["warnings"]] == [11016]


def test_the_events_of_another_member_are_not_there(till: Till, member: Member) -> None:
    other = shop.register(till)
    shop.sell(till, other, 100)
    theirs = _ids(till, other)["TransactionAdd"]
    assert ask(till, EXPLODE, member, eventIds=theirs).code == 11024


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 11023),
        ({"eventName": "TransactionAdd"}, 11023),
        ({"eventIds": "1", "eventReferenceIds": "1"}, 11021),
        ({"eventIds": "x"}, 11017),
        ({"eventIds": "1,,2"}, 11017),
        ({"eventIds": "1"}, 11024),
        ({"eventIds": ",".join(map(str, range(1, 12)))}, 11014),
        ({"eventName": "DelayedAccrual", "eventReferenceIds": "1"}, 11014),
        ({"eventName": "TransactionAdd", "eventReferenceIds": "x"}, 9022),
        ({"eventName": "TransactionAdd", "eventReferenceIds": "1"}, 9022),
        ({"eventIds": "1", "type": "USERGROUP2"}, 1632),
        ({"eventIds": "1", "alternateCurrencyNames": "Stars"}, 9005),
        ({"eventIds": "1", "limit": 0}, 400),
    ],
)
def test_refusals_of_the_details(till: Till, member: Member, query: dict[str, object], code: int) -> None:
    refused = ask(till, EXPLODE, member, **query)
    assert (refused.status, refused.code) == (400, code)


def test_source_values_are_told_where_they_are_kept(make_organization: MakeOrganization) -> None:
    till = make_organization().till.at(MONDAY)
    member = shop.register(till)
    sold = shop.sell(till, member, 100)
    named = {"eventName": "TransactionAdd", "eventReferenceIds": sold.id}
    assert ask(till, EXPLODE, member, getPointsEarnedBreakup="true", **named).code == 11019
    assert "pointsEarned" in explode(till, member, getBillDetails="true", **named)[0]["billDetails"]
