"""Tills: what an administrator does to one counts from its next call on."""

from __future__ import annotations

import secrets

import httpx
import pytest

from tests.api.own.admin import Admin, made, problem
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Json, Till, basic

PASSWORD = "first password"


@pytest.fixture
def store_id(of_organization: Admin) -> int:
    found: int = of_organization.get("stores").ok()["items"][0]["id"]
    return found


@pytest.fixture
def made_till(of_organization: Admin, store_id: int) -> Json:
    return made(of_organization.post("tills", new_till(store_id)))


def new_till(store_id: int) -> Json:
    return {"code": f"till.{secrets.token_hex(4)}", "password": PASSWORD, "storeId": store_id}


def test_a_new_till_posts_a_bill_at_once(
    of_organization: Admin, organization: Organization, http: httpx.Client, made_till: Json, store_id: int
) -> None:
    assert made_till == {
        "id": made_till["id"],
        "code": made_till["code"],
        "name": made_till["code"],
        "description": "",
        "storeId": store_id,
        "isActive": True,
    }
    till = Till(http, made_till["code"], PASSWORD)
    member = shop.register(till)
    assert shop.sell(till, member, 1_000).points == 100
    # And it is one of this organisation: its members are those of the other tills.
    assert shop.points_of(organization.till, member) == 100
    assert of_organization.get(f"tills/{made_till['id']}").ok() == made_till


def test_a_till_that_is_deactivated_is_refused_and_can_come_back(
    of_organization: Admin, http: httpx.Client, made_till: Json
) -> None:
    till = Till(http, made_till["code"], PASSWORD)
    shop.register(till)
    of_organization.patch(f"tills/{made_till['id']}", {"isActive": False}).ok()
    assert till.post("/v2/customers", shop.customer(), source="INSTORE").status == 401
    of_organization.patch(f"tills/{made_till['id']}", {"isActive": True}).ok()
    shop.register(till)


def test_an_old_password_is_refused_as_soon_as_there_is_a_new_one(
    of_organization: Admin, http: httpx.Client, made_till: Json
) -> None:
    old, new = Till(http, made_till["code"], PASSWORD), Till(http, made_till["code"], "second password")
    shop.register(old)
    assert of_organization.put(f"tills/{made_till['id']}/password", {"password": "second password"}).ok() == made_till
    assert old.post("/v2/customers", shop.customer(), source="INSTORE").status == 401
    shop.register(new)


def test_a_user_name_is_unique_in_the_installation(
    admin: Admin, store_id: int, of_organization: Admin, make_organization: MakeOrganization, made_till: Json
) -> None:
    other = admin.under(f"organizations/{make_organization().org_id}")
    their_store = other.get("stores").ok()["items"][0]["id"]
    taken = new_till(their_store) | {"code": made_till["code"]}
    assert problem(other.post("tills", taken)) == (409, "user-name-taken", "/code")
    assert problem(of_organization.post("tills", taken | {"storeId": store_id})) == (409, "user-name-taken", "/code")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"password": "short"}, (400, "400", "/password")),
        ({"code": "ab"}, (400, "400", "/code")),
        ({"code": "Till.1"}, (400, "400", "/code")),
        ({"code": "till:1"}, (400, "400", "/code")),
        ({"storeId": 999_999_999}, (404, "store-unknown", "/storeId")),
        ({"name": ""}, (400, "400", "/name")),
    ],
)
def test_what_a_till_may_not_be(
    of_organization: Admin, store_id: int, change: Json, expected: tuple[int, str, str]
) -> None:
    assert problem(of_organization.post("tills", new_till(store_id) | change)) == expected


def test_a_till_in_a_store_that_is_not_active_is_refused(of_organization: Admin) -> None:
    store = made(of_organization.post("stores", {"code": "closed"}))["id"]
    of_organization.patch(f"stores/{store}", {"isActive": False}).ok()
    assert problem(of_organization.post("tills", new_till(store))) == (404, "store-unknown", "/storeId")


def test_tills_are_listed_by_store(of_organization: Admin, store_id: int, made_till: Json) -> None:
    of_store = of_organization.get("tills", storeId=store_id, total=True).ok()
    assert made_till in of_store["items"]
    assert {one["storeId"] for one in of_store["items"]} == {store_id}
    assert of_store["total"] == len(of_store["items"]) < of_organization.get("tills", total=True).ok()["total"]


def test_an_unknown_till_is_not_found(of_organization: Admin) -> None:
    for answer in (
        of_organization.get("tills/999999999"),
        of_organization.patch("tills/999999999", {"name": "x"}),
        of_organization.put("tills/999999999/password", {"password": "long enough"}),
    ):
        assert problem(answer)[:2] == (404, "till-unknown")


def test_the_life_of_a_lookup(of_organization: Admin, organization: Organization, made_till: Json) -> None:
    path = "till-lookups/WECHAT/shop%2F47"
    mapped = of_organization.put(path, {"tillId": made_till["id"]}).ok()
    assert mapped == {"type": "WECHAT", "value": "shop/47", "tillId": made_till["id"]}
    headers = {"X-CAP-API-ATTRIBUTION-LOOKUP-TYPE": "WECHAT", "X-CAP-API-ATTRIBUTION-LOOKUP": "shop/47"}
    body, query = shop.customer(), {"source": "INSTORE"}
    till = organization.till
    assert till.send("POST", "/v2/customers", body=body, params=query, headers=headers).status == 200
    assert of_organization.get("till-lookups", total=True).ok() == {"items": [mapped], "next": None, "total": 1}

    assert of_organization.delete(path).ok() == mapped
    assert problem(of_organization.delete(path))[:2] == (404, "lookup-unknown")
    assert till.send("POST", "/v2/customers", body=shop.customer(), params=query, headers=headers).status == 400


def test_a_lookup_leads_to_a_till_of_the_organisation(
    admin: Admin, of_organization: Admin, make_organization: MakeOrganization
) -> None:
    other = admin.under(f"organizations/{make_organization().org_id}")
    theirs = other.get("tills").ok()["items"][0]["id"]
    for till_id in (theirs, 999_999_999):
        answer = of_organization.put("till-lookups/MOBILE_TRIGGER/1", {"tillId": till_id})
        assert problem(answer) == (404, "till-unknown", "/tillId")
    assert problem(of_organization.put("till-lookups/FAX/1", {"tillId": theirs})) == (400, "400", "/type")
    too_long = of_organization.put("till-lookups/WECHAT/" + "x" * 256, {"tillId": theirs})
    assert problem(too_long)[:2] == (400, "lookup-value-invalid")


def test_passwords_are_nowhere_in_the_log(
    of_organization: Admin, organization: Organization, made_till: Json, http: httpx.Client
) -> None:
    of_organization.put(f"tills/{made_till['id']}/password", {"password": "a secret of this test"}).ok()
    shop.register(Till(http, made_till["code"], "a secret of this test"))
    log = organization.server.log()
    assert "a secret of this test" not in log
    assert basic(made_till["code"], "a secret of this test").removeprefix("Basic ") not in log
