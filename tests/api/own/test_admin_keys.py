"""Named keys of administrators: each opens the admin API, and the audit log says whose it was."""

from __future__ import annotations

import re
import secrets

import httpx
import psycopg
import pytest

from earnest.core.operator_error import OperatorError
from tests.api.own.admin import Admin
from tests.api.own.test_commands import Run, run
from tests.support.organizations import Organization
from tests.support.server import Server

__all__ = ["run"]


def made(run: Run, name: str) -> str:
    found = re.fullmatch(rf"Key of {name}, shown only here: (eak_\S{{40,}})\n", run("keys", "admin", "add", name))
    assert found is not None
    return found[1]


@pytest.fixture
def name() -> str:
    return f"asha.{secrets.token_hex(4)}"


def test_a_named_key_opens_the_admin_api_and_the_audit_log_names_it(
    run: Run, name: str, server: Server, http: httpx.Client, organization: Organization
) -> None:
    key = made(run, name)
    theirs = Admin(http, key)
    theirs.put(f"organizations/{organization.org_id}/config/CONF_POINTS_RETURN_ENABLED", {"value": False}).ok()
    Admin(http, server.admin_key).patch(f"organizations/{organization.org_id}", {"name": "Other"}).ok()
    entries = theirs.get("audit", organizationId=organization.org_id).ok()["items"]
    assert [entry["actor"] for entry in entries] == ["admin", name]
    assert len(theirs.get("audit", organizationId=organization.org_id, actor=name).ok()["items"]) == 1


def test_a_revoked_key_is_refused_from_the_next_call_on_and_its_name_is_not_given_again(
    run: Run, name: str, server: Server, http: httpx.Client
) -> None:
    key = made(run, name)
    assert Admin(http, key).get("organizations", limit=1).status == 200
    assert "valid" in next(line for line in run("keys", "admin", "list").splitlines() if name in line)
    assert run("keys", "admin", "revoke", name) == f"The key of {name} is revoked.\n"
    assert Admin(http, key).get("organizations", limit=1).status == 401
    assert "revoked" in next(line for line in run("keys", "admin", "list").splitlines() if name in line)
    for command in ("revoke", "add"):
        with pytest.raises(OperatorError, match=name):
            run("keys", "admin", command, name)


@pytest.mark.parametrize("name", ["admin", "", "Asha", "a b", "command line", "-a", "a" * 64])
def test_a_name_that_is_none_is_refused(run: Run, name: str) -> None:
    with pytest.raises(OperatorError, match="no name for a key"):
        run("keys", "admin", "add", "--", name)


def test_only_a_hash_is_stored_and_the_server_may_only_read_it(run: Run, name: str, server: Server) -> None:
    key = made(run, name)
    with psycopg.connect(server.owner_url) as connection:
        row = connection.execute("SELECT k::text, octet_length(key_hash) FROM admin_key k WHERE name = %s", [name])
        text, length = row.fetchone() or ("", 0)
    assert key not in text
    assert length == 32
    with psycopg.connect(server.app_url) as connection:
        for statement in ("DELETE FROM admin_key", "UPDATE admin_key SET revoked_at = NULL"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)
    assert key not in server.log()


@pytest.mark.parametrize("value", ["Bearer", "Bearer eak_", "Basic {key}", "{key}", "Bearer {key}x"])
def test_what_is_not_quite_a_key_opens_nothing(run: Run, name: str, http: httpx.Client, value: str) -> None:
    key = made(run, name)
    answer = http.get("/earnest/v1/organizations", headers={"Authorization": value.format(key=key)})
    assert answer.status_code == 401
