"""Clients and access groups: what an administrator does counts with the next token, the next call."""

from __future__ import annotations

import secrets

import httpx
import pytest

from tests.api.own.admin import Admin, made, problem
from tests.api.own.oauth import ask_for_token, call, token
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Answer, Json

GROUPS = {"Customer": {"data": "WRITE"}, "Points": {"data": "READ"}}


@pytest.fixture
def till_id(of_organization: Admin) -> int:
    found: int = of_organization.get("tills").ok()["items"][0]["id"]
    return found


@pytest.fixture
def client(of_organization: Admin, till_id: int) -> Json:
    return made(of_organization.post("clients", {"name": "web shop", "defaultTillId": till_id}))


def register(http: httpx.Client, token: str) -> Answer:
    return call(http, token, "POST", "/v2/customers?source=INSTORE", shop.customer())


def test_the_life_of_a_client(of_organization: Admin, http: httpx.Client, client: Json, till_id: int) -> None:
    shown = {name: value for name, value in client.items() if name != "secret"}
    assert shown == {
        "id": client["id"],
        "key": client["key"],
        "name": "web shop",
        "description": "",
        "ttlSeconds": 300,
        "defaultTillId": till_id,
        "useDefaultTillWhenInvalid": False,
        "accessGroupId": 1,
        "isActive": True,
    }
    assert len(client["secret"]) >= 32
    # The secret was shown once.
    assert of_organization.get(f"clients/{client['id']}").ok() == shown
    assert of_organization.get("clients").ok()["items"] == [shown]
    assert register(http, token(http, client)).status == 200

    changed = of_organization.patch(f"clients/{client['id']}", {"ttlSeconds": 60, "name": "shop"}).ok()
    assert changed == shown | {"ttlSeconds": 60, "name": "shop"}
    answer = ask_for_token(http, client["key"], client["secret"])
    assert answer.json()["data"]["ttlSeconds"] == 60


def test_a_client_that_is_switched_off_loses_its_tokens(
    of_organization: Admin, http: httpx.Client, client: Json
) -> None:
    issued = token(http, client)
    assert register(http, issued).status == 200
    of_organization.patch(f"clients/{client['id']}", {"isActive": False}).ok()
    assert register(http, issued).status == 401
    assert ask_for_token(http, client["key"], client["secret"]).status_code == 401
    of_organization.patch(f"clients/{client['id']}", {"isActive": True}).ok()
    assert register(http, issued).status == 200


def test_a_new_secret_takes_the_place_of_the_old_one(of_organization: Admin, http: httpx.Client, client: Json) -> None:
    issued = token(http, client)
    renewed = of_organization.post(f"clients/{client['id']}/secret").ok()
    assert renewed["secret"] != client["secret"]
    assert ask_for_token(http, client["key"], client["secret"]).status_code == 401
    assert register(http, token(http, renewed)).status == 200
    # What was issued before runs out by itself.
    assert register(http, issued).status == 200


def test_a_client_can_bring_its_key_and_secret_along(of_organization: Admin, http: httpx.Client, till_id: int) -> None:
    own = {"key": f"moved-{secrets.token_hex(6)}", "secret": "as it was elsewhere".replace(" ", "-")}
    client = made(of_organization.post("clients", {"name": "moved", "defaultTillId": till_id} | own))
    assert (client["key"], client["secret"]) == (own["key"], own["secret"])
    assert register(http, token(http, own)).status == 200
    again = of_organization.post("clients", {"name": "again", "defaultTillId": till_id} | own)
    assert problem(again) == (409, "client-key-taken", "/key")


