"""A stored decision as a page for a person."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from earnest.domains.programs.schemas import Explained, ExplainedProgram


def show(explained: Explained, console: Console) -> None:
    """What happened, and for each programme its version, the tier, every award and every rule of the record."""
    zone = ZoneInfo(explained.time_zone)
    amount = "" if explained.amount is None else f", {_number(explained.amount)}"
    console.rule(f"Bill {explained.bill_number} (id {explained.bill_id})")
    when = explained.recorded_at.astimezone(zone)
    console.print(f"{explained.event}{amount}, decided {when:%Y-%m-%d %H:%M}", highlight=False, markup=False)
    for one in explained.programs:
        _programme(one, zone, console)


def _programme(one: ExplainedProgram, zone: ZoneInfo, console: Console) -> None:
    console.print(f"{one.name}, version {one.version}", style="bold", highlight=False, markup=False)
    tier = one.tier_before if one.tier_before == one.tier_after else f"{one.tier_before} → {one.tier_after}"
    seen = ", ".join(f"{name.replace('_', ' ').lower()} {_number(value)}" for name, value in one.seen.items())
    console.print(f"  Tier: {tier}" + (f"   before the event: {seen}" if seen else ""), highlight=False, markup=False)
    if one.why:
        console.print(f"  No points: {one.why.replace('_', ' ').lower()}", highlight=False, markup=False)
    if one.awards:
        table = Table("Award", "Tier", "Base", "Raw", "Cut", "Points", "Lot", "Usable until")
        for award in one.awards:
            name = award.name if award.line_id is None else f"{award.name} (line {award.line_id})"
            table.add_row(
                name,
                award.tier,
                _number(award.base),
                _number(award.raw),
                _number(award.raw - award.points) if award.points < award.raw else "",
                _number(award.points),
                "" if award.lot_id is None else str(award.lot_id),
                _day(award.expires_at, zone) if award.lot_id is not None else "",
            )
        console.print(table)
    for rule in one.rules:
        _rule(rule, console)
    for limit in one.limits:
        told = ", ".join(f"{key} {value}" for key, value in limit.items())
        console.print(f"  Limit: {told}", highlight=False, markup=False)


def _rule(rule: dict[str, object], console: Console) -> None:
    outcome = rule.get("outcome")
    mark = {True: "✓", False: "-"}.get(outcome, "!") if isinstance(outcome, bool) else "!"
    name = rule.get("rule") or rule.get("name") or "a rule"
    console.print(f"  {mark} {name}", highlight=False, markup=False)
    explanation = rule.get("explanation")
    compared = rule.get("compared") or (explanation.get("comparisons") if isinstance(explanation, dict) else None)
    for one in compared if isinstance(compared, list) else []:
        if isinstance(one, dict):
            right = ", ".join(str(value) for value in one.get("right", ()))
            console.print(
                f"      {one.get('what')}: {one.get('left')} {one.get('operator')} {right}",
                highlight=False,
                markup=False,
            )


def _number(value: Decimal) -> str:
    return f"{value.normalize():,f}"


def _day(at: datetime | None, zone: ZoneInfo) -> str:
    return "never" if at is None else f"{at.astimezone(zone):%Y-%m-%d}"
