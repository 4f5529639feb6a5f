"""Tokens against a served Earnest, the demo's client, and the commands for keys."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import pytest
from typer.testing import CliRunner

from earnest.cli import app
from earnest.core.clients import IssuedSecret, NewClient, create_client
from earnest.core.db.embedded import DatabaseUrls
from earnest.demo.seed import CLIENT_KEY, CLIENT_SECRET, seed
from tests.support.blocking import finish
from tests.support.organizations import Organization
from tests.support.server import Server

CUSTOMER = {
    "profiles": [
        {
            "source": "INSTORE",
            "firstName": "Asha",
            "identifiers": [{"type": "mobile", "value": "919800000001"}],
        }
    ],
    "loyaltyInfo": {"loyaltyType": "loyalty"},
}


def issue(organization: Organization) -> IssuedSecret:
    async def create() -> IssuedSecret:
        connection = await asyncpg.connect(organization.server.owner_url)
        try:
            till_id = await connection.fetchval(
                "SELECT id FROM org_entity WHERE org_id = $1 AND code = $2",
                organization.org_id,
                organization.till.username,
            )
            new = NewClient(name="backend", default_till_id=till_id)
            async with connection.transaction():
                return await create_client(connection, organization.org_id, new, now=datetime.now(UTC))
        finally:
            await connection.close()

    return finish(create())


def generate(http: httpx.Client, key: str, secret: str) -> httpx.Response:
    return http.post("/v3/oauth/token/generate", json={"key": key, "secret": secret})


def test_a_backend_registers_a_customer_for_the_till_it_names(http: httpx.Client, organization: Organization) -> None:
    issued = issue(organization)
    token = generate(http, issued.client.key, issued.secret).json()["data"]["accessToken"]
    other = organization.other_store_till.username
    headers = {"X-CAP-API-OAUTH-TOKEN": token, "X-CAP-API-ATTRIBUTION-ENTITY-CODE": other}
    added = http.post("/v2/customers", params={"source": "INSTORE"}, json=CUSTOMER, headers=headers)
    assert added.status_code == 200, added.text
    customer = organization.till.get(f"/v2/customers/{added.json()['createdId']}", source="INSTORE").ok()
    assert customer["profiles"][0]["attribution"]["createdBy"]["code"] == other


def test_a_client_that_is_switched_off_elsewhere_is_refused_at_its_next_call(
    http: httpx.Client, organization: Organization, server: Server
) -> None:
    """Whether or not the notice was quicker: a call that reads or writes points meets the newer config_version."""
    issued = issue(organization)
    headers = {"X-CAP-API-OAUTH-TOKEN": generate(http, issued.client.key, issued.secret).json()["data"]["accessToken"]}
    assert http.post("/v2/customers", json=CUSTOMER, headers=headers).status_code == 200

    async def deactivate() -> None:
        connection = await asyncpg.connect(server.owner_url)
        try:
            from earnest.core.clients import deactivate_client

            async with connection.transaction():
                await deactivate_client(connection, organization.org_id, issued.client.id)
        finally:
            await connection.close()

    finish(deactivate())
    assert http.post("/v2/customers", json=CUSTOMER, headers=headers).status_code == 401


def test_the_demo_has_a_client_also_where_it_was_seeded_before_there_were_clients(
    http: httpx.Client, database: DatabaseUrls, server: Server
) -> None:
    seed(database.owner)

    async def forget() -> None:
        connection = await asyncpg.connect(database.owner)
        await connection.execute("DELETE FROM client WHERE org_id = 100")
        await connection.execute("DELETE FROM client_index WHERE org_id = 100")
        await connection.close()

    finish(forget())
    seed(database.owner)
    seed(database.owner)
    answer = generate(http, CLIENT_KEY, CLIENT_SECRET)
    assert answer.status_code == 200
    headers = {"X-CAP-API-OAUTH-TOKEN": answer.json()["data"]["accessToken"]}
    (profile,) = CUSTOMER["profiles"]  # type: ignore[misc]
    mobile = {"type": "mobile", "value": f"9198{secrets.randbelow(10**8):08}"}
    body = {**CUSTOMER, "profiles": [{**profile, "identifiers": [mobile]}]}
    added = http.post("/v2/customers", params={"source": "INSTORE"}, json=body, headers=headers)
    assert added.status_code == 200, added.text


@pytest.fixture
def command(database: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    """The command line, on the test's database."""
    monkeypatch.setenv("DATABASE_ADMIN_URL", database.owner)
    monkeypatch.setenv("EARNEST_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "120")
    yield CliRunner()


def test_keys_are_rotated_and_listed(command: CliRunner, tmp_path: Path) -> None:
    first, second = (command.invoke(app, ["keys", "rotate"]) for _ in range(2))
    assert first.exit_code == second.exit_code == 0, first.output
    old, new = (result.output.split()[2] for result in (first, second))
    listed = command.invoke(app, ["keys", "list"])
    assert listed.exit_code == 0, listed.output
    lines = {kid: line for line in listed.output.splitlines() for kid in (old, new) if kid in line}
    assert "signs and verifies" in lines[new]
    assert "verifies until" in lines[old]
    assert (tmp_path / "data" / "secret.key").exists()


def test_keys_can_be_revoked(command: CliRunner) -> None:
    old = command.invoke(app, ["keys", "rotate"]).output.split()[2]
    assert command.invoke(app, ["keys", "rotate", "--revoke"]).exit_code == 0
    (line,) = [line for line in command.invoke(app, ["keys", "list"]).output.splitlines() if old in line]
    assert "ended" in line


def test_a_short_secret_key_is_one_sentence(command: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EARNEST_SECRET_KEY", "short")
    result = command.invoke(app, ["keys", "list"])
    assert result.exit_code == 1
    assert "EARNEST_SECRET_KEY must have at least 32 characters" in str(result.exception)
