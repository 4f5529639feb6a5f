"""GET /v1.1/transaction/get (05-transaction-v1/05), in JSON and in XML."""

from __future__ import annotations

import pytest

from tests.api.v1.conftest import NOW, Spoken
from tests.api.v1.test_add_transactions import LINES, add, returned, sale
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Answer, Json, Till

PATH = "/v1.1/transaction/get"
JSON = Spoken("json")


def items_of(answer: Answer) -> list[Json]:
    found: list[Json] = answer.body["response"]["transactions"]["transaction"]
    return found


@pytest.fixture(scope="module")
def sold(till: Till) -> Json:
    """A sale of 1,000 that was sent with everything, as it was sent; its `id` and `mobile` besides."""
    mobile = shop.new_mobile()
    customer = {"mobile": mobile, "email": f"{mobile}@mail.example", "firstname": "Asha", "lastname": "Rao"}
    item = sale(
        mobile,
        "1000",
        gross_amount="1100.5",
        discount="100.5",
        billing_time="2025-03-03 09:00:15",
        notes="Tea & cups",
        customer=customer,
        line_items=LINES,
        custom_fields={"field": [{"name": "gift", "value": "yes"}]},
        extended_fields={"field": [{"name": "channel", "value": "shop"}]},
        payment_details={
            "payment": [
                {"mode": "CARD", "value": "1000", "attributes": {"attribute": [{"name": "bank", "value": "First"}]}}
            ]
        },
        credit_note={"amount": "18", "number": "CN-1", "notes": "a scratch"},
    )
    bill = add(JSON, till, item)
    return item | {"id": str(bill["id"]), "mobile": mobile, "user_id": bill["customer"]["user_id"]}


@pytest.mark.parametrize("path", [PATH, "/v1/transaction/get"])
@pytest.mark.parametrize("by", ["id", "number"])
def test_the_answer_has_the_documented_fields(
    spoken: Spoken, till: Till, sold: Json, shared_organization: Organization, path: str, by: str
) -> None:
    answer = spoken.get(till, path, **{by: sold[by]})
    assert answer.status == 200
    assert answer.body["response"]["status"] == {"success": "true", "code": 200, "message": "Success"}
    assert answer.body["response"]["transactions"]["count"] == 1
    (bill,) = items_of(answer)
    assert bill.pop("auto_update_time")[:2] == "20"
    store = bill["billing_store"]
    assert store["code"].startswith("store-1")
    first, second = bill.pop("line_items")["line_item"]
    assert bill == {
        "customer": {
            "mobile": sold["mobile"],
            "first_name": "Asha",
            "last_name": "Rao",
            "email": f"{sold['mobile']}@mail.example",
            "external_id": "",
            "source": "instore",
        },
        "billing_till": {"code": till.username, "name": till.username},
        "billing_store": store,
        "id": sold["id"],
        "number": sold["number"],
        "type": "REGULAR",
        "outlier_status": "NORMAL",
        "store": till.username,
        "delivery_status": "DELIVERED",
        "source": "instore",
        "custom_fields": {"field": [{"name": "gift", "value": "yes"}]},
        "extended_fields": {"field": [{"name": "channel", "value": "shop"}]},
        "amount": "1000.00",
        "billing_time": "2025-03-03 09:00:15",
        "gross_amount": "1100.50",
        "discount": "100.50",
        "notes": "Tea & cups",
        "item_status": {"success": "true", "code": 600, "message": "Transaction retrieved successfully"},
    }
    assert first == {
        "type": "REGULAR",
        "outlier_status": "NORMAL",
        "serial": "1",
        "item_code": "TEA-250",
        "description": "Darjeeling",
        "qty": "2",
        "rate": "300.00",
        "value": "600.00",
        "discount": "0.00",
        "img_url": "",
        "amount": "600.00",
        "returnable": "true",
        "returnable_days": "-1",
        "extended_fields": {"field": []},
        "combo_items": {"combo_item": [{"item_code": "BOX", "quantity": "1", "description": "a box"}]},
        "addon_items": {"addon_item": []},
        "split_items": {"split_item": []},
        "attributes": {"attribute": [{"name": "garden", "value": "Castleton"}]},
    }
    assert (second["item_code"], second["amount"]) == ("CUP", "400.00")


def test_tenders_credit_notes_and_the_customers_id_are_printed_when_asked_for(
    spoken: Spoken, till: Till, sold: Json
) -> None:
    (bill,) = items_of(spoken.get(till, PATH, id=sold["id"], tenders="true", credit_notes="true", user_id="true"))
    (payment,) = bill["payment_details"]["payment"]
    assert (payment["mode"], payment["value"]) == ("CARD", "1000.00")
    assert payment["attributes"]["attribute"] == [{"name": "bank", "value": "First"}]
    assert bill["credit_notes"]["credit_note"] == [{"amount": "18.00", "number": "CN-1", "notes": "a scratch"}]
    assert bill["customer"]["user_id"] == sold["user_id"]
    # The specification spells the first one in the singular.
    assert "payment_details" in items_of(spoken.get(till, PATH, id=sold["id"], tender="true"))[0]


