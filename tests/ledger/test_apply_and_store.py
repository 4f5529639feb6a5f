"""What the engine says a member is after an event is what a reader finds in the database.

A group commit judges the next call on the former and never looks at the latter, so the two must agree on everything: after
each step of a random life, a refused one included, the member is read anew and compared.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from earnest.domains.transactions.activities import SALES
from earnest.engine.apply import apply
from earnest.engine.party import Bill, Enrolment, Lot, Party, Wallet
from earnest.engine.program.model import CriterionKind, RoundingMethod, UpgradeMode
from earnest.loyalty.ledger.post import DecisionRecord
from earnest.loyalty.registry import Snapshot
from earnest.loyalty.snapshot import DEBT_LOTS, DRAWS_ON_BILLS, LOTS_OF_BILLS, OPEN_LOTS
from tests.ledger.lives import KINDS, MEMBERS, Account, Action, Life, Statistics, Terms, programs
from tests.ledger.shop import Shop, Stack, open_shop
from tests.ledger.test_random_lives import NOON

EVERYTHING = (OPEN_LOTS, DEBT_LOTS, LOTS_OF_BILLS, DRAWS_ON_BILLS, SALES)
# What makes two calls would be read only after the second.
ONE_CALL = [kind for kind in KINDS if kind != "cheat"]
_record = msgspec.json.Decoder(DecisionRecord)


class Normal(msgspec.Struct, frozen=True):
    """A party without what two readings may differ in: the order of what has none, and zeros with more or fewer places."""

    enrolments: dict[int, Enrolment]
    wallets: dict[int, Wallet]
    lots: dict[int, Lot]
    bills: dict[int, Bill]
    draws: dict[tuple[int, int], Decimal]


def normal(party: Party) -> Normal:
    return Normal(
        party.enrolments,
        party.wallets,
        {lot.id: lot for lot in party.lots},
        {bill.id: bill for bill in party.bills},
        {(draw.redemption_id, draw.lot_id): draw.quantity for draw in party.draws},
    )


def without_next_expiry(wallets: dict[int, Wallet]) -> dict[int, Wallet]:
    return {id: replace(wallet, next_expiry_at=None) for id, wallet in wallets.items()}


class Watched(Life):
    """A life one call at a time; each member is read before and after each call."""

    def __init__(self, shop: Shop, statistics: Statistics) -> None:
        super().__init__(shop, statistics)
        self.compared = 0

    async def step(self, action: Action) -> None:
        # Read at the instant of the call: what is overdue is so at an instant.
        before = await self._read_all()
        await self.act(action)
        after = await self._read_all(bills_of=before)
        for account in self.accounts:
            await self._compare(account, before[account.id], after[account.id])

    async def _read_all(self, bills_of: dict[int, Snapshot] | None = None) -> dict[int, Snapshot]:
        """Every member with all lots, bills and draws; with `bills_of` only the bills that were there then."""
        found: dict[int, Snapshot] = {}
        for account in self.accounts:
            bill_ids: Sequence[int] = [sale.id for sale in account.sales]
            if bills_of is not None:
                bill_ids = [bill.id for bill in bills_of[account.id].party.bills]
            found[account.id] = await self.shop.look(account.id, EVERYTHING, bill_ids)
        return found

    async def _compare(self, account: Account, before: Snapshot, after: Snapshot) -> None:
        party = before.party
        for seq in range(before.seq + 1, after.seq + 1):
            record = await self._decision(account.id, seq)
            self._compare_what_the_call_saw(record, party)
            party = apply(party, record.outcome)
            self.compared += 1
        expected, read = normal(party), normal(after.party)
        assert read.enrolments == expected.enrolments
        assert read.bills == expected.bills
        assert without_next_expiry(read.wallets) == without_next_expiry(expected.wallets)
        for program_id, wallet in read.wallets.items():
            self._compare_next_expiry(wallet, expected.wallets[program_id])
        # The reader leaves out what is used up, unless it is asked for by its bill.
        used_up = set(expected.lots) - set(read.lots)
        assert all(not expected.lots[id].remaining and not expected.lots[id].open_debt for id in used_up)
        assert read.lots == {id: lot for id, lot in expected.lots.items() if id not in used_up}
        of_these_bills = {
            key: quantity for key, quantity in expected.draws.items() if expected.lots[key[1]].bill_id in read.bills
        }
        assert read.draws == of_these_bills

    @staticmethod
    def _compare_what_the_call_saw(record: DecisionRecord, party: Party) -> None:
        """The call read less than everything, but nothing else than is there."""
        saw, there = normal(record.party), normal(party)
        assert (saw.enrolments, saw.wallets) == (there.enrolments, there.wallets)
        for seen, all_of_it in ((saw.lots, there.lots), (saw.bills, there.bills), (saw.draws, there.draws)):
            assert {key: all_of_it[key] for key in seen} == seen  # type: ignore[index]

    @staticmethod
    def _compare_next_expiry(read: Wallet, expected: Wallet) -> None:
        """Never later than what one knows who sees all lots; a call that did not see them leaves it where it was."""
        if expected.next_expiry_at is not None:
            assert read.next_expiry_at is not None
            assert read.next_expiry_at <= expected.next_expiry_at

    async def _decision(self, member_id: int, seq: int) -> DecisionRecord:
        (row,) = await self.shop.rows(
            "SELECT record::text FROM decision WHERE org_id = $1 AND holder_id = $2 AND seq = $3", member_id, seq
        )
        return _record.decode(row["record"])


async def watch(stack: Stack, seed: int, steps: int) -> Watched:
    chance = random.Random(seed)
    terms = Terms(
        decimals=seed % 4,
        method=chance.choice(list(RoundingMethod)),
        mode=chance.choice(list(UpgradeMode)),
        criterion=chance.choice(list(CriterionKind)),
    )
    life = Watched(await open_shop(stack, *programs(terms), now=NOON), Statistics())
    await life.begin()
    for _ in range(steps):
        if chance.random() < 0.3:
            life.wait(chance.randrange(8))
        action = Action(
            chance.choice(ONE_CALL), chance.randrange(MEMBERS), chance.randrange(1000), chance.randrange(1000)
        )
        await life.step(action)
    assert await life.shop.findings() == []
    return life


@pytest.mark.parametrize("seed", range(4))
def test_what_is_read_after_a_call_is_what_the_engine_expected(stack: Stack, seed: int) -> None:
    life = stack.run(watch(stack, seed, steps=50))
    assert life.compared >= 30, life.statistics


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4, 16))
def test_what_is_read_after_a_call_is_what_the_engine_expected_for_long(stack: Stack, seed: int) -> None:
    stack.run(watch(stack, seed, steps=200))
