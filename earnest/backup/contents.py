"""What is in a database, in figures that can be compared: rows and checksums of tables, last values of sequences."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from earnest.backup.archive import TableContent

Connection = psycopg.Connection[tuple[Any, ...]]

# Text of values depends on these.
_SETTINGS = (
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)

# What an extension brought is not ours.
_RELATIONS = """
SELECT c.relname::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = %s
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname
"""


def settle(connection: Connection) -> None:
    """To be called in the transaction in which contents are read."""
    for setting in _SETTINGS:
        connection.execute(setting)


def table_names(connection: Connection) -> list[str]:
    """Tables with rows of their own: the partitions of a partitioned table, and not that one."""
    return [str(row[0]) for row in connection.execute(_RELATIONS, ["r"]).fetchall()]


def read_tables(connection: Connection) -> list[TableContent]:
    """All tables, in a transaction that was settled. Reads every row."""
    return [read_table(connection, name) for name in table_names(connection)]


def read_table(connection: Connection, name: str) -> TableContent:
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM ONLY public.{} AS t"
    )
    row = connection.execute(statement.format(sql.Identifier(name))).fetchone()
    assert row is not None
    return TableContent(name, int(row[0]), str(row[1]))


def sequence_names(connection: Connection) -> list[str]:
    return [str(row[0]) for row in connection.execute(_RELATIONS, ["S"]).fetchall()]


def read_sequences(connection: Connection) -> dict[str, int]:
    """The last value that each sequence has given; 0 where it has given none."""
    found: dict[str, int] = {}
    for name in sequence_names(connection):
        statement = sql.SQL("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM public.{}")
        row = connection.execute(statement.format(sql.Identifier(name))).fetchone()
        assert row is not None
        found[name] = int(row[0])
    return found
