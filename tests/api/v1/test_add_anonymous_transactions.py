"""Bills of nobody, not_interested, in v1.1 (05-transaction-v1/01, 05), in JSON and in XML."""

from __future__ import annotations

from tests.api.v1.conftest import Spoken
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.till import Answer, Json, Till

PATH = "/v1.1/transaction/add"
GET = "/v1.1/transaction/get"


def bill(**fields: Json) -> Json:
    return {"type": "not_interested", "number": shop.new_number(), "amount": "250.50"} | fields


def add(spoken: Spoken, till: Till, *items: Json) -> list[Json]:
    answer = spoken.post(till, PATH, {"root": {"transaction": list(items)}})
    assert answer.status == 200, answer.text
    found: list[Json] = answer.body["response"]["transactions"]["transaction"]
    return found


def codes_of(items: list[Json]) -> list[int]:
    return [item["item_status"]["code"] for item in items]


def items_of(answer: Answer) -> list[Json]:
    found: list[Json] = answer.body["response"]["transactions"]["transaction"]
    return found


def test_a_bill_of_nobody_is_stored_and_read_again(spoken: Spoken, till: Till) -> None:
    lines = {"line_item": [{"item_code": "TEA", "qty": "1", "rate": "250.50", "value": "250.50", "amount": "250.50"}]}
    item = bill(not_interested_reason="in a hurry", bill_client_id="client-9", line_items=lines)
    (added,) = add(spoken, till, item)
    assert added["item_status"] == {"success": "true", "code": 600, "message": "Transaction added successfully"}
    assert (added["type"], added["bill_client_id"], added["side_effects"]["effect"]) == (
        "NOT_INTERESTED", "client-9", [],
    )  # fmt: skip
    assert (added["customer"]["mobile"], "user_id" in added["customer"]) == ("", False)

    (found,) = items_of(spoken.get(till, GET, id=added["id"], type="not_interested"))
    assert (found["number"], found["type"], found["amount"]) == (item["number"], "NOT_INTERESTED", "250.50")
    assert ("customer" in found, found["line_items"]["line_item"][0]["item_code"]) == (False, "TEA")
    (found,) = items_of(spoken.get(till, GET, number=item["number"], type="all"))
    assert found["id"] == str(added["id"])
    assert codes_of(items_of(spoken.get(till, GET, id=added["id"]))) == [620]


def test_who_is_named_is_not_registered(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    (added,) = add(spoken, till, bill(customer={"mobile": mobile, "firstname": "Tom"}))
    assert added["item_status"]["code"] == 600
    params = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": mobile}
    assert till.get("/v2/customers/lookup", **params).code in (8013, 8015)


def test_what_is_wrong_is_refused_and_the_others_are_stored(spoken: Spoken, till: Till) -> None:
    first = bill()
    back = {"number": first["number"], "amount": "0", "return_type": "FULL", "purchase_time": "2025-03-03 10:00:00"}
    items = [
        first,
        first,
        bill(amount="-1"),
        bill(number=""),
        bill(type="not_interested_return"),
        back | {"type": "return"},
        bill(redemptions={"points_redemptions": {"id": ["7"]}}),
    ]
    added = add(spoken, till, *items)
    assert codes_of(added) == [600, 604, 601, 602, 645, 625, 600]
    assert added[-1]["item_status"]["message"].endswith("Points or coupons are not redeemed for this transaction.")


def test_a_batch_that_is_repeated_with_its_idempotency_key_stores_nothing_twice(
    make_organization: MakeOrganization,
) -> None:
    till = make_organization(config={"CONF_LOYALTY_IS_BILL_NUMBER_UNIQUE": False}).till
    item = bill()
    body = {"root": {"transaction": [item, item]}}
    headers = {"Idempotency-Key": shop.new_number()}
    answers = [
        till.send("POST", PATH, body=body, params={"format": "json"}, headers=headers).ok()["response"]
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(till.get(f"/v2/transactions/getByBillNumber/{item['number']}").ok()["data"]) == 2
