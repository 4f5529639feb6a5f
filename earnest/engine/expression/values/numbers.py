"""Exact decimal arithmetic and the methods of numbers (rules.md 5.3, 5.4)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

from earnest.engine.expression.errors import EvaluationError

Number = Decimal | int

DECIMALS = 10

# Sums and products of everything that 4,000 characters can name stay exact: no digit is ever rounded away except by `/`.
_EXACT = Context(prec=30_000, rounding=ROUND_HALF_UP, Emax=999_999, Emin=-999_999)
_NUMERIC_TEXT = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{1,60})?", re.ASCII)


def number_in(text: str) -> Decimal | None:
    """The number that a text holds, or None when it holds none. No exponent, no separators, no blanks."""
    return Decimal(text) if _NUMERIC_TEXT.fullmatch(text) else None


def add(left: Number | None, right: Number | None) -> Decimal | None:
    return None if left is None or right is None else _EXACT.add(left, right)


def subtract(left: Number | None, right: Number | None) -> Decimal | None:
    return None if left is None or right is None else _EXACT.subtract(left, right)


def multiply(left: Number | None, right: Number | None) -> Decimal | None:
    return None if left is None or right is None else _EXACT.multiply(left, right)


def divide(left: Number | None, right: Number | None) -> Decimal | None:
    """Half up (away from zero) at 10 decimals. EvaluationError on a divisor of 0."""
    if left is None or right is None:
        return None
    if not right:
        raise EvaluationError("division by zero")
    scaled = _EXACT.scaleb(_EXACT.abs(Decimal(left)), DECIMALS)
    quotient, rest = _EXACT.divmod(scaled, _EXACT.abs(Decimal(right)))
    if _EXACT.add(rest, rest) >= _EXACT.abs(Decimal(right)):
        quotient = _EXACT.add(quotient, 1)
    result = _EXACT.scaleb(quotient, -DECIMALS)
    return _EXACT.minus(result) if (left < 0) != (right < 0) else result


def remainder(left: Number | None, right: Number | None) -> Decimal | None:
    """With the sign of the dividend. EvaluationError on a divisor of 0."""
    if left is None or right is None:
        return None
    if not right:
        raise EvaluationError("remainder of a division by zero")
    return _EXACT.remainder(Decimal(left), Decimal(right))


def negate(value: Number | None) -> Decimal | None:
    return None if value is None else _EXACT.subtract(Decimal(0), value)


ARITHMETIC = {"+": add, "-": subtract, "*": multiply, "/": divide, "%": remainder}


def fold(operators: str, first: Number | None, *operands: Number | None) -> Number | None:
    """A chain of one level, from left to right; `operators` holds one character for each operand."""
    for operator, operand in zip(operators, operands, strict=True):
        first = ARITHMETIC[operator](first, operand)
    return first


def percentage(part: Number | None, whole: Number | None) -> Decimal | None:
    """part / whole x 100, half up at 10 decimals."""
    return divide(multiply(part, Decimal(100)), whole)


def bounds_of(text: str) -> tuple[Decimal, ...] | None:
    """The bounds in `"100,400,600"`, or None when that is no list of numbers."""
    bounds = [number_in(part.strip()) for part in text.split(",")]
    return None if None in bounds else tuple(bound for bound in bounds if bound is not None)


def interval(value: Number | None, bounds: str | tuple[Decimal, ...] | None) -> int | None:
    """1 + how many of the bounds lie below the value: (-inf, b1] is 1, (b1, b2] is 2, above the last n + 1."""
    if isinstance(bounds, str):
        read = bounds_of(bounds)
        if read is None:
            raise EvaluationError(f"interval bounds {bounds[:60]!r} are no list of numbers")
        bounds = read
    if value is None or bounds is None:
        return None
    return 1 + sum(bound < value for bound in bounds)
