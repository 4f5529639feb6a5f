"""When lots expire, and what the sweep does with those that have."""

# Expectations write whole Decimals as ints.
# mypy: disable-error-code="comparison-overlap"

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from earnest.engine.expiry import expires_at
from earnest.engine.lots import spendable
from earnest.engine.party import Enrolment
from earnest.engine.program.model import Expiry, ExpiryBase, ExpiryUnit, PerTier
from tests.engine.life import Life, award, by_tier, fixed, lasting, percent, program, same, steps

BASE = ExpiryBase
UNIT = ExpiryUnit


def last_day(
    expiry: Expiry,
    event: str,
    processing: str | None = None,
    tier: int = 1,
    enrolled: str = "2020-01-01",
    tier_expires_at: datetime | None = None,
) -> str | None:
    at = expires_at(
        expiry,
        zone="UTC",
        tier=tier,
        event_day=date.fromisoformat(event),
        processing_day=date.fromisoformat(processing or event),
        enrolment=Enrolment(program_id=1, enrolled_at=datetime.fromisoformat(enrolled).replace(tzinfo=UTC)),
        tier_expires_at=tier_expires_at,
    )
    if at is None:
        return None
    assert (at.hour, at.minute, at.second) == (23, 59, 59)
    return at.date().isoformat()


def for_units(
    base: ExpiryBase, unit: ExpiryUnit, value: PerTier | int | None = None, date: str | None = None
) -> Expiry:
    length = value if isinstance(value, PerTier) else PerTier() if value is None else same(value)
    return Expiry(base=base, unit=unit, value=length, date=date)


@pytest.mark.parametrize(
    ("expiry", "event", "expected"),
    [
        (for_units(BASE.EVENT_DATE, UNIT.DAYS, 10), "2021-07-01", "2021-07-11"),
        (for_units(BASE.EVENT_DATE, UNIT.MONTHS, 1), "2021-07-10", "2021-08-31"),
        (for_units(BASE.EVENT_DATE, UNIT.MONTHS, 1), "2027-01-31", "2027-02-28"),
        (for_units(BASE.EVENT_DATE, UNIT.MONTHS, 1), "2028-01-31", "2028-02-29"),
        (for_units(BASE.EVENT_DATE, UNIT.DATE, date="2021-08-10"), "2021-06-01", "2021-08-10"),
        (for_units(BASE.EVENT_DATE, UNIT.DATE, date="2021-08-10"), "2021-08-10", "2021-08-10"),
        (for_units(BASE.EVENT_DATE, UNIT.DATE, date="2021-08-10"), "2021-08-20", "2021-08-27"),
        (for_units(BASE.EVENT_DATE, UNIT.NEVER), "2021-06-01", None),
        (for_units(BASE.ROLLING_EVENT_DATE, UNIT.DAYS, 30), "2021-06-10", "2021-07-10"),
        (for_units(BASE.ROLLING_EVENT_DATE, UNIT.MONTHS, 6), "2025-01-01", "2025-07-01"),
        (for_units(BASE.ROLLING_EVENT_DATE, UNIT.MONTHS, 1), "2026-01-31", "2026-02-28"),
        (for_units(BASE.FIXED_DATE, UNIT.NEVER, date="03-31"), "2026-03-30", "2026-03-31"),
        (for_units(BASE.FIXED_DATE, UNIT.NEVER, date="03-31"), "2026-03-31", "2027-03-31"),
    ],
)
def test_a_lot_lasts_as_its_strategy_says(expiry: Expiry, event: str, expected: str | None) -> None:
    assert last_day(expiry, event) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [("2024-06-01", "2025-02-28"), ("2025-02-28", "2026-02-28"), ("2027-03-01", "2028-02-29")],
)
def test_points_may_last_to_the_next_anniversary_of_enrolment(event: str, expected: str) -> None:
    assert last_day(Expiry(base=BASE.REGISTRATION_DATE), event, enrolled="2024-02-29") == expected


def test_points_may_last_as_long_as_the_tier() -> None:
    until = datetime(2026, 3, 15, 23, 59, 59, tzinfo=UTC)
    assert last_day(Expiry(base=BASE.MEMBERSHIP), "2026-01-01", tier_expires_at=until) == "2026-03-15"
    assert last_day(Expiry(base=BASE.MEMBERSHIP), "2026-01-01") is None


def test_each_tier_may_have_its_own_length() -> None:
    expiry = for_units(BASE.EVENT_DATE, UNIT.DAYS, by_tier(t1=10, t2=20))
    assert last_day(expiry, "2026-01-01", tier=2) == "2026-01-21"


def test_a_late_bill_counts_from_its_own_day_and_one_from_the_future_from_today() -> None:
    expiry = for_units(BASE.EVENT_DATE, UNIT.DAYS, 10)
    assert last_day(expiry, "2026-05-01", processing="2026-05-03") == "2026-05-11"
    assert last_day(expiry, "2026-06-01", processing="2026-05-03") == "2026-05-13"


