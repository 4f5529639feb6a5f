"""Every statement of the product fits the schema and may be run by the application's role.

PREPARE checks names and types. EXPLAIN (GENERIC_PLAN) plans and opens it, which is where PostgreSQL checks privileges.
"""

from __future__ import annotations

import asyncpg
import pytest

from earnest.core.db.batch import Write, joined
from earnest.core.db.pool import Connection
from earnest.loyalty import snapshot
from earnest.loyalty.registry import Reader
from tests.database import product_sql
from tests.database.product_sql import Named

FRAGMENTS = {reader.sql for reader in product_sql.readers()}
STANDING_ALONE = [statement for statement in product_sql.statements() if statement.text not in FRAGMENTS]


async def accept(connection: Connection, text: str) -> None:
    await connection.prepare(text)
    await connection.execute(f"EXPLAIN (GENERIC_PLAN) {text}")


def test_every_file_of_sql_is_loaded_by_a_module() -> None:
    assert {statement.path for statement in product_sql.statements()} == product_sql.files()


def test_there_is_something_to_prepare_of_each_sort() -> None:
    assert len(STANDING_ALONE) > 60
    assert len(product_sql.readers()) >= 8
    assert len(product_sql.writes()) >= 20


@pytest.mark.parametrize("statement", STANDING_ALONE, ids=str)
async def test_the_application_may_run_every_statement(application: Connection, statement: Named) -> None:
    await accept(application, statement.text)


@pytest.mark.parametrize("reader", product_sql.readers(), ids=lambda reader: reader.name)
async def test_each_reader_can_be_read_alone(application: Connection, reader: Reader) -> None:
    await accept(application, snapshot.statement(snapshot.ordered((reader,))))


async def test_all_readers_can_be_read_together(application: Connection) -> None:
    await accept(application, snapshot.statement(snapshot.ordered(product_sql.readers())))


@pytest.mark.parametrize("write", product_sql.writes(), ids=lambda write: write.name)
async def test_each_write_of_a_batch_can_be_sent_alone(application: Connection, write: Write) -> None:
    await accept(application, joined((write,)))


async def test_all_writes_of_a_batch_can_be_sent_together(application: Connection) -> None:
    await accept(application, joined(tuple(product_sql.writes())))


@pytest.mark.parametrize("write", product_sql.writes(), ids=lambda write: write.name)
async def test_every_two_writes_can_be_sent_together(application: Connection, write: Write) -> None:
    """Renumbering goes wrong, if it does, between a statement and the one that follows it."""
    for other in product_sql.writes():
        if other.name > write.name:
            await application.prepare(joined((write, other)))


async def test_a_statement_that_the_application_may_not_run_is_noticed(application: Connection) -> None:
    await application.prepare("DELETE FROM movement WHERE org_id = $1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await accept(application, "DELETE FROM movement WHERE org_id = $1")
