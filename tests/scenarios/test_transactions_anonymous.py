"""Bills of nobody beside bills of customers: one series of numbers, and nothing that loyalty would notice."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Answer, Json, Till

NOW = "2025-09-10T12:00:00+05:30"


def nobody(till: Till, body: Json) -> Answer:
    return till.post("/v2/transactions", body, source="INSTORE")


@pytest.mark.story("06-transaction-v2/01", "06-transaction-v2/06", "05-transaction-v1/01", "05-transaction-v1/05")
def test_a_bill_of_nobody_in_one_version_is_read_in_the_other(client: Till) -> None:
    till = client.at(NOW)
    body = shop.sale(300, lineItemsV2=[shop.line("rug", 300)]) | {"type": "NOT_INTERESTED"}
    first = nobody(till, body).ok()["createdId"]
    old = till.get("/v1.1/transaction/get", number=body["billNumber"], type="not_interested", format="json").body
    assert [one["id"] for one in old["response"]["transactions"]["transaction"]] == [str(first)]

    item = {"type": "not_interested", "number": shop.new_number(), "amount": "20"}
    answer = till.post("/v1.1/transaction/add", {"root": {"transaction": [item]}}, format="json").body
    (added,) = answer["response"]["transactions"]["transaction"]
    read = till.get(f"/v2/transactions/{added['id']}", type="NOT_INTERESTED").ok()
    assert (read["billDetails"]["billNumber"], read["billDetails"]["amount"]) == (item["number"], 20)


@pytest.mark.story("06-transaction-v2/01")
def test_one_number_sent_by_twenty_tills_for_somebody_and_for_nobody_is_one_bill(organization: Organization) -> None:
    tills = [till.at(NOW) for till in organization.tills]
    member = shop.register(tills[0])
    sold = shop.sale(1_000)
    kept = {**sold, "type": "NOT_INTERESTED"}
    calls = [partial(shop.send, tills[n % 3], member, kept if n % 2 else sold) for n in range(20)]
    answers = shop.at_once(calls)
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 19}
    assert {answer.code for answer in answers if answer.status == 400} == {604}
    (bill,) = tills[0].get(f"/v2/transactions/getByBillNumber/{sold['billNumber']}").ok()["data"]
    assert shop.points_of(tills[0], member) == (100 if bill["type"] == "REGULAR" else 0)
