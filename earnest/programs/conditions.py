"""Conditions of rules, judged by the rule language."""

from __future__ import annotations

from earnest.programs import expressions

CONDITION_MAX = 4000

_REPEATED = {"line": "LINES", "tender": "TENDERS", "tracker": "TRACKER"}


def problems_of(text: str, activity: str, bound: frozenset[str]) -> list[tuple[str, str | None]]:
    """What is wrong with the condition: messages with the nearest known name. `bound` says what is repeated around the
    rule: line, tender, tracker."""
    if not text.strip():
        return [("the condition is empty; write true for a rule that always holds", None)]
    if len(text) > CONDITION_MAX:
        return [(f"the condition is longer than {CONDITION_MAX} characters", None)]
    known = activity if activity in expressions.ACTIVITIES else expressions.BEHAVIOURAL_EVENT
    problems = expressions.check(text, known, [_REPEATED[each] for each in bound])
    return [(f"at character {one['offset'] + 1}: {one['message']}", one["suggestion"]) for one in problems]
