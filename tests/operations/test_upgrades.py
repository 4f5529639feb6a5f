"""A migration that keeps to the rules of docs/operations.md is applied while a server of the version before serves."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest

from earnest.core.db import yoyo_backend
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.migrate import ADVISORY_LOCK, MIGRATIONS, extend_partitions, migrate, read_status
from earnest.core.operator_error import OperatorError
from tests.database import product_sql
from tests.operations.running import Customers
from tests.support.organizations import new_organization
from tests.support.server import Server, running_server
from tests.support.shop import points_of, register, sell
from tests.support.throwaway import throwaway_database
from tests.support.waiting import wait_until

# One of each kind that a version may bring.
NEW_FILES = {
    "9001_expand": """
        ALTER TABLE customer ADD COLUMN nickname text;
        ALTER TABLE bill ADD COLUMN channel text NOT NULL DEFAULT '';
        ALTER TABLE outbox ADD COLUMN trace text NOT NULL DEFAULT '';
        ALTER TABLE wallet ADD CONSTRAINT wallet_purchases CHECK (purchases >= 0) NOT VALID;
        CREATE TABLE nickname (
            org_id int NOT NULL,
            customer_id bigint NOT NULL,
            name text NOT NULL,
            PRIMARY KEY (org_id, customer_id)
        );
        ALTER TABLE nickname ENABLE ROW LEVEL SECURITY;
        CREATE POLICY tenant ON nickname TO earnest_app
            USING (org_id = nullif(current_setting('app.org_id', true), '')::int);
        GRANT SELECT, INSERT ON nickname TO earnest_app;
    """,
    "9002_validate": "ALTER TABLE wallet VALIDATE CONSTRAINT wallet_purchases;",
    "9003_index": """-- transactional: false
        DROP INDEX CONCURRENTLY IF EXISTS bill_store;
        CREATE INDEX CONCURRENTLY bill_store ON bill (org_id, store_id, billed_at);
    """,
    "9004_contract": "DROP INDEX bill_store; ALTER TABLE customer DROP COLUMN nickname;",
}


@pytest.fixture
def urls(database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    with throwaway_database(database) as urls:
        yield urls


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The migrations of a version to come."""
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    for name, text in NEW_FILES.items():
        (folder / f"{name}.sql").write_text(text)
    return folder


@pytest.fixture
def server(urls: DatabaseUrls, tmp_path: Path) -> Iterator[Server]:
    with running_server(urls, tmp_path / "server.log") as server:
        yield server


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, timeout=120, trust_env=False) as http:
        yield http


def test_no_call_fails_while_a_newer_version_migrates(
    server: Server, http: httpx.Client, urls: DatabaseUrls, files: Path
) -> None:
    organization = new_organization(server, http)
    with Customers([organization.till] * 4) as customers:
        customers.wait_for(20)
        applied = migrate(urls.owner, files)
        # Statements that were prepared before are used again.
        customers.wait_for(20)
        member = register(organization.till)
        sell(organization.till, member, 100)
        assert points_of(organization.till, member) == 10
    assert applied == list(NEW_FILES)
    assert read_status(urls.owner, files).pending == ()
    assert '"status":500' not in server.log()


def test_a_migration_waits_for_a_busy_table_without_keeping_calls_waiting(
    server: Server, http: httpx.Client, urls: DatabaseUrls, files: Path
) -> None:
    organization = new_organization(server, http)
    for name in ("9002_validate", "9003_index", "9004_contract"):
        (files / f"{name}.sql").unlink()
    told: list[str] = []
    applied: list[str] = []
    migrating = threading.Thread(target=lambda: applied.extend(migrate(urls.owner, files, report=told.append)))
    with psycopg.connect(urls.owner) as reading, Customers([organization.till] * 4) as customers:
        # As a backup or a report does: for long, and harming nobody.
        reading.execute("SELECT count(*) FROM customer")
        migrating.start()
        wait_until(lambda: len(told) >= 2)
        customers.wait_for(20)
        assert applied == []
        reading.rollback()
        migrating.join()
    assert applied == ["9001_expand"]
    assert told[0] == "The migration 9001_expand waits for a lock that others hold; attempt 1 was undone."


def test_a_table_that_stays_busy_ends_the_migration_with_its_reason(
    urls: DatabaseUrls, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yoyo_backend, "ATTEMPTS_MAX", 1)
    monkeypatch.setattr(yoyo_backend, "LOCK_TIMEOUT_MS", 50)
    with psycopg.connect(urls.owner) as reading:
        reading.execute("SELECT count(*) FROM customer")
        with pytest.raises(OperatorError, match=r"9001_expand was undone: in 1 attempts it did not get a lock"):
            migrate(urls.owner, files)
    assert read_status(urls.owner, files).pending == tuple(NEW_FILES)


def test_no_statement_of_a_server_answers_with_all_columns_of_a_table() -> None:
    """A new column would change what a prepared statement answers, and PostgreSQL refuses that in a transaction."""
    star = re.compile(r"(?:SELECT|RETURNING)\s+\*|(?<![\w.])(?!x\.)[a-z_]\w*\.\*", re.IGNORECASE)
    found = [
        str(statement)
        for statement in product_sql.statements()
        # Columns of arrays (x.*) are those of the statement. What only reads beside the servers starts anew each time.
        if statement.path.name not in ("reconcile.sql",) and star.search(statement.text)
    ]
    assert found == []


def test_who_has_to_wait_for_another_migration_or_a_backup_is_told(urls: DatabaseUrls, files: Path) -> None:
    told: list[str] = []
    with psycopg.connect(urls.owner, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock_shared(%s)", [ADVISORY_LOCK])
        migrating = threading.Thread(target=migrate, args=(urls.owner, files), kwargs={"report": told.append})
        migrating.start()
        wait_until(lambda: told)
        other.execute("SELECT pg_advisory_unlock_all()")
        migrating.join()
    assert told == ["Another process migrates this database or backs it up: waiting for it."]
    assert read_status(urls.owner, files).pending == ()


def test_partitions_are_left_for_later_while_their_table_is_busy(urls: DatabaseUrls) -> None:
    future = datetime(2090, 1, 1, tzinfo=UTC)
    with psycopg.connect(urls.owner) as reading:
        reading.execute("SELECT count(*) FROM outbox")
        assert extend_partitions(urls.owner, future) == 0
    assert extend_partitions(urls.owner, future) > 0
