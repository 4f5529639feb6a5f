"""Days, months and anniversaries in the organisation's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from earnest.engine.calendar import (
    LAST_DAY,
    add_days,
    add_months,
    end_of_day,
    local_day,
    month_end,
    next_yearly,
)


def test_an_evening_in_london_is_the_next_day_in_kolkata() -> None:
    assert local_day(datetime(2026, 3, 31, 19, 0, tzinfo=UTC), "Asia/Kolkata") == date(2026, 4, 1)
    assert local_day(datetime(2026, 3, 31, 18, 0, tzinfo=UTC), "Asia/Kolkata") == date(2026, 3, 31)


def test_a_day_ends_at_its_own_midnight_minus_one_second() -> None:
    assert end_of_day(date(2026, 3, 31), "Asia/Kolkata") == datetime(2026, 3, 31, 18, 29, 59, tzinfo=UTC)
    assert end_of_day(date(2026, 7, 1), "Europe/Berlin") == datetime(2026, 7, 1, 21, 59, 59, tzinfo=UTC)
    assert end_of_day(date(2026, 12, 1), "Europe/Berlin") == datetime(2026, 12, 1, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2024, 4, 15), 12, date(2025, 4, 15)),
        (date(2026, 3, 15), -1, date(2026, 2, 15)),
    ],
)
def test_months_are_added_to_the_original_day_and_then_clamped(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_the_last_day_of_a_month_follows_leap_years() -> None:
    assert month_end(date(2027, 2, 3)) == date(2027, 2, 28)
    assert month_end(date(2028, 2, 29)) == date(2028, 2, 29)


def test_a_yearly_date_is_strictly_after_the_day() -> None:
    assert next_yearly(3, 31, date(2026, 3, 30)) == date(2026, 3, 31)
    assert next_yearly(3, 31, date(2026, 3, 31)) == date(2027, 3, 31)
    assert next_yearly(2, 29, date(2025, 2, 27)) == date(2025, 2, 28)
    assert next_yearly(2, 29, date(2027, 3, 1)) == date(2028, 2, 29)


def test_a_distance_beyond_the_calendar_ends_at_its_last_day() -> None:
    assert add_days(date(2026, 1, 1), 10_000_000) == LAST_DAY
    assert add_months(date(2026, 1, 1), 1_000_000) == LAST_DAY
    assert next_yearly(1, 1, date(9999, 12, 31)) == LAST_DAY
    assert end_of_day(LAST_DAY, "Pacific/Honolulu").year == 9999
