"""Connected organisations: who is whose child, and calls of a parent's client in the child's name."""

from __future__ import annotations

import httpx
import pytest

from tests.api.own.admin import Admin, made, problem
from tests.api.own.oauth import call, token
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import Answer, Json

NOT_CONNECTED = 310144


class Family:
    """A parent with a client, and a child."""

    def __init__(self, admin: Admin, http: httpx.Client, parent: Organization, child: Organization) -> None:
        self.admin, self.http = admin, http
        self.parent, self.child = parent, child
        self.of_parent = admin.under(f"organizations/{parent.org_id}")
        self.of_child = admin.under(f"organizations/{child.org_id}")
        tills = self.of_child.get("tills").ok()["items"]
        self.child_till = next(one for one in tills if one["code"] == child.till.username)
        own_till = self.of_parent.get("tills").ok()["items"][0]["id"]
        self.client = made(self.of_parent.post("clients", {"name": "head office", "defaultTillId": own_till}))
        self.token = token(http, self.client)

    @property
    def path(self) -> str:
        return f"connected/{self.child.org_id}"

    def connect(self, **body: Json) -> Json:
        return self.of_parent.put(self.path, {"defaultTillId": self.child_till["id"]} | body).ok()

    def register(self, mobile: str | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        path = "/v2/customers?source=INSTORE"
        return call(self.http, self.token, "POST", path, shop.customer(mobile), **named)

    def for_child(self, mobile: str | None = None, **headers: str) -> Answer:
        return self.register(mobile, X_CAP_EXT_ORGID=str(self.child.org_id), **headers)


@pytest.fixture
def family(admin: Admin, http: httpx.Client, make_organization: MakeOrganization) -> Family:
    return Family(admin, http, make_organization(), make_organization())


def test_the_life_of_a_connection(family: Family) -> None:
    connection = family.connect()
    assert connection == {
        "organizationId": family.child.org_id,
        "defaultTillId": family.child_till["id"],
        "connectedAt": connection["connectedAt"],
    }
    assert family.of_parent.get("connected").ok() == {"parentId": None, "children": [connection]}
    assert family.of_child.get("connected").ok() == {"parentId": family.parent.org_id, "children": []}
    assert family.of_parent.get().ok()["type"] == "SUPER_ORG"
    child = family.of_child.get().ok()
    assert (child["type"], child["parentId"]) == ("CHILD_ORG", family.parent.org_id)

    assert family.connect(defaultTillId=None) == connection | {"defaultTillId": None}
    parted = family.of_parent.delete(family.path).ok()
    assert parted == connection | {"defaultTillId": None}
    assert problem(family.of_parent.delete(family.path))[:2] == (404, "not-connected")
    assert family.of_child.get().ok()["type"] == family.of_parent.get().ok()["type"] == "STANDARD_ORG"


def test_there_are_two_levels_and_one_parent(family: Family, make_organization: MakeOrganization) -> None:
    family.connect()
    third = make_organization()
    of_third = family.admin.under(f"organizations/{third.org_id}")
    assert problem(of_third.put(family.path, {}))[:2] == (409, "child-of-another")
    assert problem(family.of_child.put(f"connected/{third.org_id}", {}))[:2] == (409, "parent-is-child")
    assert problem(of_third.put(f"connected/{family.parent.org_id}", {}))[:2] == (409, "child-is-parent")
    assert problem(of_third.put(f"connected/{third.org_id}", {}))[:2] == (400, "connected-to-itself")
    assert problem(of_third.put("connected/999999999", {}))[:2] == (404, "organization-unknown")
    own_till = of_third.get("tills").ok()["items"][0]["id"]
    wrong_till = family.of_parent.put(family.path, {"defaultTillId": own_till})
    assert problem(wrong_till) == (404, "till-unknown", "/defaultTillId")


def test_a_client_of_the_parent_registers_a_customer_of_the_child(family: Family) -> None:
    family.connect()
    mobile = shop.new_mobile()
    created = family.for_child(mobile).ok()["createdId"]
    member = shop.Member(created, mobile)
    assert shop.points_of(family.child.till, member) == 0
    assert family.parent.till.get(f"/v2/customers/{created}", source="INSTORE").status == 400
    # It is booked on the till that the connection names.
    details = family.child.till.get(f"/v2/customers/{created}", source="INSTORE").ok()
    assert family.child.till.username in str(details)


def test_without_a_till_of_the_connection_the_call_names_one(family: Family) -> None:
    family.connect(defaultTillId=None)
    assert family.for_child().status == 400
    attributed = family.for_child(
        X_CAP_API_ATTRIBUTION_ENTITY_TYPE="TILL", X_CAP_API_ATTRIBUTION_ENTITY_CODE=family.child.till.username
    )
    assert attributed.status == 200
    # A till of the parent is none of the child's.
    assert family.for_child(X_CAP_API_ATTRIBUTION_ENTITY_CODE=family.parent.till.username).status == 400


def test_the_access_group_is_the_one_that_the_parent_gave(family: Family) -> None:
    family.connect()
    group = made(family.of_parent.post("access-groups", {"name": "Readers", "grants": {"Customer": {"data": "READ"}}}))
    family.of_parent.patch(f"clients/{family.client['id']}", {"accessGroupId": group["id"]}).ok()
    assert family.for_child().status == 403
    family.of_parent.patch(f"clients/{family.client['id']}", {"accessGroupId": 1}).ok()
    nothing = made(family.of_child.post("access-groups", {"name": "Nothing"}))
    family.of_child.patch("", {"accessGroupId": nothing["id"]}).ok()
    assert family.for_child().status == 200


def test_who_is_not_connected_is_refused(family: Family) -> None:
    assert family.for_child().code == NOT_CONNECTED
    family.connect()
    assert family.for_child().status == 200
    family.of_parent.delete(family.path).ok()
    assert family.for_child().code == NOT_CONNECTED


@pytest.mark.parametrize("org_id", ["999999999", "0", "-1", "x", "", "99999999999999", "1e3"])
def test_an_organisation_that_there_is_not_is_refused(family: Family, org_id: str) -> None:
    assert family.register(X_CAP_EXT_ORGID=org_id).code == NOT_CONNECTED


def test_a_child_does_not_call_for_its_parent_and_a_till_for_nobody(family: Family, http: httpx.Client) -> None:
    family.connect()
    own = made(family.of_child.post("clients", {"name": "branch", "defaultTillId": family.child_till["id"]}))
    answer = call(
        http, token(http, own), "POST", "/v2/customers?source=INSTORE", shop.customer(),
        **{"X-CAP-EXT-ORGID": str(family.parent.org_id)},
    )  # fmt: skip
    assert answer.code == NOT_CONNECTED
    for_child = {"X-CAP-EXT-ORGID": str(family.child.org_id)}
    query = {"source": "INSTORE"}
    till = family.parent.till
    refused = till.send("POST", "/v2/customers", body=shop.customer(), params=query, headers=for_child)
    assert refused.code == NOT_CONNECTED
    for_itself = {"X-CAP-EXT-ORGID": str(family.parent.org_id)}
    assert till.send("POST", "/v2/customers", body=shop.customer(), params=query, headers=for_itself).status == 200


def test_the_token_of_the_parent_may_stand_in_a_header_of_its_own(family: Family, http: httpx.Client) -> None:
    family.connect()
    own = made(family.of_child.post("clients", {"name": "branch", "defaultTillId": family.child_till["id"]}))
    child_token, path = token(http, own), "/v2/customers?source=INSTORE"
    parent = {"X-CAP-API-OAUTH-TOKEN-PARENT": family.token, "X-CAP-EXT-ORGID-PARENT": str(family.parent.org_id)}
    for_child = {"X-CAP-EXT-ORGID": str(family.child.org_id)}
    # Both tokens: the parent's counts where a child is named.
    assert call(http, child_token, "POST", path, shop.customer(), **parent, **for_child).status == 200
    # The parent's alone.
    alone = http.post(path, json=shop.customer(), headers=parent | for_child)
    assert alone.status_code == 200
    assert http.post(path, json=shop.customer(), headers=parent).status_code == 200
    # A parent that is not the token's.
    wrong = parent | {"X-CAP-EXT-ORGID-PARENT": str(family.child.org_id)}
    assert call(http, child_token, "POST", path, shop.customer(), **wrong, **for_child).code == NOT_CONNECTED


def test_the_connection_stands_in_the_audit_log_of_both(family: Family) -> None:
    family.connect()
    family.of_parent.delete(family.path).ok()
    for organization in (family.parent, family.child):
        entries = family.admin.get("audit", organizationId=organization.org_id, resource="connection").ok()["items"]
        assert [(one["action"], one["resourceId"]) for one in entries] == [
            ("delete", str(family.child.org_id)),
            ("create", str(family.child.org_id)),
        ]
