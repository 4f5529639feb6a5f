"""The parts of exploded events: each kind is read for all events of an answer at once, and only when it is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from earnest.core.context import RequestContext
from earnest.core.db.pool import Connection
from earnest.domains.ledger import schemas_explode as wire
from earnest.domains.ledger.service import CATEGORY_NAMES, sql, timestamp
from earnest.domains.ledger.whose import Holder
from earnest.engine.party import ZERO
from earnest.engine.program.model import POINTS
from earnest.loyalty.programs import Programs, ProgramSet

Row = Mapping[str, Any]
T = TypeVar("T", bound=wire.EarnedPoints)

_BILL_EVENTS = ("TransactionAdd", "ReturnBill")


class _Award(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a stored decision that tells where points came from."""

    award_id: int = 0
    name: str = ""
    base: Decimal | None = None
    lot_id: int | None = None


class _Decision(msgspec.Struct, frozen=True):
    program_id: int
    tier_before: int
    awards: list[_Award] = []


class _Outcome(msgspec.Struct, frozen=True):
    decisions: list[_Decision] = []


class _Record(msgspec.Struct, frozen=True):
    outcome: _Outcome


class _Item(msgspec.Struct, frozen=True):
    id: int
    item_code: str
    value: Decimal
    discount: Decimal
    amount: Decimal
    rate: Decimal
    quantity: Decimal


class _Draw(msgspec.Struct, frozen=True):
    program_id: int
    points: Decimal
    expires_at: datetime | None
    category: str


_records = msgspec.json.Decoder(_Record)
_items = msgspec.json.Decoder(list[_Item])
_payments = msgspec.json.Decoder(list[wire.PaymentMode])
_draws = msgspec.json.Decoder(list[_Draw])
_fields = msgspec.json.Decoder(dict[str, Any])


