"""Balances, read for many members at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from earnest.core.db.pool import Database
from earnest.core.db.together import Together
from earnest.domains.points.activities import sql


class ProgramBalance(msgspec.Struct, frozen=True, array_like=True):
    """What a member has in one programme: redeemable now, promised with a date, waiting for a trigger."""

    program_id: int
    main: Decimal
    delayed: Decimal
    awaiting_trigger: Decimal


class Balances(msgspec.Struct, frozen=True):
    """`programs` is None when there is no such member. `config_version` is the organisation's at the read."""

    config_version: int
    programs: tuple[ProgramBalance, ...] | None


_programs = msgspec.json.Decoder(tuple[ProgramBalance, ...])


class BalanceReader:
    """One for each process; asks of one moment share a statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together: Together[tuple[int, datetime], Balances] = Together(self._read)

    async def of(self, org_id: int, holder_id: int, now: datetime) -> Balances:
        """The member's balances as of `now`."""
        return await self._together.ask(org_id, (holder_id, now))

    async def _read(self, org_id: int, asks: Sequence[tuple[int, datetime]]) -> list[Balances]:
        async with self._database.tenant(org_id).transaction() as connection:
            rows = await connection.fetch(
                sql.text("read_balances"), org_id, [holder_id for holder_id, _ in asks], [now for _, now in asks]
            )
        found = {
            (row["holder_id"], row["now"]): Balances(
                row["config_version"],
                None if row["kind"] is None else _programs.decode(row["wallets"] or "[]"),
            )
            for row in rows
        }
        return [found[ask] for ask in asks]
