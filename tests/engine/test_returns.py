"""What a return may return, and what it takes back."""

# Expectations write whole Decimals as ints.
# mypy: disable-error-code="comparison-overlap"

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from earnest.engine.outcome import MarkReturned, Reason, Why
from earnest.engine.party import Enrolment, LotKind
from earnest.engine.program.model import Level, Program, Rounding
from tests.engine.invariants import broken
from tests.engine.life import Life, award, fixed, lasting, percent, program, steps

SHARE = award(percent(10))


def negative(*awards: Any, **changes: Any) -> Program:
    return program(*awards, negative_balance_on_return=True, **changes)


# --- what is refused -------------------------------------------------------------------------------------------------


def test_an_unknown_bill_is_refused() -> None:
    assert Life(program(SHARE)).give_back(5).refusal is Reason.UNKNOWN_BILL


def test_a_return_is_not_earlier_than_its_sale() -> None:
    life = Life(program(SHARE))
    life.sell(100)
    assert life.give_back(at=life.now - timedelta(seconds=1)).refusal is Reason.RETURN_BEFORE_SALE
    assert life.give_back(at=life.now).refusal is None


def test_a_bill_that_did_not_earn_takes_no_return() -> None:
    life = Life(program(SHARE))
    life.sell(100, earns=False)
    assert life.give_back().refusal is Reason.OUTLIER_BILL


def test_kinds_do_not_mix_and_full_needs_an_untouched_bill() -> None:
    life = Life(program(SHARE))
    life.sell(1000, [400, 600])
    assert life.give_back(kind="AMOUNT", amount=100).refusal is None
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 1, 400)]).refusal is Reason.RETURNED_BY_AMOUNT
    assert life.give_back().refusal is Reason.ALREADY_RETURNED_IN_PART
    assert life.give_back(kind="AMOUNT", amount=901).refusal is Reason.RETURN_AMOUNT_TOO_LARGE
    assert life.give_back(kind="AMOUNT", amount=900).refusal is None
    assert life.give_back(kind="AMOUNT", amount=1).refusal is Reason.FULLY_RETURNED
    assert life.give_back().refusal is Reason.FULLY_RETURNED


def test_lines_are_returned_as_long_as_there_is_something_of_them() -> None:
    life = Life(program(SHARE))
    life.sell(1000, [400, 600], quantity=2)
    assert life.give_back(kind="LINE_ITEM", lines=[(9, 1, 1)]).refusal is Reason.UNKNOWN_LINE
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 3, 400)]).refusal is Reason.RETURN_QUANTITY_TOO_LARGE
    assert (
        life.give_back(kind="LINE_ITEM", lines=[(1, 1, 200), (1, 2, 200)]).refusal is Reason.RETURN_QUANTITY_TOO_LARGE
    )
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 2, 401)]).refusal is Reason.RETURN_AMOUNT_TOO_LARGE
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 1, 200)]).refusal is None
    assert life.give_back(kind="AMOUNT", amount=10).refusal is Reason.RETURNED_BY_LINE_ITEM
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 1, 200), (2, 2, 600)]).refusal is None
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 1, 0)]).refusal is Reason.FULLY_RETURNED


def test_a_bill_is_fully_returned_once() -> None:
    life = Life(program(SHARE))
    life.sell(1000)
    assert life.give_back().refusal is None
    for kind, amount in (("FULL", None), ("AMOUNT", 1)):
        assert life.give_back(kind=kind, amount=amount).refusal is Reason.FULLY_RETURNED  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", [None, 0, -5])
def test_an_amount_return_without_an_amount_is_a_mistake_of_the_caller(amount: int | None) -> None:
    life = Life(program(SHARE))
    life.sell(100)
    with pytest.raises(ValueError, match="positive amount"):
        life.give_back(kind="AMOUNT", amount=amount)
    with pytest.raises(ValueError, match="needs lines"):
        life.give_back(kind="LINE_ITEM")


# --- how much is taken back ------------------------------------------------------------------------------------------


