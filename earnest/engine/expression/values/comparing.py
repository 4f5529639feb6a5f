"""Comparing values whose types may differ (rules.md 5.3)."""

from __future__ import annotations

from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

from earnest.engine.expression.errors import EvaluationError
from earnest.engine.expression.values.numbers import number_in

_ORDERED = {"<": lt, "<=": le, ">": gt, ">=": ge}


def ordered(operator: str, left: Any, right: Any) -> bool:
    """An ordered comparison of two values of one type; with null it is false."""
    return left is not None and right is not None and bool(_ORDERED[operator](left, right))


def compared(operator: str, left: Any, right: Any) -> bool:
    """Any comparison. A string beside a number is read as one: unequal, and false in an ordered comparison, when it holds
    none. EvaluationError when the types cannot be compared."""
    if operator in ("==", "!="):
        return _equal(left, right) is (operator == "==")
    if left is None or right is None:
        return False
    left, right = _alike(left, right)
    if left is None or right is None:
        return False
    if isinstance(left, bool) or isinstance(right, bool) or _kind(left) is not _kind(right):
        raise EvaluationError(f"{left!r} and {right!r} have no order")
    return bool(_ORDERED[operator](left, right))


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        # A boolean is never null: absent is false.
        left, right = (False if value is None else value for value in (left, right))
        return isinstance(left, bool) and isinstance(right, bool) and left is right
    if left is None or right is None:
        return left is right
    left, right = _alike(left, right)
    return left is not None and right is not None and bool(left == right)


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    if isinstance(left, str) and _kind(right) is float:
        return number_in(left), right
    if isinstance(right, str) and _kind(left) is float:
        return left, number_in(right)
    return left, right


def _kind(value: Any) -> type:
    """str, datetime or, for every kind of number, float."""
    if isinstance(value, (str, datetime)):
        return str if isinstance(value, str) else datetime
    return float
