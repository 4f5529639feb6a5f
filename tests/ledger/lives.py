"""Random lives of a few members of one shop, several of whose calls are under way at once.

A life is rounds; in each some days pass, then its actions start together. What an action means depends on what it finds:
it reads the balance as a till would, picks among the bills that can be returned, and sells where there is nothing else to
do. So most calls are accepted, and those that are not were meant not to be, or came second.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

import msgspec
from hypothesis import strategies as st

from earnest.core.errors import ApiError
from earnest.domains.points.activities import Redeemed
from earnest.engine.program.model import (
    CriterionKind,
    Level,
    Program,
    Redemption,
    Rounding,
    RoundingMethod,
    TierUpgrade,
    UpgradeMode,
)
from tests.engine.life import award, by_tier, fixed, lasting, percent, program
from tests.ledger.shop import TIME_ZONE, Line, Shop, points_in

ZERO = Decimal(0)
CENT = Decimal("0.01")
MEMBERS = 3
_references = itertools.count(1)
AT_ONCE_MAX = 6


class Action(msgspec.Struct, frozen=True):
    """What one of the members does; `first` and `second` are 0..999 and choose the particulars."""

    kind: str
    member: int
    first: int
    second: int


class Round(msgspec.Struct, frozen=True):
    days: int
    actions: tuple[Action, ...]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between the programmes of two lives."""

    decimals: int = 2
    method: RoundingMethod = RoundingMethod.HALF_UP
    mode: UpgradeMode = UpgradeMode.LAZY
    criterion: CriterionKind = CriterionKind.LIFETIME_PURCHASES


KINDS = (
    "sell", "sell", "sell", "sell", "redeem", "spend", "spend", "cheat", "repeat", "take_back", "take_back", "take_back",
    "expire", "expire", "err",
)  # fmt: skip

actions = st.builds(
    Action,
    kind=st.sampled_from(KINDS),
    member=st.integers(0, MEMBERS - 1),
    first=st.integers(0, 999),
    second=st.integers(0, 999),
)
rounds = st.builds(
    Round, days=st.integers(0, 9), actions=st.lists(actions, min_size=2, max_size=AT_ONCE_MAX).map(tuple)
)
lives = st.lists(rounds, min_size=10, max_size=16)
terms = st.builds(
    Terms,
    decimals=st.integers(0, 3),
    method=st.sampled_from(RoundingMethod),
    mode=st.sampled_from(UpgradeMode),
    criterion=st.sampled_from(CriterionKind),
)


def random_rounds(chance: random.Random, count: int) -> list[Round]:
    """The same without hypothesis, for tests that want a life to look at."""
    return [
        Round(
            chance.randrange(10),
            tuple(
                Action(chance.choice(KINDS), chance.randrange(MEMBERS), chance.randrange(1000), chance.randrange(1000))
                for _ in range(chance.randrange(2, AT_ONCE_MAX))
            ),
        )
        for _ in range(count)
    ]


def programs(terms: Terms) -> tuple[Program, Program]:
    """Points of both last days only. The default one lets balances fall below zero on a return, the other does not."""
    upgrade = TierUpgrade(terms.criterion, {2: Decimal(900), 3: Decimal(4_000)}, terms.mode)
    default = program(
        award(percent(by_tier(t1=10, t2=15, t3=20)), 1),
        award(percent(3), 2, level=Level.LINE, expiry=lasting(2)),
        award(fixed(by_tier(t2=50, t3=80)), 3, activity="SlabUpgrade"),
        time_zone=TIME_ZONE,
        expiry=lasting(9),
        rounding=Rounding(terms.decimals, terms.method),
        upgrade=upgrade,
        negative_balance_on_return=True,
        redemption=Redemption(),
    )
    other = program(
        award(percent(50), 1),
        id=2,
        is_default=False,
        time_zone=TIME_ZONE,
        expiry=lasting(20),
        redemption=Redemption(),
    )
    return default, other


class Sale:
    """A bill as the clerk remembers it, with what can still be returned of it."""

    def __init__(self, id: int, number: str, amount: Decimal, lines: Sequence[Line]) -> None:
        self.id = id
        self.number = number
        self.left = amount
        self.lines = {line.item_code: line for line in lines}
        self.kind: str | None = None
        # Somebody is at a till with it: another one comes second.
        self.is_taken = False

    @property
    def is_returnable(self) -> bool:
        return self.kind != "FULL" and self.left > 0 and (self.kind != "LINE_ITEM" or bool(self.lines))


class Account:
    """One member and what the answers said: points awarded, taken back and redeemed, money spent."""

    def __init__(self, member_id: int) -> None:
        self.id = member_id
        self.sales: list[Sale] = []
        self.redemptions: list[tuple[str, Redeemed]] = []
        self.awarded = ZERO
        self.taken_back = ZERO
        self.redeemed = ZERO
        self.swept = ZERO
        self.spent = ZERO


class Statistics:
    """What a run came to, over all its lives."""

    def __init__(self) -> None:
        self.tried = 0
        self.accepted = 0
        self.refused: Counter[int] = Counter()
        self.movements: Counter[str] = Counter()

    def __repr__(self) -> str:
        return (
            f"{self.accepted} of {self.tried} accepted, refused {dict(self.refused)}, movements {dict(self.movements)}"
        )


