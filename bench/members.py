"""100,000 members with a consistent past, written in bulk by the owner role (`members.sql`).

Each member has one mobile number, one profile, one enrolment, and `history` bills of one line whose points stand as lot,
movement and event, so that `earnest reconcile` finds nothing on the result. Tiers are spread 80/15/5 and lifetime
purchases match them. Meant for a database on which no server runs at that moment: it takes ids from the same sequences.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from earnest.core.db.statements import Statements
from earnest.core.ids import BLOCK, Family

# Not `statements.load`: these are the owner's statements, and a test prepares all loaded ones as the application's role.
SQL = Statements(Path(__file__).with_name("members.sql"))
FIRST_MOBILE = 919_800_000_001
FACTS = ("add_holders", "add_customers", "add_profiles", "add_identifiers", "add_enrolments", "add_wallets")
PAST = ("add_bills", "add_items", "add_bill_claims", "add_lots", "add_movements", "add_events")


class Members(msgspec.Struct, frozen=True):
    """The seeded members: ids from `first_id`, mobile numbers from `first_mobile`, `count` of each, in the same order."""

    first_id: int
    first_mobile: int
    count: int
    history: int


async def seed(admin_url: str, *, org_id: int, program_id: int, till_code: str, count: int, history: int) -> Members:
    """Write the members of one existing organisation. LookupError when it has no such till."""
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction():
            till = await connection.fetchrow(
                "SELECT id, store_id FROM org_entity WHERE org_id = $1 AND type = 'TILL' AND code = $2",
                org_id,
                till_code,
            )
            if till is None:
                raise LookupError(f"organisation {org_id} has no till {till_code}")
            bills = count * history
            values: dict[str, Any] = {
                "org_id": org_id,
                "program_id": program_id,
                "till_id": till["id"],
                "till_code": till_code,
                "store_id": till["store_id"],
                "members": count,
                "history": history,
                "first_mobile": FIRST_MOBILE,
                "award_id": 1,
                "claim_kind": "BILL",
                "claim_scope_id": 0,
                "first_id": await take_ids(connection, Family.HOLDER, count),
                "first_loyalty_id": await take_ids(connection, Family.ENTITY, count),
                "first_bill_id": await take_ids(connection, Family.BILL, bills),
                "first_item_id": await take_ids(connection, Family.ITEM, bills),
                "first_lot_id": await take_ids(connection, Family.LOT, bills),
                "first_movement_id": await take_ids(connection, Family.MOVEMENT, bills),
                "first_event_id": await take_ids(connection, Family.EVENT, bills),
            }
            for name in ("create_members", "create_past", *FACTS, *(PAST if history else ())):
                await execute(connection, name, values)
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()
    return Members(first_id=values["first_id"], first_mobile=FIRST_MOBILE, count=count, history=history)


async def take_ids(connection: Any, family: Family, count: int) -> int:
    """Move a family's sequence past `count` consecutive ids and return the first of them."""
    first: int = await connection.fetchval(f"SELECT nextval('{family}')")
    if count > BLOCK:
        await connection.execute(f"SELECT setval('{family}', {first + -(-count // BLOCK) * BLOCK - BLOCK})")
    return first


async def execute(connection: Any, name: str, values: dict[str, Any]) -> None:
    """Run one statement with the values that it names; CREATE TABLE AS takes no parameters, so its integers stand in it."""
    text, names = SQL.text(name), SQL.parameters(name)
    if name.startswith("create_"):
        for position in range(len(names), 0, -1):
            text = text.replace(f"${position}", str(int(values[names[position - 1]])))
        await connection.execute(text)
    else:
        await connection.execute(text, *[values[n] for n in names])
