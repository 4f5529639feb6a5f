"""Spending points: checks in their order, the draw, the value."""

# Expectations write whole Decimals as ints.
# mypy: disable-error-code="comparison-overlap"

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from earnest.engine.outcome import Reason
from earnest.engine.party import Draw, LoyaltyType, Wallet
from earnest.engine.program.model import PerTier, Program, Redemption, Rounding
from earnest.engine.redemption import LOTS_DRAWN_MAX, judge, money_value, points_for_value
from tests.engine.life import Life, award, by_tier, fixed, lasting, member, percent, program, same, steps


def life_with(points: int | str = 200, tier: int = 1, purchases: int = 0, **changes: Any) -> Life:
    life = Life(program(award(fixed(points)), **changes), party=member(tier=tier))
    life.sell(1)
    wallet = replace(life.wallet(), purchases=Decimal(purchases))
    life.party = replace(life.party, wallets={1: wallet})
    return life


def judged(life: Life, points: str | int, program: Program | None = None) -> Reason | None:
    return judge(program or life.programs[1], life.party, Decimal(points), life.now)


@pytest.mark.parametrize("points", ["0", "-5", "NaN", "Infinity", "1E+15"])
def test_an_amount_must_be_a_positive_number_of_points(points: str) -> None:
    assert judged(life_with(), points) is Reason.POINTS_INVALID


def test_an_amount_has_no_more_decimals_than_the_programme() -> None:
    assert judged(life_with(), "1.1111") is Reason.TOO_MANY_DECIMALS
    assert judged(life_with(rounding=Rounding(0)), "1.5") is Reason.TOO_MANY_DECIMALS
    assert judged(life_with(rounding=Rounding(1)), "1.500") is None


def test_only_members_of_the_programme_redeem() -> None:
    life = life_with()
    assert judged(life, 10, program(id=2)) is Reason.NOT_ENROLLED
    life.party = replace(life.party, loyalty_type=LoyaltyType.NON_LOYALTY)
    assert judged(life, 10) is Reason.NOT_ENROLLED


def test_a_programme_may_have_no_redemption() -> None:
    assert judged(life_with(redemption=None), 10) is Reason.NOT_REDEEMABLE


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"balance_required": 201}, Reason.CURRENT_POINTS_REQUIRED),
        ({"balance_required": 200}, None),
        ({"lifetime_points_required": 201}, Reason.LIFETIME_POINTS_REQUIRED),
        ({"lifetime_points_required": 200}, None),
        ({"lifetime_purchases_required": 51}, Reason.LIFETIME_PURCHASES_REQUIRED),
        ({"lifetime_purchases_required": 50}, None),
        ({"min_points": 101}, Reason.BELOW_MINIMUM),
        ({"min_points": 100}, None),
        ({"max_points": 99}, Reason.ABOVE_MAXIMUM),
        ({"max_points": 100}, None),
        ({"multiple_of": 30}, Reason.NOT_A_MULTIPLE),
        ({"multiple_of": 50}, None),
        ({"multiple_of": 0}, None),
    ],
)
def test_each_condition_refuses_below_its_limit_and_passes_at_it(terms: dict[str, int], reason: Reason | None) -> None:
    conditions = Redemption(**{name: same(value) for name, value in terms.items()})
    assert judged(life_with(purchases=50, redemption=conditions), 100) is reason


def test_the_first_failing_check_is_the_one_that_is_told() -> None:
    """points.md 8.2: one condition after the other is lifted, and the next one speaks."""
    terms = {
        "balance_required": 999,
        "lifetime_points_required": 999,
        "lifetime_purchases_required": 999,
        "min_points": 998,
        "max_points": 1,
        "multiple_of": 7,
    }
    told = []
    while True:
        conditions = Redemption(**{name: same(value) for name, value in terms.items()})
        reason = judged(life_with(redemption=conditions), 300)
        assert reason is not None
        told.append(reason)
        if not terms:
            break
        terms.pop(next(iter(terms)))
    assert told == [
        Reason.CURRENT_POINTS_REQUIRED,
        Reason.LIFETIME_POINTS_REQUIRED,
        Reason.LIFETIME_PURCHASES_REQUIRED,
        Reason.BELOW_MINIMUM,
        Reason.ABOVE_MAXIMUM,
        Reason.NOT_A_MULTIPLE,
        Reason.INSUFFICIENT_POINTS,
    ]