def test_return_of_half_the_bill_takes_back_half_the_points() -> None:
    life = Life(program(SHARE, award(fixed(30), 2)))
    life.sell(1000)
    outcome = life.give_back(kind="AMOUNT", amount=500)
    assert outcome.taken_back == 65
    assert [lot.returned for lot in life.party.lots] == [50, 15]
    assert (life.wallet().current, life.wallet().returned, life.wallet().lifetime) == (65, 65, 65)
    assert life.wallet().purchases == 500


def test_a_line_return_takes_the_points_of_the_line_and_those_of_the_bill_with_the_last_one() -> None:
    life = Life(program(award(percent(10), 1, level=Level.LINE), award(fixed(40), 2)))
    life.sell(1000, [200, 350, 450])
    assert life.give_back(kind="LINE_ITEM", lines=[(2, 1, 350)]).taken_back == 35
    assert life.wallet().current == 105
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 1, 200), (3, 1, 450)]).taken_back == 105
    assert (life.wallet().current, life.wallet().purchases) == (0, 0)


def test_part_of_a_line_takes_part_of_its_points() -> None:
    life = Life(program(award(percent(10), level=Level.LINE)))
    life.sell(900, [900], quantity=3)
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 1, 300)]).taken_back == 30
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 2, 600)]).taken_back == 60


def test_shares_are_cumulative_and_the_last_return_leaves_no_residue() -> None:
    life = Life(program(award(fixed(10)), rounding=Rounding(0)))
    life.sell(300)
    assert [life.give_back(kind="AMOUNT", amount=100).taken_back for _ in range(3)] == [3, 4, 3]


def test_a_ceiling_never_claims_more_than_the_lot() -> None:
    life = Life(program(award(fixed(1)), rounding=Rounding(0)))
    life.sell(300)
    assert [life.give_back(kind="AMOUNT", amount=100).taken_back for _ in range(3)] == [0, 1, 0]


def test_lines_dearer_than_their_discounted_bill_give_back_what_was_paid() -> None:
    life = Life(program(SHARE))
    life.sell(180, [100, 100])
    life.give_back(kind="LINE_ITEM", lines=[(1, 1, 100)])
    assert life.wallet().purchases == 80
    outcome = life.give_back(kind="LINE_ITEM", lines=[(2, 1, 100)])
    [mark] = [effect for effect in outcome.effects if isinstance(effect, MarkReturned)]
    assert (mark.amount, mark.lines) == (80, {2: (1, 100)})
    assert (life.wallet().purchases, life.wallet().current) == (0, 0)


def test_upgrade_bonuses_go_back_with_their_bill_and_welcome_points_do_not() -> None:
    welcome = award(fixed(100), 9, activity="CustomerRegistration")
    life = Life(program(SHARE, welcome))
    life.party = replace(life.party, enrolments={}, wallets={})
    life.register()
    life.sell(1000)
    assert life.give_back().taken_back == 100
    assert life.wallet().current == 100


def test_points_stay_where_the_programme_says_so_but_purchases_fall() -> None:
    life = Life(program(SHARE, points_return_enabled=False))
    life.sell(1000)
    outcome = life.give_back(kind="AMOUNT", amount=400)
    assert (outcome.taken_back, outcome.decisions[0].why) == (0, Why.POINTS_STAY_ON_RETURN)
    assert (life.wallet().current, life.wallet().purchases) == (100, 600)


def test_purchases_never_fall_below_zero() -> None:
    """The bill was bought before the membership, so its amount was never counted."""
    life = Life(program(SHARE))
    life.party = replace(life.party, enrolments={})
    life.sell(1000)
    life.party = replace(life.party, enrolments={1: Enrolment(program_id=1, enrolled_at=life.now)})
    life.sell(300)
    life.give_back(1)
    assert life.wallet().purchases == 0


def test_expired_points_come_back_to_be_returned() -> None:
    life = Life(program(SHARE, expiry=lasting(1)))
    life.sell(1000)
    life.wait(days=5)
    life.sweep()
    outcome = life.give_back()
    assert steps(outcome) == [(1, "EXPIRY_REVERTED", 100), (1, "RETURN", 100)]
    assert (life.wallet().expired, life.wallet().returned, life.wallet().current) == (0, 100, 0)


def test_points_past_their_day_and_not_swept_are_returned_like_others() -> None:
    life = Life(program(SHARE, expiry=lasting(1)))
    life.sell(1000)
    life.wait(days=5)
    life.read_again()
    assert life.wallet().overdue == 100
    assert steps(life.give_back()) == [(1, "RETURN", 100)]
    assert (life.wallet().overdue, life.wallet().current) == (0, 0)


