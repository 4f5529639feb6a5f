"""POST /v1.1/transaction/add (05-transaction-v1/01, 06), in JSON and in XML."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.api.v1.conftest import NOW, Spoken
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shapes import fields, shape
from tests.support.till import Answer, Json, Till

PATH = "/v1.1/transaction/add"
BILL = "response.transactions.transaction[]"


def bills(*items: Json) -> Json:
    return {"root": {"transaction": list(items)}}


def sale(mobile: str, amount: Json = "1000", **fields: Json) -> Json:
    return {"type": "regular", "number": shop.new_number(), "amount": amount, "customer": {"mobile": mobile}} | fields


def returned(mobile: str, sold: Json, return_type: str = "FULL", **fields: Json) -> Json:
    body = {"type": "return", "number": sold["number"], "return_type": return_type, "amount": "0"}
    return body | {"purchase_time": "2025-03-03 10:00:00", "customer": {"mobile": mobile}} | fields


def items_of(answer: Answer) -> list[Json]:
    found: list[Json] = answer.body["response"]["transactions"]["transaction"]
    return found


def codes_of(answer: Answer) -> list[int]:
    assert answer.status == 200, answer.text
    return [item["item_status"]["code"] for item in items_of(answer)]


def add(spoken: Spoken, till: Till, item: Json) -> Json:
    """The one item of a call that must have succeeded."""
    answer = spoken.post(till, PATH, bills(item))
    assert codes_of(answer) == [600], answer.text
    return items_of(answer)[0]


LINES = {
    "line_item": [
        {
            "serial": "1",
            "item_code": "TEA-250",
            "description": "Darjeeling",
            "qty": "2",
            "rate": "300",
            "value": "600",
            "discount": "0",
            "amount": "600",
            "attributes": {"attribute": [{"name": "garden", "value": "Castleton"}]},
            "combo_items": {"combo_item": [{"item_code": "BOX", "quantity": "1", "description": "a box"}]},
        },
        {"serial": "2", "item_code": "CUP", "qty": "1", "rate": "400", "value": "400", "amount": "400"},
    ]
}


@pytest.mark.parametrize("path", [PATH, "/v1/transaction/add"])
def test_the_answer_has_the_documented_fields(spoken: Spoken, till: Till, path: str) -> None:
    mobile = shop.new_mobile()
    shop.register(till, mobile, lastName="Rao")
    item = sale(
        mobile,
        "12000.50",
        gross_amount="12100.50",
        discount="100",
        bill_client_id="client-7",
        billing_time="2025-03-03 09:00:15",
        source="INSTORE",
        line_items=LINES,
        custom_fields={"field": [{"name": "gift", "value": "yes"}]},
        extended_fields={"field": [{"name": "channel", "value": "shop"}]},
        payment_details={"payment": [{"mode": "CARD", "value": "12000.50", "notes": "chip"}]},
        delivery_status="PLACED",
    )
    answer = spoken.post(till, path, bills(item))
    assert answer.status == 200, answer.text
    assert answer.body["response"]["status"] == {"success": "true", "code": 200, "message": "Success"}
    (bill,) = items_of(answer)
    assert (bill["number"], bill["bill_client_id"], bill["type"]) == (item["number"], "client-7", "REGULAR")
    assert (bill["delivery_status"], bill["outlier_status"], bill["source"]) == ("PLACED", "NORMAL", "INSTORE")
    assert (bill["parent_bill_number"], bill["shipping_source_till_code"]) == ("", "")
    assert bill["custom_fields"]["field"] == [{"name": "gift", "value": "yes"}]
    assert bill["extended_fields"]["field"] == [{"name": "channel", "value": "shop"}]
    assert bill["item_status"] == {"success": "true", "code": 600, "message": "Transaction added successfully"}
    customer = bill["customer"]
    assert (customer["mobile"], customer["firstname"], customer["lastname"]) == (mobile, "Leela", "Rao")
    assert (customer["lifetime_points"], customer["loyalty_points"]) == ("1200.05", "1200.05")
    assert (customer["lifetime_purchases"], customer["current_slab"]) == ("12000.5", "Gold")
    assert (customer["type"], customer["source"]) == ("LOYALTY", "instore")
    points, slab = bill["side_effects"]["effect"]
    assert (points["type"], points["customer_id"]) == ("points", customer["user_id"])
    assert (float(points["awarded_points"]), float(points["total_points"])) == (1200.05, 1200.05)
    assert slab == {
        "previous_slab_name": "Silver",
        "previous_slab_number": "1",
        "upgraded_slab_name": "Gold",
        "upgraded_slab_number": "2",
        "type": "slab",
    }
    documented = {
        **fields("number", "id", "item_status.code", "side_effects.effect[].awarded_points", at=BILL),
        **fields("string", "customer.user_id", "customer.tier_expiry_date", "customer.registered_on", at=BILL),
        **fields("string", "programId", "slabSNo", at=f"{BILL}.customer.points_summaries.points_summary[]"),
    }
    assert documented.items() <= shape(answer.body).items()


def test_each_bill_of_a_batch_is_added_or_refused_by_itself(spoken: Spoken, till: Till) -> None:
    mobile, again = shop.new_mobile(), shop.new_number()
    shop.register(till, mobile)
    answer = spoken.post(
        till,
        PATH,
        bills(
            sale(mobile, "100", number=again),
            sale(mobile, "100", number=again),
            sale(mobile, "ten"),
            sale(mobile, "-1"),
            sale(mobile, None),
            sale(mobile, number=""),
            sale(mobile, number="n" * 51),
            sale(mobile, type="gift"),
            sale(mobile, type="not_interested_return"),
            sale(mobile, customer={}),
            sale("12"),
            sale(mobile, customer={"id": "999999999"}),
            sale(mobile, customer={"email": "only@mail.example"}),
            sale(mobile, billing_time="2035-01-01 10:00:00"),
            sale(mobile, billing_time="1990-01-01 10:00:00"),
            sale(mobile, billing_time="yesterday"),
            sale(mobile, gross_amount="-1"),
            sale(mobile, line_items={"line_item": [{"item_code": "a", "qty": "many"}]}),
            sale(mobile, line_items={"line_item": [{"item_code": "a", "qty": "-2"}]}),
            sale(mobile, source="MOON"),
            sale(mobile, "200"),
        ),
    )
    assert codes_of(answer) == [
        600, 604, 601, 601, 601, 602, 602, 605, 645, 606, 649, 611, 651, 643, 644, 621, 665, 601, 627, 400, 600,
    ]  # fmt: skip
    status = answer.body["response"]["status"]
    assert status == {"success": "true", "code": 201, "message": "Some requests have failed due to errors"}
    refused = items_of(answer)[1]
    assert (refused["number"], refused["customer"]["mobile"], "id" in refused) == (again, mobile, False)
    # What was refused has left nothing.
    (customer,) = [items_of(answer)[-1]["customer"]]
    assert (customer["loyalty_points"], customer["lifetime_purchases"]) == ("30", "300")


def test_a_batch_that_failed_as_a_whole_says_500_inside_http_200(spoken: Spoken, till: Till) -> None:
    answer = spoken.post(till, PATH, bills(sale("12"), {"type": "regular"}))
    assert codes_of(answer) == [649, 601]
    assert answer.body["response"]["status"] == {
        "success": "false",
        "code": 500,
        "message": "All requests have failed due to errors",
    }


def test_an_empty_or_too_large_batch_is_refused_as_a_whole(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    answer = spoken.post(till, PATH, bills(*(sale(mobile) for _ in range(101))))
    assert (answer.status, answer.body["response"]["status"]["code"]) == (400, 672)
    assert spoken.get(till, "/v1.1/customer/get", mobile=mobile).status == 500
    answer = spoken.post(till, PATH, {"root": {"transaction": []}})
    assert (answer.status, answer.body["response"]["status"]["code"]) == (400, 615)


def test_a_customer_who_is_not_known_is_registered(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    given = {"mobile": mobile, "email": f"{mobile}@mail.example", "firstname": "Asha", "lastname": "Rao"}
    bill = add(spoken, till, sale(mobile, "500", customer=given))
    assert (bill["customer"]["firstname"], bill["customer"]["loyalty_points"]) == ("Asha", "50")
    again = add(spoken, till, sale(mobile, "500", customer={"email": f"{mobile}@mail.example", "firstname": "A."}))
    assert again["customer"]["user_id"] == bill["customer"]["user_id"]
    assert (again["customer"]["firstname"], again["customer"]["loyalty_points"]) == ("A.", "100")


def test_a_bill_that_is_refused_registers_nobody(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    assert codes_of(spoken.post(till, PATH, bills(sale(mobile, "-5")))) == [601]
    assert spoken.get(till, "/v1.1/customer/get", mobile=mobile).status == 500


def test_what_was_not_done_for_the_customer_stands_behind_the_message(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    add(spoken, till, sale(mobile, customer={"mobile": mobile, "external_id": f"E-{mobile}"}))
    bill = add(spoken, till, sale(mobile, customer={"mobile": mobile, "external_id": "another"}))
    assert bill["item_status"]["message"] == "Transaction added successfully,External id update is not allowed"
    assert bill["customer"]["external_id"] == f"E-{mobile}"
    bill = add(spoken, till, sale(mobile, redemptions={"points_redemptions": {"id": ["1"]}}, outlier_status="INVALID"))
    assert bill["item_status"]["message"] == (
        "Transaction added successfully,Transaction is marked as outlier,"
        "Points or coupons are not redeemed for this transaction."
    )
    assert bill["outlier_status"] == "INVALID" and bill["side_effects"]["effect"] == []


def test_a_repeated_bill_is_stored_once(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    item = sale(mobile, "100")
    first = add(spoken, till, item)
    assert codes_of(spoken.post(till, PATH, bills(item))) == [604]
    found = spoken.get(till, "/v1.1/transaction/get", number=item["number"]).body["response"]["transactions"]
    assert [bill["id"] for bill in found["transaction"]] == [str(first["id"])]
    # Both versions share the numbers.
    member = shop.Member(int(first["customer"]["user_id"]), mobile)
    assert shop.send(till, member, shop.sale(100, number=item["number"])).code == 604


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        ("2025-03-03 09:00:15", "2025-03-03 09:00:15"),
        ("2025-03-03T09:00:15", "2025-03-03 09:00:15"),
        ("2025-03-03T09:00:15+07:00", "2025-03-03 09:00:15"),
        ("2025-03-03T09:00:15Z", "2025-03-03 09:00:15"),
        ("2025-03-02", "2025-03-02 00:00:00"),
        ("", "2025-03-03 10:00:00"),
    ],
)
def test_a_time_is_the_organisations_whatever_its_offset(spoken: Spoken, till: Till, sent: str, printed: str) -> None:
    item = sale(shop.new_mobile(), "10", billing_time=sent)
    add(spoken, till, item)
    (bill,) = spoken.get(till, "/v1.1/transaction/get", number=item["number"]).body["response"]["transactions"][
        "transaction"
    ]
    assert bill["billing_time"] == printed


def test_a_bill_of_v2_is_read_by_v1_in_the_organisations_zone(spoken: Spoken, till: Till) -> None:
    member = shop.register(till)
    sold = shop.sell(till, member, 10, billingDate="2025-03-03T01:00:00Z")
    (bill,) = spoken.get(till, "/v1.1/transaction/get", number=sold.number).body["response"]["transactions"][
        "transaction"
    ]
    assert bill["billing_time"] == "2025-03-03 06:30:00"


def test_quantities_are_rounded_to_whole_numbers(spoken: Spoken, till: Till) -> None:
    sent = {"0.003": "0", "0.5": "1", "1.49": "1", "2.5": "3", "7": "7"}
    lines = [{"item_code": f"I-{qty}", "qty": qty, "amount": "1"} for qty in sent]
    item = sale(shop.new_mobile(), "5", line_items={"line_item": lines})
    add(spoken, till, item)
    (bill,) = spoken.get(till, "/v1.1/transaction/get", number=item["number"]).body["response"]["transactions"][
        "transaction"
    ]
    assert [line["qty"] for line in bill["line_items"]["line_item"]] == list(sent.values())


def test_a_full_return_takes_the_points_back(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    sold = sale(mobile, "1000")
    first = add(spoken, till, sold)
    back = add(spoken, till, returned(mobile, sold, parent_bill_number="R-1", billing_time="2025-03-03 10:00:00"))
    assert (back["type"], back["number"], back["parent_bill_number"]) == ("RETURN", sold["number"], "R-1")
    assert back["id"] != first["id"]
    assert (back["points_deducted"], back["points_balance"]) == (100, 0)
    assert back["side_effects"]["effect"] == []
    assert (back["customer"]["loyalty_points"], back["customer"]["lifetime_purchases"]) == ("0", "0")


def test_a_return_by_amount_takes_its_share(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    sold = sale(mobile, "1000")
    add(spoken, till, sold)
    back = add(spoken, till, returned(mobile, sold, "AMOUNT", amount="250"))
    assert (back["points_deducted"], back["points_balance"]) == (25, 75)


def test_a_return_may_name_the_sale_alone(spoken: Spoken, till: Till) -> None:
    mobile = shop.new_mobile()
    sold = sale(mobile, "1000")
    first = add(spoken, till, sold)
    back = add(spoken, till, returned(mobile, sold, customer={}, id=str(first["id"])))
    assert back["customer"]["mobile"] == mobile


def test_returns_are_refused_with_the_codes_of_v1(spoken: Spoken, till: Till) -> None:
    mobile, other = shop.new_mobile(), shop.new_mobile()
    shop.register(till, other)
    by_line, by_amount, whole = (sale(mobile, "1000", line_items=LINES) for _ in range(3))
    for sold in (by_line, by_amount, whole):
        add(spoken, till, sold)
    cup = {"line_items": {"line_item": {"item_code": "CUP", "qty": "1", "amount": "400"}}}
    add(spoken, till, returned(mobile, by_line, "LINE_ITEM", **cup))
    add(spoken, till, returned(mobile, by_amount, "AMOUNT", amount="250"))
    add(spoken, till, returned(mobile, whole))
    answer = spoken.post(
        till,
        PATH,
        bills(
            returned(mobile, {"number": "never sold"}),
            returned(other, by_line),
            returned(mobile, by_line, "SOME"),
            returned(mobile, by_line, purchase_time=""),
            returned(mobile, by_line, id="12345678"),
            returned(mobile, by_line, id="seven"),
            returned(mobile, by_line, "AMOUNT", amount="10"),
            returned(mobile, by_amount, "LINE_ITEM", **cup),
            returned(mobile, by_line, "LINE_ITEM"),
            returned(mobile, by_line, "LINE_ITEM", **cup),
            returned(mobile, by_line, "LINE_ITEM", line_items={"line_item": {"item_code": "HAT", "qty": "1"}}),
            returned(mobile, by_line),
            returned(mobile, by_amount, "AMOUNT", amount="800"),
            returned(mobile, whole),
            returned(mobile, by_line, billing_time="2025-01-01 10:00:00"),
        ),
    )
    assert codes_of(answer) == [625, 668, 628, 624, 620, 620, 635, 632, 679, 626, 688, 639, 630, 633, 624]
    assert answer.body["response"]["status"]["code"] == 500


def test_amounts_keep_every_digit(spoken: Spoken, till: Till) -> None:
    item = sale(shop.new_mobile(), "123456789012.123456", source="ECOMMERCE")
    bill = add(spoken, till, item)
    assert bill["customer"]["lifetime_purchases"] == "123456789012.123456"
    assert Decimal(bill["customer"]["loyalty_points"]) == Decimal("12345678901.21")


def test_json_numbers_and_an_object_in_the_place_of_the_list(till: Till) -> None:
    mobile = shop.new_mobile()
    item = sale(mobile, 99.5, customer={"mobile": int(mobile)}, notes=[], payment_details={}, line_items="")
    answer = till.post(PATH, {"root": {"transaction": item | {"number": 4711_0815}}})
    assert codes_of(answer) == [600]
    (bill,) = items_of(answer)
    assert (bill["number"], bill["customer"]["lifetime_purchases"]) == ("47110815", "99.5")


def test_another_organisation_cannot_take_a_bill_back(
    spoken: Spoken, till: Till, make_organization: MakeOrganization, shared_organization: Organization
) -> None:
    mobile = shop.new_mobile()
    sold = sale(mobile)
    first = add(spoken, till, sold)
    stranger = make_organization().till.at(NOW)
    shop.register(stranger, mobile)
    for way in ({}, {"id": str(first["id"])}):
        assert codes_of(spoken.post(stranger, PATH, bills(returned(mobile, sold, **way))))[0] in (620, 625)
    add(spoken, shared_organization.other_store_till.at(NOW), returned(mobile, sold))
