"""/earnest/v1/organizations: an organisation from nothing to its first bill, and what may change of it."""

from __future__ import annotations

import base64
import secrets
from decimal import Decimal

import httpx
import pytest

from tests.api.own.admin import Admin, made, problem
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.reconciliation import findings_of
from tests.support.server import Server
from tests.support.till import Json, Till

CORNER_SHOPS = {"name": "Corner Shops", "countryCode": "IN", "currency": "INR", "timeZone": "Asia/Kolkata"}


def till_of(admin: Admin, http: httpx.Client, org_id: int) -> Till:
    """A store with a till, made as an administrator makes them."""
    of_organization = admin.under(f"organizations/{org_id}")
    store = made(of_organization.post("stores", {"code": "corner"}))
    code = f"till.{secrets.token_hex(4)}"
    made(of_organization.post("tills", {"code": code, "password": "long enough", "storeId": store["id"]}))
    return Till(http, code, "long enough")


def test_a_new_organisation_works_at_once_with_the_starter_programme(
    admin: Admin, http: httpx.Client, server: Server
) -> None:
    organization = made(admin.post("organizations", CORNER_SHOPS))
    till = till_of(admin, http, organization["id"])
    member = shop.register(till)
    assert shop.sell(till, member, 1_000).points == 10
    assert shop.points_of(till, member) == Decimal(10)
    shop.redeem(till, member, 5)
    assert shop.tier_of(till, member) == "Member"
    assert findings_of(server, organization["id"]) == []


def test_without_a_programme_bills_bring_no_points(admin: Admin, http: httpx.Client) -> None:
    organization = made(admin.post("organizations", CORNER_SHOPS | {"program": "none"}))
    till = till_of(admin, http, organization["id"])
    member = shop.register(till)
    assert shop.sell(till, member, 1_000).body["sideEffects"] == []


def test_the_answer_shows_what_was_made_and_get_shows_the_same(admin: Admin) -> None:
    org_id = 5_000_000 + secrets.randbelow(10**8)
    body = CORNER_SHOPS | {"id": org_id, "currencyDecimals": 0, "primaryIdentifier": "email"}
    organization = made(admin.post("organizations", body))
    created_at, version = organization.pop("createdAt"), organization.pop("configVersion")
    assert organization == {
        "id": org_id,
        "name": "Corner Shops",
        "countryCode": "IN",
        "currency": "INR",
        "currencyDecimals": 0,
        "timeZone": "Asia/Kolkata",
        "primaryIdentifier": "email",
        "accessGroupId": None,
        "type": "STANDARD_ORG",
        "parentId": None,
    }
    shown = admin.get(f"organizations/{org_id}").ok()
    assert shown == organization | {"createdAt": created_at, "configVersion": version}


@pytest.mark.parametrize(
    ("change", "slug", "pointer"),
    [
        ({"countryCode": "XX"}, "country-unknown", "/countryCode"),
        ({"countryCode": "india"}, "400", "/countryCode"),
        ({"currency": "rupee"}, "400", "/currency"),
        ({"timeZone": "Asia/Atlantis"}, "time-zone-unknown", "/timeZone"),
        ({"timeZone": "localtime"}, "time-zone-unknown", "/timeZone"),
        ({"timeZone": "../../etc/passwd"}, "time-zone-unknown", "/timeZone"),
        ({"name": "  "}, "400", "/name"),
        ({"currencyDecimals": 9}, "400", "/currencyDecimals"),
        ({"id": 0}, "400", "/id"),
        ({"id": 2**31}, "400", "/id"),
        ({"program": "generous"}, "400", "/program"),
        ({"primaryIdentifier": "fax"}, "400", "/primaryIdentifier"),
    ],
)
def test_an_invalid_field_is_pointed_at(admin: Admin, change: Json, slug: str, pointer: str) -> None:
    assert problem(admin.post("organizations", CORNER_SHOPS | change)) == (400, slug, pointer)