def test_a_return_is_read_with_its_type_and_both_parts_with_all(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    item = sale(mobile, "1000", line_items=LINES)
    add(spoken, till, item)
    cup = {"line_items": {"line_item": {"item_code": "CUP", "qty": "1", "amount": "400"}}}
    back = add(spoken, till, returned(mobile, item, "LINE_ITEM", parent_bill_number="R-77", **cup))
    (bill,) = items_of(spoken.get(till, PATH, number=item["number"], type="return"))
    assert (bill["id"], bill["type"], bill["return_type"]) == (str(back["id"]), "RETURN", "LINE_ITEM")
    assert (bill["parent_bill_number"], bill["amount"]) == ("R-77", "400.00")
    assert [line["item_code"] for line in bill["line_items"]["line_item"]] == ["CUP"]
    for both in ("ALL", "MIXED"):
        answer = spoken.get(till, PATH, number=item["number"], type=both)
        assert {found["type"] for found in items_of(answer)} == {"REGULAR", "RETURN"}
        assert answer.body["response"]["transactions"]["count"] == 2
    # Unless it says otherwise the call is about sales.
    assert items_of(spoken.get(till, PATH, id=back["id"]))[0]["item_status"]["code"] == 620


def test_several_numbers_are_a_batch(spoken: Spoken, till: Till, sold: Json) -> None:
    answer = spoken.get(till, PATH, number=f"{sold['number']},never sold")
    assert answer.status == 200
    status = answer.body["response"]["status"]
    assert (status["success"], status["code"]) == ("true", 201)
    assert answer.body["response"]["transactions"]["count"] == 1
    assert [item["number"] for item in items_of(answer)] == [sold["number"], "never sold"]
    assert items_of(answer)[1]["item_status"] == {
        "success": "false",
        "code": 625,
        "message": "Transaction number does not exist.",
    }


def test_bills_that_share_a_number_are_listed_together(spoken: Spoken, make_organization: MakeOrganization) -> None:
    organization = make_organization(config={"CONF_LOYALTY_BILL_NUMBER_UNIQUE_ONLY_STORE": True})
    till, elsewhere = organization.till.at(NOW), organization.other_store_till.at(NOW)
    item = sale(shop.new_mobile(), "10")
    for each in (till, elsewhere):
        add(spoken, each, item)
    assert len(items_of(spoken.get(till, PATH, number=item["number"]))) == 2
    (bill,) = items_of(spoken.get(till, PATH, number=item["number"], till_code=elsewhere.username))
    assert bill["store"] == elsewhere.username
    store = bill["billing_store"]["code"]
    assert len(items_of(spoken.get(till, PATH, number=item["number"], store_code=store))) == 1


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ({"amount": "1000"}, True),
        ({"amount": "1000.01"}, False),
        ({"date": "2025-03-03"}, True),
        ({"date": "2025-03-02"}, False),
        ({"type": "not_interested"}, False),
    ],
)
def test_filters_leave_out_what_does_not_match(
    spoken: Spoken, till: Till, sold: Json, filters: Json, passes: bool
) -> None:
    (bill,) = items_of(spoken.get(till, PATH, number=sold["number"], **filters))
    assert bill["item_status"]["code"] == (600 if passes else 625)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, 1624),
        ({"id": "", "number": " , "}, 1624),
        ({"id": "0"}, 620),
        ({"id": "-1"}, 620),
        ({"id": "seven"}, 620),
        ({"id": "9" * 40}, 620),
        ({"id": "999999999"}, 620),
        ({"number": "never sold"}, 625),
        ({"number": "x", "type": "gift"}, 1623),
        ({"number": "x", "store_code": "nowhere"}, 671),
        ({"number": "x", "till_code": "nobody"}, 671),
        ({"number": "x", "date": "yesterday"}, 621),
    ],
)
def test_what_cannot_be_found_is_refused_inside_http_200(spoken: Spoken, till: Till, params: Json, code: int) -> None:
    answer = spoken.get(till, PATH, **params)
    assert answer.status == 200
    assert answer.body["response"]["status"]["code"] == 500
    assert answer.body["response"]["transactions"]["count"] == 0
    assert [item["item_status"]["code"] for item in items_of(answer)] == [code]


def test_an_amount_that_is_none_is_refused(spoken: Spoken, till: Till) -> None:
    answer = spoken.get(till, PATH, number="x", amount="ten")
    assert (answer.status, answer.body["response"]["status"]["code"]) == (400, 601)


def test_another_organisation_does_not_find_the_bill(
    spoken: Spoken, till: Till, sold: Json, make_organization: MakeOrganization
) -> None:
    stranger = make_organization().till.at(NOW)
    for by in ("id", "number"):
        assert items_of(spoken.get(stranger, PATH, **{by: sold[by]}))[0]["item_status"]["code"] in (620, 625)
        assert items_of(spoken.get(till, PATH, **{by: sold[by]}))[0]["item_status"]["code"] == 600
