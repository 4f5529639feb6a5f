"""An outcome while it is being made: effects in their order, and the lots as these effects leave them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from earnest.engine.apply import moved
from earnest.engine.lots import draw_key
from earnest.engine.outcome import Effect, Move, MovementType, OpenLot
from earnest.engine.party import Lot, Party


class Draft:
    """Collects the effects of one event on `party`. Lots that it opens get ids -1, -2, … in order."""

    __slots__ = ("_last_id", "_lots", "effects", "now", "party")

    def __init__(self, party: Party, now: datetime) -> None:
        self.party = party
        self.now = now
        self.effects: list[Effect] = []
        self._last_id = 0
        self._lots: dict[int, Lot] | None = None

    def next_lot_id(self) -> int:
        self._last_id -= 1
        return self._last_id

    @property
    def lots(self) -> dict[int, Lot]:
        """Working copies by id; built at the first use, so that an event without draws never pays for them."""
        if self._lots is None:
            self._lots = {lot.id: lot for lot in self.party.lots}
            for effect in self.effects:
                if type(effect) is OpenLot:
                    self._lots[effect.lot.id] = effect.lot
        return self._lots

    def open(self, lot: Lot) -> None:
        self.effects.append(OpenLot(lot))
        if self._lots is not None:
            self._lots[lot.id] = lot

    def award(self, lot: Lot) -> None:
        """A new lot with its points; an open debt of the programme is paid from it first (points.md 10.5)."""
        self.open(lot)
        self.effects.append(
            Move(lot_id=lot.id, program_id=lot.program_id, type=MovementType.AWARD, quantity=lot.quantity)
        )
        self.settle_debts(lot.program_id, lot.id)

    def move(self, type: MovementType, lot_id: int, quantity: Decimal, redemption_id: int | None = None) -> None:
        lot = self.lots[lot_id]
        self.lots[lot_id] = moved(lot, type, quantity)
        self.effects.append(
            Move(
                lot_id=lot_id,
                program_id=lot.program_id,
                type=type,
                quantity=quantity,
                currency=lot.currency,
                redemption_id=redemption_id,
            )
        )

    def settle_debts(self, program_id: int, payer_id: int) -> None:
        """Pay debts that were open before the event, oldest first, from the lot `payer_id` as far as it reaches."""
        wallet = self.party.wallets.get(program_id)
        if wallet is None or not wallet.debt:
            return
        for debt in self._open_debts(program_id):
            quantity = min(self.lots[payer_id].remaining, debt.open_debt)
            if not quantity:
                return
            self.move(MovementType.DEBT_SETTLED, payer_id, quantity)
            self.move(MovementType.DEBT_SETTLED, debt.id, quantity)

    def _open_debts(self, program_id: int) -> list[Lot]:
        return sorted(
            (lot for lot in self.lots.values() if lot.program_id == program_id and lot.open_debt), key=draw_key
        )
