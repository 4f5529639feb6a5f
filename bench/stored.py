"""A run counts only if what the database holds afterwards is what was answered."""

from __future__ import annotations

from decimal import Decimal

import asyncpg
import msgspec

from bench.load import BILL_AMOUNT, LINES, Result

COUNTS = """
SELECT (SELECT count(*) FROM bill WHERE org_id = $1) AS bills,
       (SELECT count(*) FROM bill_item WHERE org_id = $1) AS items,
       (SELECT count(*) FROM bill_payment WHERE org_id = $1) AS payments,
       (SELECT count(*) FROM natural_key WHERE org_id = $1) AS claims,
       (SELECT count(*) FROM loyalty_event WHERE org_id = $1) AS events,
       (SELECT count(*) FROM decision WHERE org_id = $1) AS decisions,
       (SELECT count(DISTINCT (holder_id, seq)) FROM outbox WHERE org_id = $1) AS events_in_outbox,
       (SELECT sum(seq) FROM holder WHERE org_id = $1)::bigint AS holder_seq,
       (SELECT coalesce(sum(quantity), 0) FROM lot WHERE org_id = $1) AS lot_points,
       (SELECT coalesce(sum(quantity), 0) FROM movement WHERE org_id = $1 AND type = 'AWARD') AS movement_points,
       (SELECT coalesce(sum(earned), 0) FROM wallet WHERE org_id = $1) AS wallet_points,
       (SELECT coalesce(sum(purchases), 0) FROM wallet WHERE org_id = $1) AS purchases
"""


class Stored(msgspec.Struct, frozen=True):
    """Rows and sums of one organisation."""

    bills: int
    items: int
    payments: int
    claims: int
    events: int
    decisions: int
    events_in_outbox: int
    holder_seq: int
    lot_points: Decimal
    movement_points: Decimal
    wallet_points: Decimal
    purchases: Decimal


class StoredDiffers(Exception):
    """The database does not hold what the server answered: the run does not count."""


async def read(admin_url: str, org_id: int) -> Stored:
    connection = await asyncpg.connect(admin_url)
    try:
        row = await connection.fetchrow(COUNTS, org_id)
    finally:
        await connection.close()
    return msgspec.convert(dict(row or {}), Stored)


def check(before: Stored, after: Stored, result: Result) -> None:
    """Raises StoredDiffers unless each bill answered stands in the database once, with all that belongs to it."""
    bills = result.answers
    expected: dict[str, int | Decimal] = {
        "bills": bills,
        "items": bills * LINES,
        "payments": bills,
        "claims": bills,
        "events": bills,
        "decisions": bills,
        "events_in_outbox": bills,
        "holder_seq": bills,
        "lot_points": result.points,
        "movement_points": result.points,
        "wallet_points": result.points,
        "purchases": bills * BILL_AMOUNT,
    }
    wrong = []
    for name, answered in expected.items():
        stored = getattr(after, name) - getattr(before, name)
        if stored != answered:
            wrong.append(f"{name}: {stored} stored, {answered} answered")
    if result.failures:
        wrong.append(f"{result.failures} answers were no success, such as {result.failure_examples[0]}")
    if wrong:
        raise StoredDiffers("; ".join(wrong))
