"""The documented tables of points.md 4.8, and what follows from them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from earnest.engine.program.model import ActionRounding, Rounding, RoundingMethod
from earnest.engine.rounding import has_more_decimals, round_action, round_money, round_points, round_points_up


@pytest.mark.parametrize(("decimals", "points"), [(0, "50"), (1, "50.3"), (2, "50.35"), (3, "50.346")])
def test_points_are_rounded_half_up_to_the_decimals_of_the_programme(decimals: int, points: str) -> None:
    assert round_points(Decimal("50.3458"), Rounding(decimals)) == Decimal(points)


@pytest.mark.parametrize(
    ("method", "points"),
    [("CEILING", "25.88"), ("FLOOR", "25.87"), ("HALF_UP", "25.88"), ("HALF_DOWN", "25.87"), ("HALF_EVEN", "25.88")],
)
def test_the_method_applies_after_the_storage_precision(method: str, points: str) -> None:
    assert round_points(Decimal("25.8751"), Rounding(2, RoundingMethod(method))) == Decimal(points)


@pytest.mark.parametrize(
    ("method", "points"),
    [("CEILING", "1.235"), ("FLOOR", "1.234"), ("HALF_UP", "1.235"), ("HALF_DOWN", "1.234"), ("HALF_EVEN", "1.234")],
)
def test_three_decimals_are_rounded_once_by_the_method(method: str, points: str) -> None:
    assert round_points(Decimal("1.2345"), Rounding(3, RoundingMethod(method))) == Decimal(points)


def test_a_ceiling_does_not_lift_what_storage_cannot_hold() -> None:
    assert round_points(Decimal("10.0001"), Rounding(0, RoundingMethod.CEILING)) == 10
    assert round_points(Decimal("10.001"), Rounding(0, RoundingMethod.CEILING)) == 11


@pytest.mark.parametrize(
    ("rounding", "points"),
    [
        (ActionRounding(), "19.9"),
        (ActionRounding("FLOOR"), "19"),
        (ActionRounding("ROUND"), "20"),
        (ActionRounding("ROUND", 1), "19.9"),
    ],
)
def test_an_action_rounds_before_the_programme(rounding: ActionRounding, points: str) -> None:
    assert round_action(Decimal("19.9"), rounding) == Decimal(points)


def test_money_is_rounded_half_up_to_its_currency() -> None:
    assert round_money(Decimal("12.345"), 2) == Decimal("12.35")
    assert round_money(Decimal("12.5"), 0) == 13


def test_points_for_money_are_never_too_few() -> None:
    assert round_points_up(Decimal("3.0001"), Rounding(0)) == 4
    assert round_points_up(Decimal("3.0001"), Rounding(3)) == Decimal("3.001")


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        ("1.1111", 3, True),
        ("1.111", 3, False),
        ("50.500", 1, False),
        ("50.501", 1, True),
        ("5E+3", 0, False),
        ("0.0000", 3, False),
        ("12345678901234567890123456789012.5", 0, True),
    ],
)
def test_zeros_at_the_end_are_no_decimals(value: str, decimals: int, expected: bool) -> None:
    assert has_more_decimals(Decimal(value), decimals) is expected