def test_the_day_is_that_of_the_organisation() -> None:
    life = Life(program(award(fixed(1)), expiry=lasting(10), time_zone="Asia/Kolkata"))
    life.now = datetime(2026, 6, 30, 19, 0, tzinfo=UTC)  # half past midnight on 1 July
    life.sell(1)
    assert life.party.lots[0].expires_at == datetime(2026, 7, 11, 18, 29, 59, tzinfo=UTC)


def test_a_strategy_with_a_date_unit_needs_its_date() -> None:
    with pytest.raises(ValueError, match="needs its date"):
        last_day(for_units(BASE.EVENT_DATE, UNIT.DATE), "2026-01-01")


def test_two_awards_one_redemption_and_the_sweep_takes_what_is_left() -> None:
    """points.md 11, first table."""
    life = Life(program(award(fixed(40), 1), award(fixed(60), 2), expiry=lasting(5)))
    life.sell(1)
    life.redeem(50)
    assert life.remaining() == [0, 50]
    life.wait(days=7)
    outcome = life.sweep()
    assert outcome.expired == 50
    assert steps(outcome) == [(2, "EXPIRED", 50)]
    assert life.lot(2).expired == 50
    assert (life.wallet().current, life.wallet().expired) == (0, 50)


def test_points_are_usable_through_their_last_second_and_gone_before_the_sweep() -> None:
    life = Life(program(award(fixed(100)), expiry=lasting(10)))
    life.sell(1)
    life.now = datetime(2026, 1, 11, 23, 59, 59, tzinfo=UTC)
    assert life.redeem(30).refusal is None
    life.wait(seconds=1)
    assert life.redeem(10).refusal is not None
    assert spendable(life.party, life.wallet(), life.now) == 0
    assert (life.wallet().current, life.wallet().expired) == (70, 0)
    assert life.sweep().expired == 70
    assert (life.wallet().current, life.wallet().expired) == (0, 70)


def test_a_second_sweep_finds_nothing() -> None:
    life = Life(program(award(fixed(100)), expiry=lasting(1)))
    life.sell(1)
    life.wait(days=3)
    life.sweep()
    outcome = life.sweep()
    assert (outcome.effects, outcome.expired) == ((), 0)


def test_the_sweep_takes_lots_in_draw_order_and_leaves_the_rest() -> None:
    life = Life(
        program(award(fixed(1), 1, expiry=lasting(5)), award(fixed(2), 2, expiry=lasting(3)), award(fixed(4), 3))
    )
    life.sell(1)
    life.wait(days=30)
    assert steps(life.sweep()) == [(2, "EXPIRED", 2), (1, "EXPIRED", 1)]
    assert life.wallet().current == 4
    assert life.wallet().next_expiry_at is None


def test_a_debt_is_paid_from_points_about_to_expire() -> None:
    """The debt arises while the other lot is past its day and not swept: it could not carry the redemption."""
    life = Life(program(award(percent(10)), expiry=lasting(1), negative_balance_on_return=True))
    life.sell(1000)
    life.redeem(100)
    life.sell(300)
    life.wait(days=3)
    life.give_back(1)
    assert (life.wallet().current, life.wallet().debt) == (-70, 100)
    outcome = life.sweep()
    assert [kind for _, kind, _ in steps(outcome)] == ["DEBT_SETTLED", "DEBT_SETTLED"]
    assert outcome.expired == 0
    assert (life.wallet().current, life.wallet().debt, life.wallet().expired) == (-70, 70, 0)


def test_what_a_debt_leaves_of_them_expires() -> None:
    life = Life(program(award(percent(10)), expiry=lasting(1), negative_balance_on_return=True))
    life.sell(1000)
    life.redeem(100)
    life.sell(3000)
    life.wait(days=3)
    life.give_back(1)
    outcome = life.sweep()
    assert outcome.expired == 200
    assert (life.wallet().current, life.wallet().debt, life.wallet().expired) == (0, 0, 200)


def test_the_sweep_of_one_programme_does_not_touch_another() -> None:
    life = Life(program(award(fixed(5)), id=1, expiry=lasting(1)), program(award(fixed(7)), id=2))
    life.sell(1)
    life.wait(days=9)
    assert life.sweep().expired == 5
    assert (life.wallet(1).current, life.wallet(2).current) == (0, 7)


def test_a_lot_of_a_bill_that_came_very_late_goes_with_the_next_sweep() -> None:
    life = Life(program(award(fixed(5)), expiry=lasting(1)))
    life.sell(1, at=life.now - timedelta(days=100))
    assert life.wallet().current == 5
    assert spendable(life.party, life.wallet(), life.now) == Decimal(0)
    assert life.wallet().overdue == 5
    assert life.sweep().expired == 5
    assert life.wallet().overdue == 0
