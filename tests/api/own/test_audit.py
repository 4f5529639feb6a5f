"""Every change that an administrator makes stands in the audit log: who, when, what it was, what it is."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.api.own.admin import Admin, made, problem
from tests.conftest import MakeOrganization
from tests.support.organizations import Organization
from tests.support.till import Answer, Json

PASSWORD, SECRET = "a password that nobody sees", "a-secret-that-nobody-sees"


def entries(admin: Admin, org_id: int, **query: object) -> list[Json]:
    found: list[Json] = admin.get("audit", organizationId=org_id, limit=100, **query).ok()["items"]
    return found


@pytest.fixture
def store(of_organization: Admin) -> Json:
    return of_organization.get("stores").ok()["items"][0]


@pytest.fixture
def till(of_organization: Admin) -> Json:
    return of_organization.get("tills").ok()["items"][0]


Write = Callable[[Admin, Json, Json], Answer]

WRITES: dict[str, tuple[Write, str, str]] = {
    "organization": (lambda a, s, t: a.patch("", {"name": "New"}), "update", "organization"),
    "concept": (lambda a, s, t: a.post("concepts", {"code": "new"}), "create", "concept"),
    "zone": (lambda a, s, t: a.patch(f"zones/{s['zoneId']}", {"name": "New"}), "update", "zone"),
    "store": (lambda a, s, t: a.patch(f"stores/{s['id']}", {"externalIds": ["E"]}), "update", "store"),
    "new store": (lambda a, s, t: a.post("stores", {"code": "new"}), "create", "store"),
    "new till": (
        lambda a, s, t: a.post(
            "tills", {"code": f"till.{secrets.token_hex(4)}", "password": PASSWORD, "storeId": s["id"]}
        ),
        "create",
        "till",
    ),
    "till": (lambda a, s, t: a.patch(f"tills/{t['id']}", {"isActive": False}), "update", "till"),
    "password": (
        lambda a, s, t: a.put(f"tills/{t['id']}/password", {"password": PASSWORD}),
        "change-password",
        "till",
    ),
    "lookup": (lambda a, s, t: a.put("till-lookups/WECHAT/x", {"tillId": t["id"]}), "create", "till-lookup"),
    "client": (
        lambda a, s, t: a.post("clients", {"name": "c", "defaultTillId": t["id"], "secret": SECRET}),
        "create",
        "client",
    ),
    "access group": (lambda a, s, t: a.post("access-groups", {"name": "G"}), "create", "access-group"),
    "config": (lambda a, s, t: a.put("config/CONF_POINTS_RETURN_ENABLED", {"value": False}), "update", "config"),
    "webhook": (lambda a, s, t: a.post("webhooks", {"url": "https://example.com/hook"}), "create", "webhook"),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_change_leaves_one_entry(
    admin: Admin, of_organization: Admin, organization: Organization, store: Json, till: Json, name: str
) -> None:
    write, action, resource = WRITES[name]
    answer = write(of_organization, store, till)
    assert answer.status in (200, 201), answer.text
    (entry,) = entries(admin, organization.org_id)
    assert (entry["actor"], entry["action"], entry["resource"]) == ("admin", action, resource)
    assert entry["requestId"] == answer.headers["x-cap-requestid"]
    assert abs(datetime.fromisoformat(entry["recordedAt"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert (entry["before"] is None) == (action == "create")
    assert PASSWORD not in str(entry)
    assert SECRET not in str(entry)


@pytest.mark.parametrize("name", WRITES)
def test_a_dry_run_answers_the_same_and_changes_nothing(
    admin: Admin, of_organization: Admin, organization: Organization, store: Json, till: Json, name: str
) -> None:
    write, _, _ = WRITES[name]
    before = _rows(organization)
    dry = write(_DryRun(of_organization), store, till)
    assert dry.status in (200, 201), dry.text
    assert _rows(organization) == before
    real = write(of_organization, store, till)
    assert (dry.status, set(dry.body)) == (real.status, set(real.body))
    assert _rows(organization) != before


class _DryRun(Admin):
    """Every write as a dry run."""

    def __init__(self, admin: Admin) -> None:
        super().__init__(admin._http, admin._key, admin.base)

    def send(self, method: str, path: str, body: Json = None, **arguments: Json) -> Answer:
        params = {**(arguments.pop("params", None) or {}), "dry_run": True}
        return super().send(method, path, body, params=params, **arguments)


def _rows(organization: Organization) -> dict[str, str]:
    """A digest of all that the organisation has in any table."""
    with psycopg.connect(organization.server.owner_url) as connection:
        tables = connection.execute(
            "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        ).fetchall()
        found = {}
        for (table,) in tables:
            row = connection.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {table} t WHERE org_id = %s",
                [organization.org_id],
            ).fetchone()
            assert row is not None
            found[table] = row[0]
    return found


def test_an_entry_shows_what_it_was_and_what_it_is(
    admin: Admin, of_organization: Admin, organization: Organization, till: Json
) -> None:
    path = f"tills/{till['id']}"
    changed = of_organization.patch(path, {"description": "At the entrance"}).ok()
    of_organization.put(f"{path}/password", {"password": PASSWORD}).ok()
    password, update = entries(admin, organization.org_id)
    assert (update["resourceId"], update["before"], update["after"]) == (str(till["id"]), till, changed)
    assert (password["before"], password["after"]) == ({"password": "***"}, {"password": "***"})


def test_a_change_that_is_refused_leaves_no_entry(
    admin: Admin, of_organization: Admin, organization: Organization
) -> None:
    problem(of_organization.post("access-groups", {"name": "Full access"}))
    problem(of_organization.patch("", {"timeZone": "UTC"}))
    assert entries(admin, organization.org_id) == []


def test_making_an_organisation_is_the_first_entry_of_it(admin: Admin) -> None:
    body = {"name": "Corner Shops", "countryCode": "IN", "currency": "INR", "timeZone": "Asia/Kolkata"}
    organization = made(admin.post("organizations", body))
    (entry,) = entries(admin, organization["id"])
    assert (entry["action"], entry["resource"], entry["after"]) == ("create", "organization", organization)


def test_entries_are_filtered_and_come_in_pages_newest_first(
    admin: Admin, of_organization: Admin, organization: Organization
) -> None:
    for number in range(5):
        made(of_organization.post("zones", {"code": f"zone{number}"}))
    made(of_organization.post("concepts", {"code": "other"}))
    org_id = organization.org_id
    zones = entries(admin, org_id, resource="zone")
    assert [one["after"]["code"] for one in zones] == [f"zone{number}" for number in reversed(range(5))]
    first = admin.get("audit", organizationId=org_id, resource="zone", limit=2, total=True).ok()
    second = admin.get("audit", organizationId=org_id, resource="zone", limit=3, cursor=first["next"]).ok()
    assert first["items"] + second["items"] == zones
    assert (first["total"], second["next"]) == (5, None)

    middle = zones[2]["recordedAt"]
    assert entries(admin, org_id, resource="zone", since=middle) == zones[:3]
    assert entries(admin, org_id, resource="zone", until=middle) == zones[3:]
    assert entries(admin, org_id, resourceId=zones[1]["resourceId"]) == [zones[1]]
    assert len(entries(admin, org_id, actor="admin", action="create")) == 6
    assert entries(admin, org_id, actor="somebody") == []
    assert problem(admin.get("audit", organizationId=org_id, since="2025-01-01T00:00:00")) == (
        400, "offset-missing", "/since",
    )  # fmt: skip
    assert problem(admin.get("audit")) == (400, "400", "/organizationId")
    assert problem(admin.get("audit", organizationId=999_999_999))[:2] == (404, "organization-unknown")


def test_an_organisation_shows_its_own_entries_alone(
    admin: Admin, of_organization: Admin, organization: Organization, make_organization: MakeOrganization
) -> None:
    made(of_organization.post("zones", {"code": "mine"}))
    assert entries(admin, make_organization().org_id) == []
    assert len(entries(admin, organization.org_id)) == 1


def test_the_log_can_be_added_to_and_nothing_else(organization: Organization, of_organization: Admin) -> None:
    made(of_organization.post("zones", {"code": "kept"}))
    for statement in ("UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with psycopg.connect(organization.server.app_url) as connection:
            connection.execute(f"SET LOCAL app.org_id = {organization.org_id}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
