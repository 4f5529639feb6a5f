"""The morning sweep of an organisation: points whose time has come expire (points.md 7.3)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from decimal import Decimal

from earnest.core.errors import CUSTOMER_BUSY, ApiError
from earnest.core.jobs.registry import Job, JobContext, Report, every_morning
from earnest.domains.points.activities import sql
from earnest.domains.points.service import expire

LOTS_PER_PAGE = 2_000
# Members at a time: as many as go into two groups of the processor.
MEMBERS_AT_ONCE = 128
PASSED_MAX = 10_000


class SweepIncomplete(Exception):
    """Some members could not be swept now; the rest is done, and the next attempt finds only them."""


async def sweep(ctx: JobContext) -> Report:
    """Expires what is overdue as of the run. Whoever has been swept is not found again: it can stop anywhere and go on.

    SweepIncomplete when members were busy to the end.
    """
    members, points = 0, Decimal(0)
    passed: set[int] = set()
    busy: set[int] = set()
    while holder_ids := await _overdue(ctx, passed):
        for start in range(0, len(holder_ids), MEMBERS_AT_ONCE):
            ctx.checkpoint()
            portion = holder_ids[start : start + MEMBERS_AT_ONCE]
            for holder_id, expired in zip(portion, await _expire(ctx, portion), strict=True):
                if isinstance(expired, Decimal) and expired > 0:
                    members += 1
                    points += expired
                    continue
                # Nothing more to gain from this one in this run: without that the next page would show it again.
                passed.add(holder_id)
                if not isinstance(expired, Decimal):
                    busy.add(holder_id)
        if len(passed) > PASSED_MAX:
            raise SweepIncomplete(f"{len(passed)} members could not be swept")
    if busy:
        raise SweepIncomplete(f"{len(busy)} members were busy")
    return {"members": members, "points": str(points)}


async def _expire(ctx: JobContext, holder_ids: list[int]) -> list[Decimal | None]:
    """What expired of each; None for a member that is busy."""

    async def one(holder_id: int) -> Decimal | None:
        try:
            return await ctx.call(expire, holder_id)
        except ApiError as error:
            if error.code == CUSTOMER_BUSY.code:
                return None
            raise

    return list(await asyncio.gather(*(one(holder_id) for holder_id in holder_ids)))


async def _overdue(ctx: JobContext, passed: set[int]) -> list[int]:
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("find_overdue"), ctx.org_id, ctx.as_of, sorted(passed), LOTS_PER_PAGE)
    return [row["holder_id"] for row in rows]


async def _overdue_since(ctx: JobContext) -> datetime | None:
    async with ctx.db.transaction() as connection:
        first: datetime | None = await connection.fetchval(sql.text("first_expiry"), ctx.org_id, ctx.as_of)
    return first


SWEEP = Job(
    name="points-expiry",
    summary="Expires points whose time has come",
    due=every_morning,
    run=sweep,
    work_since=_overdue_since,
)
