"""The methods of values, one row each (rules.md 5.4). They stand beside the catalogue of profiles and are read alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

from earnest.engine.expression.catalogue.row import Kind, Method, Parameter
from earnest.engine.expression.errors import EvaluationError
from earnest.engine.expression.types import Type
from earnest.engine.expression.values import dates, numbers, strings
from earnest.engine.expression.values.numbers import Number

_NOTHING: tuple[Parameter, ...] = ()


def _parameters(*kinds: tuple[str, Kind]) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, kind) for name, kind in kinds)


def _numbers(*names: str) -> tuple[Parameter, ...]:
    return _parameters(*((name, Kind.NUMBER) for name in names))


_BLANK = (_NOTHING, _parameters(("blank", Kind.BLANK)))
_DATE = _parameters(("date", Kind.DATE))
_DAY = _numbers("year", "month", "day")
_INSTANT = _numbers("year", "month", "day", "hour", "minute", "second")
_EXPECTED = (_NOTHING, _parameters(("expected", Kind.BOOLEAN)))


def _is_null(value: object, *_blank: object) -> bool:
    return value is None


def _is_not_null(value: object, *_blank: object) -> bool:
    return value is not None


def _moment(arguments: tuple[Any, ...], zone: tzinfo) -> datetime | None:
    """A date given as such or as numbers."""
    return arguments[0] if len(arguments) == 1 else dates.instant(zone, *arguments)


def _days_diff(value: datetime | None, *arguments: Any, zone: tzinfo) -> int | None:
    """With a date: to the nearest anniversary; with numbers the year counts."""
    if len(arguments) == 1:
        return dates.days_diff(value, arguments[0], zone)
    return dates.date_diff(value, dates.instant(zone, *arguments), zone)


def _row(on: Type, result: Type, name: str, run: Callable[..., Any], meaning: str, **more: Any) -> Method:
    return Method(name=name, on=on, result=result, run=run, meaning=meaning, **more)


def _nullness(on: Type) -> tuple[Method, ...]:
    return (
        _row(on, Type.BOOLEAN, "isNull", _is_null, "absent", signatures=_BLANK),
        _row(on, Type.BOOLEAN, "isNotNull", _is_not_null, "present", signatures=_BLANK),
    )


_TEXT = (_parameters(("text", Kind.TEXT)),)
_STRING, _NUMBER, _DATE_TYPE, _TRUTH = Type.STRING, Type.NUMBER, Type.DATE, Type.BOOLEAN

METHODS: tuple[Method, ...] = (
    _row(
        _STRING,
        _TRUTH,
        "contains",
        strings.contains,
        "holds the text, case counts; null holds nothing",
        signatures=_TEXT,
    ),
    _row(
        _STRING,
        _TRUTH,
        "matches",
        strings.matches,
        "the regular expression is found anywhere in it (anchor with ^ and $)",
        signatures=(_parameters(("regex", Kind.PATTERN)),),
    ),
    _row(
        _STRING,
        _TRUTH,
        "exists",
        strings.exists,
        "not null and not empty; with a text that is not blank also contains it",
        signatures=(_NOTHING, *_TEXT),
    ),
    _row(_STRING, _TRUTH, "notExists", lambda v, *_: strings.is_empty(v), "null or empty", signatures=_BLANK),
    _row(_STRING, _TRUTH, "isEmpty", lambda v, *_: strings.is_empty(v), "null or empty", signatures=_BLANK),
    *_nullness(_STRING),
    _row(
        _STRING,
        _TRUTH,
        "isValidDate",
        lambda v, zone: dates.date_in(v, zone) is not None,
        "reads as a date: yyyy-MM-dd, yyyy-MM-dd HH:mm:ss, dd/MM/yyyy or dd-MM-yyyy",
        zoned=True,
    ),
    _row(
        _STRING,
        _NUMBER,
        "daysDiffFromString",
        lambda v, other, zone: dates.days_diff(dates.date_in(v, zone), other, zone),
        "daysDiff of the date in the text and the argument; null when the text is no date",
        signatures=(_DATE,),
        zoned=True,
    ),
    _row(
        _NUMBER,
        _NUMBER,
        "interval",
        numbers.interval,
        'in which interval it lies: with "b1,b2" up to b1 is 1, above b1 up to b2 is 2, above b2 is 3',
        signatures=(_parameters(("bounds", Kind.BOUNDS)),),
    ),
    *_nullness(_NUMBER),
    _row(
        _DATE_TYPE,
        _NUMBER,
        "dateDiff",
        lambda v, other, zone: dates.date_diff(v, other, zone),
        "calendar days between the two dates, without sign",
        signatures=(_DATE,),
        zoned=True,
    ),
    _row(
        _DATE_TYPE,
        _NUMBER,
        "daysDiff",
        _days_diff,
        "the same ignoring the year (days to the nearest anniversary); with numbers (y,m,d) the year counts",
        signatures=(_DATE, _DAY),
        zoned=True,
    ),
    _row(
        _DATE_TYPE,
        _NUMBER,
        "daysDiffFromString",
        lambda v, text, zone: dates.days_diff(v, dates.date_in(text, zone), zone),
        "daysDiff with a date in a text; null when the text is no date",
        signatures=_TEXT,
        zoned=True,
    ),
    _row(
        _DATE_TYPE,
        _NUMBER,
        "minutesDiff",
        dates.minutes_diff,
        "whole minutes between the two, without sign",
        signatures=(_DATE,),
    ),
    _row(_DATE_TYPE, _NUMBER, "day", dates.weekday, "weekday, Sunday 1 to Saturday 7", zoned=True),
    _row(_DATE_TYPE, _NUMBER, "dayOfMonth", dates.day_of_month, "1 to 31", zoned=True),
    _row(_DATE_TYPE, _NUMBER, "month", dates.month, "1 to 12", zoned=True),
    _row(_DATE_TYPE, _NUMBER, "year", dates.year, "the year", zoned=True),
    _row(
        _DATE_TYPE,
        _TRUTH,
        "isAfter",
        lambda v, *other, zone: dates.is_after(v, _moment(other, zone)),
        "strictly after a date or (Y,M,D) or (Y,M,D,h,m,s)",
        signatures=(_DATE, _DAY, _INSTANT),
        zoned=True,
    ),
    _row(
        _DATE_TYPE,
        _TRUTH,
        "isBefore",
        lambda v, *other, zone: dates.is_before(v, _moment(other, zone)),
        "strictly before a date or (Y,M,D) or (Y,M,D,h,m,s)",
        signatures=(_DATE, _DAY, _INSTANT),
        zoned=True,
    ),
    _row(
        _DATE_TYPE,
        _TRUTH,
        "isHourBetween",
        dates.is_hour_between,
        "h1 <= hour < h2, over midnight when h1 > h2, that hour when they are equal; 24 is the end of the day",
        signatures=(_numbers("h1", "h2"),),
        zoned=True,
    ),
    _row(
        _DATE_TYPE,
        _TRUTH,
        "isTimeBetween",
        dates.is_time_between,
        "the same in hours and minutes",
        signatures=(_numbers("h1", "m1", "h2", "m2"),),
        zoned=True,
    ),
    _row(
        _DATE_TYPE,
        _TRUTH,
        "isWeekday",
        lambda v, *expected, zone: dates.is_weekday(v, zone, *expected),
        "Monday to Friday; with false the opposite",
        signatures=_EXPECTED,
        zoned=True,
    ),
    _row(
        _DATE_TYPE,
        _TRUTH,
        "isWeekend",
        lambda v, *expected, zone: dates.is_weekend(v, zone, *expected),
        "Saturday and Sunday; with false the opposite",
        signatures=_EXPECTED,
        zoned=True,
    ),
    _row(_DATE_TYPE, _TRUTH, "isValid", _is_not_null, "present"),
    *_nullness(_DATE_TYPE),
    *_nullness(_TRUTH),
)


def _by_type() -> dict[Type, dict[str, Method]]:
    table: dict[Type, dict[str, Method]] = {kind: {} for kind in Type}
    for method in METHODS:
        table[method.on][method.name] = method
        table[Type.ANY].setdefault(method.name, method)
    return table


BY_TYPE: dict[Type, dict[str, Method]] = _by_type()
"""Methods by the type they are called on and their name; ANY knows every name, with the result that all of that name have."""


def find(on: Type, name: str) -> Method | None:
    """The method of that name, exactly or else ignoring case."""
    table = BY_TYPE[on]
    if name in table:
        return table[name]
    return next((method for known, method in table.items() if known.casefold() == name.casefold()), None)


def type_of(value: object) -> Type | None:
    """The type of a value at hand; None for null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return Type.BOOLEAN
    if isinstance(value, str):
        return Type.STRING
    return Type.DATE if isinstance(value, datetime) else Type.NUMBER


def call(name: str, value: Any, arguments: tuple[Any, ...], zone: tzinfo) -> Any:
    """Calls a method on a value whose type is known only now. EvaluationError when its type has no such method."""
    kind = type_of(value)
    method = BY_TYPE[kind or Type.ANY].get(name)
    if method is None:
        raise EvaluationError(f"{name} is no method of a {kind}")
    try:
        return method.run(value, *arguments, zone=zone) if method.zoned else method.run(value, *arguments)
    except (TypeError, AttributeError) as error:
        raise EvaluationError(f"{name} cannot be applied: {error}") from None


def number_from(value: object) -> Number | None:
    """What stands in a field declared as number."""
    if isinstance(value, str):
        return numbers.number_in(value)
    return value if not isinstance(value, (bool, datetime)) else None  # type: ignore[return-value]


def string_from(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def date_from(value: object, zone: tzinfo) -> datetime | None:
    if isinstance(value, str):
        return dates.date_in(value, zone)
    return value if isinstance(value, datetime) else None


def truth_from(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")
