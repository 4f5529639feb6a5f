"""The ledger: the only writer of lots, movements, wallets, enrolments and ledger events.

Everything here runs under the holder's lock and only collects rows; `Batch.flush` sends them. Which account, column and
counter a movement touches stands in `engine.outcome.POSTINGS`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from earnest.core.db.batch import Write
from earnest.core.db.statements import load
from earnest.core.ids import Family
from earnest.engine.apply import apply
from earnest.engine.events import Event
from earnest.engine.outcome import POSTINGS, ChangeTier, CountPurchase, Enrol, Move, OpenLot, Outcome
from earnest.engine.party import Enrolment, Lot, Party
from earnest.loyalty.registry import Registry, Snapshot, Store

sql = load(Path(__file__).with_name("ledger.sql"))

ADD_LOTS = Write(sql, "add_lots")
CHANGE_LOTS = Write(sql, "change_lots")
ADD_WALLETS = Write(sql, "add_wallets")
CHANGE_WALLETS = Write(sql, "change_wallets")
ADD_MOVEMENTS = Write(sql, "add_movements")
ADD_ENROLMENTS = Write(sql, "add_enrolments")
CHANGE_TIERS = Write(sql, "change_tiers")
ADD_TIER_CHANGES = Write(sql, "add_tier_changes")
ADD_HOLDERS = Write(sql, "add_holders")
ADVANCE_HOLDERS = Write(sql, "advance_holders")
ADD_EVENTS = Write(sql, "add_events")
ADD_DECISIONS = Write(sql, "add_decisions")
ADD_OUTBOX = Write(sql, "add_outbox")

_ZERO = Decimal(0)
_json = msgspec.json.Encoder()


class DecisionRecord(msgspec.Struct, frozen=True):
    """What is kept of an evaluation: the event, the snapshot it was judged on, what came out. Replaying
    `evaluate(programs at these versions, party, event, now)` alone gives the same award."""

    now: datetime
    event: Event
    party: Party
    outcome: Outcome


def emit(store: Store, kind: str, body: msgspec.Struct | dict[str, Any]) -> None:
    """An outbox row: something happened to this holder. Written with the change, delivered after it."""
    store.batch.row(
        ADD_OUTBOX,
        store.holder_id,
        store.seq,
        store.ids.take(Family.EVENT),
        kind,
        _json.encode(body).decode(),
        store.ctx.request_id,
    )


def create_holder(store: Store, kind: str) -> None:
    """The holder's own row, for an activity that creates a member."""
    store.batch.open(
        ADD_HOLDERS,
        (store.holder_id,),
        {"id": store.holder_id, "kind": kind, "seq": 0, "last_event_at": store.ctx.now},
    )


def post(store: Store, registry: Registry, snapshot: Snapshot, event: Event, outcome: Outcome) -> Party:
    """Books an outcome: its effects through the appliers, the ledger event, the decision. Answers the party after it."""
    batch, ctx, party = store.batch, store.ctx, snapshot.party
    _advance(store)
    for effect in outcome.effects:
        if isinstance(effect, OpenLot):
            _open_lot(store, effect.lot)
        elif isinstance(effect, Move):
            _move(store, effect, party)
        elif isinstance(effect, CountPurchase):
            _wallet_row(store, party, effect.program_id)["purchases"] += effect.amount
        else:
            registry.apply(store, effect)
    after = apply(party, outcome)
    for program_id, wallet in after.wallets.items():
        before = party.wallets.get(program_id)
        owed = wallet.debt - (_ZERO if before is None else before.debt)
        # A sweep that only pays debts moves no counter: nothing has asked for the wallet's row yet.
        row = _wallet_row(store, party, program_id) if owed else _pending_wallet(store, program_id)
        if row is not None:
            row["debt"] += owed
            row["next_expiry_at"] = wallet.next_expiry_at
    record = DecisionRecord(ctx.now, event, party, outcome)
    bill_id = getattr(event, "bill_id", None)
    batch.row(ADD_DECISIONS, store.holder_id, store.seq, bill_id, _json.encode(record).decode())
    return after


def book_event(store: Store, type_: str, reference_id: int | None, at: datetime) -> None:
    """The ledger event that this call is."""
    store.batch.row(ADD_EVENTS, store.holder_id, store.seq, store.event_id, type_, reference_id, store.ctx.till.id, at)


def _advance(store: Store) -> None:
    key = (store.holder_id,)
    new = store.batch.pending(ADD_HOLDERS, key)
    if new is not None:
        new["seq"] = store.seq
        return
    row = store.batch.pending(ADVANCE_HOLDERS, key)
    if row is None:
        row = store.batch.open(
            ADVANCE_HOLDERS, key, {"id": store.holder_id, "events": 0, "last_event_at": store.ctx.now}
        )
    row["events"] += 1
    row["last_event_at"] = max(row["last_event_at"], store.ctx.now)


def _open_lot(store: Store, lot: Lot) -> None:
    row = {column: getattr(lot, column) for column in ADD_LOTS.columns if column != "holder_id"}
    row["holder_id"] = store.holder_id
    store.batch.open(ADD_LOTS, (store.holder_id, lot.id), row)