def test_there_are_fifteen_active_clients_at_most(of_organization: Admin, client: Json, till_id: int) -> None:
    body = {"name": "one of many", "defaultTillId": till_id}
    for _ in range(14):
        made(of_organization.post("clients", body))
    assert problem(of_organization.post("clients", body))[:2] == (409, "clients-full")
    of_organization.patch(f"clients/{client['id']}", {"isActive": False}).ok()
    made(of_organization.post("clients", body))
    assert problem(of_organization.patch(f"clients/{client['id']}", {"isActive": True}))[:2] == (409, "clients-full")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"defaultTillId": 999_999_999}, (404, "till-unknown", "/defaultTillId")),
        ({"accessGroupId": 999_999_999}, (404, "access-group-unknown", "/accessGroupId")),
        ({"ttlSeconds": 0}, (400, "400", "/ttlSeconds")),
        ({"ttlSeconds": 3_601}, (400, "token-life-invalid", "/ttlSeconds")),
        ({"name": " "}, (400, "400", "/name")),
    ],
)
def test_what_a_client_may_not_be(
    of_organization: Admin, client: Json, till_id: int, change: Json, expected: tuple[int, str, str]
) -> None:
    assert problem(of_organization.patch(f"clients/{client['id']}", change)) == expected
    new = {"name": "another", "defaultTillId": till_id} | change
    assert problem(of_organization.post("clients", new)) == expected


def test_a_weak_secret_is_refused(of_organization: Admin, till_id: int) -> None:
    new = {"name": "weak", "defaultTillId": till_id}
    assert problem(of_organization.post("clients", new | {"secret": "short"})) == (400, "400", "/secret")
    assert problem(of_organization.post("clients", new | {"key": "k"})) == (400, "400", "/key")


def test_the_life_of_tokens_is_raised_by_a_config_key(of_organization: Admin, client: Json) -> None:
    of_organization.put("config/EARNEST_TOKEN_TTL_SECONDS_MAX", {"value": 86_400}).ok()
    assert of_organization.patch(f"clients/{client['id']}", {"ttlSeconds": 86_400}).ok()["ttlSeconds"] == 86_400


def test_clients_and_groups_of_another_organisation_are_not_found(
    admin: Admin, of_organization: Admin, make_organization: MakeOrganization, client: Json, till_id: int
) -> None:
    other = admin.under(f"organizations/{make_organization().org_id}")
    their_till = other.get("tills").ok()["items"][0]["id"]
    their_client = made(other.post("clients", {"name": "theirs", "defaultTillId": their_till}))["id"]
    their_group = made(other.post("access-groups", {"name": "Theirs"}))["id"]
    for answer in (
        of_organization.get(f"clients/{their_client}"),
        of_organization.patch(f"clients/{their_client}", {"name": "mine"}),
        of_organization.post(f"clients/{their_client}/secret"),
    ):
        assert problem(answer)[:2] == (404, "client-unknown")
    for answer in (
        of_organization.get(f"access-groups/{their_group}"),
        of_organization.patch(f"access-groups/{their_group}", {"name": "mine"}),
        of_organization.delete(f"access-groups/{their_group}"),
    ):
        assert problem(answer)[:2] == (404, "access-group-unknown")
    assert problem(of_organization.patch("", {"accessGroupId": their_group})) == (
        404, "access-group-unknown", "/accessGroupId",
    )  # fmt: skip
    theirs = of_organization.post("clients", {"name": "x", "defaultTillId": their_till})
    assert problem(theirs) == (404, "till-unknown", "/defaultTillId")


def test_the_life_of_an_access_group(of_organization: Admin) -> None:
    group = made(of_organization.post("access-groups", {"name": "Cashiers", "grants": GROUPS}))
    assert group == {
        "id": group["id"],
        "name": "Cashiers",
        "description": "",
        "isBuiltIn": False,
        "grants": {
            "Customer": {"data": "WRITE", "config": "NONE"},
            "Points": {"data": "READ", "config": "NONE"},
        },
        "otherwise": {"data": "NONE", "config": "NONE"},
    }
    assert of_organization.get(f"access-groups/{group['id']}").ok() == group
    changes = {"description": "At the counter", "grants": {"OTP": {"data": "READ", "config": "WRITE"}}}
    changed = of_organization.patch(f"access-groups/{group['id']}", changes).ok()
    assert changed == group | changes
    assert of_organization.delete(f"access-groups/{group['id']}").ok() == changed
    assert problem(of_organization.get(f"access-groups/{group['id']}"))[:2] == (404, "access-group-unknown")