# --- points that were used -------------------------------------------------------------------------------------------


def test_two_bills_redeemed_across_and_returned_one_after_the_other() -> None:
    """points.md 11, second table."""
    life = Life(negative(SHARE))
    life.sell(1000)
    life.sell(1500)
    life.redeem(110)
    assert life.remaining() == [0, 140]
    outcome = life.give_back(1)
    assert steps(outcome) == [(1, "REDEMPTION_REVERTED", 100), (1, "RETURN", 100), (2, "REDEEMED", 100)]
    assert (life.lot(1).redeemed, life.lot(1).returned, life.lot(2).redeemed) == (0, 100, 110)
    assert life.wallet().current == 40
    outcome = life.give_back(2)
    assert outcome.taken_back == 150
    assert steps(outcome) == [
        (2, "RETURN", 40),
        (2, "REDEMPTION_REVERTED", 110),
        (2, "RETURN", 110),
        (3, "DEBT", 110),
    ]
    debt = life.lot(3)
    assert (debt.kind, debt.quantity, debt.debt, debt.expires_at) == (LotKind.BILL_PROMOTION, 0, 110, None)
    wallet = life.wallet()
    assert (wallet.current, wallet.debt, wallet.redeemed, wallet.returned) == (-110, 110, 110, 250)
    life.sell(5000)
    assert (life.wallet().current, life.wallet().debt, life.wallet().lifetime) == (390, 0, 500)
    assert broken(life, {1: Decimal(110)}) == []


def test_without_negative_balances_used_points_stay_used() -> None:
    life = Life(program(SHARE))
    life.sell(1000)
    life.redeem(70)
    outcome = life.give_back()
    assert (outcome.taken_back, outcome.unrecovered) == (30, 70)
    assert (life.lot(1).redeemed, life.lot(1).returned, life.wallet().current) == (70, 30, 0)


def test_without_negative_balances_other_lots_still_carry_what_they_can() -> None:
    life = Life(program(SHARE))
    life.sell(1000)
    life.redeem(100)
    life.sell(400)
    outcome = life.give_back(1)
    assert (outcome.taken_back, outcome.unrecovered) == (40, 60)
    assert steps(outcome) == [(1, "REDEMPTION_REVERTED", 40), (1, "RETURN", 40), (2, "REDEEMED", 40)]


def test_the_latest_redemption_moves_first() -> None:
    life = Life(program(SHARE))
    life.sell(1000)
    life.redeem(60)
    life.redeem(40)
    life.sell(300)
    outcome = life.give_back(kind="AMOUNT", amount=300)
    moves = [(m.type.value, m.redemption_id, m.quantity) for m in life.moves()[-3:]]
    assert moves == [("REDEMPTION_REVERTED", 2, 30), ("RETURN", None, 30), ("REDEEMED", 2, 30)]
    assert outcome.taken_back == 30
    assert broken(life, {1: Decimal(60), 2: Decimal(40)}) == []


def test_use_by_a_redemption_nobody_knows_is_moved_without_its_name() -> None:
    life = Life(program(SHARE))
    life.sell(1000)
    life.redeem(100)
    life.party = replace(life.party, draws=())
    life.sell(1000)
    life.give_back(1)
    assert [(m.type.value, m.redemption_id) for m in life.moves()[-3:]] == [
        ("REDEMPTION_REVERTED", None),
        ("RETURN", None),
        ("REDEEMED", None),
    ]
    assert life.wallet().current == 0


def test_lots_of_one_bill_do_not_carry_each_other() -> None:
    life = Life(negative(award(fixed(40), 1), award(fixed(60), 2)))
    life.sell(100)
    life.redeem(50)
    outcome = life.give_back()
    assert steps(outcome) == [
        (2, "RETURN", 50),
        (1, "REDEMPTION_REVERTED", 40),
        (1, "RETURN", 40),
        (3, "DEBT", 40),
        (2, "REDEMPTION_REVERTED", 10),
        (2, "RETURN", 10),
        (3, "DEBT", 10),
    ]
    assert (outcome.taken_back, life.wallet().debt, len(life.party.lots)) == (100, 50, 3)
    assert broken(life, {1: Decimal(50)}) == []


