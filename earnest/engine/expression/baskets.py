"""Reading the lines of a bill (rules.md 6.17): which lines, and what of them. Returned lines of a sale do not count."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any, TypeAlias

import regex

from earnest.engine.expression.context import LineItem, Transaction
from earnest.engine.expression.errors import EvaluationError
from earnest.engine.expression.values.numbers import Number, number_in
from earnest.engine.expression.values.patterns import found

Lines = list[LineItem]
Pattern: TypeAlias = regex.Pattern[str] | None

FIELDS: dict[str, Callable[[LineItem], Number | None]] = {
    "AMOUNT": lambda line: line.net,
    "DISCOUNT": lambda line: line.discount,
    "QUANTITY": lambda line: line.qty,
    "RATE": lambda line: line.rate,
    "VALUE": lambda line: line.value,
}
"""What `basket…If` compares of a line."""

OPERATORS: dict[str, Callable[[Number, Number], bool]] = {
    "GREATER_THAN": gt,
    "LESS_THAN": lt,
    "LESS_THAN_EQUALS_TO": le,
    "GREATER_THAN_EQUALS_TO": ge,
    "EQUALS_TO": eq,
    "NOT_EQUALS_TO": ne,
    "LESS_THAN_EQUAL_TO": le,
    "GREATER_THAN_EQUAL_TO": ge,
    "EQUAL_TO": eq,
    "NOT_EQUAL_TO": ne,
}
"""How; the spelling without S is accepted, too."""

_BUILT_IN: dict[str, Callable[[LineItem], str | None]] = {
    "sku": lambda line: line.code,
    "sku_code": lambda line: line.code,
    "code": lambda line: line.code,
    "brand": lambda line: line.brand,
    "category": lambda line: line.category,
    "name": lambda line: line.description,
    "description": lambda line: line.description,
}


def attribute_of(line: LineItem, name: str | None) -> str | None:
    """The line's attribute of that casefolded name: an inventory attribute of the product, else a built-in one."""
    if name is None:
        return None
    value = line.attributes.get(name)
    if value is None and name in _BUILT_IN:
        return _BUILT_IN[name](line)
    return value


def bought(bill: Transaction) -> Lines:
    return [line for line in bill.lines if not line.is_return]


def equal(bill: Transaction, name: str | None, value: str | None) -> Lines:
    if value is None:
        return []
    return [line for line in bought(bill) if attribute_of(line, name) == value]


def like(bill: Transaction, name: str | None, pattern: Pattern) -> Lines:
    return _found(bought(bill), pattern, lambda line: attribute_of(line, name))


def like_brand(bill: Transaction, *arguments: Any) -> Lines:
    return _found(bought(bill), arguments[-1], lambda line: line.brand)


def like_category(bill: Transaction, *arguments: Any) -> Lines:
    return _found(bought(bill), arguments[-1], lambda line: line.category)


def compared(bill: Transaction, field: str | None, operator: str | None, operand: Number | str | None) -> Lines:
    """Lines where the field stands in that relation to the operand. EvaluationError for names that do not exist."""
    read, holds = FIELDS.get(field or ""), OPERATORS.get(operator or "")
    if read is None or holds is None:
        raise EvaluationError(f"{field!r} {operator!r} is no comparison of a line")
    number = number_in(operand) if isinstance(operand, str) else operand
    if number is None:
        return []
    return [line for line in bought(bill) if (value := read(line)) is not None and holds(value, number)]


def full_price(bill: Transaction) -> Lines:
    return [line for line in bought(bill) if not line.discount]


def net(lines: Iterable[LineItem]) -> Number:
    return _sum(line.net for line in lines)


def gross(lines: Iterable[LineItem]) -> Number:
    return _sum(line.value for line in lines)


def quantity(lines: Iterable[LineItem]) -> Number:
    return _sum(line.qty for line in lines)


def measured(select: Callable[..., Lines], measure: Callable[[Lines], Number]) -> Callable[..., Number | None]:
    """The reading of a bill that measures the selected lines; null where there is no bill."""

    def read(bill: Transaction, *arguments: object) -> Number | None:
        return measure(select(bill, *arguments)) if bill.exists else None

    return read


def includes(select: Callable[..., Lines]) -> Callable[..., bool]:
    def read(bill: Transaction, *arguments: object) -> bool:
        return bool(select(bill, *arguments))

    return read


def excludes(select: Callable[..., Lines]) -> Callable[..., bool]:
    """Always the negation of includes."""

    def read(bill: Transaction, *arguments: object) -> bool:
        return not select(bill, *arguments)

    return read


def _found(lines: Lines, pattern: Pattern, text_of: Callable[[LineItem], str | None]) -> Lines:
    judged: dict[str | None, bool] = {None: False}
    chosen = []
    for line in lines:
        text = text_of(line)
        if text not in judged:
            judged[text] = found(pattern, text)
        if judged[text]:
            chosen.append(line)
    return chosen


def _sum(values: Iterable[Number | None]) -> Number:
    return sum((value for value in values if value is not None), Decimal(0))