def test_a_field_that_is_misspelt_or_missing_is_refused(admin: Admin) -> None:
    misspelt = admin.post("organizations", CORNER_SHOPS | {"timezone": "Asia/Kolkata"})
    assert misspelt.status == 400
    assert "timezone" in misspelt.body["detail"]
    incomplete = {name: value for name, value in CORNER_SHOPS.items() if name != "timeZone"}
    assert problem(admin.post("organizations", incomplete)) == (400, "400", "/timeZone")


def test_an_id_is_taken_once(admin: Admin, organization: Organization) -> None:
    answer = admin.post("organizations", CORNER_SHOPS | {"id": organization.org_id})
    assert problem(answer) == (409, "organization-id-taken", "/id")


def test_a_chosen_id_is_not_given_again(admin: Admin) -> None:
    first = made(admin.post("organizations", CORNER_SHOPS))["id"]
    made(admin.post("organizations", CORNER_SHOPS | {"id": first + 1}))
    assert made(admin.post("organizations", CORNER_SHOPS))["id"] > first + 1


def test_the_name_changes_and_what_bills_were_computed_with_does_not(admin: Admin, organization: Organization) -> None:
    of_organization = admin.under(f"organizations/{organization.org_id}")
    before = of_organization.get().ok()
    after = of_organization.patch("", {"name": "Other name", "timeZone": before["timeZone"]}).ok()
    assert (after["name"], after["timeZone"]) == ("Other name", before["timeZone"])
    assert after["configVersion"] > before["configVersion"]
    for field, value in {
        "timeZone": "UTC",
        "countryCode": "AE",
        "currency": "AED",
        "currencyDecimals": 3,
        "primaryIdentifier": "email",
    }.items():
        assert problem(of_organization.patch("", {field: value})) == (409, "fixed", f"/{field}")
    assert of_organization.get().ok() == after


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("GET", "stores", None),
        ("POST", "stores", {"code": "s"}),
        ("GET", "tills", None),
        ("GET", "concepts", None),
        ("GET", "zones", None),
        ("GET", "till-lookups", None),
        ("GET", "clients", None),
        ("POST", "clients", {"name": "x", "defaultTillId": 1}),
        ("GET", "access-groups", None),
        ("POST", "access-groups", {"name": "x"}),
        ("GET", "config", None),
        ("PUT", "config/CONF_POINTS_RETURN_ENABLED", {"value": True}),
        ("GET", "connected", None),
        ("GET", "webhooks", None),
        ("POST", "webhooks", {"url": "https://example.com/"}),
    ],
)
def test_an_organisation_that_there_is_not_is_not_found(admin: Admin, method: str, path: str, body: Json) -> None:
    answer = admin.send(method, f"organizations/999999999/{path}".rstrip("/"), body)
    assert problem(answer) == (404, "organization-unknown", "/organizationId")


def test_organisations_are_listed_in_pages_by_id(admin: Admin) -> None:
    ids = [made(admin.post("organizations", CORNER_SHOPS))["id"] for _ in range(3)]
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = admin.get("organizations", limit=2, **cursor).ok()
        assert len(page["items"]) <= 2
        assert "total" not in page
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == sorted(set(seen))
    assert set(ids) <= set(seen)
    assert admin.get("organizations", limit=1, total=True).ok()["total"] == len(seen)


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"cursor": "garbage"}, {"cursor": "IlwwIg"}]
)
def test_a_page_that_cannot_be_is_refused(admin: Admin, query: dict[str, object]) -> None:
    status, _, pointer = problem(admin.get("organizations", **query))
    assert (status, pointer) == (400, "/" + next(iter(query)))


def test_a_cursor_made_by_hand_does_no_harm(of_organization: Admin) -> None:
    for text in ('"\\u0000"', "99999999999999999999", "[1]", "null", '{"a":1}'):
        cursor = base64.urlsafe_b64encode(text.encode()).decode()
        assert problem(of_organization.get("stores", cursor=cursor))[0] == 400
