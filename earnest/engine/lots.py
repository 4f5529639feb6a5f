"""Lots as a draw sees them: which of them are open, spendable, overdue, and in which order they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal

from earnest.engine.party import ZERO, Category, Lot, Party, Wallet

_NEVER = datetime.max.replace(tzinfo=UTC)


def draw_key(lot: Lot) -> tuple[datetime, datetime, int]:
    """Draw order (points.md 8.3): earliest expiry first, lots that never expire last, then time of award, then id."""
    return (lot.expires_at or _NEVER, lot.awarded_at, lot.id)


def is_overdue(lot: Lot, now: datetime) -> bool:
    """Past its expiry: still on the books until the sweep, but no longer usable (points.md 21)."""
    return lot.expires_at is not None and lot.expires_at < now


def main_lots(lots: Iterable[Lot], program_id: int) -> Iterator[Lot]:
    return (lot for lot in lots if lot.program_id == program_id and lot.category is Category.MAIN)


def spendable_lots(lots: Iterable[Lot], program_id: int, now: datetime) -> list[Lot]:
    """Open lots of the programme that can be drawn from at `now`, in draw order."""
    return sorted(
        (lot for lot in main_lots(lots, program_id) if lot.remaining and not is_overdue(lot, now)), key=draw_key
    )


def spendable(party: Party, wallet: Wallet, now: datetime) -> Decimal:
    """Points that can be redeemed at `now`; negative under an open debt.

    The wallet's `overdue` is what the reader knew; lots of the snapshot may have passed their expiry since. Neither can
    be more than what is overdue in fact, so the larger one counts.
    """
    if wallet.next_expiry_at is None or now <= wallet.next_expiry_at:
        return wallet.spendable
    overdue = sum((lot.remaining for lot in main_lots(party.lots, wallet.program_id) if is_overdue(lot, now)), ZERO)
    return wallet.current - max(overdue, wallet.overdue)