def test_built_in_groups_stay_as_they_are(of_organization: Admin) -> None:
    built_in = [one for one in of_organization.get("access-groups").ok()["items"] if one["isBuiltIn"]]
    assert [one["name"] for one in built_in] == ["Full access", "Read only"]
    for group in built_in:
        path = f"access-groups/{group['id']}"
        assert problem(of_organization.patch(path, {"name": "x"}))[:2] == (409, "access-group-built-in")
        assert problem(of_organization.delete(path))[:2] == (409, "access-group-built-in")
    assert problem(of_organization.post("access-groups", {"name": "Read only"})) == (
        409, "access-group-name-taken", "/name",
    )  # fmt: skip


def test_a_group_names_resources_that_there_are(admin: Admin, of_organization: Admin) -> None:
    resources = [one["name"] for one in admin.get("access-resources").ok()["items"]]
    assert {"Customer", "Transaction", "Points"} <= set(resources)
    made(
        of_organization.post("access-groups", {"name": "All", "grants": {name: {"data": "READ"} for name in resources}})
    )
    unknown = of_organization.post("access-groups", {"name": "None", "grants": {"Spaceships": {"data": "READ"}}})
    assert problem(unknown) == (400, "access-resource-unknown", "/grants")
    level = of_organization.post("access-groups", {"name": "None", "grants": {"Points": {"data": "OWN"}}})
    assert problem(level)[:2] == (400, "400")


def test_a_group_refuses_the_client_that_has_it(of_organization: Admin, http: httpx.Client, client: Json) -> None:
    issued = token(http, client)
    assert register(http, issued).status == 200
    reading = made(of_organization.post("access-groups", {"name": "Readers", "grants": {"Customer": {"data": "READ"}}}))
    of_organization.patch(f"clients/{client['id']}", {"accessGroupId": reading["id"]}).ok()
    refused = register(http, issued)
    assert (refused.status, refused.body["errorCode"]) == (403, 4000)
    # Widened, it lets the same token pass.
    of_organization.patch(f"access-groups/{reading['id']}", {"grants": GROUPS}).ok()
    assert register(http, issued).status == 200
    assert problem(of_organization.delete(f"access-groups/{reading['id']}"))[:2] == (409, "access-group-in-use")


def test_a_till_has_the_group_of_its_store_and_a_store_that_of_the_organisation(
    of_organization: Admin, organization: Organization
) -> None:
    member = shop.register(organization.till)
    readers = made(of_organization.post("access-groups", {"name": "Readers", "grants": {"Points": {"data": "READ"}}}))
    sellers = made(
        of_organization.post("access-groups", {"name": "Sellers", "grants": {"Transaction": {"data": "WRITE"}}})
    )
    of_organization.patch("", {"accessGroupId": readers["id"]}).ok()
    for till in (organization.till, organization.other_store_till):
        assert shop.send(till, member, shop.sale(100)).status == 403
        assert till.get(f"/v2/customers/{member.id}/points/balance").status == 200

    store_id = of_organization.get("tills").ok()["items"][0]["storeId"]
    of_organization.patch(f"stores/{store_id}", {"accessGroupId": sellers["id"]}).ok()
    assert shop.send(organization.till, member, shop.sale(100)).status == 200
    assert shop.send(organization.other_store_till, member, shop.sale(100)).status == 403

    of_organization.patch(f"stores/{store_id}", {"accessGroupId": None}).ok()
    of_organization.patch("", {"accessGroupId": None}).ok()
    for till in (organization.till, organization.other_store_till):
        assert shop.send(till, member, shop.sale(100)).status == 200
