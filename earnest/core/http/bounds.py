"""Numbers and times inside decoded input: those that no column, no JavaScript client and no time zone could hold.

One walk over every decoded value, so that no schema can forget it. What a type can hold is worked out once for each
struct; strings, booleans and enums are never visited.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import inspect

from earnest.core.clock import YEAR_MAX, YEAR_MIN
from earnest.core.decimals import RULE, is_storable

# Documented clients read ids as JavaScript numbers (design/architecture.md, "Ids and order").
INTEGER_MAX = 2**53 - 1

Check = Callable[[Any], None]

_NOT_VISITED = (
    inspect.StrType,
    inspect.BoolType,
    inspect.NoneType,
    inspect.EnumType,
    inspect.LiteralType,
    inspect.BytesType,
    inspect.UUIDType,
)


class OutOfBoundsError(ValueError):
    """A value that decoded but cannot be held. `path` leads to it, outermost first."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule
        self.path: list[str | int] = []

    def inside(self, step: str | int) -> OutOfBoundsError:
        self.path.insert(0, step)
        return self


def check(value: object) -> None:
    """Raises OutOfBoundsError when `value` holds a number or time that is out of bounds, at any depth."""
    known = _CHECKS.get(type(value))
    if known is not None:
        known(value)
    elif isinstance(value, msgspec.Struct):
        prepare(type(value))
        _CHECKS[type(value)](value)


def prepare(kind: type) -> None:
    """Works out the walk of a struct type, before the first request needs it."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in _CHECKS:
        info = inspect.type_info(kind)
        assert isinstance(info, inspect.StructType)
        _CHECKS[kind] = _struct_check(
            tuple((field.name, field.encode_name) for field in info.fields if _is_visited(field.type))
        )


def _is_visited(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.UnionType):
        return any(_is_visited(member) for member in kind.types)
    if isinstance(kind, inspect.Metadata):
        return _is_visited(kind.type)
    if isinstance(kind, inspect.ListType | inspect.SetType | inspect.FrozenSetType | inspect.VarTupleType):
        return _is_visited(kind.item_type)
    if isinstance(kind, inspect.DictType):
        return _is_visited(kind.value_type)
    return not isinstance(kind, _NOT_VISITED)


def _struct_check(fields: tuple[tuple[str, str], ...]) -> Check:
    def check_fields(value: object) -> None:
        for name, encoded in fields:
            held = getattr(value, name)
            if held is None:
                continue
            try:
                check(held)
            except OutOfBoundsError as error:
                raise error.inside(encoded) from None

    return check_fields


def _check_decimal(value: Decimal) -> None:
    if not is_storable(value):
        raise OutOfBoundsError(RULE)


def _check_integer(value: int) -> None:
    if not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise OutOfBoundsError(f"must be between -{INTEGER_MAX} and {INTEGER_MAX}")


def _check_float(value: float) -> None:
    if not math.isfinite(value):
        raise OutOfBoundsError("must be finite")


def _check_year(value: date) -> None:
    if not YEAR_MIN <= value.year <= YEAR_MAX:
        raise OutOfBoundsError(f"must lie between the years {YEAR_MIN} and {YEAR_MAX}")


def _check_items(value: list[Any]) -> None:
    for index, item in enumerate(value):
        try:
            check(item)
        except OutOfBoundsError as error:
            raise error.inside(index) from None


def _check_values(value: dict[Any, Any]) -> None:
    for key, item in value.items():
        try:
            check(item)
        except OutOfBoundsError as error:
            raise error.inside(str(key)) from None


_CHECKS: dict[type, Check] = {
    Decimal: _check_decimal,
    int: _check_integer,
    float: _check_float,
    datetime: _check_year,
    date: _check_year,
    list: _check_items,
    tuple: _check_items,
    set: _check_items,
    frozenset: _check_items,
    dict: _check_values,
}
