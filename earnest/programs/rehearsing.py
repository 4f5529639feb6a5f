"""Examples of a programme: bills of members, and what each is expected to bring. Run through the pure engine.

examples:
  - name: A Gold member
    member: {tier: Gold, points: 100, purchases: 12000, enrolled_on: 2025-01-01}
    steps:
      - bill: 1000
        on: 2026-03-10
        expect: {points: 120, tier: Gold, balance: 220}
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

from earnest.engine.apply import apply, resolve
from earnest.engine.evaluate import evaluate
from earnest.engine.events import BoughtLine, CustomerRegistration, EnrolmentGrant, PointsRedemption, TransactionAdd
from earnest.engine.outcome import CountPurchase, Outcome
from earnest.engine.party import Party
from earnest.engine.program.model import Program
from earnest.programs.document.problems import InvalidDocument
from earnest.programs.document.schema import Range, Reading
from earnest.programs.document.source import parse


class Line(msgspec.Struct, frozen=True, kw_only=True):
    sku: str = "ITEM"
    amount: Decimal
    quantity: Decimal = Decimal(1)


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What is not given is not compared. `expires` is the last day of the points, or `never`; `refused`: a reason."""

    points: Decimal | None = None
    tier: str | None = None
    balance: Decimal | None = None
    expires: str | None = None
    tier_until: str | None = None
    refused: str | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A bill of an amount (with or without lines), or a redemption of points."""

    on: date
    bill: Decimal | None = None
    redeem: Decimal | None = None
    lines: tuple[Line, ...] = ()
    expect: Expected


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Where the member stands before the first step; `enrolled_on` None: the day before it."""

    tier: str | None = None
    points: Annotated[Decimal, Range(0)] = Decimal(0)
    purchases: Annotated[Decimal, Range(0)] = Decimal(0)
    enrolled_on: date | None = None


class Example(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    program: str | None = None
    """In a file of several programmes: which one."""
    member: Member = Member()
    steps: tuple[Step, ...]


class Examples(msgspec.Struct, frozen=True, kw_only=True):
    examples: tuple[Example, ...]
    time_zone: str = "Asia/Kolkata"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What came out otherwise than expected; `step` counts from 1."""

    example: str
    step: int
    what: str
    expected: str
    found: str


def read_examples(text: str | bytes) -> Examples:
    """InvalidDocument names everything that is wrong with the text."""
    node = parse(text)[0]
    reading = Reading(node)
    found: Examples | None = reading.struct(Examples, node, ())
    if found is None or reading.has_errors:
        raise InvalidDocument(reading.problems)
    return found


def rehearse(program: Program, example: Example) -> list[Finding]:
    """Runs the steps of the example in their order and compares. None found: it holds."""
    return _Run(program, example).run()


class _Run:
    def __init__(self, program: Program, example: Example) -> None:
        self.program = program
        self.example = example
        self.zone = ZoneInfo(program.time_zone)
        self.ids = count(1)
        self.findings: list[Finding] = []

    def run(self) -> list[Finding]:
        serials = {tier.name: tier.serial for tier in self.program.tiers}
        member = self.example.member
        if member.tier is not None and member.tier not in serials:
            return [self._finding(0, "tier", member.tier, f"there is no such tier, but {', '.join(serials)}")]
        first = self.example.steps[0].on if self.example.steps else date(2026, 1, 1)
        enrolled = self._at(member.enrolled_on or first - timedelta(days=1))
        grant = EnrolmentGrant(program_id=self.program.id, tier=serials.get(member.tier or "", 1), points=member.points)
        registration = CustomerRegistration(at=enrolled, program_ids=(self.program.id,), grants=(grant,))
        party = Party(holder_id=1, registered_at=enrolled)
        if member.purchases:
            start = Outcome(effects=(CountPurchase(self.program.id, member.purchases),), evaluated_at=enrolled)
            party, _ = self._event(party, registration, enrolled)
            party = apply(party, start)
        else:
            party, _ = self._event(party, registration, enrolled)
        for number, step in enumerate(self.example.steps, 1):
            party = self._step(party, number, step)
        return self.findings

    def _event(self, party: Party, event: object, now: datetime) -> tuple[Party, Outcome]:
        outcome = evaluate({self.program.id: self.program}, party, event, now)  # type: ignore[arg-type]
        if outcome.refusal is not None:
            return party, outcome
        outcome = resolve(outcome, lambda: next(self.ids))
        return apply(party, outcome), outcome

    def _step(self, party: Party, number: int, step: Step) -> Party:
        at = self._at(step.on)
        before = {lot.id for lot in party.lots}
        if step.redeem is not None:
            event: object = PointsRedemption(
                at=at, program_id=self.program.id, points=step.redeem, redemption_id=next(self.ids)
            )
        else:
            lines = tuple(
                BoughtLine(id=index, item_code=one.sku, quantity=one.quantity, amount=one.amount)
                for index, one in enumerate(step.lines, 1)
            )
            amount = step.bill if step.bill is not None else sum((one.amount for one in step.lines), Decimal(0))
            event = TransactionAdd(at=at, bill_id=number, bill_number=f"EXAMPLE-{number}", amount=amount, lines=lines)
        after, outcome = self._event(party, event, at)
        expect = step.expect
        refusal = None if outcome.refusal is None else outcome.refusal.value
        if refusal != expect.refused:
            self.findings.append(self._finding(number, "refused", expect.refused or "no", refusal or "no"))
            return after
        points = sum((one.points for one in outcome.decisions), Decimal(0))
        self._compare(number, "points", expect.points, points)
        enrolment = after.enrolments[self.program.id]
        self._compare(number, "tier", expect.tier, self.program.tier(enrolment.tier).name)
        wallet = after.wallets.get(self.program.id)
        self._compare(number, "balance", expect.balance, wallet.current if wallet is not None else Decimal(0))
        new = [lot for lot in after.lots if lot.id not in before]
        shown = sorted({self._day(lot.expires_at) for lot in new})
        self._compare(number, "expires", expect.expires, ", ".join(shown) or "no points")
        self._compare(number, "tier_until", expect.tier_until, self._day(enrolment.tier_expires_at))
        return after

    def _compare(self, number: int, what: str, expected: object, found: object) -> None:
        if expected is not None and expected != found:
            self.findings.append(self._finding(number, what, str(expected), str(found)))

    def _finding(self, number: int, what: str, expected: str, found: str) -> Finding:
        return Finding(example=self.example.name, step=number, what=what, expected=expected, found=found)

    def _at(self, day: date) -> datetime:
        return datetime.combine(day, time(12), self.zone).astimezone(UTC)

    def _day(self, at: datetime | None) -> str:
        return "never" if at is None else at.astimezone(self.zone).date().isoformat()
