"""Ids from sequence blocks of 100: one sequence for each family of tables, handed out by the process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import StrEnum

from earnest.core import metrics
from earnest.core.db.pool import Connection, Database

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

    async def reserve(self, within: Connection | None = None, **wanted: int) -> None:
        """`reserve(LOT=3, BILL=1)`: the names are those of `Family`. They can be taken until the caller awaits again.

        Whoever holds a connection passes it as `within`: waiting for a second one while others do the same could be for
        ever. Sequences know no transaction: what is fetched stays fetched when it is rolled back.
        """
        needs = {Family[name]: count for name, count in wanted.items()}
        while missing := self._missing(needs):
            if within is not None:
                await self._refill(within, missing)
                continue
            async with self._refilling:
                missing = self._missing(needs)
                if missing:
                    async with self._database.unscoped() as connection:
                        await self._refill(connection, missing)

    def _missing(self, needs: Mapping[Family, int]) -> dict[Family, int]:
        free = self._free
        return {family: count - len(free[family]) for family, count in needs.items() if len(free[family]) < count}

    async def _refill(self, connection: Connection, missing: Mapping[Family, int]) -> None:
        for family, count in missing.items():
            metrics.ID_REFILLS.labels(family.value).inc()
            # Twice what is missing, so that concurrent callers find some left.
            blocks = max(-(-2 * count // BLOCK), BLOCKS_MIN)
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
        await self.reserve(None, **{family: 1})
        return self.take(Family[family])