class Behind:
    """What was read of the events of one member."""

    def __init__(self, ctx: RequestContext, query: wire.ExplodeQuery, programs: ProgramSet) -> None:
        self._ctx = ctx
        self._query = query
        self._programs = programs
        self._awards: dict[int, list[Row]] = defaultdict(list)
        self._decisions: dict[int, list[_Decision]] = {}
        self._bills: dict[int, Row] = {}
        self._redemptions: dict[int, Row] = {}

    @classmethod
    async def of(cls, found: Holder, query: wire.ExplodeQuery, events: Sequence[Row]) -> Behind:
        """Reads what the flags of the query ask for."""
        ctx = found.ctx
        behind = cls(ctx, query, await ctx.resource(Programs).of(ctx.organization))
        async with ctx.db.transaction() as connection:
            await behind._read(connection, found.id, events)
        return behind

    async def _read(self, connection: Connection, holder_id: int, events: Sequence[Row]) -> None:
        org_id, query = self._ctx.org_id, self._query
        seqs = [event["seq"] for event in events]
        if query.get_bill_details or query.get_points_earned_breakup:
            for row in await connection.fetch(sql.text("read_awards"), org_id, holder_id, seqs):
                if row["currency"] == POINTS or query.include_alternate_currencies:
                    self._awards[row["seq"]].append(dict(row))
            for row in await connection.fetch(sql.text("read_decisions"), org_id, holder_id, seqs):
                self._decisions[row["seq"]] = _records.decode(row["record"]).outcome.decisions
        bill_ids = [event["reference_id"] for event in events if event["type"] in _BILL_EVENTS]
        if bill_ids and self._wants_bills:
            rows = await connection.fetch(sql.text("read_bills"), org_id, bill_ids, holder_id)
            self._bills = {row["id"]: dict(row) for row in rows}
        redeemed = {event["reference_id"]: event["seq"] for event in events if event["type"] == "PointsRedemption"}
        if redeemed:
            rows = await connection.fetch(
                sql.text("read_redemptions"), org_id, list(redeemed), list(redeemed.values()), holder_id
            )
            self._redemptions = {row["id"]: dict(row) for row in rows}

    @property
    def _wants_bills(self) -> bool:
        query = self._query
        return (
            query.get_bill_details
            or query.get_points_earned_breakup
            or query.get_custom_fields
            or query.get_extended_fields
            or query.wants_payments
        )

    def parts(self, event: Row) -> dict[str, Any]:
        """The fields of `ExplodedEvent` that this event has."""
        if event["type"] in _BILL_EVENTS:
            return self._of_bill(event)
        if event["type"] == "PointsRedemption":
            return self._of_redemption(event)
        if self._awards[event["seq"]]:
            return {"points_earned": self._earned(event)}
        return {}

    def _of_bill(self, event: Row) -> dict[str, Any]:
        bill, query = self._bills.get(event["reference_id"]), self._query
        parts: dict[str, Any] = {}
        if bill is None:
            return parts
        if query.get_bill_details or query.get_points_earned_breakup:
            parts["bill_details"] = self._bill(event, bill)
            parts["point_in_time_slabs"] = self._slabs(event)
        if query.get_custom_fields:
            parts["custom_fields"] = _named(bill["custom_fields"])
        if query.get_extended_fields:
            parts["extended_fields"] = _named(bill["extended_fields"])
        if query.wants_payments:
            parts["payment_modes"] = _payments.decode(bill["payments"] or "[]")
        return parts

    def _bill(self, event: Row, bill: Row) -> wire.BillDetails:
        is_return = event["type"] == "ReturnBill"
        # A return without a known sale has nothing but itself.
        of_sale = is_return and bill["sale_number"] is not None
        amount = bill["sale_amount"] if of_sale else bill["amount"]
        gross, discount = (bill["sale_gross"], bill["sale_discount"]) if of_sale else (bill["gross"], bill["discount"])
        parts: dict[str, Any] = {}
        if is_return:
            parts = {
                "return_date": self._moment(bill["billed_at"]),
                "return_amount": bill["amount"],
                "return_type": bill["return_kind"] or "FULL",
                "return_bill_id": bill["id"],
            }
        else:
            parts["points_earned"] = self._earned(event)
            if self._query.get_points_earned_breakup:
                parts["points_earned_breakup"] = self._breakup(event)
        return wire.BillDetails(
            type="loyalty",
            bill_number=bill["sale_number"] if of_sale else bill["number"],
            gross_amount=amount if gross is None else gross,
            discount=discount or ZERO,
            bill_amount=amount,
            note=bill["note"],
            source=bill["source"].lower(),
            bill_date=self._moment(bill["sold_at"] if of_sale else bill["billed_at"]),
            line_items=[
                wire.BillLine(
                    id=item.id,
                    item_code=item.item_code,
                    source=bill["source"].lower(),
                    gross_amount=item.value,
                    discount=item.discount,
                    amount=item.amount,
                    rate=item.rate,
                    qty=item.quantity,
                )
                for item in _items.decode(bill["items"] or "[]")
            ],
            **parts,
        )

    def _earned(self, event: Row) -> wire.PointsEarned:
        rows = self._awards[event["seq"]]
        plain = [(row, wire.EarnedPoints(**self._points(row))) for row in rows if row["category"] == "MAIN"]
        return wire.PointsEarned(*_regular_and_promo(plain), self._promised(rows))

    def _breakup(self, event: Row) -> wire.PointsEarnedBreakup:
        rows = self._awards[event["seq"]]
        awards = {
            award.lot_id: award
            for decision in self._decisions.get(event["seq"], [])
            for award in decision.awards
            if award.lot_id is not None
        }
        full = []
        for row in rows:
            if row["category"] == "MAIN":
                award = awards.get(row["id"])
                source = award is not None and award.base is not None
                full.append(
                    (
                        row,
                        wire.EarnedBreakup(
                            **self._points(row),
                            awarded_on=timestamp(self._ctx, row["awarded_at"]),
                            source_value=award.base if award and source and award.base is not None else msgspec.UNSET,
                            allocation_strategy_id=msgspec.UNSET if award is None else award.award_id,
                            allocation_strategy_name=msgspec.UNSET if award is None else award.name,
                            points_category_name=CATEGORY_NAMES[row["category"]],
                        ),
                    )
                )
        return wire.PointsEarnedBreakup(*_regular_and_promo(full), self._promised(rows))

    def _points(self, row: Row) -> dict[str, Any]:
        found: dict[str, Any] = {
            "value": row["quantity"],
            "program_id": row["program_id"],
            "program_name": self._name(row["program_id"]),
            "expiry_type": row["expiry_type"].lower(),
        }
        if row["expires_at"] is not None:
            found["expires_on"] = self._last_second(row["expires_at"])
        return found

    def _promised(self, rows: Sequence[Row]) -> list[wire.PromisedPoints]:
        return [
            wire.PromisedPoints(row["quantity"], row["program_id"], self._name(row["program_id"]))
            for row in rows
            if row["category"] != "MAIN"
        ]

    def _slabs(self, event: Row) -> list[wire.PointInTimeSlab]:
        slabs = []
        for decision in sorted(self._decisions.get(event["seq"], []), key=lambda one: one.program_id):
            program = self._programs.get(decision.program_id)
            if program is not None and decision.tier_before <= len(program.tiers):
                tier = program.tier(decision.tier_before)
                slabs.append(wire.PointInTimeSlab(tier.serial, tier.name, program.id, program.is_default))
        return slabs

    def _of_redemption(self, event: Row) -> dict[str, Any]:
        row = self._redemptions.get(event["reference_id"])
        if row is None:
            return {}
        billed_at = row["billed_at"] or row["at"]
        parts: dict[str, Any] = {
            "redemption_details": wire.RedemptionDetails(
                points_redeemed=format(row["points"], "f"),
                redemption_purpose=row["purpose"],
                transaction_number=row["bill_number"] or "",
                billing_time=timestamp(self._ctx, billed_at),
                redemption_id=row["code"],
                notes=row["notes"],
                group_redemption=False,
            ),
            "points_breakup": [self._drawn(draw) for draw in _draws.decode(row["draws"] or "[]")],
            "custom_fields": _named(row["custom_fields"]),
        }
        return parts

    def _drawn(self, draw: _Draw) -> wire.DrawnPoints:
        expires_on = msgspec.UNSET if draw.expires_at is None else self._last_second(draw.expires_at)
        return wire.DrawnPoints(
            program_id=draw.program_id,
            program_name=self._name(draw.program_id),
            points=draw.points,
            points_category=CATEGORY_NAMES[draw.category],
            expires_on=expires_on,
        )

    def _moment(self, at: datetime) -> str:
        """`YYYY-MM-DDTHH:MM:SS.mmm` in the organisation's zone, as bills have it here."""
        return at.astimezone(self._ctx.organization.zone).replace(tzinfo=None).isoformat(timespec="milliseconds")

    def _last_second(self, at: datetime) -> str:
        return timestamp(self._ctx, at.replace(microsecond=0))

    def _name(self, program_id: int) -> str:
        program = self._programs.get(program_id)
        return "" if program is None else program.name


def _regular_and_promo(awards: Sequence[tuple[Row, T]]) -> tuple[list[T], list[T]]:
    """Awards of the programme's own workflow, and those of promotions."""
    regular = [shown for row, shown in awards if row["kind"] in ("BILL_REGULAR", "LINE_REGULAR")]
    return regular, [shown for row, shown in awards if row["kind"] not in ("BILL_REGULAR", "LINE_REGULAR")]


def _named(text: str) -> list[wire.CustomField]:
    return [wire.CustomField(name, value) for name, value in _fields.decode(text).items()]
