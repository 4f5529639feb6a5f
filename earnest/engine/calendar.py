"""Days in the organisation's zone. Every rule that says day, month or anniversary is computed here, then turned into
UTC.

Results beyond the calendar's end are cut to `LAST_DAY`, so that a strategy of "a million days" is a date and not an
error.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LAST_DAY = date(9999, 12, 30)


def local_day(at: datetime, zone: str) -> date:
    """The calendar day of the instant `at` (timezone-aware) in `zone` (IANA name)."""
    return at.astimezone(ZoneInfo(zone)).date()


@lru_cache(maxsize=16384)
def end_of_day(day: date, zone: str) -> datetime:
    """23:59:59 local time of `day` as a UTC instant: the last second in which something of that day can be used."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def add_days(day: date, days: int) -> date:
    try:
        return min(day + timedelta(days=days), LAST_DAY)
    except OverflowError:
        return LAST_DAY


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, clamped to that month's last day (31 January + 1 is 28 or 29
    February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > LAST_DAY.year:
        return LAST_DAY
    return min(_clamped(year, month + 1, day.day), LAST_DAY)


def month_end(day: date) -> date:
    return min(_clamped(day.year, day.month, 31), LAST_DAY)


def next_yearly(month: int, day: int, after: date) -> date:
    """The next `month`/`day` strictly after the day `after`; 29 February falls on the 28th in common years."""
    this_year = _clamped(after.year, month, day)
    if this_year > after:
        return this_year
    return _clamped(after.year + 1, month, day) if after.year < LAST_DAY.year else LAST_DAY


def _clamped(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))
