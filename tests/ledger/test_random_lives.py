"""Random lives on the real stack: whatever members do at once, the ledger reconciles and says what the answers said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import FlakyFailure

from earnest.engine.lots import is_overdue
from earnest.loyalty.snapshot import OPEN_LOTS
from tests.ledger.broken_posting import Damage, broken_posting, damages
from tests.ledger.lives import Account, Life, Round, Statistics, Terms, lives, programs, terms
from tests.ledger.shop import Shop, Stack, open_shop

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WANTED = ("AWARD", "REDEEMED", "REDEMPTION_REVERTED", "EXPIRED", "EXPIRY_REVERTED", "RETURN", "DEBT", "DEBT_SETTLED")
OF_EACH_TYPE_MIN = 100
LIVES = 80
# Making a failing life shorter takes minutes; the long run does it.
UNSHRUNK = (Phase.reuse, Phase.generate)


async def live(stack: Stack, terms: Terms, rounds: Sequence[Round], statistics: Statistics) -> None:
    """One life in a new shop, and all that must be true after it."""
    shop = await open_shop(stack, *programs(terms), now=NOON)
    life = Life(shop, statistics)
    await life.begin()
    await life.play(rounds)
    assert await shop.findings() == []
    for account in life.accounts:
        await assert_kept_what_was_said(shop, account)
    for row in await shop.rows("SELECT type, count(*) FROM movement WHERE org_id = $1 GROUP BY type"):
        statistics.movements[row["type"]] += row["count"]


async def assert_kept_what_was_said(shop: Shop, account: Account) -> None:
    """The wallets are the sums of what the answers said; the balance is what the lots hold."""
    party = (await shop.look(account.id, (OPEN_LOTS,))).party
    wallets = party.wallets.values()
    zero = Decimal(0)
    assert sum((wallet.earned for wallet in wallets), zero) == account.awarded
    assert sum((wallet.returned for wallet in wallets), zero) == account.taken_back
    assert sum((wallet.redeemed for wallet in wallets), zero) == account.redeemed
    # A return takes the points of expired lots too, and then they have not expired.
    assert zero <= sum((wallet.expired for wallet in wallets), zero) <= account.swept
    for wallet in wallets:
        assert wallet.purchases == account.spent
        lots = [lot for lot in party.lots if lot.program_id == wallet.program_id]
        usable = sum((lot.remaining for lot in lots if not is_overdue(lot, shop.now)), zero)
        debt = sum((lot.open_debt for lot in lots), zero)
        assert await shop.balance(account.id, wallet.program_id) == usable - debt
        if not shop.programs[wallet.program_id].negative_balance_on_return:
            assert debt == 0


def run_lives(stack: Stack, examples: int, phases: Sequence[Phase] = UNSHRUNK) -> Statistics:
    """Lives that hypothesis makes up."""
    statistics = Statistics()

    @settings(
        max_examples=examples,
        deadline=None,
        phases=phases,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(terms=terms, rounds=lives)
    def run(terms: Terms, rounds: list[Round]) -> None:
        stack.run(live(stack, terms, rounds, statistics))

    run()
    return statistics


def assert_worth_it(statistics: Statistics) -> None:
    assert statistics.accepted >= 0.6 * statistics.tried, statistics
    few = {name: statistics.movements[name] for name in WANTED if statistics.movements[name] < OF_EACH_TYPE_MIN}
    assert few == {}, statistics


def test_the_ledger_holds_whatever_members_do_at_once(stack: Stack) -> None:
    assert_worth_it(run_lives(stack, examples=LIVES))


@pytest.mark.long
def test_the_ledger_holds_whatever_members_do_at_once_and_for_long(stack: Stack) -> None:
    assert_worth_it(run_lives(stack, examples=1_000, phases=tuple(Phase)))


def one_damage_for_each_type() -> list[Damage]:
    """The mildest: only the record of the accounts is wrong, every sum is right."""
    return list({damage.type: damage for damage in damages() if "does not exist" in damage.name}.values())


def assert_noticed(stack: Stack, damage: Damage) -> None:
    """By an assertion of the engine or of the test, or by a constraint of the database; hypothesis calls it flaky when the
    same life, played again, meets another one of these."""
    with (
        broken_posting(damage),
        pytest.raises((AssertionError, asyncpg.CheckViolationError, FlakyFailure)),
    ):
        run_lives(stack, examples=LIVES, phases=[Phase.generate])


@pytest.mark.parametrize("damage", one_damage_for_each_type(), ids=str)
def test_a_broken_posting_is_noticed(stack: Stack, damage: Damage) -> None:
    assert_noticed(stack, damage)


@pytest.mark.long
@pytest.mark.parametrize("damage", damages(), ids=str)
def test_every_broken_posting_is_noticed(stack: Stack, damage: Damage) -> None:
    assert_noticed(stack, damage)