def test_points_of_another_programme_do_not_carry() -> None:
    life = Life(negative(SHARE, id=1), program(award(percent(50)), id=2))
    life.sell(1000)
    life.redeem(100)
    life.give_back()
    assert (life.wallet(1).debt, life.wallet(2).debt, life.wallet(2).current) == (100, 0, 0)


def test_a_bill_whose_points_paid_a_debt_leaves_the_debt_open_again_when_it_is_returned() -> None:
    life = Life(negative(SHARE))
    life.sell(1000)
    life.redeem(100)
    life.give_back(1)
    life.sell(5000)
    assert (life.wallet().current, life.wallet().debt) == (400, 0)
    outcome = life.give_back(2)
    assert steps(outcome) == [
        (3, "RETURN", 400),
        (3, "DEBT_REOPENED", 100),
        (2, "DEBT_REOPENED", 100),
        (3, "RETURN", 100),
    ]
    assert (outcome.taken_back, life.wallet().current, life.wallet().debt) == (500, -100, 100)
    assert broken(life, {1: Decimal(100)}) == []


def test_a_reopened_debt_is_paid_by_other_lots_at_once() -> None:
    life = Life(negative(SHARE))
    life.sell(1000)
    life.redeem(100)
    life.give_back(1)
    life.sell(1000)
    life.sell(300)
    outcome = life.give_back(2)
    assert steps(outcome)[-2:] == [(4, "DEBT_SETTLED", 30), (2, "DEBT_SETTLED", 30)]
    assert (life.wallet().current, life.wallet().debt) == (-70, 70)
    assert broken(life, {1: Decimal(100)}) == []


def test_a_paid_debt_that_the_snapshot_does_not_hold_is_not_recovered() -> None:
    life = Life(negative(SHARE))
    life.sell(1000)
    life.redeem(100)
    life.give_back(1)
    life.sell(1000)
    life.party = replace(life.party, lots=tuple(lot for lot in life.party.lots if not lot.debt))
    outcome = life.give_back(2)
    assert (outcome.taken_back, outcome.unrecovered) == (0, 100)


def test_points_past_their_day_carry_nothing() -> None:
    life = Life(negative(SHARE, expiry=lasting(1)))
    life.sell(1000)
    life.redeem(100)
    life.sell(500)
    life.wait(days=3)
    life.give_back(1)
    assert life.wallet().debt == 100
    assert life.lot(2).remaining == 50


def test_a_lot_that_is_open_and_expired_in_part_gives_its_open_points_first() -> None:
    life = Life(program(SHARE))
    life.sell(1000)
    [lot] = life.party.lots
    wallet = replace(life.wallet(), expired=Decimal(40))
    life.party = replace(life.party, lots=(replace(lot, expired=Decimal(40)),), wallets={1: wallet})
    assert steps(life.give_back(kind="AMOUNT", amount=500)) == [(1, "RETURN", 50)]
    assert steps(life.give_back(kind="AMOUNT", amount=300)) == [
        (1, "RETURN", 10),
        (1, "EXPIRY_REVERTED", 20),
        (1, "RETURN", 20),
    ]
    assert (life.wallet().current, life.wallet().expired, life.wallet().returned) == (0, 20, 80)


def test_what_was_returned_of_a_line_is_not_returned_again() -> None:
    life = Life(program(SHARE))
    life.sell(1000, [400, 600], quantity=3)
    life.give_back(kind="LINE_ITEM", lines=[(1, 2, 300)])
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 2, 50)]).refusal is Reason.RETURN_QUANTITY_TOO_LARGE
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 1, 101)]).refusal is Reason.RETURN_AMOUNT_TOO_LARGE
    assert life.give_back(kind="LINE_ITEM", lines=[(1, 1, 100)]).refusal is None


def test_the_record_of_a_return_says_what_was_seen_before() -> None:
    life = Life(program(SHARE))
    life.sell(1000)
    [decision] = life.give_back().decisions
    assert decision.seen == {"CURRENT_POINTS": 100, "LIFETIME_POINTS": 100, "LIFETIME_PURCHASES": 1000}
