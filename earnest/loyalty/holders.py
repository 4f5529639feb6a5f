"""Finding, claiming and locking: which member a call concerns, and what stops two calls from doing the same twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from earnest.core.db.batch import Batch, Write
from earnest.core.db.pool import Connection
from earnest.core.db.statements import load
from earnest.core.tenancy import StaleConfiguration
from earnest.loyalty.registry import Activity, Identified, IdentifierKey, Key, NaturalKey

sql = load(Path(__file__).with_name("holders.sql"))

_RELEASE_NATURAL_KEYS = Write(sql, "release_natural_keys")
_RELEASE_IDENTIFIERS = Write(sql, "release_identifiers")
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


async def claim(connection: Connection, org_id: int, activities: Sequence[Activity[Any]]) -> set[object]:
    """Claims the natural keys of all activities, in key order; answers the identities of those that were got."""
    natural: list[tuple[NaturalKey, datetime]] = []
    identifiers: list[IdentifierKey] = []
    for activity in activities:
        for key in activity.claims():
            if isinstance(key, NaturalKey):
                natural.append((key, activity.ctx.now))
            else:
                identifiers.append(key)
    held: set[object] = set()
    if natural:
        rows = await connection.fetch(
            sql.text("claim_natural_keys"),
            org_id,
            [key.kind for key, _ in natural],
            [key.scope_id for key, _ in natural],
            [key.key for key, _ in natural],
            [key.owner_id for key, _ in natural],
            [now for _, now in natural],
            [key.claimed_until or FOREVER for key, _ in natural],
        )
        held.update((row["kind"], row["scope_id"], row["key"]) for row in rows)
    if identifiers:
        rows = await connection.fetch(
            sql.text("claim_identifiers"),
            org_id,
            [key.type for key in identifiers],
            [key.value for key in identifiers],
            [key.source for key in identifiers],
            [key.account_id for key in identifiers],
            [key.customer_id for key in identifiers],
        )
        held.update((row["type"], row["value"], row["source"], row["account_id"]) for row in rows)
    return held


def release(batch: Batch, keys: Sequence[Key]) -> None:
    """Gives keys back that this transaction claimed."""
    for key in keys:
        if isinstance(key, NaturalKey):
            batch.row(_RELEASE_NATURAL_KEYS, key.kind, key.scope_id, key.key, key.owner_id)
        else:
            batch.row(_RELEASE_IDENTIFIERS, key.type, key.value, key.source, key.account_id, key.customer_id)


async def lock(
    connection: Connection, org_id: int, wanted: Sequence[int | Identified | None], *, waits: bool
) -> list[int | None]:
    """Finds and locks the holders in id order; answers their ids in the order of `wanted`.

    None where there is no such holder or, unless `waits`, where somebody else holds it at present.
    """
    found: list[int | None] = [None] * len(wanted)
    by_id = [(n, holder) for n, holder in enumerate(wanted) if isinstance(holder, int)]
    by_identifier = [(n, holder) for n, holder in enumerate(wanted) if isinstance(holder, Identified)]
    if not by_id and not by_identifier:
        return found
    rows = await connection.fetch(
        sql.text("lock_holders_waiting" if waits else "lock_holders_together"),
        org_id,
        [n for n, _ in by_id],
        [holder for _, holder in by_id],
        [n for n, _ in by_identifier],
        [holder.type for _, holder in by_identifier],
        [holder.value for _, holder in by_identifier],
        [holder.source for _, holder in by_identifier],
        [holder.account_id for _, holder in by_identifier],
    )
    for row in rows:
        found[row["n"]] = row["id"]
    return found


async def find(
    connection: Connection, org_id: int, config_version: int, wanted: Sequence[tuple[str, str]]
) -> list[tuple[int, int, str, str]]:
    """(position in `wanted`, holder id, source, account id) of every holder that has one of the (type, value) pairs.

    StaleConfiguration when the database is ahead of `config_version`.
    """
    rows = await connection.fetch(
        sql.text("find_holders"), org_id, list(range(len(wanted))), [t for t, _ in wanted], [v for _, v in wanted]
    )
    if rows and rows[0]["config_version"] != config_version:
        raise StaleConfiguration(org_id, rows[0]["config_version"])
    return [(row["n"], row["id"], row["source"], row["account_id"]) for row in rows if row["id"] is not None]


async def check_configuration(connection: Connection, org_id: int, config_version: int) -> None:
    """StaleConfiguration when the database is ahead of `config_version`: for answers that no read of a member stands behind,
    such as a refusal that a new configuration might not give."""
    current: int | None = await connection.fetchval(sql.text("read_config_version"), org_id)
    if current is not None and current != config_version:
        raise StaleConfiguration(org_id, current)
