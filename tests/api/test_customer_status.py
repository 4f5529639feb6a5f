"""PUT /v2/customers/lookup/status and GET /v2/customers/{customerId}/statusLog (03-customer-lookup/04, 02-customer-v2/21)."""

from __future__ import annotations

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

NOW = "2025-06-02T16:00:00+05:30"
LABELS = [
    {"label": "Active", "status": "ACTIVE"},
    {"label": "Suspicious", "status": "SUSPENDED", "actions": ["BLOCK_POINTS_REDEMPTION"]},
    {"label": "Closed", "status": "DELETED", "actions": ["BLOCK_TRANSACTIONS", "BLOCK_POINTS_REDEMPTION"]},
]
CONFIG = {"CONF_CUSTOMER_DEFAULT_STATUS_ENABLED": True, "EARNEST_CUSTOMER_STATUS_LABELS": LABELS}


@pytest.fixture(scope="module")
def organization(make_shared_organization: MakeOrganization) -> Organization:
    return make_shared_organization(config=CONFIG)


@pytest.fixture(scope="module")
def till(organization: Organization) -> Till:
    return organization.till.at(NOW)


def change(till: Till, member: Member, label: Json, reason: Json = "seen twice", **more: Json) -> Answer:
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    return till.put("/v2/customers/lookup/status", {"label": label, "reason": reason, **more}, **named)


def log_of(till: Till, member: Member) -> list[Json]:
    rows: list[Json] = till.get(f"/v2/customers/{member.id}/statusLog").ok()["data"]
    return rows


def test_a_new_customer_has_the_first_active_label(till: Till) -> None:
    member = shop.register(till)
    (row,) = log_of(till, member)
    assert (row["label"], row["status"], row["isActive"], row["actions"]) == ("Active", "ACTIVE", True, [])
    assert shop.details_of(till, member, embed="customerStatus")["customerStatus"]["label"] == "Active"


def test_each_change_adds_a_row_and_deactivates_the_former_one(till: Till) -> None:
    member = shop.register(till)
    assert change(till, member, "Suspicious", createdOn="2025-06-01T09:17:06Z").ok() == {"warnings": [], "error": []}
    assert change(till.at("2025-06-03T10:00:00+05:30"), member, "Active", "cleared").ok()
    rows = log_of(till, member)
    assert [(row["label"], row["isActive"]) for row in rows] == [
        ("Active", True),
        ("Suspicious", False),
        ("Active", False),
    ]
    row = rows[1]
    assert row.pop("createdBy") > 0
    assert row == {
        "createdByUser": till.username,
        "reason": "seen twice",
        "actions": ["BLOCK_POINTS_REDEMPTION"],
        "autoUpdateTime": "2025-06-02",
        "createdOn": "2025-06-01T14:47:06+05:30",
        "entityId": member.id,
        "isActive": False,
        "label": "Suspicious",
        "status": "SUSPENDED",
    }


@pytest.mark.parametrize(
    ("label", "reason", "more", "code"),
    [
        ("Unknown", "x", {}, 8086),
        ("", "x", {}, 8086),
        ("suspicious", "x", {}, 8086),
        ("Active", "", {}, 400),
        ("Active", "x" * 256, {}, 400),
        ("Active", "x", {"createdOn": "yesterday"}, 400),
        ("Active", "x", {"createdOn": "2025-06-03T00:00:00Z"}, 400),
    ],
)
def test_what_is_not_valid_changes_nothing(till: Till, label: str, reason: str, more: Json, code: int) -> None:
    member = shop.register(till)
    assert change(till, member, label, reason, **more).code == code
    assert len(log_of(till, member)) == 1


def test_a_label_may_be_given_with_the_registration(till: Till) -> None:
    body = shop.customer() | {"statusLabel": "Suspicious"}
    member = Member(till.post("/v2/customers", body).ok()["createdId"], "")
    assert [row["label"] for row in log_of(till, member)] == ["Suspicious"]
    assert till.post("/v2/customers", shop.customer() | {"statusLabel": "Unknown"}).code == 8086


def test_without_an_active_label_a_registration_warns(make_organization: MakeOrganization) -> None:
    till = make_organization(config=CONFIG | {"EARNEST_CUSTOMER_STATUS_LABELS": LABELS[1:]}).till.at(NOW)
    assert till.post("/v2/customers", shop.customer()).warning_codes == [8107]


def test_where_statuses_are_off_there_are_none(make_organization: MakeOrganization) -> None:
    till = make_organization(config={"EARNEST_CUSTOMER_STATUS_LABELS": LABELS}).till.at(NOW)
    member = shop.register(till)
    assert change(till, member, "Active").code == 8108
    assert till.get(f"/v2/customers/{member.id}/statusLog").code == 8108
    assert "customerStatus" not in shop.details_of(till, member, embed="customerStatus")


def test_who_is_not_there_has_no_status(till: Till) -> None:
    assert change(till, Member(0, shop.new_mobile()), "Active").code == 8015
    assert till.get("/v2/customers/987654321/statusLog").code == 8015
