"""Why a bill brought what it brought: the stored decision record, with names in the place of ids.

Records are read as plain JSON: an old one that lacks what newer ones have is shown as far as it goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.db.pool import Connection, Database
from earnest.core.http.endpoint import AdminContext
from earnest.domains.programs import errors
from earnest.domains.programs import schemas as s
from earnest.domains.programs.service import live_programs, sql
from earnest.programs.stored import document_of

DECISIONS_MAX = 20

_record = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


async def explain(ctx: AdminContext, org_id: int, number: str) -> list[s.Explained]:
    """The decisions about bills of this number, the newest first (a number may be used in several stores).

    ApiError 404 when there are none.
    """
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        live = {one.row["id"]: one for one in (await live_programs(connection, org_id)).values()}
        rows = await connection.fetch(sql.text("read_decisions"), org_id, number, DECISIONS_MAX)
        if not rows:
            raise errors.BILL_UNKNOWN.error(number=number[:100])
        tiers: dict[tuple[int, int], tuple[str, ...]] = {}
        found = []
        for row in rows:
            record = _record.decode(row["record"])
            programs = []
            for decision in record["outcome"].get("decisions", ()):
                key = (decision["program_id"], decision["version"])
                if key not in tiers:
                    tiers[key] = await _tiers(connection, org_id, *key)
                one = live.get(key[0])
                programs.append(_program(decision, one.document.name if one else f"programme {key[0]}", tiers[key]))
            event = record.get("event", {})
            amount = event.get("amount")
            found.append(
                s.Explained(
                    bill_number=row["number"],
                    bill_id=row["id"],
                    recorded_at=row["recorded_at"],
                    time_zone=next((one.row["time_zone"] for one in live.values()), "UTC"),
                    event=event.get("event", "?"),
                    amount=None if amount is None else Decimal(str(amount)),
                    programs=tuple(programs),
                )
            )
    return found


async def _tiers(connection: Connection, org_id: int, program_id: int, version: int) -> tuple[str, ...]:
    row = await connection.fetchrow(sql.text("read_version"), org_id, program_id, version)
    return () if row is None else tuple(tier.name for tier in document_of(row["document"], row["ids"])[0].tiers)


def _program(decision: Mapping[str, Any], name: str, tiers: tuple[str, ...]) -> s.ExplainedProgram:
    def tier(serial: int) -> str:
        return tiers[serial - 1] if 1 <= serial <= len(tiers) else f"tier {serial}"

    return s.ExplainedProgram(
        name=name,
        version=decision["version"],
        tier_before=tier(decision["tier_before"]),
        tier_after=tier(decision["tier_after"]),
        seen={key: Decimal(str(value)) for key, value in decision.get("seen", {}).items()},
        why=decision.get("why"),
        awards=tuple(_award(one, tier(one["tier"])) for one in decision.get("awards", ())),
        rules=tuple(decision.get("rules", ())),
        limits=tuple(decision.get("limits", ())),
    )


def _award(award: Mapping[str, Any], tier: str) -> s.ExplainedAward:
    expires = award.get("expires_at")
    return s.ExplainedAward(
        name=award["name"],
        tier=tier,
        base=Decimal(str(award["base"])),
        raw=Decimal(str(award["raw"])),
        points=Decimal(str(award["points"])),
        line_id=award.get("line_id"),
        lot_id=award.get("lot_id"),
        expires_at=None if expires is None else datetime.fromisoformat(expires),
    )
