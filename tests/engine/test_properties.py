"""Random lives of one member in two programmes: the invariants of the ledger hold after every event."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from earnest.engine.lots import spendable
from earnest.engine.outcome import MovementType, Outcome
from earnest.engine.party import Bill
from earnest.engine.program.model import (
    CriterionKind,
    Level,
    Program,
    Rounding,
    RoundingMethod,
    TierUpgrade,
    UpgradeMode,
)
from tests.engine.invariants import broken, movement_types
from tests.engine.life import Life, award, by_tier, fixed, lasting, percent, program, same

Step = tuple[str, int, int]


class RandomLife:
    """A life driven by steps of two numbers 0..999 each; what they mean depends on what there is to act on."""

    def __init__(self, *programs: Program) -> None:
        self.life = Life(*programs)
        self.redeemed: dict[int, Decimal] = {}

    def take(self, step: Step) -> Outcome | None:
        name, first, second = step
        self.life.read_again()
        outcome: Outcome | None = getattr(self, f"_{name}")(first, second)
        assert broken(self.life, self.redeemed) == [], step
        if outcome is not None:
            self._assert_overdue_is_kept()
        return outcome

    def _assert_overdue_is_kept(self) -> None:
        """Nothing was read since the last event, so `apply` alone has kept the figure."""
        kept = {id: wallet.overdue for id, wallet in self.life.party.wallets.items()}
        self.life.read_again()
        assert kept == {id: wallet.overdue for id, wallet in self.life.party.wallets.items()}

    def _sell(self, first: int, second: int) -> Outcome:
        lines = [Decimal(first * (number + 1)) / 7 for number in range(second % 4)]
        lines = [line.quantize(Decimal("0.01")) for line in lines]
        # Every third bill with lines has a discount on the whole, so that its lines add up to more than it.
        amount = sum(lines, Decimal(0)) - (Decimal(first) / 10 if second % 3 == 0 else 0) if lines else Decimal(first)
        return self.life.sell(amount, lines, quantity=1 + second % 3)

    def _redeem(self, first: int, second: int) -> Outcome:
        program_id = 1 + first % len(self.life.programs)
        wallet = self.life.wallet(program_id)
        available = spendable(self.life.party, wallet, self.life.now)
        step = Decimal(1).scaleb(-self.life.programs[program_id].rounding.decimals)
        points = max((available * (second + 1) / 1000).quantize(step), step)
        outcome = self.life.redeem(points, program_id)
        if outcome.refusal is None:
            self.redeemed[len(self.redeemed) + 1] = points
        else:
            self.life._last_redemption -= 1
            assert points > available
        return outcome

    def _give_back(self, first: int, second: int) -> Outcome | None:
        bills = [bill for bill in self.life.party.bills if bill.return_kind is None or second % 3]
        if not bills:
            return None
        bill = bills[first % len(bills)]
        left = bill.amount - bill.returned_amount
        if bill.lines and second % 2:
            return self._give_back_lines(bill, second)
        if second % 5 == 0 or left <= 0:
            return self.life.give_back(bill.id)
        amount = max((left * second / 900).quantize(Decimal("0.01")), Decimal("0.01"))
        return self.life.give_back(bill.id, "AMOUNT", amount)

    def _give_back_lines(self, bill: Bill, second: int) -> Outcome:
        line = bill.lines[second % len(bill.lines)]
        left = line.quantity - line.returned_quantity
        quantity = min(Decimal(1 + second % 2), left) or Decimal(1)
        money = line.amount - line.returned_amount
        if quantity < left:
            money = (money * quantity / left).quantize(Decimal("0.01"))
        return self.life.give_back(bill.id, "LINE_ITEM", lines=[(line.id, quantity, money)])

    def _sweep(self, first: int, second: int) -> Outcome:
        return self.life.sweep()

    def _wait(self, first: int, second: int) -> None:
        self.life.wait(days=first % 9)


def programs(
    decimals: int, method: RoundingMethod, mode: UpgradeMode, criterion: CriterionKind, *, negative: bool, returns: bool
) -> tuple[Program, Program]:
    upgrade = TierUpgrade(criterion, {2: Decimal(700), 3: Decimal(2500)}, mode)
    brand = program(
        award(percent(by_tier(t1=10, t2=15, t3=20)), 1),
        award(fixed(7), 2, min_amount=Decimal(100), expiry=lasting(3)),
        award(percent(3), 3, level=Level.LINE),
        award(fixed(by_tier(t2=50, t3=80)), 4, activity="SlabUpgrade"),
        expiry=lasting(10),
        rounding=Rounding(decimals, method),
        upgrade=upgrade,
        is_default=False,
        negative_balance_on_return=negative,
        points_return_enabled=returns,
        redemption=replace(program().redemption or pytest.fail(), min_points=same(0)),
    )
    default = program(award(percent(100), 1), id=2, negative_balance_on_return=not negative, upgrade=upgrade)
    return brand, default


STEP = st.tuples(
    st.sampled_from(["sell", "sell", "redeem", "redeem", "give_back", "give_back", "sweep", "wait"]),
    st.integers(0, 999),
    st.integers(0, 999),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    decimals=st.integers(0, 3),
    method=st.sampled_from(RoundingMethod),
    mode=st.sampled_from(UpgradeMode),
    criterion=st.sampled_from(CriterionKind),
    negative=st.booleans(),
    returns=st.sampled_from([True, True, True, False]),
    steps=st.lists(STEP, min_size=5, max_size=40),
)
def test_the_ledger_holds_whatever_a_member_does(
    decimals: int,
    method: RoundingMethod,
    mode: UpgradeMode,
    criterion: CriterionKind,
    negative: bool,
    returns: bool,
    steps: list[Step],
) -> None:
    life = RandomLife(*programs(decimals, method, mode, criterion, negative=negative, returns=returns))
    for step in steps:
        life.take(step)


def _long_life(seed: int, length: int) -> tuple[RandomLife, int, int]:
    """A life of `length` steps; returns it with the number of events and of those that were accepted."""
    chance = random.Random(seed)
    configured = programs(
        seed % 4,
        RoundingMethod.HALF_UP,
        UpgradeMode.LAZY,
        CriterionKind.LIFETIME_PURCHASES,
        negative=True,
        returns=True,
    )
    life = RandomLife(*configured)
    names = ["sell", "sell", "redeem", "redeem", "give_back", "give_back", "sweep", "wait"]
    tried = accepted = 0
    for _ in range(length):
        outcome = life.take((chance.choice(names), chance.randrange(1000), chance.randrange(1000)))
        if outcome is not None:
            tried += 1
            accepted += outcome.refusal is None
    return life, tried, accepted


def test_random_lives_reach_every_kind_of_movement_and_are_mostly_accepted() -> None:
    counts: dict[MovementType, int] = {}
    tried = accepted = 0
    for seed in range(40):
        life, of_life, good = _long_life(seed, 60)
        tried += of_life
        accepted += good
        for type, count in movement_types(life.life.outcomes).items():
            counts[type] = counts.get(type, 0) + count
    assert accepted >= 0.6 * tried
    assert {type: counts.get(type, 0) >= 20 for type in MovementType} == dict.fromkeys(MovementType, True), counts


@pytest.mark.parametrize(
    "damage",
    [
        {"earned": Decimal(1)},
        {"redeemed": Decimal(1)},
        {"debt": Decimal(1)},
        {"purchases": Decimal(-1)},
    ],
)
def test_the_invariants_notice_a_wallet_that_is_off_by_one(damage: dict[str, Any]) -> None:
    life = Life(program(award(percent(10))))
    life.sell(1000)
    assert broken(life, {}) == []
    wallet = life.wallet()
    wrong = replace(wallet, **{name: getattr(wallet, name) + by for name, by in damage.items()})
    life.party = replace(life.party, wallets={1: wrong})
    assert broken(life, {}) != []
