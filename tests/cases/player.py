"""Plays a run on the pure engine - evaluate, resolve, apply, step by step - and compares what its `then` writes down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from earnest.engine.apply import apply, resolve
from earnest.engine.evaluate import evaluate
from earnest.engine.events import (
    BoughtLine,
    CustomerRegistration,
    Event,
    PointsExpiry,
    PointsRedemption,
    ReturnedLine,
    ReturnTransaction,
    TransactionAdd,
)
from earnest.engine.outcome import ChangeTier, Move, MovementType
from earnest.engine.party import ZERO, Bill, BillLine
from earnest.engine.program.model import Program
from earnest.engine.redemption import judge, money_value, points_for_value
from tests.cases.compare import Comparison
from tests.cases.files import Run, Unsupported, merged
from tests.cases.members import parties_of
from tests.cases.notation import DEFAULT, Names, ignored_prefixes, one_of, only, program_of, zone_of
from tests.cases.words import RESULTS, STATES, Member, Result

_CLOSED_BY = {
    MovementType.REDEEMED: "REDEEMED",
    MovementType.EXPIRED: "EXPIRED",
    MovementType.RETURN: "RETURNED",
    MovementType.DEBT_SETTLED: "CONSUMED",
}
_EVENT_KEYS = {
    "TransactionAdd": {
        "bill", "amount", "gross", "discount", "billing_date", "type", "outlier", "lines",
    },
    "ReturnTransaction": {"bill", "type", "amount", "lines", "billing_date"},
    "CustomerRegistration": set(),
}  # fmt: skip
_CALL_KEYS = {
    "redeem": {"points", "redemption"},
    "isRedeemable": {"points", "currency_input"},
    "publish": {"changes"},
}
_STEP_KEYS = {"at", "member", "event", "call", "run"}


class Player:
    """One run: built from its `given` (raises Unsupported), then played."""

    def __init__(self, run: Run) -> None:
        only(run.given, {"org", "program", "members", "bills"}, "given")
        self.run = run
        self.clock = zone_of(run.given)
        self.names = Names()
        self.given = run.given
        self.program: Program = program_of(run.given, self.clock)
        newcomers = {step.get("member", "m") for step in run.when if step.get("event") == "CustomerRegistration"}
        self.parties = parties_of(run.given, self.clock, self.names, frozenset(newcomers))
        self.redemptions = 0
        self.tier_changes: dict[str, list[ChangeTier]] = {name: [] for name in self.parties}
        self.closed_by: dict[int, str] = {}
        self._check_steps()
        self._check_then()

    def _check_steps(self) -> None:
        for step in self.run.when:
            if "event" in step:
                allowed = _EVENT_KEYS.get(step["event"])
                what = f"event.{step['event']}"
            elif "call" in step:
                allowed = _CALL_KEYS.get(step["call"])
                what = f"call.{step['call']}"
            elif "run" in step:
                allowed = set()
                what = f"run.{step['run']}"
                if self.program.validity.months:
                    raise Unsupported("run.daily with tier checks")
            else:
                raise Unsupported(f"step.{'import' if 'import' in step else '?'}")
            if allowed is None:
                raise Unsupported(what)
            only(step, _STEP_KEYS | allowed, what)
            if step.get("call") != "publish" and step.get("member", "m") not in self.parties:
                raise Unsupported("step.member unknown")
            if step.get("event") == "TransactionAdd":
                one_of(step.get("type", "REGULAR"), {"REGULAR", "NOT_INTERESTED"}, "event.TransactionAdd.type")
                for line in step.get("lines") or []:
                    only(line, {"id", "code", "amount", "qty"}, "event.line")

    def _check_then(self) -> None:
        then = self.run.then
        only(then, {"results", "after", "state"}, "then")
        for result in (then.get("results") or {}).values():
            only(result, RESULTS, "result")
        for state in [then.get("state") or {}, *(then.get("after") or {}).values()]:
            for name, figures in state.items():
                if name not in self.parties:
                    raise Unsupported("state of a group")
                only(figures, {*STATES, "lots"}, "state")

    def play(self) -> Comparison:
        """Play all steps; what was compared with `then`."""
        compared = Comparison()
        then = self.run.then
        at = self.clock.instant("2026-01-01T12:00:00")
        for number, step in enumerate(self.run.when, start=1):
            at = self.clock.instant(step["at"]) if "at" in step else at
            result = self._step(number, step, at)
            for key, expected in ((then.get("results") or {}).get(number) or {}).items():
                compared.compare(f"step {number} {key}", expected, RESULTS[key](result))
            self._compare_states((then.get("after") or {}).get(number) or {}, at, f"after {number}", compared)
        self._compare_states(then.get("state") or {}, at, "state", compared)
        return compared

    def _step(self, number: int, step: Mapping[str, Any], at: datetime) -> Result:
        member = step.get("member") or next(iter(self.parties))
        result = Result(self.names, self.clock, self.parties[member], at, member)
        if step.get("run") == "daily":
            for name in self.parties:
                happened = self._happen(name, PointsExpiry(at=at), at)
                result = happened if happened.outcome.effects else result
            return result
        call = step.get("call")
        if call == "publish":
            self.given = merged(self.given, {"program": step.get("changes") or {}})
            self.program = program_of(self.given, self.clock, self.program.version + 1)
            return result
        if call == "isRedeemable":
            points = Decimal(step["points"])
            if step.get("currency_input"):
                points = points_for_value(self.program, points)
            result.reason = judge(self.program, self.parties[member], points, at)
            result.points, result.value = points, money_value(self.program, points)
            return result
        event = self._redemption(step, at) if call == "redeem" else self._event(number, step, at)
        return self._happen(member, event, at)

    def _happen(self, member: str, event: Event, now: datetime) -> Result:
        before = self.parties[member]
        outcome = resolve(evaluate({DEFAULT: self.program}, before, event, now), self.names.next_lot_id)
        after = apply(before, outcome)
        if isinstance(event, TransactionAdd):
            after = replace(after, bills=(*after.bills, _stored(event)))
        self.parties[member] = after
        for effect in outcome.effects:
            if isinstance(effect, ChangeTier):
                self.tier_changes[member].append(effect)
            elif isinstance(effect, Move) and effect.type in _CLOSED_BY:
                self.closed_by[effect.lot_id] = _CLOSED_BY[effect.type]
        return Result(
            self.names,
            self.clock,
            after,
            now,
            member,
            event=type(event),
            outcome=outcome,
            reason=outcome.refusal,
            points=event.points if isinstance(event, PointsRedemption) else None,
            value=outcome.value,
        )

    def _redemption(self, step: Mapping[str, Any], at: datetime) -> PointsRedemption:
        self.redemptions += 1
        return PointsRedemption(
            at=at, program_id=DEFAULT, points=Decimal(step["points"]), redemption_id=self.redemptions
        )

    def _event(self, number: int, step: Mapping[str, Any], at: datetime) -> Event:
        if step["event"] == "CustomerRegistration":
            return CustomerRegistration(at=at, program_ids=(DEFAULT,))
        bill = step.get("bill", f"AUTO{number}")
        event_at = self.clock.instant(step["billing_date"]) if "billing_date" in step else at
        lines = step.get("lines") or []
        if step["event"] == "ReturnTransaction":
            return ReturnTransaction(
                at=event_at,
                bill_id=self.names.id(bill),
                kind=step["type"],
                amount=Decimal(step["amount"]) if "amount" in step else None,
                lines=tuple(
                    ReturnedLine(
                        line_id=self.names.line_id(bill, line["id"]),
                        quantity=Decimal(line.get("qty", 1)),
                        amount=Decimal(line["amount"]),
                    )
                    for line in lines
                ),
            )
        bought = tuple(
            BoughtLine(
                id=self.names.line_id(bill, line["id"]),
                item_code=str(line.get("code", line["id"])),
                quantity=Decimal(line.get("qty", 1)),
                amount=Decimal(line["amount"]),
            )
            for line in lines
        )
        return TransactionAdd(
            at=event_at,
            bill_id=self.names.id(bill),
            bill_number=bill,
            amount=Decimal(step["amount"]) if "amount" in step else sum((line.amount for line in bought), ZERO),
            lines=bought,
            earns=step.get("type", "REGULAR") == "REGULAR" and step.get("outlier", "NORMAL") == "NORMAL",
            issues_points=not bill.startswith(ignored_prefixes(self.given)),
        )

    def _compare_states(
        self, states: Mapping[str, Mapping[str, Any]], at: datetime, where: str, compared: Comparison
    ) -> None:
        for name, expected in states.items():
            member = Member(self.parties[name], at, self.names, self.clock, self.tier_changes[name], self.closed_by)
            for key, value in expected.items():
                if key == "lots":
                    compared.compare_lots(f"{where} {name}.lots", value, [member.lot(lot) for lot in member.party.lots])
                else:
                    compared.compare(f"{where} {name}.{key}", value, STATES[key](member))


def _stored(event: TransactionAdd) -> Bill:
    """The sale as the store would hand it to a later return."""
    return Bill(
        id=event.bill_id,
        number=event.bill_number,
        amount=event.amount,
        billed_at=event.at,
        lines=tuple(
            BillLine(id=line.id, item_code=line.item_code, quantity=line.quantity, amount=line.amount)
            for line in event.lines
        ),
        earns=event.earns,
    )
