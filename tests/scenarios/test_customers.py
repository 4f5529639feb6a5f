"""What happens to a customer's data: what one call writes another one shows, and what a state forbids is refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

NOW = "2025-06-02T16:00:00+05:30"
LABELS = [
    {"label": "Active", "status": "ACTIVE"},
    {"label": "Watched", "status": "SUSPENDED", "actions": ["BLOCK_POINTS_REDEMPTION"]},
    {"label": "Staff", "status": "INTERNAL", "actions": ["BLOCK_POINTS_ALLOCATION"]},
    {"label": "BLOCK_POINTS_ALLOCATION", "status": "INTERNAL"},
    {"label": "Reseller", "status": "SUSPENDED", "actions": ["MARK_TRANSACTIONS_AS_OUTLIERS"]},
    {"label": "Frozen", "status": "SUSPENDED", "actions": ["BLOCK_IDENTIFIER_CHANGE"]},
    {"label": "Closed", "status": "DELETED", "actions": ["BLOCK_TRANSACTIONS"]},
    {"label": "Fraud", "status": "FRAUD_CONFIRMED"},
]
STATUSES = {
    "CONF_CUSTOMER_DEFAULT_STATUS_ENABLED": True,
    "EARNEST_CUSTOMER_STATUS_LABELS": LABELS,
    "CONF_FRAUD_STATUS_CHECK": True,
    "CI_EMAIL_AUTO_APPROVE": True,
}


@pytest.fixture
def statuses(make_organization: MakeOrganization) -> Till:
    """A till of an organisation with statuses of customers."""
    return make_organization(config=STATUSES).till.at(NOW)


def named(member: Member) -> dict[str, object]:
    return {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}


def label(till: Till, member: Member, name: str) -> None:
    till.put("/v2/customers/lookup/status", {"label": name, "reason": "story"}, **named(member)).ok()


def v1(till: Till, path: str, *items: Json) -> list[Json]:
    answer = till.put(f"/v1.1/customer/{path}", {"root": {"customer": list(items)}}, format="json")
    assert answer.status == 200, answer.text
    found: list[Json] = answer.body["response"]["customers"]["customer"]
    return found


def mark(till: Till, member: Member, status: str) -> None:
    (item,) = v1(till, "update", {"mobile": member.mobile, "fraud_status": {"status": status}})
    assert item["fraud_status"] == status


def profile_of(till: Till, member: Member) -> Json:
    return shop.details_of(till, member)["profiles"][0]


def redeem_code(till: Till, member: Member) -> int:
    code: int = shop.ask_to_redeem(till, member, 1)["item_status"]["code"]
    return code


def redeemable_code(till: Till, member: Member) -> int:
    answer = till.get("/v1.1/points/isredeemable", mobile=member.mobile, points=1, format="json")
    code: int = answer.body["response"]["points"]["redeemable"]["item_status"]["code"]
    return code


@pytest.mark.story("01-customer-v1/02", "02-customer-v2/05")
def test_what_a_till_updates_the_web_shop_reads(client: Till) -> None:
    """PUT /v1.1/customer/update → GET /v2/customers/{id}."""
    till = client.at(NOW)
    member = shop.register(till)
    fields = {"field": [{"name": "pet", "value": "cat"}]}
    wish = {"priority": "BULK", "scope": "all", "channel": "sms", "is_subscribed": "0"}
    v1(
        till,
        "update",
        {
            "mobile": member.mobile,
            "lastname": "Rao",
            "custom_fields": fields,
            "subscriptions": {"subscription": [wish]},
            "commChannels": [{"type": "email", "value": "a@mail.example", "primary": "true"}],
        },
    )
    found = shop.details_of(till, member, embed="subscriptions")
    (profile,) = found["profiles"]
    assert (profile["lastName"], profile["fields"]) == ("Rao", {"pet": "cat"})
    assert profile["commChannels"][0]["value"] == "a@mail.example"
    states = {(s["channel"], s["priority"]): s["type"] for s in found["subscriptionInfo"]["subscriptions"]}
    assert states == {
        ("EMAIL", "BULK"): "OPTIN",
        ("EMAIL", "TRANS"): "OPTIN",
        ("SMS", "BULK"): "OPTOUT",
        ("SMS", "TRANS"): "OPTIN",
    }


@pytest.mark.story("01-customer-v1/14", "01-customer-v1/15", "02-customer-v2/09", "03-customer-lookup/05")
def test_what_a_customer_does_not_want_to_hear_is_seen_everywhere(client: Till) -> None:
    """POST /v1.1/customer/subscriptions, POST /v2/customers/{id}/subscriptions → both GETs and GET /v2/customers/{id}."""
    till = client.at(NOW)
    member = shop.register(till)
    item = {"mobile": member.mobile, "priority": "TRANS", "scope": "all", "channel": "sms", "is_subscribed": "0"}
    till.post("/v1.1/customer/subscriptions", {"root": {"subscription": [item]}}, format="json")
    wish = {"channel": "EMAIL", "accountId": "", "priority": "BULK", "type": "OPTOUT", "orgUnitId": -1}
    till.post(f"/v2/customers/{member.id}/subscriptions", {"subscriptions": [wish]}).ok()
    expected = [
        ("EMAIL", "BULK", "OPTOUT"),
        ("EMAIL", "TRANS", "OPTIN"),
        ("SMS", "BULK", "OPTIN"),
        ("SMS", "TRANS", "OPTOUT"),
    ]
    details = shop.details_of(till, member, embed="subscriptions")["subscriptionInfo"]["subscriptions"]
    read = till.get("/v2/customers/lookup/subscriptions", **named(member)).ok()["subscriptions"]
    for states in (details, read):
        assert [(one["channel"], one["priority"], one["type"]) for one in states] == expected
    answer = till.get("/v1.1/customer/subscriptions", mobile=member.mobile, format="json").body["response"]
    channels = {one["name"]: one["priority"] for one in answer["subscriptions"]["subscription"][0]["channel"]}
    assert [one["user_preference"] for one in channels["SMS"]] == ["UNSUBSCRIBED", "NOT_SET"]
    assert [one["user_preference"] for one in channels["EMAIL"]] == ["NOT_SET", "UNSUBSCRIBED"]


@pytest.mark.story("01-customer-v1/02", "01-customer-v1/05")
def test_a_fraud_cannot_redeem_until_the_mark_is_taken_off(make_organization: MakeOrganization) -> None:
    """PUT /v1.1/customer/update (fraud_status) → POST /v1.1/points/redeem, GET /v1.1/points/isredeemable."""
    till = make_organization(config={"CONF_FRAUD_STATUS_CHECK": True}).till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    mark(till, member, "CONFIRMED")
    assert (redeem_code(till, member), redeemable_code(till, member)) == (820, 820)
    found = till.get("/v1.1/customer/get", mobile=member.mobile, format="json").body
    details = found["response"]["customers"]["customer"][0]["fraud_details"]
    assert (details["status"], details["marked_by"], details["modified_on"]) == (
        "CONFIRMED",
        till.username,
        "2025-06-02 16:00:00",
    )
    seen = shop.details_of(till, member, includedFraudDetails="true")["fraudDetails"]
    assert (seen["status"], seen["markedBy"]["code"]) == ("CONFIRMED", till.username)
    # Earning goes on (programs.md 26).
    assert shop.sell(till, member, 100).points == 10
    mark(till, member, "NONE")
    assert (redeem_code(till, member), redeemable_code(till, member)) == (800, 800)


def test_without_the_switch_the_fraud_status_is_only_shown(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    mark(till, member, "CONFIRMED")
    assert redeem_code(till, member) == 800


@pytest.mark.story("03-customer-lookup/04", "02-customer-v2/21")
def test_a_label_that_blocks_redemption_does_until_it_is_changed(statuses: Till) -> None:
    """PUT /v2/customers/lookup/status → POST /v1.1/points/redeem, GET …/statusLog."""
    member = shop.register(statuses)
    shop.sell(statuses, member, 1_000)
    label(statuses, member, "Watched")
    assert (redeem_code(statuses, member), redeemable_code(statuses, member)) == (3045, 3045)
    assert shop.sell(statuses, member, 100).points == 10
    label(statuses, member, "Active")
    assert redeem_code(statuses, member) == 800
    log = statuses.get(f"/v2/customers/{member.id}/statusLog").ok()["data"]
    assert [(row["label"], row["isActive"]) for row in log] == [("Active", True), ("Watched", False), ("Active", False)]


def test_a_status_of_fraud_supersedes_the_fraud_status(statuses: Till) -> None:
    member = shop.register(statuses)
    shop.sell(statuses, member, 1_000)
    mark(statuses, member, "CONFIRMED")
    assert redeem_code(statuses, member) == 800
    label(statuses, member, "Fraud")
    assert redeem_code(statuses, member) == 820


@pytest.mark.parametrize("name", ["Staff", "BLOCK_POINTS_ALLOCATION"])
def test_a_label_that_blocks_points_lets_everything_else_count(statuses: Till, name: str) -> None:
    """PUT /v2/customers/lookup/status → POST /v2/transactions (points.md 4.9)."""
    member = shop.register(statuses)
    label(statuses, member, name)
    sale = shop.sell(statuses, member, 12_000)
    assert (sale.points, sale.tiers) == (0, [("Silver", "Gold")])
    assert shop.summary_of(statuses, member)["cumulativePurchases"] == 12_000
    label(statuses, member, "Active")
    assert shop.sell(statuses, member, 100).points == 12


@pytest.mark.story("03-customer-lookup/04")
def test_a_label_that_blocks_transactions_refuses_bills(statuses: Till) -> None:
    member = shop.register(statuses)
    label(statuses, member, "Closed")
    answer = shop.send(statuses, member, shop.sale(100))
    assert answer.code == 3045
    message = answer.body["errors"][0]["message"]
    assert message == f"Transaction is not allowed for the customer with id {member.id} as the status is DELETED"
    bill = {"type": "regular", "number": shop.new_number(), "amount": "100", "billing_time": "2025-06-02 10:00:00"}
    body = {"root": {"transaction": [bill | {"customer": {"mobile": member.mobile}}]}}
    refused = statuses.post("/v1.1/transaction/add", body, format="json").body["response"]
    assert refused["transactions"]["transaction"][0]["item_status"]["code"] == 681
    label(statuses, member, "Active")
    shop.sell(statuses, member, 100)


def test_bills_of_a_reseller_are_outliers(statuses: Till) -> None:
    member = shop.register(statuses)
    label(statuses, member, "Reseller")
    sale = shop.sell(statuses, member, 12_000)
    assert (sale.points, sale.warnings) == (0, [9611])
    assert shop.summary_of(statuses, member)["cumulativePurchases"] == 0


@pytest.mark.story("01-customer-v1/03", "03-customer-lookup/03")
def test_an_approved_change_of_an_identifier_moves_the_customer(statuses: Till) -> None:
    """POST /v1.1/customer/update_identity → GET /v2/customers/lookup; a label forbids it."""
    mobile = shop.new_mobile()
    old, new = f"{mobile}@old.example", f"{mobile}@new.example"
    identifiers = [{"type": "mobile", "value": mobile}, {"type": "email", "value": old}]
    member = shop.register(statuses, mobile, identifiers=identifiers)

    def ask() -> int:
        item = {"identifier": "email", "old_value": old, "new_value": new}
        body = {"root": {"customer": [item]}}
        answer = statuses.post("/v1.1/customer/update_identity", body, format="json").body["response"]
        code: int = answer["customers"]["customer"]["item_status"]["code"]
        return code

    def owner(email: str) -> Answer:
        return statuses.get("/v2/customers/lookup", source="INSTORE", identifierName="email", identifierValue=email)

    label(statuses, member, "Frozen")
    assert ask() == 1041
    label(statuses, member, "Active")
    assert ask() == 1040
    assert owner(new).ok()["entity"] == member.id
    assert owner(old).code == 8015
    assert ask() == 1012


def test_a_change_that_waits_for_an_operator_changes_nothing(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    item = {"identifier": "mobile", "old_value": member.mobile, "new_value": shop.new_mobile()}
    body = {"root": {"customer": [item]}}
    codes = []
    for _ in range(2):
        answer = till.post("/v1.1/customer/update_identity", body, format="json").body["response"]
        codes.append(answer["customers"]["customer"]["item_status"]["code"])
    # The same request waits already.
    assert codes == [1040, 1041]
    assert till.get("/v2/customers/lookup", **named(member)).ok()["entity"] == member.id


@pytest.mark.story("02-customer-v2/02", "02-customer-v2/08", "01-customer-v1/04")
def test_searches_see_what_was_just_written(client: Till) -> None:
    """POST /v2/customers, PUT /v2/customers/{id} → GET /v2/customers/search and GET /v1.1/customer/search."""
    till = client.at(NOW)
    member = shop.register(till, firstName="Xanthippe")

    def found(name: str) -> list[list[str]]:
        by_prefix = till.get("/v2/customers/search", q=name).ok()["data"]
        by_query = till.get("/v1.1/customer/search", q=f"(firstname:STARTS:{name})", format="json").body["response"]
        ids = [item["user_id"] for item in by_query["customer"]["results"]["item"]]
        return [[str(one["userId"]) for one in by_prefix], ids]

    assert found("xanth") == [[str(member.id)]] * 2
    body = {"profiles": [{"source": "INSTORE", "firstName": "Yolanda"}]}
    till.put(f"/v2/customers/{member.id}", body, source="INSTORE").ok()
    assert (found("xanth"), found("yoland")) == ([[], []], [[str(member.id)]] * 2)


@pytest.mark.story("01-customer-v1/04")
def test_a_bill_moves_a_customer_in_searches(client: Till) -> None:
    """POST /v2/transactions → GET /v1.1/customer/search."""
    till = client.at(NOW)
    member = shop.register(till)

    def in_gold() -> str:
        answer = till.get("/v1.1/customer/search", q="(slab:EQUALS:Gold)", format="json")
        count: str = answer.body["response"]["customer"]["count"]
        return count

    assert in_gold() == "0"
    shop.sell(till, member, 12_000)
    assert in_gold() == "1"


@pytest.mark.story("03-customer-lookup/01", "03-customer-lookup/02")
def test_a_customer_who_becomes_loyal_earns_from_then_on(client: Till) -> None:
    """PUT /v2/customers/lookup → POST /v2/transactions, GET /v2/customers/lookup/customerDetails; not the way back."""
    till = client.at(NOW)
    mobile = shop.new_mobile()
    body = shop.customer(mobile) | {"loyaltyInfo": {"loyaltyType": "non_loyalty"}}
    member = Member(till.post("/v2/customers", body).ok()["createdId"], mobile)
    assert shop.sell(till, member, 1_000).points == 0
    till.put("/v2/customers/lookup", {"loyaltyInfo": {"loyaltyType": "loyalty"}}, **named(member)).ok()
    assert shop.sell(till, member, 1_000).points == 100
    found = till.get("/v2/customers/lookup/customerDetails", **named(member), embed="mlp").ok()
    assert found["id"] == member.id
    assert found["loyaltyProgramDetails"][0]["loyaltyPoints"] == 100
    refused = till.put("/v2/customers/lookup", {"loyaltyInfo": {"loyaltyType": "non_loyalty"}}, **named(member))
    assert refused.code == 8018


def test_twenty_writers_of_one_customer_lose_nothing(organization: Organization) -> None:
    tills = [till.at(NOW) for till in organization.tills]
    member = shop.register(tills[0])

    def by_v2(number: int) -> Answer:
        channel = {"type": "email", "value": f"{member.mobile}.{number}@mail.example"}
        body = {
            "profiles": [{"source": "INSTORE", "fields": {f"f{number}": number}, "commChannels": [channel]}],
            "extendedFields": {f"e{number}": number},
        }
        return tills[number % 3].put(f"/v2/customers/{member.id}", body, source="INSTORE")

    def by_v1(number: int) -> Answer:
        item = {"mobile": member.mobile, "custom_fields": {"field": [{"name": f"f{number}", "value": str(number)}]}}
        body = {"root": {"customer": [item]}}
        return tills[number % 3].put("/v1.1/customer/update", body, format="json")

    answers = shop.at_once([partial(by_v1 if n % 2 else by_v2, n) for n in range(20)])
    assert {answer.status for answer in answers} == {200}, [answer.text for answer in answers]
    found = shop.details_of(tills[0], member)
    (profile,) = found["profiles"]
    assert set(profile["fields"]) == {f"f{n}" for n in range(20)}
    assert set(found["extendedFields"]) == {f"e{n}" for n in range(0, 20, 2)}
    assert len(profile["commChannels"]) == 10


def test_an_identifier_that_many_want_at_once_is_one_customers(client: Till) -> None:
    till = client.at(NOW)
    members = [shop.register(till) for _ in range(8)]
    email = f"{members[0].mobile}@wanted.example"

    def want(member: Member) -> str:
        (item,) = v1(till, "update", {"mobile": member.mobile, "email": email})
        kept: str = item["email"]
        return kept

    kept = shop.at_once([partial(want, member) for member in members])
    assert sorted(kept) == [""] * 7 + [email]
    owner = till.get("/v2/customers/lookup", source="ALL", identifierName="email", identifierValue=email).ok()["entity"]
    assert owner == members[kept.index(email)].id


def test_of_many_addresses_for_one_customer_at_once_one_stays(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    emails = [f"{member.mobile}.{n}@wish.example" for n in range(8)]

    def fill(email: str) -> list[str]:
        (item,) = v1(till, "update", {"mobile": member.mobile, "email": email})
        warnings: list[str] = item["item_status"]["warnings"]["warning"]
        return warnings

    warned = shop.at_once([partial(fill, email) for email in emails])
    assert sorted(warned) == [[]] + [["91006"]] * 7
    kept = [i["value"] for i in profile_of(till, member)["identifiers"] if i["type"] == "email"]
    assert kept == [emails[warned.index([])]]


CALLS: dict[str, Callable[[Till, Member], Answer]] = {
    "update": lambda till, of: till.put(f"/v2/customers/{of.id}", {}, source="INSTORE"),
    "update by lookup": lambda till, of: till.put("/v2/customers/lookup", {}, **named(of)),
    "details by lookup": lambda till, of: till.get("/v2/customers/lookup/customerDetails", **named(of)),
    "status": lambda till, of: till.put("/v2/customers/lookup/status", {"label": "Active", "reason": "x"}, **named(of)),
    "status log": lambda till, of: till.get(f"/v2/customers/{of.id}/statusLog"),
}


@pytest.fixture(scope="module")
def two_shops(make_shared_organization: MakeOrganization) -> tuple[Till, Till]:
    """Tills of two organisations."""
    return tuple(make_shared_organization(config=STATUSES).till.at(NOW) for _ in range(2))  # type: ignore[return-value]


@pytest.mark.parametrize("name", CALLS)
def test_customers_of_another_organisation_are_unknown(two_shops: tuple[Till, Till], name: str) -> None:
    here, there = two_shops
    member = shop.register(there)
    assert CALLS[name](here, member).code == 8015
    CALLS[name](there, member).ok()


def test_customers_of_another_organisation_are_found_by_no_search(two_shops: tuple[Till, Till]) -> None:
    here, there = two_shops
    member = shop.register(there, firstName="Hidden")
    v1_item = {"id": member.id, "lastname": "Stolen"}
    assert v1(here, "update", v1_item)[0]["item_status"]["code"] == "1011"
    for till, count in ((here, 0), (there, 1)):
        assert till.get("/v2/customers/search", q="hidden").ok()["pagination"]["total"] == count
        found = till.get("/v1.1/customer/search", q="(firstname:EQUALS:hidden)", format="json").body["response"]
        assert found["customer"]["count"] == str(count)
    assert v1(there, "update", v1_item)[0]["lastname"] == "Stolen"
