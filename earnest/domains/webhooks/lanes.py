"""The lanes of deliveries as the database keeps them: claim some, note what became of the calls, give them back.

No transaction is open while a receiver is called. What the calls of one moment find out goes into one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from earnest.core.db.pool import Connection, Database
from earnest.core.db.together import Together
from earnest.domains.webhooks.envelope import Event
from earnest.domains.webhooks.event_ids import event_id
from earnest.domains.webhooks.facts import Facts, facts_of
from earnest.domains.webhooks.payloads import Happened, data_of
from earnest.domains.webhooks.receiver import Attempt
from earnest.domains.webhooks.service import sql

# Longer than a call may take; renewed with each one. After that the lane of a worker that died is free again.
CLAIM_TIME = timedelta(seconds=60)
EVENTS_PER_CLAIM = 20

NO_LONGER_KEPT = "event no longer kept"


class Due(msgspec.Struct, frozen=True):
    """A subscription with work waiting. The secrets are encrypted; `previous_secret` is there while it still signs."""

    id: int
    url: str
    secret: str
    connections_max: int
    previous_secret: str | None


class Delivery(msgspec.Struct, frozen=True):
    """An event in a lane, with the attempts made so far. `event` is None when the outbox no longer has it."""

    seq: int
    number: int
    recorded_at: datetime
    attempts: int
    event: Event | None


class _Place(msgspec.Struct, frozen=True):
    currency: str
    time_zone: str


class Lane(msgspec.Struct, frozen=True):
    """A claimed lane with the first events that wait in it, in order."""

    org_id: int
    subscription_id: int
    holder_id: int
    claim: UUID
    deliveries: tuple[Delivery, ...]


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a delivery, and what comes next: `resume_at` gives the lane back, due again at that instant if
    anything waits in it; None keeps it until `claimed_until`."""

    lane: Lane
    delivery: Delivery | None
    state: str
    attempt: Attempt | None
    error: str
    claimed_until: datetime
    resume_at: datetime | None


class Lanes:
    """One for each worker."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together: Together[Note, bool] = Together(self._settle)

    async def due(self, org_id: int, now: datetime) -> list[Due]:
        """The active subscriptions in which a lane is due."""
        async with self._database.tenant(org_id).transaction() as connection:
            rows = await connection.fetch(sql.text("due_subscriptions"), org_id, now)
        return [Due(**dict(row)) for row in rows]

    async def claim(self, org_id: int, subscription_id: int, count: int, now: datetime) -> list[Lane]:
        """Up to `count` lanes that are due, and that no other worker gets until the claim has run out."""
        claim = uuid4()
        async with self._database.tenant(org_id).transaction() as connection:
            claimed = await connection.fetch(
                sql.text("claim_lanes"), org_id, claim, now + CLAIM_TIME, subscription_id, now, count
            )
            holder_ids = [row["holder_id"] for row in claimed]
            rows = await connection.fetch(sql.text("read_lanes"), org_id, holder_ids, subscription_id, EVENTS_PER_CLAIM)
            facts, zone = await _describe(connection, org_id, rows)
        waiting: dict[int, list[Delivery]] = {holder_id: [] for holder_id in holder_ids}
        for row in rows:
            event = None
            if row["kind"] is not None:
                event = Event(
                    org_id=org_id,
                    holder_id=row["holder_id"],
                    number=row["event_id"],
                    id=event_id(org_id, row["event_id"], row["recorded_at"]),
                    name=row["kind"],
                    recorded_at=row["recorded_at"],
                    request_id=row["request_id"],
                    data=data_of(row["kind"], _happened(row, zone), facts),
                    event_log_id=row["event_log_id"],
                    reference_id=row["reference_id"],
                )
            waiting[row["holder_id"]].append(
                Delivery(row["seq"], row["event_id"], row["recorded_at"], row["attempts"], event)
            )
        return [
            Lane(org_id, subscription_id, holder_id, claim, tuple(deliveries))
            for holder_id, deliveries in waiting.items()
        ]

    async def note(self, note: Note) -> bool:
        """Stores it. False when the claim had run out and the lane is another worker's by now."""
        return await self._together.ask(note.lane.org_id, note)

    async def end_subscription(self, org_id: int, subscription_id: int, now: datetime) -> None:
        """The receiver said that it is gone."""
        async with self._database.tenant(org_id).transaction() as connection:
            await connection.execute(sql.text("end_subscription"), org_id, now, subscription_id)

    async def _settle(self, org_id: int, notes: Sequence[Note]) -> list[bool]:
        async with self._database.tenant(org_id).transaction() as connection:
            rows = await connection.fetch(
                sql.text("lock_claimed_lanes"),
                org_id,
                [note.lane.subscription_id for note in notes],
                [note.lane.holder_id for note in notes],
                [note.lane.claim for note in notes],
            )
            await _note_attempts(connection, org_id, [note for note in notes if note.delivery is not None])
            ours = {(row["subscription_id"], row["holder_id"]) for row in rows}
            kept = [(note.lane.subscription_id, note.lane.holder_id) in ours for note in notes]
            await _move_lanes(connection, org_id, [note for note, is_ours in zip(notes, kept, strict=True) if is_ours])
        return kept


