"""Concepts, zones and stores: their lives, and whom their ids lead to."""

from __future__ import annotations

import secrets

import psycopg
import pytest

from tests.api.own.admin import Admin, made, problem
from tests.conftest import MakeOrganization
from tests.support.organizations import Organization
from tests.support.till import Json


@pytest.mark.parametrize("kind", ["concepts", "zones"])
def test_the_life_of_a_concept_and_a_zone(of_organization: Admin, kind: str) -> None:
    top = made(of_organization.post(kind, {"code": "top"}))
    assert top == {
        "id": top["id"], "code": "top", "name": "top", "description": "", "parentId": None, "isActive": True,
    }  # fmt: skip
    below = made(of_organization.post(kind, {"code": "below", "name": "Below", "parentId": top["id"]}))
    assert of_organization.get(f"{kind}/{below['id']}").ok() == below
    changed = of_organization.patch(f"{kind}/{below['id']}", {"description": "further down", "parentId": None}).ok()
    assert changed == below | {"description": "further down", "parentId": None}
    codes = [one["code"] for one in of_organization.get(kind).ok()["items"]]
    assert codes == sorted(codes)
    assert {"top", "below"} <= set(codes)


@pytest.mark.parametrize("kind", ["concepts", "zones"])
def test_no_entity_stands_below_itself(of_organization: Admin, kind: str) -> None:
    first = made(of_organization.post(kind, {"code": "first"}))["id"]
    second = made(of_organization.post(kind, {"code": "second", "parentId": first}))["id"]
    for parent in (first, second):
        answer = of_organization.patch(f"{kind}/{first}", {"parentId": parent})
        assert problem(answer) == (409, "parent-below-itself", "/parentId")
    unknown = of_organization.patch(f"{kind}/{first}", {"parentId": 999_999_999})
    assert problem(unknown) == (404, f"{kind.removesuffix('s')}-unknown", "/parentId")


@pytest.mark.parametrize(
    ("kind", "body"), [("concepts", {"code": "c"}), ("zones", {"code": "z"}), ("stores", {"code": "s"})]
)
def test_a_code_is_unique_and_well_formed(of_organization: Admin, kind: str, body: Json) -> None:
    made(of_organization.post(kind, body))
    assert problem(of_organization.post(kind, body | {"name": "another"})) == (409, "code-taken", "/code")
    for code in ("", "Upper", "1st", "with space", "x" * 51, "trailing\n", "naïve"):
        assert problem(of_organization.post(kind, {"code": code})) == (400, "400", "/code")


def test_the_life_of_a_store(of_organization: Admin) -> None:
    concept = made(of_organization.post("concepts", {"code": "retail"}))["id"]
    zone = made(of_organization.post("zones", {"code": "south"}))["id"]
    body = {"code": "third", "name": "Third Street", "conceptId": concept, "zoneId": zone, "externalIds": ["ERP-3"]}
    store = made(of_organization.post("stores", body))
    assert store == body | {"id": store["id"], "description": "", "accessGroupId": None, "isActive": True}
    changes = {"name": "Fourth Street", "zoneId": None, "externalIds": ["ERP-4", "WMS-4", "X-4"]}
    changed = of_organization.patch(f"stores/{store['id']}", changes).ok()
    assert changed == store | changes
    assert of_organization.get(f"stores/{store['id']}").ok() == changed
    assert of_organization.patch(f"stores/{store['id']}", {"isActive": False}).ok()["isActive"] is False
    listed = of_organization.get("stores", isActive=True).ok()["items"]
    assert "third" not in {one["code"] for one in listed}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": "Taken"}, (409, "store-name-taken", "/name")),
        ({"externalIds": ["A", "E-2"]}, (409, "external-id-taken", "/externalIds/1")),
        ({"externalIds": ["A", "A"]}, (400, "external-id-twice", "/externalIds")),
        ({"externalIds": ["A", "B", "C", "D"]}, (400, "400", "/externalIds")),
        ({"externalIds": [""]}, (400, "400", "/externalIds/0")),
        ({"conceptId": 999_999_999}, (404, "concept-unknown", "/conceptId")),
        ({"zoneId": 999_999_999}, (404, "zone-unknown", "/zoneId")),
        ({"accessGroupId": 999_999_999}, (404, "access-group-unknown", "/accessGroupId")),
        ({"description": "x" * 251}, (400, "400", "/description")),
    ],
)
def test_what_a_store_may_not_be(of_organization: Admin, body: Json, expected: tuple[int, str, str]) -> None:
    made(of_organization.post("stores", {"code": "one", "name": "Taken", "externalIds": ["E-1", "E-2"]}))
    assert problem(of_organization.post("stores", {"code": "two"} | body)) == expected
    other = made(of_organization.post("stores", {"code": "three"}))["id"]
    assert problem(of_organization.patch(f"stores/{other}", body)) == expected


