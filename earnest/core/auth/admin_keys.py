"""Named keys of administrators: made and revoked by whoever owns the database (`earnest keys admin`), read by servers.

Only hashes are stored. A key has 256 random bits, so that a plain SHA-256 protects it as well as a slow hash would. Names are
never given again: what the audit log says of one stays true.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from pathlib import Path

import asyncpg
import msgspec

from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.operator_error import OperatorError

sql = load(Path(__file__).with_name("admin_keys.sql"))

PREFIX = "eak_"
"""Lets a scanner for leaked secrets recognise a key."""

# `admin` is the key of EARNEST_ADMIN_KEY in the audit log.
RESERVED = frozenset({"admin"})
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class AdminKey(msgspec.Struct, frozen=True):
    """A key without the key. `revoked_at` is when it ended."""

    name: str
    created_at: datetime
    revoked_at: datetime | None


class FoundKey(msgspec.Struct, frozen=True):
    """`name` of the key that was looked for, None when there is no such key; `is_any`: there are some."""

    name: str | None
    is_any: bool


def digest_of(key: bytes) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(key).digest()


async def find_admin_key(database: Database, digest: bytes) -> FoundKey:
    """Asked with every call of the admin API that EARNEST_ADMIN_KEY does not open: a revoked key is refused at once."""
    async with database.unscoped() as connection:
        row = await connection.fetchrow(sql.text("find_admin_key"), digest)
    assert row is not None
    return FoundKey(row["name"], row["is_any"])


async def list_admin_keys(connection: Connection) -> list[AdminKey]:
    """All that there were, the oldest first."""
    return [AdminKey(**dict(row)) for row in await connection.fetch(sql.text("list_admin_keys"))]


async def add_admin_key(connection: Connection, name: str) -> str:
    """Makes a key and returns it, for the only time. OperatorError for a name that is none or was used before."""
    if _NAME.fullmatch(name) is None or name in RESERVED:
        raise OperatorError(
            f"{name!r} is no name for a key: up to 63 lower-case letters, digits, dots, dashes and underscores, "
            "beginning with a letter or digit; admin is the key of EARNEST_ADMIN_KEY."
        )
    key = PREFIX + secrets.token_urlsafe(32)
    try:
        await connection.execute(sql.text("add_admin_key"), name, digest_of(key.encode()))
    except asyncpg.UniqueViolationError:
        raise OperatorError(f"There is, or was, a key named {name}: choose another name.") from None
    return key


async def revoke_admin_key(connection: Connection, name: str) -> None:
    """The key opens nothing from the next call on. OperatorError when there is no such key."""
    if await connection.fetchval(sql.text("revoke_admin_key"), name) is None:
        raise OperatorError(f"There is no key named {name} that could be revoked.")
