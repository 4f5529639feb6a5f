"""Methods of dates, all read on the clock of the store (rules.md 5.3, 5.4). A null date gives null or false."""

from __future__ import annotations

import re
from calendar import isleap
from datetime import date, datetime, timedelta, tzinfo

from earnest.engine.expression.values.numbers import Number

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2}):([0-9]{2}))?", re.ASCII)
_DAY_FIRST = re.compile(r"([0-9]{2})(?P<mark>[/-])([0-9]{2})(?P=mark)([0-9]{4})", re.ASCII)


def date_in(text: str | None, zone: tzinfo) -> datetime | None:
    """The instant that a text names - yyyy-MM-dd, with or without HH:mm:ss, dd/MM/yyyy, dd-MM-yyyy - or None."""
    if text is None:
        return None
    parts: list[int]
    if found := _ISO.fullmatch(text):
        parts = [int(part) for part in found.groups() if part is not None]
    elif found := _DAY_FIRST.fullmatch(text):
        parts = [int(found[4]), int(found[3]), int(found[1])]
    else:
        return None
    return _instant(parts, zone)


def instant(zone: tzinfo, *parts: Number | None) -> datetime | None:
    """(Y, M, D) or (Y, M, D, h, m, s) on the store's clock; None where no such date exists."""
    if any(part is None or part != int(part) for part in parts):
        return None
    return _instant([int(part) for part in parts if part is not None], zone)


def _instant(parts: list[int], zone: tzinfo) -> datetime | None:
    try:
        return datetime(*parts, tzinfo=zone)  # type: ignore[misc, arg-type]
    except (ValueError, OverflowError):
        return None


def date_diff(left: datetime | None, right: datetime | None, zone: tzinfo) -> int | None:
    """Whole calendar days between the two, whichever is first."""
    if left is None or right is None:
        return None
    return abs((_day(left, zone) - _day(right, zone)).days)


def days_diff(left: datetime | None, right: datetime | None, zone: tzinfo) -> int | None:
    """Days from the later date to the nearest anniversary of the earlier one; 29 February is 28 February in common
    years."""
    if left is None or right is None:
        return None
    earlier, later = sorted((_day(left, zone), _day(right, zone)))
    years = (year for year in (later.year - 1, later.year, later.year + 1) if 1 <= year <= 9999)
    return min(abs((_anniversary(earlier, year) - later).days) for year in years)


def _anniversary(day: date, year: int) -> date:
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def minutes_diff(left: datetime | None, right: datetime | None) -> int | None:
    if left is None or right is None:
        return None
    return abs(left - right) // timedelta(minutes=1)


def weekday(value: datetime | None, zone: tzinfo) -> int | None:
    """Sunday 1 to Saturday 7."""
    return None if value is None else local(value, zone).isoweekday() % 7 + 1


def day_of_month(value: datetime | None, zone: tzinfo) -> int | None:
    return None if value is None else local(value, zone).day


def month(value: datetime | None, zone: tzinfo) -> int | None:
    return None if value is None else local(value, zone).month


def year(value: datetime | None, zone: tzinfo) -> int | None:
    return None if value is None else local(value, zone).year


def is_after(value: datetime | None, bound: datetime | None) -> bool:
    return value is not None and bound is not None and value > bound


def is_before(value: datetime | None, bound: datetime | None) -> bool:
    return value is not None and bound is not None and value < bound


def is_hour_between(value: datetime | None, start: Number | None, end: Number | None, zone: tzinfo) -> bool:
    """start <= hour < end; over midnight when start > end; the one hour when they are equal."""
    if value is None or start is None or end is None:
        return False
    return _within(local(value, zone).hour, start, end)


def is_time_between(
    value: datetime | None,
    start_hour: Number | None,
    start_minute: Number | None,
    end_hour: Number | None,
    end_minute: Number | None,
    zone: tzinfo,
) -> bool:
    """The same in minutes."""
    if value is None or start_hour is None or start_minute is None or end_hour is None or end_minute is None:
        return False
    shown = local(value, zone)
    return _within(shown.hour * 60 + shown.minute, start_hour * 60 + start_minute, end_hour * 60 + end_minute)


def _within(moment: int, start: Number, end: Number) -> bool:
    if start == end:
        return moment == start
    if start < end:
        return start <= moment < end
    return moment >= start or moment < end


def is_weekday(value: datetime | None, zone: tzinfo, expected: bool = True) -> bool:
    """Monday to Friday; `expected` False asks for the opposite. A null date is neither."""
    return value is not None and (local(value, zone).isoweekday() <= 5) is expected


def is_weekend(value: datetime | None, zone: tzinfo, expected: bool = True) -> bool:
    return value is not None and (local(value, zone).isoweekday() > 5) is expected


def local(value: datetime, zone: tzinfo) -> datetime:
    """The instant on the store's clock; at the two ends of time, where no clock reaches, as it stands."""
    try:
        return value.astimezone(zone)
    except OverflowError:
        return value


def _day(value: datetime, zone: tzinfo) -> date:
    return local(value, zone).date()
