"""The record of one evaluation, and its replay from the record alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import regex

from earnest.engine.expression import methods
from earnest.engine.expression.errors import EvaluationError
from earnest.engine.expression.parse import parse
from earnest.engine.expression.printing import quoted
from earnest.engine.expression.tree import Access, Chain, Literal, Node, Unary
from earnest.engine.expression.values import comparing, patterns
from earnest.engine.expression.values.dates import local


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison that was made: its offset in the expression, its text, the two sides, and whether it held.

    Values are written as the language writes them: `12.5`, `"Gold"`, `true`, a date as `2026-01-31T10:00:00+00:00`; None is
    null. `operator` is a comparison or, for a test of a value, its method; then `right` are the arguments. A boolean attribute
    is compared with true.
    """

    at: int
    what: str
    left: str | None
    operator: str
    right: tuple[str | None, ...] = ()
    holds: bool


class Explanation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a condition came out. `outcome` is None when it failed, `error` then says why; `comparisons` are those made, in
    order: && and || stop early. `zone` is the clock of dates, where it counts."""

    expression: str
    outcome: bool | None = None
    comparisons: tuple[Comparison, ...] = ()
    error: str | None = None
    zone: str | None = None


def replay(explanation: Explanation) -> bool | None:
    """The outcome by the record alone: every comparison judged anew by its recorded values.

    None when the record does not say: a value was changed so that a comparison counts that had not been made, or the
    evaluation had failed.
    """
    made = {comparison.at: comparison for comparison in explanation.comparisons}
    zone: tzinfo = ZoneInfo(explanation.zone) if explanation.zone else UTC
    try:
        return _outcome(parse(explanation.expression), made, zone)
    except EvaluationError:
        return None


def _outcome(node: Node, made: dict[int, Comparison], zone: tzinfo) -> bool | None:
    if isinstance(node, Literal):
        return node.value if isinstance(node.value, bool) else None
    if isinstance(node, Unary):
        inner = _outcome(node.operand, made, zone)
        return None if inner is None else not inner
    if isinstance(node, Access):
        comparison = made.get(node.steps[-1].at)
        return None if comparison is None else _judged(comparison, zone)
    if isinstance(node, Chain):
        return _chain(node, made, zone)
    return None


def _chain(node: Chain, made: dict[int, Comparison], zone: tzinfo) -> bool | None:
    operator = node.rest[0][0]
    if operator in ("&&", "||"):
        decides = operator == "||"
        for part in (node.first, *(operand for _, operand in node.rest)):
            outcome = _outcome(part, made, zone)
            if outcome is None or outcome is decides:
                return outcome
        return not decides
    left: bool | None = None
    for index, (sign, operand) in enumerate(node.rest):
        comparison = made.get(node.operators_at[index])
        if comparison is not None:
            left = _judged(comparison, zone)
            continue
        if index == 0:
            left = _outcome(node.first, made, zone)
        right = _outcome(operand, made, zone)
        if left is None or right is None:
            return None
        left = (left is right) is (sign == "==")
    return left


def _judged(comparison: Comparison, zone: tzinfo) -> bool:
    left = _value(comparison.left)
    right: tuple[Any, ...] = tuple(_value(each) for each in comparison.right)
    if comparison.operator in ("==", "!=", "<", "<=", ">", ">="):
        return comparing.compared(comparison.operator, left, right[0])
    if comparison.operator == "matches":
        right = tuple(patterns.pattern_of(each) for each in right)
    return bool(methods.call(comparison.operator, left, right, zone))


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")
_ESCAPED = re.compile(r'\\(["“”\\])')


def notation(value: Any, zone: tzinfo) -> str | None:
    """A value as the record writes it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, datetime):
        return local(value, zone).isoformat()
    if isinstance(value, regex.Pattern):
        return quoted(value.pattern)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _value(written: str | None) -> Any:
    if written is None:
        return None
    if written in ("true", "false"):
        return written == "true"
    if written.startswith('"'):
        return _ESCAPED.sub(r"\1", written[1:-1])
    return datetime.fromisoformat(written) if _DATE.match(written) else Decimal(written)
