"""IS_RETURN_BILL_UNIQUE: a return that is sent again takes nothing twice, with no Idempotency-Key."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.till import Json, Till

NOW = "2025-09-10T12:00:00+05:30"
LATER = "2025-09-12T12:00:00+05:30"
UNIQUE = {"IS_RETURN_BILL_UNIQUE": True}


def part(sale: shop.Receipt, amount: str, number: str | None, member: shop.Member) -> Json:
    body = {"type": "return", "return_type": "AMOUNT", "number": sale.number, "amount": amount}
    own = {} if number is None else {"parent_bill_number": number}
    return body | own | {"purchase_time": "2025-09-10 12:00:00", "customer": {"mobile": member.mobile}}


def take_back(till: Till, *items: Json) -> list[int]:
    body = {"root": {"transaction": list(items)}}
    answer = till.post("/v1.1/transaction/add", body, format="json").body["response"]["transactions"]["transaction"]
    return [item["item_status"]["code"] for item in answer]


@pytest.mark.story("05-transaction-v1/06")
def test_each_part_has_its_own_number_and_is_taken_back_once(make_organization: MakeOrganization) -> None:
    till = make_organization(config=UNIQUE).till.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 1_000)
    first, second = shop.new_number(), shop.new_number()
    later = till.at(LATER)
    assert take_back(later, part(sale, "200", first, member), part(sale, "200", first, member)) == [600, 604]
    assert shop.points_of(later, member) == 80
    assert take_back(later, part(sale, "200", second, member)) == [600]
    assert shop.points_of(later, member) == 60
    # Without a number of its own a return has that of the sale, which returns may use once, too.
    assert take_back(later, part(sale, "100", None, member), part(sale, "100", None, member)) == [600, 604]
    assert take_back(later, part(sale, "100", "n" * 51, member)) == [602]
    assert shop.points_of(later, member) == 50


@pytest.mark.story("06-transaction-v2/01")
def test_a_partial_return_sent_again_is_refused_and_the_sale_keeps_the_rest(
    make_organization: MakeOrganization,
) -> None:
    till = make_organization(config=UNIQUE).till.at(NOW)
    member = shop.register(till)
    sale = shop.sell(till, member, 1_000)
    shop.take_back(till.at(LATER), member, sale, "AMOUNT", amount=300)
    assert shop.send(till.at(LATER), member, shop.returned(sale, "AMOUNT", amount=300)).code == 604
    assert shop.points_of(till.at(LATER), member) == 70
    # Refused for another reason, a return leaves its number free.
    other = shop.sell(till.at(LATER), member, 500)
    assert shop.send(till.at(LATER), member, shop.returned(other, "AMOUNT", amount=501, purchaseTime=LATER)).code == 630
    shop.take_back(till.at(LATER), member, other, "AMOUNT", amount=500, purchaseTime=LATER)


def test_without_the_key_parts_may_share_a_number(client: Till) -> None:
    member = shop.register(client.at(NOW))
    sale = shop.sell(client.at(NOW), member, 1_000)
    for left in (70, 40):
        shop.take_back(client.at(LATER), member, sale, "AMOUNT", amount=300)
        assert shop.points_of(client.at(LATER), member) == left


@pytest.mark.story("06-transaction-v2/01")
def test_twenty_at_once_take_back_one_part(make_organization: MakeOrganization) -> None:
    organization = make_organization(config=UNIQUE)
    till = organization.till.at(NOW)
    tills = [one.at(LATER) for one in organization.tills]
    member = shop.register(till)
    sale = shop.sell(till, member, 1_000)
    body = shop.returned(sale, "AMOUNT", amount=10)
    answers = shop.at_once([partial(shop.send, tills[n % len(tills)], member, body) for n in range(20)])
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 19}
    assert {answer.code for answer in answers if answer.status == 400} == {604}
    assert shop.points_of(till.at(LATER), member) == 99


def test_the_return_of_an_unknown_sale_has_a_number_of_its_own_too(make_organization: MakeOrganization) -> None:
    config = UNIQUE | {"CONF_ALLOW_NOT_EXISTING_BILL_RETURN": True}
    till = make_organization(config=config).till.at(LATER)
    member = shop.register(till.at(NOW))
    body = shop.returned(shop.Receipt(0, shop.new_number(), {}), "AMOUNT", amount=10)
    assert [one["code"] for one in shop.send(till, member, body).ok()["warnings"]] == [625]
    assert shop.send(till, member, body).code == 604
