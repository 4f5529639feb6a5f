"""How an amount becomes points (points.md 4): the formulas, and the allocation actions of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from earnest.engine.events import TransactionAdd
from earnest.engine.party import ZERO
from earnest.engine.program.model import Award, Fixed, Formula, Level, Percentage, Program, Step
from earnest.engine.rounding import round_action, round_points
from earnest.engine.tiers import Part, parts_between

_HUNDRED = Decimal(100)


def fixed(formula: Fixed, tier: int, base: Decimal) -> Decimal:
    return formula.points.of(tier) if base >= 0 else ZERO


def percentage(formula: Percentage, tier: int, base: Decimal) -> Decimal:
    return base * formula.percent.of(tier) / _HUNDRED if base > 0 else ZERO


def step(formula: Step, tier: int, base: Decimal) -> Decimal:
    if base <= 0:
        return ZERO
    steps, rest = divmod(base, formula.step)
    if rest and formula.partial == "CEIL":
        steps += 1
    return steps * formula.points.of(tier)


# (formula, tier, base amount) -> award before any rounding
FORMULAS: Mapping[type[Formula], Callable[[Any, int, Decimal], Decimal]] = {
    Fixed: fixed,
    Percentage: percentage,
    Step: step,
}


class Grant(NamedTuple):
    """One allocation action that was carried out: what it was based on, its award before rounding and its points."""

    award: Award
    tier: int
    base: Decimal
    raw: Decimal
    points: Decimal
    line_id: int | None = None


class Cut(NamedTuple):
    """A bill cut at the thresholds it crosses: its parts and the tier it ends in."""

    parts: list[Part]
    tier: int


def grant(program: Program, award: Award, tier: int, base: Decimal, line_id: int | None = None) -> Grant:
    raw = FORMULAS[type(award.formula)](award.formula, tier, base)
    if not raw:
        return Grant(award, tier, base, ZERO, ZERO, line_id)
    points = round_points(round_action(raw, award.rounding), program.rounding)
    return Grant(award, tier, base, raw, points, line_id)


def transaction_grants(program: Program, event: TransactionAdd, tier: int, dynamic: Cut | None = None) -> list[Grant]:
    """The allocation actions of a sale at `tier`: those of the bill in the programme's order, then those of the lines,
    line by line. With `dynamic` the percentages follow the cut; other formulas cannot be cut and stay at `tier`
    (tiers.md 4)."""
    grants: list[Grant] = []
    on_lines: list[Award] = []
    for award in applicable(program, "TransactionAdd", event.amount):
        if award.level is Level.LINE:
            on_lines.append(award)
        elif dynamic is None or not is_cuttable(award):
            grants.append(_on_sale(program, award, tier, event.amount))
        else:
            grants += [_on_sale(program, award, part.tier, part.amount) for part in dynamic.parts]
    if on_lines:
        position = ZERO
        for line in event.lines:
            for award in on_lines:
                if dynamic is None or not is_cuttable(award):
                    grants.append(_on_sale(program, award, tier, line.amount, line.id))
                else:
                    parts = parts_between(dynamic.parts, dynamic.tier, position, line.amount)
                    grants += [_on_sale(program, award, part.tier, part.amount, line.id) for part in parts]
            position += line.amount
    return grants


def activity_grants(program: Program, activity: str, tier: int, amount: Decimal | None) -> list[Grant]:
    """The bill-level actions of another activity. `amount` is the sale's where there is one; without it only fixed
    awards without a least amount give points."""
    return [
        grant(program, award, tier, ZERO) if amount is None else _on_sale(program, award, tier, amount)
        for award in applicable(program, activity, amount)
        if award.level is Level.BILL
    ]


def applicable(program: Program, activity: str, amount: Decimal | None) -> Iterator[Award]:
    """Awards of the activity whose least bill amount is met."""
    for award in program.awards:
        if award.activity == activity and (
            award.min_amount is None or (amount is not None and amount >= award.min_amount)
        ):
            yield award


def is_cuttable(award: Award) -> bool:
    return type(award.formula) is Percentage


def points_per_unit(program: Program, event: TransactionAdd, tier: int) -> Decimal:
    """Points that one unit of money of the sale earns at `tier` by the awards that a cut can divide."""
    rates = (
        award.formula.percent.of(tier)
        for award in applicable(program, "TransactionAdd", event.amount)
        if isinstance(award.formula, Percentage) and (award.level is Level.BILL or event.lines)
    )
    return sum(rates, ZERO) / _HUNDRED


def _on_sale(program: Program, award: Award, tier: int, base: Decimal, line_id: int | None = None) -> Grant:
    """A sale's zero or negative base earns nothing, by any formula (points.md 4.4)."""
    if base <= 0:
        return Grant(award, tier, base, ZERO, ZERO, line_id)
    return grant(program, award, tier, base, line_id)
