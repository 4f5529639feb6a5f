"""Members whose single call moves many lots or many redemptions at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

from tests.engine.life import award, lasting, percent, program
from tests.ledger.shop import TIME_ZONE, Line, Shop, Stack, open_shop
from tests.ledger.test_random_lives import NOON

MANY = 150
MORE_THAN_LIVED = timedelta(days=400)


async def shop_of_ten_percent(stack: Stack) -> Shop:
    ten_percent = program(award(percent(10)), time_zone=TIME_ZONE, expiry=lasting(365), negative_balance_on_return=True)
    return await open_shop(stack, ten_percent, now=NOON)


async def movements(shop: Shop) -> dict[str, int]:
    rows = await shop.rows("SELECT type, count(*) FROM movement WHERE org_id = $1 GROUP BY type")
    return {row["type"]: row["count"] for row in rows}


async def many_redemptions_of_one_bill(stack: Stack) -> None:
    shop = await shop_of_ten_percent(stack)
    member = await shop.register()
    sold, number = await shop.sell(member, Decimal(10 * MANY))
    for _ in range(MANY):
        await shop.redeem(member, Decimal(1), 1)
    await shop.take_back(member, sold.created_id, number)
    assert await shop.balance(member, 1) == -MANY
    assert await movements(shop) == {
        "AWARD": 1, "REDEEMED": MANY, "REDEMPTION_REVERTED": MANY, "RETURN": MANY, "DEBT": MANY,
    }  # fmt: skip
    assert await shop.findings() == []


def test_a_return_of_one_bill_moves_many_redemptions(stack: Stack) -> None:
    stack.run(many_redemptions_of_one_bill(stack))


async def many_bills(stack: Stack) -> None:
    shop = await shop_of_ten_percent(stack)
    member = await shop.register()
    await asyncio.gather(*[shop.sell(member, Decimal(10)) for _ in range(2 * MANY)])
    await shop.redeem(member, Decimal(MANY), 1)
    assert await shop.balance(member, 1) == MANY
    shop.now += MORE_THAN_LIVED
    assert await shop.balance(member, 1) == 0
    assert await shop.expire(member) == MANY
    assert await movements(shop) == {"AWARD": 2 * MANY, "REDEEMED": MANY, "EXPIRED": MANY}
    assert await shop.findings() == []


def test_a_redemption_and_a_sweep_go_through_many_lots(stack: Stack) -> None:
    stack.run(many_bills(stack))


async def one_bill_of_many_lines(stack: Stack) -> None:
    shop = await shop_of_ten_percent(stack)
    member = await shop.register()
    lines = [Line(f"sku-{n}", Decimal(1), Decimal(10)) for n in range(MANY)]
    sold, number = await shop.sell(member, Decimal(10 * MANY), lines)
    await shop.take_back(member, sold.created_id, number, "LINE_ITEM", lines=lines[: MANY - 1])
    # Points on the whole bill go when its last line does.
    assert await shop.balance(member, 1) == MANY
    await shop.take_back(member, sold.created_id, number, "LINE_ITEM", lines=lines[MANY - 1 :])
    assert await shop.balance(member, 1) == 0
    assert await shop.findings() == []


def test_the_points_of_a_bill_go_with_the_last_of_its_many_lines(stack: Stack) -> None:
    stack.run(one_bill_of_many_lines(stack))