def _happened(row: asyncpg.Record, zone: tzinfo) -> Happened:
    return Happened(
        holder_id=row["holder_id"],
        body=row["body"],
        recorded_at=row["recorded_at"],
        activity=row["activity"],
        reference_id=row["reference_id"],
        till_id=row["till_id"],
        zone=zone,
    )


async def _describe(connection: Connection, org_id: int, rows: Sequence[asyncpg.Record]) -> tuple[Facts, tzinfo]:
    """What is looked up for these events, and the organisation's time zone."""

    def references(*activities: str) -> list[int]:
        return list({row["reference_id"] for row in rows if row["activity"] in activities and row["reference_id"]})

    found = await connection.fetch(
        sql.text("describe_events"),
        org_id,
        list({row["holder_id"] for row in rows}),
        references("TransactionAdd", "ReturnBill"),
        references("PointsRedemption"),
        list({row["till_id"] for row in rows if row["till_id"]}),
    )
    place = next(msgspec.json.decode(row["facts"], type=_Place) for row in found if row["what"] == "organization")
    described = [(row["what"], row["facts"]) for row in found if row["what"] != "organization"]
    return facts_of(described, place.currency), ZoneInfo(place.time_zone)


async def _note_attempts(connection: Connection, org_id: int, notes: Sequence[Note]) -> None:
    if not notes:
        return
    deliveries = [note.delivery for note in notes if note.delivery is not None]
    attempts = [note.attempt for note in notes]
    await connection.execute(
        sql.text("note_attempts"),
        org_id,
        [note.lane.subscription_id for note in notes],
        [note.lane.holder_id for note in notes],
        [delivery.seq for delivery in deliveries],
        [delivery.number for delivery in deliveries],
        [delivery.recorded_at for delivery in deliveries],
        [note.state for note in notes],
        [0 if attempt is None else 1 for attempt in attempts],
        [None if attempt is None else attempt.at for attempt in attempts],
        [None if attempt is None else attempt.duration_ms for attempt in attempts],
        [None if attempt is None else attempt.status for attempt in attempts],
        [note.error for note in notes],
    )


async def _move_lanes(connection: Connection, org_id: int, notes: Sequence[Note]) -> None:
    ended = [note for note in notes if note.resume_at is not None]
    if ended:
        await connection.execute(
            sql.text("close_lanes"),
            org_id,
            [note.lane.subscription_id for note in ended],
            [note.lane.holder_id for note in ended],
        )
    if notes:
        await connection.execute(
            sql.text("release_lanes"),
            org_id,
            [note.lane.subscription_id for note in notes],
            [note.lane.holder_id for note in notes],
            [note.lane.claim if note.resume_at is None else None for note in notes],
            [note.claimed_until if note.resume_at is None else note.resume_at for note in notes],
        )
