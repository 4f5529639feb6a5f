"""Every statement of the product fits the schema and may be run by the application's role.

PREPARE checks names and types. EXPLAIN (GENERIC_PLAN) plans and opens it, which is where PostgreSQL checks privileges.
"""

from __future__ import annotations

import asyncpg
import pytest

from earnest.core.db.batch import Write, joined
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Connection
from earnest.loyalty import snapshot
from earnest.loyalty.registry import Reader
from tests.database import product_sql
from tests.database.product_sql import Named

FRAGMENTS = {reader.sql for reader in product_sql.readers()}
# What a command does as the owner, and a server must not be able to.
OF_THE_OWNER = {"add_admin_key", "revoke_admin_key"}
STANDING_ALONE = [
    statement
    for statement in product_sql.statements()
    if statement.text not in FRAGMENTS and statement.name not in OF_THE_OWNER
]


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


@pytest.mark.parametrize("name", sorted(OF_THE_OWNER))
async def test_what_is_for_the_owner_only_the_owner_may_run(
    application: Connection, database: DatabaseUrls, name: str
) -> None:
    (statement,) = [one for one in product_sql.statements() if one.name == name]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await accept(application, statement.text)
    owner: Connection = await asyncpg.connect(database.owner)  # type: ignore[assignment]
    try:
        await accept(owner, statement.text)
    finally:
        await owner.close()


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
