"""What the snapshot is after an outcome, and an outcome with real lot ids.

`apply` is what a group commit judges the next event on, and what the store must agree with.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from earnest.engine.lots import is_overdue, main_lots
from earnest.engine.outcome import (
    POSTINGS,
    ChangeTier,
    CountPurchase,
    Effect,
    Enrol,
    MarkReturned,
    Move,
    MovementType,
    OpenLot,
    Outcome,
)
from earnest.engine.party import ZERO, Bill, Draw, Enrolment, Lot, Party, Wallet

_HOLDING = (MovementType.REDEEMED, MovementType.DEBT)


def moved(lot: Lot, type: MovementType, quantity: Decimal) -> Lot:
    """The lot after one movement. Raises AssertionError when the movement would leave it below zero."""
    column = POSTINGS[type].lot_column
    if column is None:
        return lot
    value = getattr(lot, column) + (quantity if POSTINGS[type].lot_sign > 0 else -quantity)
    after = replace(lot, **{column: value})
    assert value >= 0 and after.remaining >= 0 and after.open_debt >= 0, (type, quantity, lot)
    return after


def apply(party: Party, outcome: Outcome) -> Party:
    """The party after `outcome`, with every lot it opened. A refused outcome changes nothing.

    `next_expiry_at` follows: it rises when the lot that it stood for is used up, which needs the open lots that `Party`
    promises for such an event.
    """
    if not outcome.effects:
        return party
    after = _After(party, outcome)
    for effect in outcome.effects:
        after.take(effect)
    return after.party()


def resolve(outcome: Outcome, new_lot_id: Callable[[], int]) -> Outcome:
    """The same outcome with an id from `new_lot_id` (called once per lot, in order) in place of each negative lot
    id."""
    ids: dict[int, int] = {}
    effects: list[Effect] = []
    for effect in outcome.effects:
        if type(effect) is OpenLot and effect.lot.id < 0:
            ids[effect.lot.id] = lot_id = new_lot_id()
            effect = OpenLot(replace(effect.lot, id=lot_id))
        elif type(effect) is Move and effect.lot_id in ids:
            effect = replace(effect, lot_id=ids[effect.lot_id])
        effects.append(effect)
    if not ids:
        return outcome
    decisions = tuple(
        replace(
            decision,
            awards=tuple(
                award if award.lot_id is None else replace(award, lot_id=ids.get(award.lot_id, award.lot_id))
                for award in decision.awards
            ),
        )
        if decision.awards
        else decision
        for decision in outcome.decisions
    )
    return replace(outcome, effects=tuple(effects), decisions=decisions)


class _After:
    """The changes of one outcome, added up; what an outcome does not touch is neither read nor copied."""

    __slots__ = (
        "_before",
        "_bills",
        "_changed",
        "_draws",
        "_enrolments",
        "_index",
        "_now",
        "_opened",
        "_sums",
        "_wallets",
    )

    def __init__(self, party: Party, outcome: Outcome) -> None:
        self._before = party
        self._now = outcome.evaluated_at
        self._index: dict[int, Lot] | None = None
        self._opened: dict[int, Lot] = {}
        self._changed: dict[int, Lot] = {}
        self._sums: dict[int, dict[str, Decimal]] = {}
        self._wallets = dict(party.wallets)
        self._enrolments: dict[int, Enrolment] | None = None
        self._bills: tuple[Bill, ...] | None = None
        self._draws: dict[tuple[int, int], Decimal] | None = None

    def take(self, effect: Effect) -> None:
        if isinstance(effect, Move):
            self._move(effect)
        elif isinstance(effect, OpenLot):
            self._open(effect.lot)
        elif isinstance(effect, CountPurchase):
            self._add(effect.program_id, "purchases", effect.amount)
        elif isinstance(effect, ChangeTier):
            self._change_tier(effect)
        elif isinstance(effect, Enrol):
            self._enrol(effect)
        else:
            self._mark_returned(effect)

    def party(self) -> Party:
        for program_id, sums in self._sums.items():
            wallet = self._wallet(program_id)
            changes = {name: getattr(wallet, name) + amount for name, amount in sums.items()}
            if "overdue" in changes:
                changes["overdue"] = max(changes["overdue"], ZERO)
            self._wallets[program_id] = replace(wallet, **changes)
        before = self._before
        lots = before.lots
        if self._changed:
            changed = self._changed
            lots = tuple([changed.get(lot.id, lot) for lot in lots])
        if self._opened:
            lots = (*lots, *self._opened.values())
            self._lower_next_expiry()
        if self._changed:
            self._raise_next_expiry(lots)
        return Party(
            holder_id=before.holder_id,
            kind=before.kind,
            loyalty_type=before.loyalty_type,
            registered_at=before.registered_at,
            enrolments=before.enrolments if self._enrolments is None else self._enrolments,
            wallets=self._wallets,
            lots=lots,
            bills=before.bills if self._bills is None else self._bills,
            draws=before.draws if self._draws is None else self._draws_after(self._draws),
        )

    def _lower_next_expiry(self) -> None:
        """For the new lots; one that a debt has eaten up whole does not count."""
        for lot in self._opened.values():
            if lot.expires_at is not None and lot.remaining:
                wallet = self._wallet(lot.program_id)
                if wallet.next_expiry_at is None or lot.expires_at < wallet.next_expiry_at:
                    self._wallets[lot.program_id] = replace(wallet, next_expiry_at=lot.expires_at)

    def _raise_next_expiry(self, lots: tuple[Lot, ...]) -> None:
        """For programmes whose earliest lot is used up: the earliest expiry of those left. Where none is left that we
        know of, the wallet tells whether there are any at all."""
        for program_id in {lot.program_id for lot in self._changed.values() if not lot.remaining and not lot.debt}:
            wallet = self._wallet(program_id)
            if wallet.next_expiry_at is None:
                continue
            open_lots = [lot for lot in main_lots(lots, program_id) if lot.remaining]
            if open_lots or wallet.current + wallet.debt == 0:
                next_expiry_at = min((lot.expires_at for lot in open_lots if lot.expires_at is not None), default=None)
                self._wallets[program_id] = replace(wallet, next_expiry_at=next_expiry_at)

    def _wallet(self, program_id: int) -> Wallet:
        return self._wallets.get(program_id) or Wallet(program_id=program_id)

    def _add(self, program_id: int, counter: str, amount: Decimal) -> None:
        sums = self._sums.get(program_id)
        if sums is None:
            sums = self._sums[program_id] = {}
        sums[counter] = sums.get(counter, ZERO) + amount

    def _open(self, lot: Lot) -> None:
        self._opened[lot.id] = lot
        self._count_overdue(lot, lot.quantity)

    def _move(self, move: Move) -> None:
        posting = POSTINGS[move.type]
        if posting.wallet_counter is not None:
            amount = move.quantity if posting.wallet_sign > 0 else -move.quantity
            self._add(move.program_id, posting.wallet_counter, amount)
        if posting.lot_column is not None:
            self._move_lot(move)
        if move.redemption_id is not None:
            held = self._drawn()
            key = (move.redemption_id, move.lot_id)
            held[key] = held.get(key, ZERO) + (move.quantity if move.type in _HOLDING else -move.quantity)

    def _move_lot(self, move: Move) -> None:
        opened = move.lot_id in self._opened
        before = self._opened[move.lot_id] if opened else self._lot(move.lot_id)
        after = moved(before, move.type, move.quantity)
        if opened:
            self._opened[move.lot_id] = after
        else:
            self._changed[move.lot_id] = after
        self._count_overdue(after, after.remaining - before.remaining)
        if after.debt:
            owed = after.open_debt - before.open_debt
            self._add(move.program_id, "debt", owed)

    def _lot(self, lot_id: int) -> Lot:
        changed = self._changed.get(lot_id)
        if changed is not None:
            return changed
        if self._index is None:
            self._index = {lot.id: lot for lot in self._before.lots}
        return self._index[lot_id]

    def _count_overdue(self, lot: Lot, change: Decimal) -> None:
        if change and self._now is not None and is_overdue(lot, self._now):
            self._add(lot.program_id, "overdue", change)

    def _drawn(self) -> dict[tuple[int, int], Decimal]:
        if self._draws is None:
            self._draws = {(draw.redemption_id, draw.lot_id): draw.quantity for draw in self._before.draws}
        return self._draws

    @staticmethod
    def _draws_after(held: dict[tuple[int, int], Decimal]) -> tuple[Draw, ...]:
        return tuple(
            Draw(redemption_id=redemption_id, lot_id=lot_id, quantity=quantity)
            for (redemption_id, lot_id), quantity in held.items()
            if quantity
        )

    def _own_enrolments(self) -> dict[int, Enrolment]:
        if self._enrolments is None:
            self._enrolments = dict(self._before.enrolments)
        return self._enrolments

    def _enrol(self, effect: Enrol) -> None:
        self._own_enrolments()[effect.program_id] = Enrolment(
            program_id=effect.program_id, enrolled_at=effect.at, tier_since=effect.at
        )
        self._wallets[effect.program_id] = self._wallet(effect.program_id)

    def _change_tier(self, effect: ChangeTier) -> None:
        enrolments = self._own_enrolments()
        enrolments[effect.program_id] = replace(
            enrolments[effect.program_id],
            tier=effect.to_tier,
            tier_since=effect.at,
            tier_expires_at=effect.expires_at,
            previous_tier=effect.from_tier,
            upgraded_by_bill=effect.bill_id,
        )

    def _mark_returned(self, effect: MarkReturned) -> None:
        bills = self._before.bills if self._bills is None else self._bills
        self._bills = tuple(_returned(bill, effect) if bill.id == effect.bill_id else bill for bill in bills)


def _returned(bill: Bill, effect: MarkReturned) -> Bill:
    lines = bill.lines
    if effect.lines:
        lines = tuple(
            replace(
                line,
                returned_quantity=line.returned_quantity + effect.lines[line.id][0],
                returned_amount=line.returned_amount + effect.lines[line.id][1],
            )
            if line.id in effect.lines
            else line
            for line in lines
        )
    return replace(
        bill,
        lines=lines,
        returned_amount=bill.returned_amount + effect.amount,
        return_kind=bill.return_kind or effect.kind,
    )
