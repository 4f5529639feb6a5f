"""Ids from sequence blocks of 100: one sequence for each family of tables, handed out by the process."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from earnest.core.db.pool import Database

BLOCK = 100
# Blocks fetched at once: a round trip for each hundred ids would be felt under load.
BLOCKS_MIN = 20
# Documented clients read ids as JavaScript numbers.
ID_MAX = 2**53


class Family(StrEnum):
    ENTITY = "id_entity"
    HOLDER = "id_holder"
    BILL = "id_bill"
    ITEM = "id_item"
    LOT = "id_lot"
    MOVEMENT = "id_movement"
    EVENT = "id_event"
    REDEMPTION = "id_redemption"


class Ids:
    """`reserve` makes sure that `take` can be called that many times without waiting. Ids say nothing about time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._free: dict[Family, list[int]] = {family: [] for family in Family}
        self._refilling = asyncio.Lock()

    async def reserve(self, **wanted: int) -> None:
        """`reserve(LOT=3, BILL=1)`: the names are those of `Family`."""
        needs = {Family[name]: count for name, count in wanted.items()}
        if all(len(self._free[family]) >= count for family, count in needs.items()):
            return
        async with self._refilling:
            for family, count in needs.items():
                # Twice what is asked, so that concurrent callers find some left.
                missing = 2 * count - len(self._free[family])
                if missing > 0:
                    await self._refill(family, max(-(-missing // BLOCK), BLOCKS_MIN))

    async def _refill(self, family: Family, blocks: int) -> None:
        async with self._database.unscoped() as connection:
            rows = await connection.fetch(f"SELECT nextval('{family}') AS first FROM generate_series(1, $1)", blocks)
        for row in rows:
            first: int = row["first"]
            assert first + BLOCK <= ID_MAX, "ids are exhausted"
            self._free[family].extend(range(first + BLOCK - 1, first - 1, -1))

    def take(self, family: Family) -> int:
        """The next id. IndexError when fewer were reserved: a mistake of the caller."""
        return self._free[family].pop()

    async def one(self, family: str) -> int:
        """One id of the family with this name."""
        await self.reserve(**{family: 1})
        return self.take(Family[family])
