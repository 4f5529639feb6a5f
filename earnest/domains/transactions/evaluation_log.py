"""A decision record in the documented words: the tree of what was evaluated, and the instructions that came of it.

This module alone knows how a decision record looks to a client (contract/06-transaction-v2/08, domain/rules.md 4.7): what
the engine records more of is printed here, and nowhere else. A programme stands where the documentation has a rule set, an
award where it has a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape

from earnest.core.context import RequestContext
from earnest.core.decimals import plain
from earnest.domains.transactions.bill_points import Decided
from earnest.engine.outcome import AwardDecision, ChangeTier, ProgramDecision
from earnest.loyalty.programs import ProgramSet

_THREE = Decimal("0.001")
UNAVAILABLE = '<div>\n<div class="line">The evaluation logs of this event are not available</div>\n</div>'


def tree(programs: ProgramSet, decided: Decided) -> str:
    """Nested blocks: RuleSets > RuleSet[programme] > Rule[award] > if true|false > ActionTop > Instruction."""
    sets = [_rule_set(programs, decision) for decision in decided.record.outcome.decisions]
    return "\n".join(["<div>", *_block("RuleSets", "RuleSets", sets), "</div>"])


def _line(text: str) -> list[str]:
    return [f'<div class="line">{escape(text, quote=False)}</div>']


def _block(kind: str, text: str, inner: Iterable[list[str]], **data: object) -> list[str]:
    attributes = "".join(f' data-{name}="{escape(str(value))}"' for name, value in data.items())
    lines = [line for block in inner for line in block]
    return [f'<div class="{kind}"{attributes}>', *_line(text), *lines, "</div>"]


def _rule_set(programs: ProgramSet, decision: ProgramDecision) -> list[str]:
    program = programs.get(decision.program_id)
    name = "" if program is None else program.name
    inner = [_line(f"{figure} = {plain(value)}") for figure, value in decision.seen.items()]
    if decision.why is not None:
        inner.append(_line(decision.why))
    inner += [_rule(award) for award in decision.awards] or [_line("-")]
    if decision.tier_after != decision.tier_before:
        inner.append(_line(f"tier {decision.tier_before} -> {decision.tier_after}"))
    return _block("RuleSet", f"RuleSet[{decision.program_id}, {name}]", inner, id=decision.program_id, name=name)


def _rule(award: AwardDecision) -> list[str]:
    fired = award.points > 0
    where = "BillLineitem" if award.line_id is not None else "Bill"
    instruction = _block(
        "Instruction",
        f"Instruction[AWARD, id_{award.lot_id or -1}]",
        [_line(f"base {plain(award.base)}, before rounding {plain(award.raw)}, points {plain(award.points)}")],
    )
    top = _block("ActionTop", f"ActionTop[{award.award_id}] {where}Award", [instruction] if fired else [])
    decided = _block("If", "if true" if fired else "if false", [top] if fired else [])
    return _block("Rule", f"Rule[{award.award_id}, {award.name}]", [decided], id=award.award_id, name=award.name)


def effects(ctx: RequestContext, programs: ProgramSet, decided: Decided) -> str:
    """One instruction for each award that brought points, and for each change of tier, in a YAML-like notation."""
    lines = ["instructions:"]
    for decision in decided.record.outcome.decisions:
        for award in decision.awards:
            if award.points > 0:
                lines += _instruction("AWARD", _award(ctx, programs, decided, decision, award))
    for effect in decided.record.outcome.effects:
        if isinstance(effect, ChangeTier):
            lines += _instruction(
                "SLAB_CHANGE",
                {"programId": effect.program_id, "fromSlab": effect.from_tier, "toSlab": effect.to_tier},
            )
    if decided.record.outcome.taken_back:
        lines += _instruction("RETURN", {"points": plain(decided.record.outcome.taken_back)})
    return "\n".join(lines)


def _instruction(name: str, fields: dict[str, object]) -> list[str]:
    inner = [f"    {key}: {_value(value)}" for key, value in fields.items()]
    return [f"  {name}: {{", *(line + "," for line in inner[:-1]), inner[-1], "  }"]


def _value(value: object) -> str:
    """Words stand bare, figures in quotes, as the documented example has them."""
    text = str(value)
    return text if text.replace("_", "").isalpha() else "'" + text.replace("'", "''") + "'"


def _award(
    ctx: RequestContext, programs: ProgramSet, decided: Decided, decision: ProgramDecision, award: AwardDecision
) -> dict[str, object]:
    program = programs.get(decision.program_id)
    strategies = () if program is None else program.awards
    own = next((one.expiry for one in strategies if one.id == award.award_id and one.expiry), None)
    strategy = own if own is not None or program is None else program.expiry
    on_line = award.line_id is not None
    expires = "" if award.expires_at is None else str(award.expires_at.astimezone(ctx.organization.zone))
    return {
        "sourceId": decided.bill_id,
        "sourceType": "LineItem" if on_line else "Bill",
        "awardOn": "BILL_LINEITEM" if on_line else "BILL",
        "lineItemId": award.line_id if on_line else -1,
        "points": award.points.quantize(_THREE),
        "pointsBeforeCapping": award.raw.quantize(_THREE),
        "sourceValue": plain(award.base),
        "initialSourceValue": plain(award.base),
        "expiryDate": expires,
        "expiryStrategyId": -1 if strategy is None else strategy.id,
        "awardStrategyId": award.award_id,
        "ruleId": award.award_id,
        "ruleSetId": decision.version,
        "programId": decision.program_id,
        "pointTypeName": "Main",
        "pointTypeIsRedeemable": "true",
        "evaluatedEntity": "USER",
        "promoId": -1,
        "tenderCodeId": -1,
    }
