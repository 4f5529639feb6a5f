"""The numbers that guard what a process remembers of an organisation: its configuration, and verified credentials."""

from __future__ import annotations

from pathlib import Path

from earnest.core.db.pool import Connection
from earnest.core.db.statements import load

sql = load(Path(__file__).with_name("config_version.sql"))


async def raise_config_version(connection: Connection, org_id: int) -> int:
    """Raises it and returns the new one, in the transaction of the change that it announces.

    From here to the end of the transaction no other change of this organisation's configuration gets in between. When it
    is committed, all processes are told (core/notices); the one that made the change calls `Tenants.at_least`, so that its
    next call finds it. LookupError when there is no such organisation.
    """
    version: int | None = await connection.fetchval(sql.text("raise_config_version"), org_id)
    if version is None:
        raise LookupError(f"organisation {org_id} does not exist")
    return version


async def raise_credential_version(connection: Connection, org_id: int) -> None:
    """What was verified before this transaction is verified anew: a password or secret is another one. Goes together with
    `raise_config_version`, by which processes hear of it."""
    await connection.execute(sql.text("raise_credential_version"), org_id)
