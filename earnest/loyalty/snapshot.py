"""The read of a member under its lock: one statement, made of the readers that the group's activities name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import msgspec

from earnest.core.db.pool import Connection
from earnest.core.db.statements import load
from earnest.core.tenancy import StaleConfiguration
from earnest.engine.party import Bill, Draw, Enrolment, HolderKind, Lot, LoyaltyType, Party, Wallet
from earnest.loyalty.registry import Reader, Snapshot

sql = load(Path(__file__).with_name("snapshot.sql"))

WALLETS = Reader("wallets", sql.text("wallets"), "wallets")
ENROLMENTS = Reader("enrolments", sql.text("enrolments"), "enrolments")
OPEN_LOTS = Reader("open_lots", sql.text("open_lots"), "lots")
OPEN_DEBTS = Reader("open_debts", sql.text("open_debts"), "lots")
DEBT_LOTS = Reader("debt_lots", sql.text("debt_lots"), "lots")
LOTS_OF_BILLS = Reader("lots_of_bills", sql.text("lots_of_bills"), "lots")
DRAWS_ON_BILLS = Reader("draws_on_bills", sql.text("draws_on_bills"), "draws")

_ALWAYS = (WALLETS, ENROLMENTS)

_wallets = msgspec.json.Decoder(dict[int, Wallet])
_enrolments = msgspec.json.Decoder(dict[int, Enrolment])
_lots = msgspec.json.Decoder(list[Lot])
_bills = msgspec.json.Decoder(tuple[Bill, ...])
_draws = msgspec.json.Decoder(tuple[Draw, ...])


@lru_cache(maxsize=256)
def statement(readers: tuple[Reader, ...]) -> str:
    """The read of `$2` holders as of their `$4` instants. A statement of its own: one that waited for a lock would have
    re-read the locked row only and kept its old snapshot for everything joined to it."""
    columns = "".join(f",\n       ({reader.sql.strip().rstrip(';')})::text AS {reader.name}" for reader in readers)
    return (
        "SELECT o.config_version, h.id, h.kind, h.seq, h.last_event_at, c.loyalty_type, c.registered_at"
        f"{columns}\n"
        "FROM unnest($2::bigint[], $4::timestamptz[]) AS a(holder_id, now)\n"
        "JOIN holder h ON h.org_id = $1 AND h.id = a.holder_id\n"
        "JOIN organization o ON o.org_id = $1\n"
        "LEFT JOIN customer c ON c.org_id = $1 AND c.id = h.id\n"
        "WHERE $3::bigint[] IS NOT NULL"
    )


def ordered(readers: Iterable[Reader]) -> tuple[Reader, ...]:
    """The readers in a fixed order, each once, so that few distinct statements are prepared."""
    return _ALWAYS + tuple(sorted(set(readers) - set(_ALWAYS), key=lambda reader: reader.name))


async def read(
    connection: Connection,
    org_id: int,
    config_version: int,
    asked: Mapping[int, datetime],
    readers: tuple[Reader, ...],
    bill_ids: Sequence[int] = (),
) -> dict[int, Snapshot]:
    """Snapshots of the holders in `asked` (holder id: instant). StaleConfiguration when the database is ahead of us."""
    rows = await connection.fetch(statement(readers), org_id, list(asked), list(bill_ids), list(asked.values()))
    snapshots: dict[int, Snapshot] = {}
    for row in rows:
        if row["config_version"] != config_version:
            raise StaleConfiguration(org_id, row["config_version"])
        snapshots[row["id"]] = _snapshot(cast("Mapping[str, Any]", row), readers)
    return snapshots


def _snapshot(row: Mapping[str, Any], readers: tuple[Reader, ...]) -> Snapshot:
    wallets: dict[int, Wallet] = {}
    enrolments: dict[int, Enrolment] = {}
    lots: dict[int, Lot] = {}
    bills: tuple[Bill, ...] = ()
    draws: tuple[Draw, ...] = ()
    facts: dict[str, str | None] = {}
    for reader in readers:
        text: str | None = row[reader.name]
        if reader.part is None:
            facts[reader.name] = text
        elif text is None:
            continue
        elif reader.part == "wallets":
            wallets = _wallets.decode(text)
        elif reader.part == "enrolments":
            enrolments = _enrolments.decode(text)
        elif reader.part == "lots":
            for lot in _lots.decode(text):
                lots[lot.id] = lot
        elif reader.part == "bills":
            bills = _bills.decode(text)
        else:
            draws = _draws.decode(text)
    return Snapshot(
        party=Party(
            holder_id=row["id"],
            kind=HolderKind(row["kind"]),
            loyalty_type=LoyaltyType(row["loyalty_type"] or "loyalty"),
            registered_at=row["registered_at"],
            enrolments=enrolments,
            wallets=wallets,
            lots=tuple(lots.values()),
            bills=bills,
            draws=draws,
        ),
        seq=row["seq"],
        last_event_at=row["last_event_at"],
        facts=facts,
    )
