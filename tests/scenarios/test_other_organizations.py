"""Another organisation's ids are unknown here, at every endpoint; the same call with its own ids succeeds there."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.shop import Member, Receipt
from tests.support.till import Answer, Json, Till

NOW = "2024-12-02T12:00:00+05:30"


class Shop(msgspec.Struct, frozen=True):
    """An organisation's till with a member, 300 points and a bill."""

    till: Till
    member: Member
    sale: Receipt


def _shop(till: Till) -> Shop:
    member = shop.register(till)
    shop.sell(till, member, 2_000)
    return Shop(till, member, shop.sell(till, member, 1_000))


def _named(member: Member, name: str) -> dict[str, object]:
    value = member.id if name == "id" else member.mobile
    return {"source": "INSTORE", "identifierName": name, "identifierValue": value}


def _redeem(till: Till, customer: Json) -> Answer:
    item = {"points_redeemed": 1, "customer": customer}
    return till.post("/v1.1/points/redeem", {"root": {"redeem": [item]}}, format="json")


def _item_code(answer: Answer) -> int:
    found = answer.body["response"]
    item = found["responses"]["points"] if "responses" in found else found["points"]["redeemable"]
    code: int = item["item_status"]["code"]
    return code


def _v2_code(answer: Answer) -> int:
    return answer.code if answer.body.get("errors") else 200


# What to call, and the code of an unknown id.
CALLS: dict[str, tuple[Callable[[Till, Shop], Answer], Callable[[Answer], int], int, int]] = {
    "customer by id": (
        lambda till, of: till.get(f"/v2/customers/{of.member.id}", source="INSTORE"), _v2_code, 200, 8015,
    ),
    "lookup by mobile": (
        lambda till, of: till.get("/v2/customers/lookup", **_named(of.member, "mobile")), _v2_code, 200, 8015,
    ),
    "lookup by id": (
        lambda till, of: till.get("/v2/customers/lookup", **_named(of.member, "id")), _v2_code, 200, 8015,
    ),
    "balance": (
        lambda till, of: till.get(f"/v2/customers/{of.member.id}/points/balance"), _v2_code, 200, 8015,
    ),
    "balance in the older spelling": (
        lambda till, of: till.get(f"/v2/customers/points/balance/{of.member.id}"), _v2_code, 200, 8015,
    ),
    "balance by lookup of a mobile": (
        lambda till, of: till.get("/v2/customers/lookup/points/balance", **_named(of.member, "mobile")),
        _v2_code, 200, 8015,
    ),
    "balance by lookup of an id": (
        lambda till, of: till.get("/v2/customers/lookup/points/balance", **_named(of.member, "id")),
        _v2_code, 200, 8015,
    ),
    "sale by mobile": (
        lambda till, of: shop.send(till, of.member, shop.sale(10)), _v2_code, 200, 8015,
    ),
    "sale by id": (
        lambda till, of: till.post("/v2/transactions", shop.sale(10), **_named(of.member, "id")), _v2_code, 200, 8015,
    ),
    "return": (
        lambda till, of: shop.send(till, of.member, shop.returned(of.sale)), _v2_code, 200, 8015,
    ),
    "is redeemable by mobile": (
        lambda till, of: till.get("/v1.1/points/isredeemable", mobile=of.member.mobile, points=1),
        _item_code, 800, 816,
    ),
    "is redeemable by id": (
        lambda till, of: till.get("/v1.1/points/isredeemable", id=of.member.id, points=1), _item_code, 800, 816,
    ),
    "redeem by mobile": (
        lambda till, of: _redeem(till, {"mobile": of.member.mobile}), _item_code, 800, 816,
    ),
    "redeem by id": (
        lambda till, of: _redeem(till, {"id": of.member.id}), _item_code, 800, 816,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def tills(make_shared_organization: MakeOrganization) -> tuple[Till, Till]:
    """Of two organisations."""
    return make_shared_organization().till.at(NOW), make_shared_organization().till.at(NOW)


@pytest.mark.parametrize("name", CALLS)
def test_the_ids_of_another_organisation_are_unknown(tills: tuple[Till, Till], name: str) -> None:
    call, code_of, known, unknown = CALLS[name]
    here, there = _shop(tills[0]), _shop(tills[1])
    stolen = call(here.till, there)
    assert code_of(stolen) == unknown
    assert shop.points_of(there.till, there.member) == 300
    own = call(there.till, there)
    assert code_of(own) == known
    assert code_of(call(here.till, here)) == known


def test_a_return_cannot_name_a_bill_of_another_organisation(tills: tuple[Till, Till]) -> None:
    here, there = _shop(tills[0]), _shop(tills[1])
    body = shop.returned(there.sale, id=there.sale.id)
    assert shop.send(here.till, here.member, body).code == 603
    assert shop.send(here.till, here.member, shop.returned(there.sale)).code == 625
    assert shop.points_of(there.till, there.member) == 300
    shop.send(there.till, there.member, body).ok()


def test_the_same_person_is_a_customer_of_each_organisation(tills: tuple[Till, Till]) -> None:
    mobile, number = shop.new_mobile(), shop.new_number()
    members = [
        shop.register(till, mobile, firstName=name) for till, name in zip(tills, ("Ravi", "Ravindra"), strict=True)
    ]
    assert members[0].id != members[1].id
    # The same bill number, and the same reference of a redemption.
    for till, member, amount in zip(tills, members, (1_000, 3_000), strict=True):
        shop.sell(till, member, amount, number=number)
        shop.redeem(till, member, 50, external_reference_number="order-1")
    assert [shop.points_of(*pair) for pair in zip(tills, members, strict=True)] == [50, 250]
    names = [shop.details_of(*pair)["profiles"][0]["firstName"] for pair in zip(tills, members, strict=True)]
    assert names == ["Ravi", "Ravindra"]
