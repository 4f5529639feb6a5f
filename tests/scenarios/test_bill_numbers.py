"""Within which scope a bill number is taken once: organisation, store, till, days, or not at all."""

from __future__ import annotations

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.till import Json

NOW = "2025-02-03T12:00:00+05:30"

ORGANIZATION: dict[str, Json] = {}
STORE = {"CONF_LOYALTY_BILL_NUMBER_UNIQUE_ONLY_STORE": True}
TILL = {"CONF_LOYALTY_BILL_NUMBER_UNIQUE_ONLY_TILL": True}
NOWHERE = {"CONF_LOYALTY_IS_BILL_NUMBER_UNIQUE": False}


@pytest.mark.parametrize(
    ("config", "same_till", "neighbour", "other_store"),
    [
        (ORGANIZATION, 604, 604, 604),
        (STORE, 604, 604, 200),
        (TILL, 604, 200, 200),
        (NOWHERE, 200, 200, 200),
        (STORE | TILL, 604, 200, 200),
    ],
)
def test_the_scope_of_a_bill_number(
    make_organization: MakeOrganization, config: Json, same_till: int, neighbour: int, other_store: int
) -> None:
    organization = make_organization(config=config)
    tills = [till.at(NOW) for till in organization.tills]
    member = shop.register(tills[0])
    number = shop.sell(tills[0], member, 100).number
    found = []
    for till in tills:
        answer = shop.send(till, member, shop.sale(100, number=number))
        found.append(200 if answer.status == 200 else answer.code)
    assert found == [same_till, neighbour, other_store]
    assert shop.points_of(tills[0], member) == 10 * (1 + found.count(200))


def test_a_number_may_come_again_after_some_days(make_organization: MakeOrganization) -> None:
    till = make_organization(config={"CONF_LOYALTY_BILL_NUMBER_UNIQUE_IN_DAYS": 30}).till
    member = shop.register(till.at(NOW))
    sale = shop.sell(till.at(NOW), member, 100)
    again = shop.sale(300, number=sale.number)
    assert shop.send(till.at("2025-03-05T11:59:59+05:30"), member, again).code == 604
    later = till.at("2025-03-05T12:00:00+05:30")
    shop.send(later, member, again).ok()
    assert shop.send(later, member, again).code == 604
    assert shop.points_of(later, member) == 40


def test_of_two_bills_with_one_number_the_return_names_the_one_it_means(make_organization: MakeOrganization) -> None:
    organization = make_organization(config=STORE)
    till, other = organization.till.at(NOW), organization.other_store_till.at(NOW)
    member = shop.register(till)
    first = shop.sell(till, member, 1_000, number="7")
    shop.sell(other, member, 2_000, number="7")
    shop.take_back(till, member, first, id=first.id)
    assert shop.points_of(till, member) == 200
    assert shop.send(till, member, shop.returned(first, id=first.id)).code == 633


def test_of_two_bills_with_one_number_the_time_of_purchase_decides(make_organization: MakeOrganization) -> None:
    till = make_organization(config=NOWHERE).till.at(NOW)
    member = shop.register(till)
    first = shop.sell(till, member, 1_000, number="7", billingDate="2025-02-01T10:00:00+05:30")
    shop.sell(till, member, 2_000, number="7", billingDate="2025-02-02T10:00:00+05:30")
    shop.take_back(till, member, first)
    assert shop.points_of(till, member) == 200


def test_a_number_is_compared_as_it_is_written(make_organization: MakeOrganization) -> None:
    till = make_organization().till.at(NOW)
    member = shop.register(till)
    for number in ("A-1", "a-1", "A-01", "A/1"):
        shop.sell(till, member, 100, number=number)
    assert shop.send(till, member, shop.sale(100, number=" A-1 ")).code == 604
    assert shop.points_of(till, member) == 40
