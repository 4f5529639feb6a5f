"""What the snapshot is after an outcome."""

# Expectations write whole Decimals as ints.
# mypy: disable-error-code="comparison-overlap"

from __future__ import annotations

from decimal import Decimal
from itertools import count

import msgspec
import pytest
from msgspec.structs import replace

from earnest.engine.apply import apply, moved, resolve
from earnest.engine.evaluate import evaluate
from earnest.engine.events import Event, TransactionAdd
from earnest.engine.outcome import Move, MovementType, OpenLot, Outcome
from earnest.engine.party import Party
from earnest.engine.program.model import CriterionKind, Level, TierUpgrade, UpgradeMode
from tests.engine.life import NOON, Life, award, fixed, lasting, percent, program


def sale(amount: int, bill_id: int = 1) -> TransactionAdd:
    return TransactionAdd(at=NOON, bill_id=bill_id, bill_number=f"B{bill_id}", amount=Decimal(amount))


def test_ids_are_handed_out_once_per_lot_and_used_everywhere() -> None:
    life = Life(program(award(percent(10), 1), award(fixed(5), 2)))
    outcome = evaluate(life.programs, life.party, sale(100), NOON)
    assert [effect.lot.id for effect in outcome.effects if isinstance(effect, OpenLot)] == [-1, -2]
    ids = count(701)
    resolved = resolve(outcome, lambda: next(ids))
    assert [effect.lot.id for effect in resolved.effects if isinstance(effect, OpenLot)] == [701, 702]
    assert [effect.lot_id for effect in resolved.effects if isinstance(effect, Move)] == [701, 702]
    assert [decision.lot_id for decision in resolved.decisions[0].awards] == [701, 702]
    assert next(ids) == 703


def test_an_outcome_without_new_lots_needs_no_ids() -> None:
    life = Life(program())
    outcome = evaluate(life.programs, life.party, sale(100), NOON)
    assert resolve(outcome, lambda: pytest.fail("no lot was opened")) is outcome


def test_a_refused_outcome_changes_nothing() -> None:
    life = Life(program())
    assert apply(life.party, Outcome()) is life.party


def test_applying_does_not_touch_the_party_it_is_given() -> None:
    life = Life(program(award(percent(10))))
    before = life.party
    copy = msgspec.json.encode(before)
    life.sell(1000)
    life.redeem(40)
    life.give_back()
    assert msgspec.json.encode(before) == copy


def test_a_sale_is_applied_without_reading_the_lots_that_are_not_there() -> None:
    """A reader brings no open lots for a sale: their expiry stays the bound, and what they hold stays in the wallet."""
    life = Life(program(award(fixed(10)), expiry=lasting(5)))
    life.sell(1)
    first = life.wallet().next_expiry_at
    life.party = replace(life.party, lots=())
    life.wait(days=1)
    life.sell(1)
    assert (life.wallet().current, life.wallet().next_expiry_at) == (20, first)
    assert len(life.party.lots) == 1


def test_the_bound_of_the_next_expiry_rises_when_its_lot_is_used_up() -> None:
    life = Life(
        program(award(fixed(10), 1, expiry=lasting(5)), award(fixed(10), 2, expiry=lasting(9)), award(fixed(1), 3))
    )
    life.sell(1)
    dates = [lot.expires_at for lot in life.party.lots]
    assert life.wallet().next_expiry_at == dates[0]
    life.redeem(9)
    assert life.wallet().next_expiry_at == dates[0]
    life.redeem(1)
    assert life.wallet().next_expiry_at == dates[1]
    life.redeem(10)
    assert life.wallet().next_expiry_at is None


def test_a_movement_below_zero_is_stopped() -> None:
    life = Life(program(award(fixed(10))))
    life.sell(1)
    with pytest.raises(AssertionError):
        moved(life.lot(1), MovementType.REDEEMED, Decimal(11))
    with pytest.raises(AssertionError):
        moved(life.lot(1), MovementType.EXPIRY_REVERTED, Decimal(1))


def test_the_same_event_on_the_same_snapshot_gives_the_same_outcome() -> None:
    life = Life(program(award(percent(10)), award(percent(2), 2, level=Level.LINE), expiry=lasting(5)))
    outcomes = [evaluate(life.programs, life.party, sale(777), NOON) for _ in range(2)]
    assert outcomes[0] == outcomes[1]


class Record(msgspec.Struct):
    event: Event
    party: Party
    outcome: Outcome


def test_a_decision_record_can_be_read_back_and_replayed() -> None:
    upgrade = TierUpgrade(CriterionKind.LIFETIME_PURCHASES, {2: Decimal(500)}, UpgradeMode.DYNAMIC)
    life = Life(program(award(percent(10)), expiry=lasting(5), upgrade=upgrade, negative_balance_on_return=True))
    life.sell(400, [400])
    life.redeem(40)
    life.give_back(1, "AMOUNT", 100)
    event = sale(1000, 2)
    outcome = evaluate(life.programs, life.party, event, NOON)
    text = msgspec.json.encode(Record(event, life.party, outcome))
    read = msgspec.json.decode(text, type=Record)
    assert read == Record(event, life.party, outcome)
    assert evaluate(life.programs, read.party, read.event, NOON) == outcome


def test_paying_a_debt_says_nothing_about_lots_that_were_not_read() -> None:
    """The reader of a sale brings open debts and no other lots; one of those not read is past its day."""
    life = Life(program(award(percent(10)), expiry=lasting(2), negative_balance_on_return=True))
    life.sell(1000)
    life.redeem(100)
    life.sell(300)
    life.wait(days=4)
    life.give_back(1)
    life.read_again()
    unswept = life.lot(2).expires_at
    assert (life.wallet().overdue, life.wallet().debt, life.wallet().next_expiry_at) == (30, 100, unswept)
    life.party = replace(life.party, lots=tuple(lot for lot in life.party.lots if lot.open_debt))
    life.sell(5000)
    assert (life.wallet().debt, life.wallet().overdue, life.wallet().next_expiry_at) == (0, 30, unswept)