def _move(store: Store, move: Move, party: Party) -> None:
    posting = POSTINGS[move.type]
    store.batch.row(
        ADD_MOVEMENTS,
        store.holder_id,
        store.seq,
        store.ids.take(Family.MOVEMENT),
        move.lot_id,
        move.program_id,
        move.currency,
        move.type.value,
        move.quantity,
        posting.debit,
        posting.credit,
        move.redemption_id,
        store.ctx.now,
    )
    if posting.lot_column is not None:
        lot = _lot_row(store, move.lot_id)
        lot[posting.lot_column] += posting.lot_sign * move.quantity
    if posting.wallet_counter is not None:
        wallet = _wallet_row(store, party, move.program_id, move.currency)
        wallet[posting.wallet_counter] += posting.wallet_sign * move.quantity


def _lot_row(store: Store, lot_id: int) -> dict[str, Any]:
    key = (store.holder_id, lot_id)
    row = store.batch.pending(ADD_LOTS, key) or store.batch.pending(CHANGE_LOTS, key)
    if row is None:
        row = store.batch.open(
            CHANGE_LOTS,
            key,
            {
                "holder_id": store.holder_id,
                "id": lot_id,
                "redeemed": _ZERO,
                "expired": _ZERO,
                "returned": _ZERO,
                "settled": _ZERO,
            },
        )
    return row


def _pending_wallet(store: Store, program_id: int, currency: str = "POINTS") -> dict[str, Any] | None:
    key = (store.holder_id, program_id, currency)
    return store.batch.pending(ADD_WALLETS, key) or store.batch.pending(CHANGE_WALLETS, key)


def _wallet_values(store: Store, program_id: int, currency: str, next_expiry_at: datetime | None) -> dict[str, Any]:
    return {
        "holder_id": store.holder_id,
        "program_id": program_id,
        "currency": currency,
        "earned": _ZERO,
        "redeemed": _ZERO,
        "expired": _ZERO,
        "returned": _ZERO,
        "debt": _ZERO,
        "purchases": _ZERO,
        "next_expiry_at": next_expiry_at,
    }


def _wallet_row(store: Store, party: Party, program_id: int, currency: str = "POINTS") -> dict[str, Any]:
    row = _pending_wallet(store, program_id, currency)
    if row is None:
        wallet = party.wallets.get(program_id)
        next_expiry_at = None if wallet is None else wallet.next_expiry_at
        row = store.batch.open(
            CHANGE_WALLETS,
            (store.holder_id, program_id, currency),
            _wallet_values(store, program_id, currency, next_expiry_at),
        )
    return row


def _enrol(store: Store, effect: Enrol) -> None:
    enrolment = Enrolment(program_id=effect.program_id, enrolled_at=effect.at, tier_since=effect.at)
    store.batch.open(
        ADD_ENROLMENTS,
        (store.holder_id, effect.program_id),
        {
            "holder_id": store.holder_id,
            "program_id": effect.program_id,
            "loyalty_id": store.ids.take(Family.EVENT),
            "enrolled_at": enrolment.enrolled_at,
            "tier": enrolment.tier,
            "tier_since": enrolment.tier_since,
            "tier_expires_at": None,
            "previous_tier": None,
            "upgraded_by_bill": None,
        },
    )
    key = (store.holder_id, effect.program_id, "POINTS")
    store.batch.open(ADD_WALLETS, key, _wallet_values(store, effect.program_id, "POINTS", None))


class TierChanged(msgspec.Struct, frozen=True, rename="camel"):
    """Outbox body of a tier change."""

    customer_id: int
    program_id: int
    from_tier: int
    to_tier: int
    cause: str
    expires_at: datetime | None


def _change_tier(store: Store, effect: ChangeTier) -> None:
    values = {
        "holder_id": store.holder_id,
        "program_id": effect.program_id,
        "tier": effect.to_tier,
        "tier_since": effect.at,
        "tier_expires_at": effect.expires_at,
        "previous_tier": effect.from_tier,
        "upgraded_by_bill": effect.bill_id,
    }
    key = (store.holder_id, effect.program_id)
    new = store.batch.pending(ADD_ENROLMENTS, key) or store.batch.pending(CHANGE_TIERS, key)
    if new is not None:
        new.update(values)
    else:
        store.batch.open(CHANGE_TIERS, key, values)
    store.batch.row(
        ADD_TIER_CHANGES,
        store.holder_id,
        store.seq,
        store.ids.take(Family.EVENT),
        effect.program_id,
        effect.from_tier,
        effect.to_tier,
        effect.type,
        effect.cause,
        effect.at,
        effect.old_expires_at,
        effect.expires_at,
        effect.bill_id,
        _json.encode(effect.values).decode(),
    )
    kind = {"UPGRADE": "tierUpgraded", "DOWNGRADE": "tierDowngraded"}.get(effect.type, "tierRenewed")
    emit(
        store,
        kind,
        TierChanged(
            store.holder_id, effect.program_id, effect.from_tier, effect.to_tier, effect.cause, effect.expires_at
        ),
    )


def register(registry: Registry) -> None:
    """The ledger's own appliers."""
    registry.applier(Enrol, _enrol)
    registry.applier(ChangeTier, _change_tier)
