"""What a till writes in v1.1 a web shop reads in v2, and what one of them has done the other one cannot do again."""

from __future__ import annotations

import pytest

from tests.support import shop
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

NOW = "2025-08-07T12:00:00+05:30"


@pytest.fixture
def till(client: Till) -> Till:
    return client.at(NOW)


def named(member: Member) -> dict[str, object]:
    return {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}


def add_customer(till: Till, **fields: Json) -> Json:
    answer = till.post("/v1.1/customer/add", {"root": {"customer": [fields]}}, format="json")
    (item,) = answer.body["response"]["customers"]["customer"]
    return item


def get_customer(till: Till, mobile: str) -> Json:
    answer = till.get("/v1.1/customer/get", mobile=mobile, format="json").ok()
    (item,) = answer["response"]["customers"]["customer"]
    return item


def ask_to_add(till: Till, member: Member, bill: Json) -> Json:
    """The answer's one item, whatever came of the bill; its code stands in `item_status`."""
    body = {"root": {"transaction": [bill | {"customer": {"mobile": member.mobile}}]}}
    (item,) = till.post("/v1.1/transaction/add", body, format="json").ok()["response"]["transactions"]["transaction"]
    return item


def add(till: Till, member: Member, bill: Json) -> Json:
    item = ask_to_add(till, member, bill)
    assert item["item_status"]["code"] == 600, item
    return item


def sale(amount: str, **fields: Json) -> Json:
    return {"type": "regular", "number": shop.new_number(), "amount": amount} | fields


def returned(number: str, return_type: str, **fields: Json) -> Json:
    body = {"type": "return", "number": number, "return_type": return_type, "amount": "0"}
    return body | {"purchase_time": "2025-08-07 12:00:00"} | fields


def line(item_code: str, amount: str, **fields: Json) -> Json:
    return {"item_code": item_code, "qty": "1", "rate": amount, "value": amount, "amount": amount} | fields


@pytest.mark.story("01-customer-v1/01", "01-customer-v1/05", "03-customer-lookup/03")
def test_a_customer_who_was_added_in_v1_is_known_in_v2(till: Till) -> None:
    mobile = shop.new_mobile()
    assert till.get("/v2/customers/lookup", **named(Member(0, mobile))).code == 8015
    member = Member(int(add_customer(till, mobile=mobile, firstname="Asha", lastname="Rao")["user_id"]), mobile)
    assert till.get("/v2/customers/lookup", **named(member)).ok()["entity"] == member.id
    profile = shop.details_of(till, member)["profiles"][0]
    assert (profile["firstName"], profile["lastName"]) == ("Asha", "Rao")
    # v2 does not register her again; v1.1 changes her.
    assert till.post("/v2/customers", shop.customer(mobile)).code == 8006
    assert int(add_customer(till, mobile=mobile, lastname="Verma")["user_id"]) == member.id
    shop.sell(till, member, 12_000)
    found = get_customer(till, mobile)
    assert (found["firstname"], found["lastname"], found["current_slab"]) == ("Asha", "Verma", "Gold")
    assert found["loyalty_points"] == shop.points_of(till, member) == 1_200


@pytest.mark.story("05-transaction-v1/01", "05-transaction-v1/05", "06-transaction-v2/06")
def test_a_bill_of_v1_counts_in_v2_and_its_number_is_taken(till: Till) -> None:
    member = shop.register(till)
    bill = sale("12000")
    added = add(till, member, bill)
    assert (shop.points_of(till, member), shop.tier_of(till, member)) == (1_200, "Gold")
    (stored,) = till.get(f"/v2/transactions/getByBillNumber/{bill['number']}").ok()["data"]
    assert stored["id"] == int(added["id"])
    read = till.get("/v1.1/transaction/get", number=bill["number"], format="json").ok()["response"]
    assert [int(one["id"]) for one in read["transactions"]["transaction"]] == [int(added["id"])]
    assert shop.send(till, member, shop.sale(100, number=bill["number"])).code == 604
    assert ask_to_add(till, member, sale("100", number=bill["number"]))["item_status"]["code"] == 604
    assert shop.points_of(till, member) == 1_200


@pytest.mark.story("05-transaction-v1/06")
def test_a_bill_of_v2_that_v1_takes_back_is_gone_for_both(till: Till) -> None:
    member = shop.register(till)
    sold = shop.sell(till, member, 1_000)
    back = add(till, member, returned(sold.number, "FULL"))
    assert shop.points_of(till, member) == 0
    bills = till.get(f"/v2/transactions/getByBillNumber/{sold.number}").ok()["data"]
    assert {one["id"] for one in bills} == {sold.id, int(back["id"])}
    assert ask_to_add(till, member, returned(sold.number, "FULL"))["item_status"]["code"] == 633
    assert shop.send(till, member, shop.returned(sold)).code == 633