def test_conditions_may_differ_by_tier_and_a_tier_without_one_is_free() -> None:
    conditions = Redemption(max_points=by_tier(t1=50, t2=100))
    assert judged(life_with(redemption=conditions), 60) is Reason.ABOVE_MAXIMUM
    assert judged(life_with(tier=2, redemption=conditions), 60) is None
    assert judged(life_with(tier=3, redemption=conditions), 200) is None
    assert judged(life_with(tier=3, redemption=Redemption(multiple_of=PerTier())), 200) is None


def test_judging_has_no_effect_and_needs_no_lots() -> None:
    life = life_with()
    life.party = replace(life.party, lots=())
    assert judged(life, 200) is None
    assert judged(life, 201) is Reason.INSUFFICIENT_POINTS


def test_points_are_worth_their_ratio_half_up_to_the_currency() -> None:
    assert money_value(program(points_currency_ratio=Decimal("0.5")), Decimal(100)) == 50
    assert money_value(program(points_currency_ratio=Decimal("0.333")), Decimal("2.5")) == Decimal("0.83")
    assert money_value(program(currency_decimals=0), Decimal("2.5")) == 3


def test_points_for_an_amount_of_money_are_rounded_up() -> None:
    assert points_for_value(program(points_currency_ratio=Decimal("0.5")), Decimal(20)) == 40
    assert points_for_value(program(points_currency_ratio=Decimal(3)), Decimal(10)) == Decimal("3.334")
    assert points_for_value(program(points_currency_ratio=Decimal(3), rounding=Rounding(0)), Decimal(10)) == 4


def test_lots_are_drawn_by_expiry_then_age_then_id_and_never_expiring_ones_last() -> None:
    awards = [award(fixed(50), 1), award(fixed(40), 2, expiry=lasting(90)), award(fixed(30), 3, expiry=lasting(30))]
    life = Life(program(*awards))
    life.sell(1)
    life.wait(hours=1)
    life.sell(1)
    outcome = life.redeem(200)
    assert steps(outcome) == [
        (3, "REDEEMED", 30),
        (6, "REDEEMED", 30),
        (2, "REDEEMED", 40),
        (5, "REDEEMED", 40),
        (1, "REDEEMED", 50),
        (4, "REDEEMED", 10),
    ]
    assert life.party.draws[0] == Draw(redemption_id=1, lot_id=3, quantity=Decimal(30))
    assert (life.wallet().current, life.wallet().redeemed) == (40, 200)
    assert outcome.value == 200


def test_a_refused_redemption_leaves_no_trace() -> None:
    life = life_with()
    before = life.party
    outcome = life.redeem(201)
    assert (outcome.refusal, outcome.effects) == (Reason.INSUFFICIENT_POINTS, ())
    assert life.party is before


def test_a_debt_is_not_spendable() -> None:
    life = Life(program(award(percent(10)), negative_balance_on_return=True))
    life.sell(1000)
    life.redeem(100)
    life.give_back(1)
    assert judged(life, 1) is Reason.INSUFFICIENT_POINTS
    life.sell(1500)
    assert judged(life, 50) is None
    assert judged(life, 51) is Reason.INSUFFICIENT_POINTS


@pytest.mark.parametrize(("lots", "reason"), [(LOTS_DRAWN_MAX, None), (LOTS_DRAWN_MAX + 1, Reason.TOO_MANY_LOTS)])
def test_a_redemption_draws_from_so_many_lots_and_no_more(lots: int, reason: Reason | None) -> None:
    life = life_with(1)
    [lot] = life.party.lots
    many = tuple(replace(lot, id=number) for number in range(1, lots + 1))
    life.party = replace(life.party, lots=many, wallets={1: Wallet(program_id=1, earned=Decimal(lots))})
    assert life.redeem(lots).refusal is reason


def test_a_member_without_a_wallet_has_nothing_to_redeem() -> None:
    life = Life(program(), party=replace(member(), wallets={}))
    assert life.redeem(1).refusal is Reason.INSUFFICIENT_POINTS
