"""What a member starts with."""

# Expectations write whole Decimals as ints.
# mypy: disable-error-code="comparison-overlap"

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from earnest.engine.events import CustomerRegistration, EnrolmentGrant
from earnest.engine.outcome import Enrol, Why
from earnest.engine.party import LotKind, LoyaltyType, Party
from earnest.engine.program.model import CriterionKind, TierUpgrade, TierValidity, UpgradeMode
from tests.engine.life import NOON, Life, award, by_tier, fixed, lasting, percent, program


def newcomer(loyalty_type: LoyaltyType = LoyaltyType.LOYALTY) -> Party:
    return Party(holder_id=1, registered_at=NOON, loyalty_type=loyalty_type)


WELCOME = award(fixed(100), activity="CustomerRegistration")


def test_a_registration_enrols_in_the_base_tier_and_gives_the_welcome_points() -> None:
    life = Life(program(WELCOME, award(percent(10), 2)), party=newcomer())
    life.register()
    enrolment = life.party.enrolments[1]
    assert (enrolment.tier, enrolment.enrolled_at, enrolment.tier_since, enrolment.tier_expires_at) == (
        1,
        NOON,
        NOON,
        None,
    )
    [lot] = life.party.lots
    assert (lot.kind, lot.quantity, lot.transferable, lot.bill_id) == (LotKind.CUSTOMER_PROMOTION, 100, False, None)
    assert life.wallet().current == 100


def test_only_the_programmes_of_the_event_enrol() -> None:
    life = Life(program(WELCOME, id=1), program(WELCOME, id=2), party=newcomer())
    outcome = life.register(2)
    assert [decision.program_id for decision in outcome.decisions] == [2]
    assert set(life.party.enrolments) == set(life.party.wallets) == {2}


def test_enrolling_twice_changes_nothing() -> None:
    life = Life(program(WELCOME), party=newcomer())
    life.register()
    outcome = life.register()
    assert (outcome.effects, outcome.decisions[0].why) == ((), Why.ALREADY_ENROLLED)


def test_a_non_loyalty_customer_is_not_enrolled() -> None:
    life = Life(program(WELCOME), party=newcomer(LoyaltyType.NON_LOYALTY))
    outcome = life.register()
    assert (outcome.effects, outcome.decisions[0].why) == ((), Why.NON_LOYALTY)


def test_an_award_that_needs_an_amount_gives_nothing_without_a_bill() -> None:
    awards = (
        award(percent(10), 1, activity="CustomerRegistration"),
        award(fixed(9), 2, activity="CustomerRegistration", min_amount=Decimal(0)),
    )
    life = Life(program(*awards), party=newcomer())
    life.register()
    assert life.party.lots == ()


def test_welcome_points_may_lift_a_member_who_gets_the_bonus_of_the_tier() -> None:
    bonus = award(fixed(by_tier(t2=30)), 2, activity="SlabUpgrade")
    upgrade = TierUpgrade(CriterionKind.LIFETIME_POINTS, {2: Decimal(100)})
    life = Life(program(WELCOME, bonus, upgrade=upgrade), party=newcomer())
    life.register()
    assert life.tier() == 2
    assert [(lot.kind, lot.quantity) for lot in life.party.lots] == [
        (LotKind.CUSTOMER_PROMOTION, 100),
        (LotKind.CUSTOMER_PROMOTION, 30),
    ]


def test_a_member_may_bring_a_tier_and_points_along() -> None:
    until = datetime(2026, 5, 11, 11, tzinfo=UTC)
    grant = EnrolmentGrant(
        program_id=1, tier=2, tier_expires_at=until, points=Decimal("12.3456"), points_expire_at=until
    )
    life = Life(program(WELCOME), party=newcomer())
    outcome = life.happen(CustomerRegistration(at=NOON, program_ids=(1,), grants=(grant,)))
    assert isinstance(outcome.effects[0], Enrol)
    assert (life.tier(), life.party.enrolments[1].tier_expires_at) == (2, until)
    assert [(c.from_tier, c.to_tier, c.cause) for c in life.tier_changes()] == [(1, 2, "MANUAL")]
    assert [(lot.quantity, lot.expires_at, lot.tier_at_award) for lot in life.party.lots] == [
        (Decimal("12.346"), until, 2),
        (100, None, 2),
    ]


def test_what_is_brought_along_without_dates_lasts_as_the_programme_says() -> None:
    configured = program(validity=TierValidity({2: 12}), expiry=lasting(10))
    life = Life(configured, party=newcomer())
    grant = EnrolmentGrant(program_id=1, tier=2, points=Decimal(5))
    life.happen(CustomerRegistration(at=NOON, program_ids=(1,), grants=(grant,)))
    expires_at = life.party.enrolments[1].tier_expires_at
    assert expires_at is not None and (expires_at + timedelta(seconds=1)).isoformat() == "2027-02-01T00:00:00+00:00"
    assert life.party.lots[0].expires_at == datetime(2026, 1, 11, 23, 59, 59, tzinfo=UTC)


def test_welcome_points_lift_after_the_awards_in_an_eager_programme_too() -> None:
    upgrade = TierUpgrade(CriterionKind.LIFETIME_POINTS, {2: Decimal(100)}, UpgradeMode.EAGER)
    life = Life(
        program(award(fixed(by_tier(t1=100)), activity="CustomerRegistration"), upgrade=upgrade), party=newcomer()
    )
    life.register()
    assert (life.tier(), life.wallet().current) == (2, 100)


def test_a_tier_brought_along_lasts_from_the_day_of_registration() -> None:
    life = Life(program(validity=TierValidity({2: 12}, daily_check=True)), party=newcomer())
    long_ago = NOON - timedelta(days=92)
    grant = EnrolmentGrant(program_id=1, tier=2)
    life.happen(CustomerRegistration(at=long_ago, program_ids=(1,), grants=(grant,)))
    enrolment = life.party.enrolments[1]
    assert (enrolment.enrolled_at, enrolment.tier_since) == (long_ago, long_ago)
    assert enrolment.tier_expires_at == datetime(2026, 10, 1, 23, 59, 59, tzinfo=UTC)
