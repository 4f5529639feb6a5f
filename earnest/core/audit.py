"""The audit log: every change that an administrator makes, with who, when, what it was and what it is.

An entry is written in the transaction of its change: neither is there without the other. `before` and `after` are the values
as the API shows them; what may not be shown is masked before it comes here (`MASKED`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from earnest.core.db.pool import Connection
from earnest.core.db.statements import load

sql = load(Path(__file__).with_name("audit.sql"))

MASKED = "***"
"""Stands in the place of a secret."""

COMMAND_LINE = "command line"
"""Stands for whoever works on the server itself and has not said who it is."""

_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
_json = msgspec.json.Encoder(decimal_format="number")


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One change. `before` is null for what is new, `after` for what is gone."""

    id: int
    recorded_at: datetime
    actor: str
    action: str
    resource: str
    resource_id: str
    before: msgspec.Raw
    after: msgspec.Raw
    request_id: str


class EntryFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is None is not asked for; [since, until)."""

    actor: str | None = None
    action: str | None = None
    resource: str | None = None
    resource_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Author(msgspec.Struct, frozen=True):
    """Who makes a change, and in which request."""

    actor: str
    request_id: str


async def add_entry(
    connection: Connection,
    org_id: int,
    author: Author,
    action: str,
    resource: str,
    resource_id: str,
    *,
    before: object = None,
    after: object = None,
) -> None:
    """Notes a change, in its transaction."""
    await connection.execute(
        sql.text("add_entry"),
        org_id,
        author.actor,
        action,
        resource,
        resource_id,
        None if before is None else _json.encode(before).decode(),
        None if after is None else _json.encode(after).decode(),
        author.request_id,
    )


async def list_entries(
    connection: Connection, org_id: int, wanted: EntryFilter, *, after: tuple[datetime, int] | None, count: int
) -> list[Entry]:
    """At most `count` entries of the organisation, the newest first, from behind `after` (recorded_at, id) on."""
    before_at, before_id = after or (_LATEST, 0)
    rows = await connection.fetch(sql.text("list_entries"), org_id, *_arguments(wanted), before_at, before_id, count)
    return [
        Entry(
            id=row["id"],
            recorded_at=row["recorded_at"],
            actor=row["actor"],
            action=row["action"],
            resource=row["resource"],
            resource_id=row["resource_id"],
            before=msgspec.Raw((row["before"] or "null").encode()),
            after=msgspec.Raw((row["after"] or "null").encode()),
            request_id=row["request_id"],
        )
        for row in rows
    ]


async def count_entries(connection: Connection, org_id: int, wanted: EntryFilter) -> int:
    """How many there are in all."""
    count: int = await connection.fetchval(sql.text("count_entries"), org_id, *_arguments(wanted))
    return count


def _arguments(wanted: EntryFilter) -> tuple[object, ...]:
    return (
        wanted.actor,
        wanted.action,
        wanted.resource,
        wanted.resource_id,
        wanted.since or _EARLIEST,
        wanted.until or _LATEST,
    )
