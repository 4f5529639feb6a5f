"""GET /v1.1/customer/transactions (01-customer-v1/06), in JSON and in XML."""

from __future__ import annotations

from tests.api.v1.conftest import Spoken
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.till import Json, Till

PATH = "/v1.1/customer/transactions"


def customer_of(spoken: Spoken, till: Till, **query: object) -> Json:
    answer = spoken.get(till, PATH, **query)
    assert answer.status == 200, answer.text
    return answer.body["response"]["customer"]


def test_bills_are_listed_with_what_became_of_their_points(spoken: Spoken, till: Till) -> None:
    member = shop.register(till, lastName="Rao")
    first = shop.sell(till, member, 1_000, billingDate="2025-03-01T10:00:00Z", note="Tea", customFields={"a": "b"})
    back = shop.take_back(till, member, first, "AMOUNT", amount=400, billingDate="2025-03-02T10:00:00Z")
    found = customer_of(spoken, till, mobile=member.mobile, custom_fields="true")
    assert (found["user_id"], found["lastname"], found["rows"]) == (str(member.id), "Rao", "10")
    assert (found["item_status"]["code"], found["item_status"]["success"]) == ("1052", "true")
    returned, sold = found["transactions"]["transaction"]
    assert (returned["id"], returned["type"], returned["return_type"]) == (str(back.id), "RETURN", "AMOUNT")
    assert (sold["id"], sold["amount"], sold["notes"]) == (str(first.id), "1000", "Tea")
    assert sold["billing_time"] == "2025-03-01 15:30:00"
    assert (sold["points"]["issued"], sold["points"]["returned"]) == ("100", "40")
    assert sold["custom_fields"]["field"][0]["name"] == "a"
    assert (sold["currency"]["name"], sold["currency"]["symbol"]) == ("Indian Rupee", "₹")


def test_pages_filters_and_order(spoken: Spoken, till: Till) -> None:
    member = shop.register(till)
    sales = [shop.sell(till, member, day, billingDate=f"2025-02-0{day}T10:00:00+05:30") for day in (1, 2, 3)]

    def ids(**query: object) -> list[int]:
        found = customer_of(spoken, till, id=member.id, **query)
        return [int(one["id"]) for one in found["transactions"]["transaction"]]

    assert ids() == [sale.id for sale in reversed(sales)]
    assert ids(order="asc", limit=2) == [sales[0].id, sales[1].id]
    assert ids(limit=1, offset=1) == [sales[1].id]
    assert ids(sort="trans_id") == sorted((sale.id for sale in sales), reverse=True)
    assert ids(start_date="2025-02-02", end_date="2025-02-02") == [sales[1].id]
    assert ids(start_date="2025-02-02 10:00:00", end_date="2025-02-03 10:00:00") == [sales[2].id, sales[1].id]
    assert ids(number=sales[0].number) == [sales[0].id]
    assert ids(transaction_id=sales[2].id) == [sales[2].id]
    assert ids(entity_type="TILL", entity_code=till.username, limit=1) == [sales[2].id]


def test_what_cannot_be_answered_says_why(spoken: Spoken, till: Till, make_organization: MakeOrganization) -> None:
    member = shop.register(till)

    def code(till: Till = till, **query: object) -> str:
        return str(customer_of(spoken, till, **query)["item_status"]["code"])

    assert code(mobile=member.mobile) == "1051"
    assert code(mobile=shop.new_mobile()) == "1012"
    assert code() == "1015"
    assert code(mobile=member.mobile, start_date="soon") == "621"
    assert code(mobile=member.mobile, limit=0) == "400"
    assert code(mobile=member.mobile, store_code="none") == "671"
    shop.sell(till, member, 100)
    assert code(id=member.id) == "1052"
    assert code(identifierName="mobile", identifierValue=member.mobile) == "1052"
    # Another organisation knows neither the number nor the id.
    stranger = make_organization().till.at(till.now)
    assert (code(stranger, mobile=member.mobile), code(stranger, id=member.id)) == ("1012", "1012")


def test_several_customers_are_answered_one_by_one(spoken: Spoken, till: Till) -> None:
    known, unknown = shop.register(till), shop.new_mobile()
    shop.sell(till, known, 100)
    found = customer_of(spoken, till, mobile=f"{known.mobile},{unknown}")
    assert [one["item_status"]["code"] for one in found] == ["1052", "1012"]
