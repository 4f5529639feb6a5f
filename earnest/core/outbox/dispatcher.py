"""Takes events out of the outbox and hands them to those who want them.

An event is written in the transaction of what happened (`loyalty.ledger.post.emit`), taken here by its state, and given to
the consumers in one transaction with the note that it was taken: each consumer stores what it has to do about it, and does
it later in its own time. So nothing is lost and nothing is taken twice, whatever ends when.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.organization_index import list_organizations
from earnest.core.outbox.rounds import Rounds

sql = load(Path(__file__).with_name("outbox.sql"))

EVENTS_PER_TURN = 500


class OutboxEvent(msgspec.Struct, frozen=True):
    """Names an event; its body stays where it is. `seq` orders the events of a holder, `recorded_at` is real time."""

    holder_id: int
    seq: int
    id: int
    kind: str
    recorded_at: datetime


class Consumer(Protocol):
    """Somebody who wants to hear what happened."""

    async def take(self, connection: Connection, org_id: int, events: Sequence[OutboxEvent]) -> None:
        """Notes what is to be done about these events, in the transaction that takes them from the outbox.

        They come in the order of each holder. An exception leaves them all where they are.
        """
        ...

    def taken(self, org_id: int) -> None:
        """The transaction is committed."""
        ...


class Dispatcher:
    """One for each worker; any number of workers may run."""

    def __init__(self, database: Database, consumers: Sequence[Consumer]) -> None:
        self._database = database
        self._consumers = tuple(consumers)
        self._rounds = Rounds("outbox", self._organizations, self.turn)

    async def run(self, stop: asyncio.Event) -> None:
        """Dispatches what comes, until `stop` is set."""
        await self._rounds.run(stop)

    async def turn(self, org_id: int) -> bool:
        """Takes up to EVENTS_PER_TURN events of the organisation. False when there were none, or another worker is at it."""
        async with self._database.tenant(org_id).transaction() as connection:
            # Asked first: most looks end here, and this one locks nothing.
            if not await connection.fetchval(sql.text("has_new_events"), org_id):
                return False
            if not await connection.fetchval(sql.text("lock_dispatch"), org_id):
                return False
            rows = await connection.fetch(sql.text("take_events"), org_id, EVENTS_PER_TURN)
            events = sorted((OutboxEvent(**dict(row)) for row in rows), key=lambda e: (e.holder_id, e.seq, e.id))
            for consumer in self._consumers:
                await consumer.take(connection, org_id, events)
        for consumer in self._consumers:
            consumer.taken(org_id)
        return bool(events)

    async def _organizations(self) -> list[int]:
        return await list_organizations(self._database)


class Backlog(msgspec.Struct, frozen=True):
    """Events that nobody has taken yet; `oldest_s` is how long the oldest of them has been waiting."""

    events: int = 0
    oldest_s: float = 0.0


async def measure_backlog(database: Database, now: datetime) -> Backlog:
    """The outbox of all organisations. One short transaction for each: not for every second."""
    events, oldest_s = 0, 0.0
    for org_id in await list_organizations(database):
        async with database.tenant(org_id).transaction() as connection:
            row = await connection.fetchrow(sql.text("measure_new_events"), org_id)
        if row is not None and row["waiting"]:
            events += row["waiting"]
            oldest_s = max(oldest_s, (now - row["oldest_at"]).total_seconds())
    return Backlog(events, oldest_s)
