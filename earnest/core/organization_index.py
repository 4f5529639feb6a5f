"""Which organisations there are: where a worker begins that is not in one yet."""

from __future__ import annotations

from pathlib import Path

from earnest.core.db.pool import Database
from earnest.core.db.statements import load

sql = load(Path(__file__).with_name("organization_index.sql"))


async def list_organizations(database: Database) -> list[int]:
    """The ids of all organisations, in order."""
    async with database.unscoped() as connection:
        rows = await connection.fetch(sql.text("list_organizations"))
    return [row["org_id"] for row in rows]
