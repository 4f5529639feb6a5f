"""What the application's connections see of the rows of organisations, with a row of two organisations in every table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import namedtuple_row

from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.unscoped import UNSCOPED
from tests.support.throwaway import throwaway_database

OURS, THEIRS = 1, 2
Application = psycopg.Connection

# Some value of each type that a column without a default has.
VALUES = {
    "bigint": "1",
    "bigint[]": "'{}'",
    "boolean": "true",
    "bytea": "''",
    "date": "current_date",
    "integer": "1",
    "jsonb": "'{}'",
    "numeric": "1",
    "smallint": "1",
    "text": "'x'",
    "text[]": "'{}'",
    "timestamp with time zone": "now()",
    "uuid": "gen_random_uuid()",
}
COLUMNS = """
SELECT a.attrelid::regclass::text AS table, a.attname::text AS name, format_type(a.atttypid, NULL) AS type
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
"""
# Rules between the columns, which rows made of such values break.
CONSTRAINTS = """
SELECT conrelid::regclass::text AS table, conname::text AS name FROM pg_constraint
WHERE contype IN ('c', 'f') AND conrelid <> 0 AND conislocal AND connamespace = 'public'::regnamespace
ORDER BY contype DESC
"""


@pytest.fixture(scope="module")
def filled(database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A database that has one row of each of two organisations in every table of organisations."""
    with throwaway_database(database) as urls:
        with psycopg.connect(urls.superuser, row_factory=namedtuple_row) as connection:
            for table, name in connection.execute(CONSTRAINTS).fetchall():
                drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
                connection.execute(drop.format(sql.Identifier(table), sql.Identifier(name)))
            columns: dict[str, dict[str, str]] = {}
            for table, name, type_ in connection.execute(COLUMNS).fetchall():
                columns.setdefault(table, {})[name] = type_
            for table in tenant_tables(connection):
                values = columns[table]
                insert = sql.SQL("INSERT INTO {} ({}) SELECT {}").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(sql.Identifier(name) for name in values),
                    sql.SQL(", ").join(
                        sql.Placeholder() if name == "org_id" else sql.SQL(VALUES[type_])
                        for name, type_ in values.items()
                    ),
                )
                connection.execute(insert, [OURS])
                connection.execute(insert, [THEIRS])
        yield urls


def tenant_tables(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND NOT relispartition ORDER BY 1"
    ).fetchall()
    return [name for (name,) in rows if name not in UNSCOPED]


@pytest.fixture
def application(filled: DatabaseUrls) -> Iterator[Application]:
    with psycopg.connect(filled.app, autocommit=True) as connection:
        yield connection


def organizations_seen(connection: psycopg.Connection) -> dict[str, list[int]]:
    """The organisations that have rows, table by table."""
    return {
        name: [
            org_id
            for (org_id,) in connection.execute(
                sql.SQL("SELECT org_id FROM {} ORDER BY 1").format(sql.Identifier(name))
            )
        ]
        for name in tenant_tables(connection)
    }


def test_a_connection_sees_the_rows_of_its_organisation_and_without_one_none(
    filled: DatabaseUrls, application: Application
) -> None:
    with psycopg.connect(filled.owner) as owner:
        names = tenant_tables(owner)
        assert len(names) > 20
        assert organizations_seen(owner) == {name: [OURS, THEIRS] for name in names}
    nothing: dict[str, list[int]] = {name: [] for name in names}
    assert organizations_seen(application) == nothing
    with application.transaction():
        application.execute(f"SET LOCAL app.org_id = {OURS}")
        assert organizations_seen(application) == {name: [OURS] for name in names}
    # The setting has ended with its transaction and is now an empty string instead of missing.
    assert organizations_seen(application) == nothing


def test_rows_can_be_written_for_the_own_organisation_only(application: Application) -> None:
    insert = "INSERT INTO holder (org_id, id, kind) VALUES (%s, 2, 'USERGROUP2')"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(insert, [OURS])
    with application.transaction(force_rollback=True):
        application.execute(f"SET LOCAL app.org_id = {OURS}")
        application.execute(insert, [OURS])
    with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
        application.execute(f"SET LOCAL app.org_id = {OURS}")
        application.execute(insert, [THEIRS])


def test_rows_of_another_organisation_cannot_be_changed_or_given_away(application: Application) -> None:
    with application.transaction(force_rollback=True):
        application.execute(f"SET LOCAL app.org_id = {OURS}")
        assert application.execute("UPDATE wallet SET earned = earned + 1").rowcount == 1
        assert application.execute("UPDATE wallet SET earned = 1 WHERE org_id = %s", [THEIRS]).rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
        application.execute(f"SET LOCAL app.org_id = {OURS}")
        application.execute("UPDATE holder SET org_id = %s", [THEIRS])


@pytest.mark.parametrize("table", ["movement", "loyalty_event", "decision", "program_version"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET org_id = org_id", "DELETE FROM {}"])
def test_what_has_happened_can_be_neither_changed_nor_deleted(
    application: Application, table: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
        application.execute(f"SET LOCAL app.org_id = {OURS}")
        application.execute(sql.SQL(statement).format(sql.Identifier(table)))


def test_a_partition_cannot_be_read_past_its_table(application: Application) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
        application.execute(f"SET LOCAL app.org_id = {OURS}")
        application.execute("SELECT FROM decision_default")