@pytest.mark.story("05-transaction-v1/04")
def test_a_line_that_v1_cancels_is_not_bought_any_more(till: Till) -> None:
    member = shop.register(till)
    sold = shop.sell(till, member, 1_000, lineItemsV2=[shop.line("lamp", 400), shop.line("bulb", 600)])
    lamp = line("lamp", "400", type="return", return_type="cancelled")
    cancelled = returned(sold.number, "cancelled", line_items={"line_item": [lamp]})
    add(till, member, cancelled)
    assert shop.summary_of(till, member)["cumulativePurchases"] == 600
    # What is cancelled cannot be returned, and the bill not as a whole.
    again = returned(sold.number, "LINE_ITEM", line_items={"line_item": [line("lamp", "400")]})
    assert ask_to_add(till, member, again)["item_status"]["code"] == 626
    assert shop.send(till, member, shop.returned(sold)).code == 639
    assert shop.summary_of(till, member)["cumulativePurchases"] == 600


@pytest.mark.story("03-customer-lookup/11", "13-points-v2/03", "14-points-v1/01")
def test_both_balances_follow_what_is_earned_and_spent(till: Till) -> None:
    member = shop.register(till)

    def balances() -> list[Json]:
        by_id = till.get(f"/v2/customers/{member.id}/points/balance").ok()
        by_mobile = till.get("/v2/customers/lookup/points/balance", **named(member)).ok()
        return [answer["mainPoints"] for answer in (by_id, by_mobile)]

    def redeemable(points: int) -> int:
        answer = till.get("/v1.1/points/isredeemable", mobile=member.mobile, points=points, format="json").ok()
        code: int = answer["response"]["points"]["redeemable"]["item_status"]["code"]
        return code

    assert balances() == [0, 0]
    sold = shop.sell(till, member, 1_000)
    shop.sell(till, member, 500)
    assert (balances(), redeemable(150)) == ([150, 150], 800)
    shop.redeem(till, member, 30)
    assert (balances(), redeemable(120), redeemable(121)) == ([120, 120], 800, 818)
    shop.take_back(till, member, sold)
    assert (balances(), redeemable(21)) == ([20, 20], 818)
    assert till.get("/v2/customers/lookup/points/balance", **named(Member(0, shop.new_mobile()))).code == 8015


@pytest.mark.story("02-customer-v2/09", "02-customer-v2/10")
def test_a_channel_that_was_left_stays_left_until_it_is_joined_again(till: Till) -> None:
    member = shop.register(till)

    def state() -> Json:
        found = till.get(f"/v2/customers/{member.id}/subscriptions").ok()["subscriptions"]
        return {one["type"] for one in found if (one["channel"], one["priority"]) == ("EMAIL", "BULK")}

    def want(kind: str, channel: str = "EMAIL") -> Json:
        wish = {"channel": channel, "accountId": "", "priority": "BULK", "type": kind, "orgUnitId": -1}
        return till.post(f"/v2/customers/{member.id}/subscriptions", {"subscriptions": [wish]})

    want("OPTOUT").ok()
    assert state() == {"OPTOUT"}
    assert want("OPTIN", "PIGEON").body["errors"]
    assert state() == {"OPTOUT"}
    want("OPTIN").ok()
    assert state() == {"OPTIN"}


@pytest.mark.story("02-customer-v2/02", "01-customer-v1/05")
def test_what_v2_changes_of_a_customer_v1_reads(till: Till) -> None:
    member = shop.register(till)

    def change(body: Json) -> Answer:
        return till.put(f"/v2/customers/{member.id}", body, source="INSTORE")

    change({"profiles": [{"source": "INSTORE", "lastName": "Verma", "fields": {"city": "Pune"}}]}).ok()
    found = get_customer(till, member.mobile)
    assert found["lastname"] == "Verma"
    assert {"name": "city", "value": "Pune"}.items() <= found["custom_fields"]["field"][0].items()
    # Whoever is loyal stays it; what is refused changes nothing else either.
    refused = change(
        {"profiles": [{"source": "INSTORE", "lastName": "Nobody"}], "loyaltyInfo": {"loyaltyType": "non_loyalty"}}
    )
    assert refused.code == 8018
    assert get_customer(till, member.mobile)["lastname"] == "Verma"


@pytest.mark.story("06-transaction-v2/03", "06-transaction-v2/04", "06-transaction-v2/05")
def test_what_a_return_says_of_itself_stays(till: Till) -> None:
    member = shop.register(till)
    sold = shop.sell(till, member, 1_000)
    till.send("PUT", "/v2/transactions", body={"id": sold.id, "deliveryStatus": "SHIPPED"}, params=named(member)).ok()
    back = shop.take_back(till, member, sold)
    change = {"id": back.id, "deliveryStatus": "RETURNED"}
    assert till.send("PUT", "/v2/transactions", body=change, params=named(member)).code == 1118
    several = [change | {"identifierType": "mobile", "identifierValue": member.mobile, "source": "INSTORE"}]
    (item,) = till.send("PUT", "/v2/transactions/bulk", body=several).body["response"]
    assert [error["code"] for error in item["errors"]] == [1118]
    kinds = ((sold, "REGULAR", "SHIPPED"), (back, "RETURN", "DELIVERED"))
    for bill, kind, status in kinds:
        assert till.get(f"/v2/transactions/{bill.id}", type=kind).ok()["deliveryStatus"] == status
