"""Bills of nobody: what somebody bought whom no till has asked for a name (contract/05-transaction-v1/_notes.md).

They are stored and read like other bills and are of no account for loyalty: no member is locked, no programme is asked,
nothing is decided, no event is sent.
"""

from __future__ import annotations

from datetime import datetime

from earnest.core.context import RequestContext
from earnest.core.db.batch import Batch
from earnest.core.db.pool import Connection
from earnest.domains.customers import service as customers
from earnest.domains.transactions import errors
from earnest.domains.transactions.activities import Booked, CheckedBill, store_bill, store_item
from earnest.engine.outcome import Outcome
from earnest.loyalty import holders
from earnest.loyalty.registry import NaturalKey

TYPE = "NOT_INTERESTED"
"""The type of such a bill and of its lines; the name of its receipt under an Idempotency-Key."""


async def keep(ctx: RequestContext, bill: CheckedBill, number_key: NaturalKey | None) -> Booked:
    """Stores a checked bill of nobody. 604 when its number is used up in its scope."""
    idempotency = ctx.idempotency
    batch = Batch(ctx.org_id)
    booked = Booked(bill, Outcome(), None, customers.Names())
    step = ""
    if idempotency is not None:
        step = idempotency.step(TYPE)
        earlier: Booked | None = idempotency.receipt(step, Booked)
        if earlier is not None:
            idempotency.advance(TYPE)
            return earlier
        idempotency.leave(batch, step, booked)
    store_bill(batch, ctx.till, bill, None)
    for item in bill.items:
        store_item(batch, bill.id, item)
    async with ctx.db.transaction() as connection:
        await holders.check_configuration(connection, ctx.org_id, ctx.organization.config_version)
        if number_key is not None and not await _claim(connection, ctx.org_id, number_key, ctx.now):
            raise errors.DUPLICATE_NUMBER.error()
        await batch.flush(connection)
    if idempotency is not None:
        idempotency.advance(TYPE)
    return booked


async def _claim(connection: Connection, org_id: int, key: NaturalKey, now: datetime) -> bool:
    until = key.claimed_until or holders.FOREVER
    arguments = ([key.kind], [key.scope_id], [key.key], [key.owner_id], [now], [until])
    return bool(await connection.fetch(holders.sql.text("claim_natural_keys"), org_id, *arguments))
