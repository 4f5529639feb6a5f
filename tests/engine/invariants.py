"""What must hold of a member after every event (points.md 2), recomputed from the movements alone."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from earnest.engine.lots import is_overdue, spendable
from earnest.engine.outcome import POSTINGS, CountPurchase, Move, MovementType, OpenLot, Outcome
from earnest.engine.party import ZERO
from tests.engine.life import Life

_LOT_COLUMNS = ("redeemed", "expired", "returned", "settled", "debt")
_COUNTERS = ("earned", "redeemed", "expired", "returned")


def broken(life: Life, redeemed: dict[int, Decimal]) -> list[str]:
    """The invariants that do not hold, each as a sentence; `redeemed` are the points of each redemption by id."""
    return [*_lots(life), *_wallets(life), *_redemptions(life, redeemed), *_readings(life)]


def _lots(life: Life) -> list[str]:
    faults = []
    columns: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for move in life.moves():
        posting = POSTINGS[move.type]
        if posting.lot_column is not None:
            columns[move.lot_id][posting.lot_column] += posting.lot_sign * move.quantity
        if move.quantity <= 0:
            faults.append(f"movement without quantity: {move}")
    opened = {e.lot.id: e.lot for outcome in life.outcomes for e in outcome.effects if isinstance(e, OpenLot)}
    for lot in life.party.lots:
        if lot.remaining < 0 or lot.open_debt < 0:
            faults.append(f"lot below zero: {lot}")
        if any(getattr(lot, column) < 0 for column in _LOT_COLUMNS) or lot.returned > lot.quantity:
            faults.append(f"lot column out of bounds: {lot}")
        if any(getattr(lot, column) != columns[lot.id][column] for column in _LOT_COLUMNS):
            faults.append(f"lot is not the sum of its movements: {lot}, {dict(columns[lot.id])}")
        if lot.quantity != opened[lot.id].quantity or (lot.quantity == 0) != (lot.debt > 0):
            faults.append(f"lot changed its quantity, or is neither award nor debt: {lot}")
    if len({lot.id for lot in life.party.lots}) != len(life.party.lots) or any(lot.id < 0 for lot in life.party.lots):
        faults.append("lot ids are not unique and real")
    return faults


def _wallets(life: Life) -> list[str]:
    faults = []
    for id, wallet in life.party.wallets.items():
        lots = [lot for lot in life.party.lots if lot.program_id == id]
        debt = sum((lot.open_debt for lot in lots), ZERO)
        if wallet.current != sum((lot.remaining for lot in lots), ZERO) - debt or wallet.debt != debt:
            faults.append(f"wallet is not what its lots hold less the debt: {wallet}")
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for move in life.moves():
            posting = POSTINGS[move.type]
            if move.program_id != id:
                continue
            sums["account"] += move.quantity * ((posting.credit == "MEMBER") - (posting.debit == "MEMBER"))
            if posting.wallet_counter is not None:
                sums[posting.wallet_counter] += posting.wallet_sign * move.quantity
        if any(getattr(wallet, counter) != sums[counter] for counter in _COUNTERS):
            faults.append(f"wallet counters are not the sums of the movements: {wallet}, {dict(sums)}")
        if sums["account"] != wallet.current:
            faults.append(f"the member's account is {sums['account']}, the wallet says {wallet.current}")
        effects = [effect for outcome in life.outcomes for effect in outcome.effects]
        counted = sum((e.amount for e in effects if isinstance(e, CountPurchase) and e.program_id == id), ZERO)
        kept = sum((bill.amount - bill.returned_amount for bill in life.party.bills), ZERO)
        if wallet.purchases < 0 or wallet.purchases != counted or wallet.purchases != kept:
            faults.append(f"purchases {wallet.purchases} are not the bills less their returns {kept}")
    return faults


def _redemptions(life: Life, redeemed: dict[int, Decimal]) -> list[str]:
    held: dict[int, Decimal] = defaultdict(Decimal)
    on_lot: dict[int, Decimal] = defaultdict(Decimal)
    for draw in life.party.draws:
        held[draw.redemption_id] += draw.quantity
        on_lot[draw.lot_id] += draw.quantity
    faults = [f"redemption {id} of {points} holds {held[id]}" for id, points in redeemed.items() if held[id] != points]
    faults += [
        f"draws on lot {lot.id} come to {on_lot[lot.id]}: {lot}"
        for lot in life.party.lots
        if on_lot[lot.id] != (lot.debt or lot.redeemed)
    ]
    return faults


def _readings(life: Life) -> list[str]:
    """The figures that spare a reader the lots: `overdue` and `next_expiry_at`."""
    faults = []
    for id, wallet in life.party.wallets.items():
        lots = [lot for lot in life.party.lots if lot.program_id == id and lot.remaining]
        overdue = sum((lot.remaining for lot in lots if is_overdue(lot, life.now)), ZERO)
        if spendable(life.party, wallet, life.now) != wallet.current - overdue:
            faults.append(f"spendable {spendable(life.party, wallet, life.now)} of {wallet}, overdue {overdue}")
        due = min((lot.expires_at for lot in lots if lot.expires_at is not None), default=None)
        if wallet.next_expiry_at != due:
            faults.append(f"next_expiry_at is {wallet.next_expiry_at}, not {due}")
    return faults


def movement_types(outcomes: list[Outcome]) -> dict[MovementType, int]:
    counts: dict[MovementType, int] = defaultdict(int)
    for outcome in outcomes:
        for effect in outcome.effects:
            if isinstance(effect, Move):
                counts[effect.type] += 1
    return dict(counts)