class Life:
    """Plays rounds in a shop."""

    def __init__(self, shop: Shop, statistics: Statistics) -> None:
        self.shop = shop
        self.statistics = statistics
        self.accounts: list[Account] = []

    async def begin(self) -> None:
        self.accounts = [
            Account(member_id) for member_id in await asyncio.gather(*[self.shop.register() for _ in range(MEMBERS)])
        ]

    async def play(self, rounds: Sequence[Round]) -> None:
        """All rounds; the actions of each start together."""
        for round in rounds:
            self.wait(round.days)
            await asyncio.gather(*[self.act(action) for action in round.actions])

    def wait(self, days: int) -> None:
        self.shop.now += timedelta(days=days, hours=1)

    async def act(self, action: Action) -> bool:
        """Whether it was accepted. Whatever is no documented refusal is raised."""
        account = self.accounts[action.member]
        self.statistics.tried += 1
        try:
            await getattr(self, f"_{action.kind}")(account, action.first, action.second)
        except ApiError as refusal:
            assert refusal.code not in (500, 521), refusal
            self.statistics.refused[refusal.code] += 1
            return False
        self.statistics.accepted += 1
        return True

    async def _sell(self, account: Account, first: int, second: int) -> None:
        lines = [
            Line(f"sku-{n}", Decimal(1 + second % 3), (Decimal((first + 50) * (n + 1)) / 7).quantize(CENT))
            for n in range(second % 4)
        ]
        # Some bills have a discount on the whole, so that their lines add up to more than the bill.
        discount = Decimal(first) / 10 if second % 5 == 0 else ZERO
        amount = sum((line.amount for line in lines), ZERO) - discount if lines else Decimal(first + 1)
        answer, number = await self.shop.sell(account.id, amount, lines)
        account.awarded += points_in(answer)
        account.spent += amount
        account.sales.append(Sale(answer.created_id, number, amount, lines))

    async def _spend(self, account: Account, first: int, second: int) -> None:
        """Everything there is, so that a return finds nothing left to take."""
        await self._redeem(account, first, 999)

    async def _cheat(self, account: Account, first: int, second: int) -> None:
        """Spends all points and brings back a bill that they came from."""
        await self._spend(account, 1, second)
        await self._take_back(account, first, second)

    async def _redeem(self, account: Account, first: int, second: int) -> None:
        # The default programme three times of four: it is the one that knows debts.
        program_id = 2 if first % 4 == 0 else 1
        balance = await self.shop.balance(account.id, program_id)
        step = Decimal(1).scaleb(-self.shop.programs[program_id].rounding.decimals)
        wanted = (balance * (second + 1) / 1000).quantize(step, ROUND_DOWN)
        if wanted <= 0:
            await self._sell(account, first, second)
            return
        reference = f"reference-{next(_references)}"
        redeemed = await self.shop.redeem(account.id, wanted, program_id, reference)
        account.redeemed += redeemed.points
        account.redemptions.append((reference, redeemed))

    async def _repeat(self, account: Account, first: int, second: int) -> None:
        """A redemption whose answer a till has not got: it asks again, and nothing more is drawn."""
        if not account.redemptions:
            await self._redeem(account, first, second)
            return
        reference, redeemed = account.redemptions[second % len(account.redemptions)]
        again = await self.shop.redeem(account.id, redeemed.points, redeemed.program_id, reference)
        assert again == redeemed

    async def _take_back(self, account: Account, first: int, second: int) -> None:
        sales = [sale for sale in account.sales if sale.is_returnable and not sale.is_taken]
        if not sales:
            await self._sell(account, first, second)
            return
        sale = sales[first % len(sales)]
        sale.is_taken = True
        try:
            await self._return_some(account, sale, second)
        finally:
            sale.is_taken = False

    async def _return_some(self, account: Account, sale: Sale, second: int) -> None:
        if sale.kind == "LINE_ITEM" or (sale.kind is None and sale.lines and second % 2):
            line = list(sale.lines.values())[second % len(sale.lines)]
            quantity = min(Decimal(1 + second % 2), line.quantity)
            money = line.amount
            if quantity < line.quantity:
                money = (money * quantity / line.quantity).quantize(CENT)
            given = Line(line.item_code, quantity, money)
            answer = await self.shop.take_back(account.id, sale.id, sale.number, "LINE_ITEM", lines=[given])
            rest = Line(line.item_code, line.quantity - quantity, line.amount - money)
            sale.kind, money = "LINE_ITEM", min(money, sale.left)
            if rest.quantity:
                sale.lines[line.item_code] = rest
            else:
                del sale.lines[line.item_code]
        elif sale.kind == "AMOUNT" or second % 3 == 0:
            money = max((sale.left * second / 900).quantize(CENT), CENT)
            money = min(money, sale.left)
            answer = await self.shop.take_back(account.id, sale.id, sale.number, "AMOUNT", amount=money)
            sale.kind = "AMOUNT"
        else:
            money = sale.left
            answer = await self.shop.take_back(account.id, sale.id, sale.number)
            sale.kind = "FULL"
        sale.left -= money
        account.spent -= money
        account.taken_back -= points_in(answer)

    async def _expire(self, account: Account, first: int, second: int) -> None:
        # Not in one statement: += would add to what was read before the others' calls.
        expired = await self.shop.expire(account.id)
        account.swept += expired

    async def _err(self, account: Account, first: int, second: int) -> None:
        """Something that is to be refused: too many points, a number used before, a bill of somebody else."""
        if first % 3 == 0 or not account.sales:
            balance = await self.shop.balance(account.id, 2)
            redeemed = await self.shop.redeem(account.id, max(balance, ZERO) + 1_000_000, 2)
            raise AssertionError(f"more than there was: {redeemed}")
        sale = account.sales[second % len(account.sales)]
        if first % 3 == 1:
            answer, _ = await self.shop.sell(account.id, Decimal(5), number=sale.number)
        else:
            other = next(other for other in self.accounts if other is not account)
            answer = await self.shop.take_back(other.id, sale.id, sale.number)
        raise AssertionError(f"accepted: {answer}")
