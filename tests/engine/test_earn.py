"""How a sale becomes points."""

# Expectations write whole Decimals as ints.
# mypy: disable-error-code="comparison-overlap"

from __future__ import annotations

from decimal import Decimal

import pytest

from earnest.engine.earn import FORMULAS
from earnest.engine.outcome import Move, MovementType, OpenLot, Why
from earnest.engine.party import LotKind, LoyaltyType
from earnest.engine.program.model import ActionRounding, Fixed, Formula, Level, Percentage, Rounding, Step
from tests.engine.life import NOON, Life, award, by_tier, fixed, lasting, member, percent, program, same, steps


def step(points: int, per: int, partial: str = "FLOOR") -> Step:
    return Step(same(points), Decimal(per), "CEIL" if partial == "CEIL" else "FLOOR")


@pytest.mark.parametrize(
    ("formula", "tier", "base", "raw"),
    [
        (fixed(30), 1, "0", "30"),
        (fixed(30), 1, "-1", "0"),
        (fixed(by_tier(t1=10, t2=15)), 3, "1", "0"),
        (percent(10), 1, "500", "50"),
        (percent(by_tier(t1=15, t2=20)), 2, "200", "40"),
        (percent("2.5"), 1, "0.1", "0.0025"),
        (percent(10), 1, "-50", "0"),
        (step(10, 200), 1, "450", "20"),
        (step(10, 200), 1, "199.99", "0"),
        (step(10, 200), 1, "400", "20"),
        (step(5, 150, "CEIL"), 1, "150", "5"),
        (step(5, 150, "CEIL"), 1, "151", "10"),
        (step(5, 150, "CEIL"), 1, "-151", "0"),
    ],
)
def test_a_formula_gives_the_award_before_rounding(formula: Formula, tier: int, base: str, raw: str) -> None:
    assert FORMULAS[type(formula)](formula, tier, Decimal(base)) == Decimal(raw)


def test_every_kind_of_formula_is_registered() -> None:
    assert set(FORMULAS) == {Fixed, Percentage, Step}


def test_a_bill_opens_one_lot_for_each_award_in_the_order_of_the_programme() -> None:
    life = Life(program(award(percent(10), 7), award(fixed(30), 3), expiry=lasting(10)))
    outcome = life.sell(500)
    assert [(lot.award_id, lot.quantity, lot.kind) for lot in life.party.lots] == [
        (7, 50, LotKind.BILL_REGULAR),
        (3, 30, LotKind.BILL_REGULAR),
    ]
    assert {(lot.bill_id, lot.tier_at_award, lot.awarded_at) for lot in life.party.lots} == {(1, 1, NOON)}
    assert steps(outcome) == [(1, "AWARD", 50), (2, "AWARD", 30)]
    assert [(a.award_id, a.base, a.raw, a.points, a.lot_id) for a in outcome.decisions[0].awards] == [
        (7, 500, 50, 50, 1),
        (3, 500, 30, 30, 2),
    ]
    assert life.wallet().current == life.wallet().earned == 80


def test_a_line_award_gives_each_line_its_own_rounded_lot() -> None:
    life = Life(program(award(percent(10), level=Level.LINE), rounding=Rounding(0)))
    outcome = life.sell(45, [15, 15, 15])
    assert [(lot.line_id, lot.quantity, lot.kind) for lot in life.party.lots] == [
        (1, 2, LotKind.LINE_REGULAR),
        (2, 2, LotKind.LINE_REGULAR),
        (3, 2, LotKind.LINE_REGULAR),
    ]
    assert outcome.decisions[0].points == 6
    assert outcome.decisions[0].raw == Decimal("4.5")


def test_lines_earn_one_by_one_after_the_bill_whatever_the_order_of_the_awards() -> None:
    awards = (award(percent(1), 1, level=Level.LINE), award(fixed(5), 2), award(fixed(3), 3, level=Level.LINE))
    outcome = Life(program(*awards)).sell(300, [100, 200])
    assert [(a.award_id, a.line_id) for a in outcome.decisions[0].awards] == [
        (2, None),
        (1, 1),
        (3, 1),
        (1, 2),
        (3, 2),
    ]


def test_a_negative_line_lowers_the_bill_and_earns_nothing_itself() -> None:
    life = Life(
        program(award(percent(10), 1), award(percent(1), 2, level=Level.LINE), award(fixed(4), 3, level=Level.LINE))
    )
    life.sell(80, [100, -20])
    assert [(lot.award_id, lot.line_id, lot.quantity) for lot in life.party.lots] == [
        (1, None, 8),
        (2, 1, 1),
        (3, 1, 4),
    ]


