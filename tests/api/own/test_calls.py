"""What all calls of the admin API have in common: the key, the shape of refusals, Idempotency-Key."""

from __future__ import annotations

import httpx
import pytest

from earnest.app import endpoints
from earnest.core.http.endpoint import Access
from tests.api.own.admin import Admin, made, problem
from tests.support.organizations import Organization
from tests.support.server import Server

OURS = [one for one in endpoints() if one.paths[0].startswith("/earnest/v1/")]


def test_everything_under_our_prefix_is_the_administrators() -> None:
    assert len(OURS) > 50
    assert {one.access for one in OURS} == {Access.ADMIN}
    assert all(one.group and one.summary and one.examples for one in OURS)


@pytest.mark.parametrize("endpoint", OURS, ids=lambda one: f"{one.method} {one.paths[0]}")
def test_no_call_does_without_the_key(http: httpx.Client, shared_organization: Organization, endpoint: object) -> None:
    example = endpoint.examples[0]  # type: ignore[attr-defined]
    path = endpoint.paths[0]  # type: ignore[attr-defined]
    for name, value in example.path.items():
        path = path.replace("{" + name + "}", str(value))
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        shared_organization.till.headers,
    ):
        answer = http.request(endpoint.method, path, headers=headers, json={})  # type: ignore[attr-defined]
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_key_opens_nothing_of_the_tills(admin: Admin, server: Server, http: httpx.Client) -> None:
    answer = http.get("/v2/customers/1", headers={"Authorization": f"Bearer {server.admin_key}"})
    assert answer.status_code == 401


def test_the_key_is_nowhere_in_the_log(admin: Admin, server: Server, http: httpx.Client) -> None:
    admin.get("organizations").ok()
    http.get("/earnest/v1/organizations", headers={"Authorization": "Bearer a-guess-of-this-test"})
    assert server.admin_key not in server.log()
    assert "a-guess-of-this-test" not in server.log()


def test_a_repeated_call_makes_one_thing_and_shows_the_secret_again(
    of_organization: Admin, organization: Organization
) -> None:
    till_id = of_organization.get("tills").ok()["items"][0]["id"]
    body = {"name": "once", "defaultTillId": till_id}
    key = {"Idempotency-Key": f"make-client-{organization.org_id}"}
    first = of_organization.send("POST", "clients", body, headers=key)
    second = of_organization.send("POST", "clients", body, headers=key)
    assert made(first) == made(second)
    assert second.headers["idempotency-replayed"] == "true"
    assert len(of_organization.get("clients").ok()["items"]) == 1
    other = of_organization.send("POST", "clients", body | {"name": "other"}, headers=key)
    assert problem(other)[0] == 422


def test_a_repeated_call_makes_one_organisation(admin: Admin) -> None:
    body = {"name": "Corner Shops", "countryCode": "IN", "currency": "INR", "timeZone": "Asia/Kolkata"}
    before = admin.get("organizations", limit=1, total=True).ok()["total"]
    key = {"Idempotency-Key": "make-an-organisation"}
    first = made(admin.send("POST", "organizations", body, headers=key))
    assert made(admin.send("POST", "organizations", body, headers=key)) == first
    assert admin.get("organizations", limit=1, total=True).ok()["total"] == before + 1


def test_the_instant_of_a_test_is_the_instant_of_the_change(admin: Admin) -> None:
    body = {"name": "Corner Shops", "countryCode": "IN", "currency": "INR", "timeZone": "Asia/Kolkata"}
    answer = admin.send("POST", "organizations", body, headers={"X-Earnest-Now": "2020-02-29T00:00:00+05:30"})
    assert made(answer)["createdAt"] == "2020-02-28T18:30:00Z"


def test_a_field_that_is_not_known_is_pointed_out(admin: Admin) -> None:
    body = {"name": "Corner Shops", "countryCode": "IN", "currency": "INR", "timeZone": "Asia/Kolkata"}
    assert problem(admin.post("organizations", body | {"colour": "red"})) == (400, "400", "/colour")
    long = admin.post("organizations", body | {"x" * 5_000: "red"})
    assert problem(long) == (400, "400", "")
    assert len(long.text) < 1_000
