"""What bills have awarded, as the ledger has it now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from earnest.core.context import RequestContext
from earnest.domains.transactions.activities import sql
from earnest.engine.party import ZERO
from earnest.loyalty.ledger.post import DecisionRecord

POINTS = "POINTS"


class BillLot(msgspec.Struct, frozen=True, kw_only=True):
    """One award of a bill, or of one of its lines (`line_id`)."""

    id: int
    bill_id: int
    line_id: int | None
    program_id: int
    currency: str
    category: str
    kind: str
    award_id: int | None
    quantity: Decimal
    redeemed: Decimal
    expired: Decimal
    returned: Decimal
    converted: Decimal
    transferred: Decimal
    settled: Decimal
    remaining: Decimal
    expires_at: datetime | None
    expiry_type: str

    @property
    def is_promised(self) -> bool:
        return self.category != "MAIN"

    @property
    def is_promotional(self) -> bool:
        return self.kind.endswith("PROMOTION")

    def overdue(self, now: datetime) -> Decimal:
        """Points past their expiry that no sweep has met yet."""
        return self.remaining if self.expires_at is not None and self.expires_at < now else ZERO

    def available(self, now: datetime) -> Decimal:
        return self.remaining - self.overdue(now)


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """The decision that was stored with a bill. `type` is the ledger's name of the event."""

    bill_id: int
    customer_id: int
    type: str
    till_id: int
    at: datetime
    recorded_at: datetime
    record: DecisionRecord
    request_id: str


_record = msgspec.json.Decoder(DecisionRecord)


async def read_lots(ctx: RequestContext, customer_id: int | None, bill_ids: Sequence[int]) -> list[BillLot]:
    """The awards of these bills of one customer, in the order of the bills' ids; none for bills of nobody."""
    if customer_id is None or not bill_ids:
        return []
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("read_lots"), ctx.org_id, customer_id, list(bill_ids))
    return [BillLot(**dict(row)) for row in rows]


async def read_decisions(ctx: RequestContext, bill_ids: Sequence[int]) -> list[Decided]:
    """The decisions on these bills, the latest first; bills of nobody, and those whose record is gone, have none."""
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("read_decisions"), ctx.org_id, list(bill_ids))
    return [
        Decided(
            bill_id=row["id"],
            customer_id=row["holder_id"],
            type=row["type"],
            till_id=row["till_id"],
            at=row["at"],
            recorded_at=row["recorded_at"],
            record=_record.decode(row["record"]),
            request_id=row["request_id"],
        )
        for row in rows
    ]