@pytest.mark.parametrize("amount", [0, -50])
def test_a_sale_of_nothing_or_less_earns_nothing_by_any_formula(amount: int) -> None:
    life = Life(program(award(percent(10), 1), award(fixed(30), 2), award(step(1, 1, "CEIL"), 3)))
    outcome = life.sell(amount)
    assert life.party.lots == ()
    assert [a.points for a in outcome.decisions[0].awards] == [0, 0, 0]
    assert life.wallet().purchases == amount


def test_an_award_waits_for_its_least_bill_amount() -> None:
    life = Life(program(award(fixed(100), min_amount=Decimal(500))))
    assert life.sell("499.99").decisions[0].awards == ()
    assert life.sell(500).decisions[0].points == 100


def test_the_action_rounds_first_and_the_programme_last() -> None:
    floor = award(percent(10), rounding=ActionRounding("FLOOR"))
    assert Life(program(floor)).sell(199).decisions[0].points == 19
    assert Life(program(award(percent(10)), rounding=Rounding(0))).sell(195).decisions[0].points == 20


def test_an_award_that_rounds_to_nothing_makes_no_lot_but_is_recorded() -> None:
    life = Life(program(award(percent(1)), rounding=Rounding(0)))
    outcome = life.sell(40)
    assert life.party.lots == ()
    [decision] = outcome.decisions[0].awards
    assert (decision.raw, decision.points, decision.lot_id) == (Decimal("0.4"), 0, None)


def test_each_award_may_have_an_expiry_of_its_own() -> None:
    life = Life(program(award(fixed(1), 1), award(fixed(1), 2, expiry=lasting(3)), expiry=lasting(10)))
    life.sell(1)
    assert [lot.expires_at.day for lot in life.party.lots if lot.expires_at] == [11, 4]


def test_a_bill_sent_late_is_awarded_when_it_is_processed() -> None:
    life = Life(program(award(fixed(1)), expiry=lasting(10)))
    life.wait(days=2)
    life.sell(1, at=NOON)
    [lot] = life.party.lots
    assert (lot.awarded_at, lot.expires_at and lot.expires_at.day) == (life.now, 11)


def test_two_programmes_earn_apart_and_the_default_one_comes_last() -> None:
    life = Life(program(award(percent(1)), id=1), program(award(percent(10)), id=2, is_default=False))
    outcome = life.sell(1000)
    assert [(d.program_id, d.points) for d in outcome.decisions] == [(2, 100), (1, 10)]
    assert (life.wallet(1).current, life.wallet(2).current) == (10, 100)
    opened = [effect.lot.id for effect in outcome.effects if isinstance(effect, OpenLot)]
    assert len(set(opened)) == 2


def test_who_is_no_loyalty_member_earns_nothing_and_counts_no_purchase() -> None:
    stranger = member()
    stranger = type(stranger)(
        holder_id=1, registered_at=NOON, loyalty_type=LoyaltyType.NON_LOYALTY, enrolments=stranger.enrolments
    )
    life = Life(program(award(percent(10))), party=stranger)
    outcome = life.sell(1000)
    assert (outcome.effects, outcome.decisions[0].why) == ((), Why.NON_LOYALTY)


def test_who_is_not_enrolled_earns_nothing_in_that_programme() -> None:
    life = Life(program(award(percent(10)), id=1), program(award(percent(10)), id=2), party=member(1))
    outcome = life.sell(1000)
    assert [(d.program_id, d.points, d.why) for d in outcome.decisions] == [(1, 100, None), (2, 0, Why.NOT_ENROLLED)]
    assert set(life.party.wallets) == {1}


def test_a_bill_that_does_not_earn_counts_for_nothing() -> None:
    life = Life(program(award(percent(10))))
    outcome = life.sell(1000, earns=False)
    assert (outcome.effects, outcome.decisions[0].why) == ((), Why.BILL_DOES_NOT_EARN)
    assert life.wallet().purchases == 0


def test_a_later_award_pays_an_open_debt_first() -> None:
    life = Life(program(award(percent(10)), negative_balance_on_return=True))
    life.sell(1000)
    life.redeem(100)
    life.give_back(1)
    assert (life.wallet().current, life.wallet().debt) == (-100, 100)
    outcome = life.sell(600)
    assert [move for move in outcome.effects if isinstance(move, Move) and move.type is MovementType.DEBT_SETTLED]
    assert (life.wallet().current, life.wallet().debt, life.wallet().lifetime) == (-40, 40, 60)
    life.sell(5000)
    assert (life.wallet().current, life.wallet().debt) == (460, 0)
    assert life.remaining() == [0, 0, 0, 460]