def test_a_store_keeps_its_own_name_and_external_ids(of_organization: Admin) -> None:
    store = made(of_organization.post("stores", {"code": "one", "name": "Same", "externalIds": ["E-1"]}))
    same = {"name": "Same", "externalIds": ["E-1"]}
    assert of_organization.patch(f"stores/{store['id']}", same).ok() == store


def test_what_stands_in_an_entity_keeps_it_active(of_organization: Admin) -> None:
    concept = made(of_organization.post("concepts", {"code": "retail"}))["id"]
    store = made(of_organization.post("stores", {"code": "third", "conceptId": concept}))["id"]
    code = f"till.{secrets.token_hex(4)}"
    till = made(of_organization.post("tills", {"code": code, "password": "long enough", "storeId": store}))["id"]

    off = {"isActive": False}
    assert problem(of_organization.patch(f"concepts/{concept}", off)) == (409, "still-in-use", "/isActive")
    assert problem(of_organization.patch(f"stores/{store}", off)) == (409, "still-in-use", "/isActive")
    for path in (f"tills/{till}", f"stores/{store}", f"concepts/{concept}"):
        of_organization.patch(path, off).ok()

    on = {"isActive": True}
    assert problem(of_organization.patch(f"tills/{till}", on)) == (409, "store-inactive", "/isActive")
    assert problem(of_organization.patch(f"stores/{store}", on)) == (404, "concept-unknown", "/conceptId")
    for path in (f"concepts/{concept}", f"stores/{store}", f"tills/{till}"):
        of_organization.patch(path, on).ok()


def test_ids_of_another_organisation_are_not_found(
    admin: Admin, of_organization: Admin, make_organization: MakeOrganization
) -> None:
    other = admin.under(f"organizations/{make_organization().org_id}")
    for kind in ("concepts", "zones", "stores", "tills"):
        theirs = other.get(kind).ok()["items"][0]["id"]
        slug = f"{kind.removesuffix('s')}-unknown"
        assert other.get(f"{kind}/{theirs}").status == 200
        assert problem(of_organization.get(f"{kind}/{theirs}"))[:2] == (404, slug)
        assert problem(of_organization.patch(f"{kind}/{theirs}", {"description": "mine"}))[:2] == (404, slug)
    store = other.get("stores").ok()["items"][0]
    for field, kind in (("conceptId", "concept"), ("zoneId", "zone")):
        answer = of_organization.post("stores", {"code": "thief", field: store[field]})
        assert problem(answer) == (404, f"{kind}-unknown", f"/{field}")
    till = {"code": "thief.till", "password": "long enough", "storeId": store["id"]}
    assert problem(of_organization.post("tills", till)) == (404, "store-unknown", "/storeId")


def test_an_id_of_another_kind_is_not_found(of_organization: Admin) -> None:
    store = of_organization.get("stores").ok()["items"][0]["id"]
    assert problem(of_organization.get(f"tills/{store}"))[:2] == (404, "till-unknown")
    assert problem(of_organization.get(f"concepts/{store}"))[:2] == (404, "concept-unknown")
    assert problem(of_organization.get("stores/0"))[0] == 400
    assert problem(of_organization.get("stores/x")) == (400, "400", "/id")


def test_tills_move_along_with_their_store(of_organization: Admin, organization: Organization) -> None:
    """Nothing shows it yet: promotions and programmes will ask a till for its zone."""
    zone = made(of_organization.post("zones", {"code": "elsewhere"}))["id"]
    store = of_organization.get("stores").ok()["items"][0]["id"]
    of_organization.patch(f"stores/{store}", {"zoneId": zone, "conceptId": None}).ok()
    with psycopg.connect(organization.server.owner_url) as connection:
        rows = connection.execute(
            "SELECT DISTINCT concept_id, zone_id FROM org_entity WHERE org_id = %s AND store_id = %s",
            [organization.org_id, store],
        ).fetchall()
    assert rows == [(None, zone)]


def test_stores_are_listed_in_pages_by_code(of_organization: Admin) -> None:
    for number in range(5):
        made(of_organization.post("stores", {"code": f"a{number}"}))
    first = of_organization.get("stores", limit=3, total=True).ok()
    rest = of_organization.get("stores", limit=100, cursor=first["next"]).ok()
    codes = [one["code"] for one in (*first["items"], *rest["items"])]
    assert codes == sorted(codes)
    assert len(codes) == first["total"] == 7
    assert rest["next"] is None
