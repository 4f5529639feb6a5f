"""`earnest reconcile`: is everything in the database that must always be true of it true?

Each statement of `reconcile.sql` is one invariant and finds what breaks it. All statements of an organisation read one
snapshot, so that a database that is being written to is judged as of one moment; nothing is locked and nothing changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from earnest.core import config_keys
from earnest.core.db.pool import Connection
from earnest.core.db.statements import load
from earnest.engine.outcome import POSTINGS, MovementType, Posting

sql = load(Path(__file__).with_name("reconcile.sql"))

INVARIANTS: tuple[str, ...] = tuple(sql)
FINDINGS_MAX = 100
"""Rows reported per invariant and organisation."""

_NUMBER_SETTINGS = (
    config_keys.BILL_NUMBER_UNIQUE,
    config_keys.BILL_NUMBER_UNIQUE_ONLY_STORE,
    config_keys.BILL_NUMBER_UNIQUE_ONLY_TILL,
    config_keys.BILL_NUMBER_UNIQUE_IN_DAYS,
)


class Finding(msgspec.Struct, frozen=True):
    """A row that breaks an invariant; `detail` names it by its ids and shows the figures that disagree."""

    invariant: str
    org_id: int
    detail: str


async def reconcile(url: str, org_id: int | None = None) -> list[Finding]:
    """What is wrong in one organisation, or in all of them; empty when nothing is.

    `url` may be the owner's or the application's. The application sees no organisation but the one that it names: without
    `org_id` it raises PermissionError. LookupError when there is no such organisation.
    """
    connection: Any = await asyncpg.connect(
        url, server_settings={"application_name": "earnest reconcile", "jit": "off"}
    )
    try:
        found: list[Finding] = []
        for organization in await _organizations(connection, org_id):
            found += await _reconcile(connection, organization)
        return found
    finally:
        await connection.close()


async def _organizations(connection: Connection, org_id: int | None) -> list[int]:
    if org_id is not None:
        return [org_id]
    sees_all = await connection.fetchval(
        "SELECT pg_has_role(c.relowner, 'MEMBER') FROM pg_class c WHERE c.oid = 'organization'::regclass"
    )
    if not sees_all:
        raise PermissionError("only the owner of the database sees all organisations: name one")
    rows = await connection.fetch("SELECT org_id FROM organization ORDER BY org_id")
    return [row["org_id"] for row in rows]


async def _reconcile(connection: Connection, org_id: int) -> list[Finding]:
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(f"SET LOCAL app.org_id = {int(org_id)}")
        if not await connection.fetch("SELECT FROM organization WHERE org_id = $1", org_id):
            raise LookupError(f"organisation {org_id} does not exist")
        return await find_broken(connection, org_id)


async def find_broken(connection: Connection, org_id: int) -> list[Finding]:
    """What is wrong in the organisation as the connection's transaction sees it."""
    found: list[Finding] = []
    values = {"org_id": org_id, **_parameters()}
    for name in INVARIANTS:
        text = sql.text(name).strip().rstrip(";")
        rows = await connection.fetch(
            f"SELECT * FROM ({text}\n) AS broken LIMIT {FINDINGS_MAX + 1}",
            *(values[parameter] for parameter in sql.parameters(name)),
        )
        found += [Finding(name, org_id, _detail(row)) for row in rows[:FINDINGS_MAX]]
        if len(rows) > FINDINGS_MAX:
            found.append(Finding(name, org_id, f"and more than these {FINDINGS_MAX}"))
    return found


def _parameters() -> Mapping[str, object]:
    """POSTINGS as the statements read them: parallel arrays. An award is what a lot's quantity is made of."""
    postings: list[tuple[MovementType, Posting]] = list(POSTINGS.items())
    return {
        "types": [type_.value for type_, _ in postings],
        "debits": [posting.debit for _, posting in postings],
        "credits": [posting.credit for _, posting in postings],
        "lot_columns": ["quantity" if type_ is MovementType.AWARD else p.lot_column for type_, p in postings],
        "lot_signs": [1 if type_ is MovementType.AWARD else p.lot_sign for type_, p in postings],
        "wallet_counters": [posting.wallet_counter for _, posting in postings],
        "wallet_signs": [posting.wallet_sign for _, posting in postings],
        "number_settings": [key.name for key in _NUMBER_SETTINGS],
    }


def _detail(row: Any) -> str:
    return ", ".join(f"{column} {value}" for column, value in row.items())
