"""How amounts of points are rounded (points.md 4.8): the action's own rounding first, the programme's last."""

from __future__ import annotations

from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Decimal,
)

from earnest.engine.program.model import ActionRounding, Rounding, RoundingMethod

STORAGE_DECIMALS = 3
_STEPS = tuple(Decimal(1).scaleb(-decimals) for decimals in range(16))
_STORAGE = _STEPS[STORAGE_DECIMALS]

_MODES: dict[RoundingMethod, str] = {
    RoundingMethod.CEILING: ROUND_CEILING,
    RoundingMethod.FLOOR: ROUND_FLOOR,
    RoundingMethod.HALF_UP: ROUND_HALF_UP,
    RoundingMethod.HALF_DOWN: ROUND_HALF_DOWN,
    RoundingMethod.HALF_EVEN: ROUND_HALF_EVEN,
}


def round_action(raw: Decimal, rounding: ActionRounding) -> Decimal:
    """The award of one allocation action: ACTUAL as it is, FLOOR to whole points, ROUND half-up to its decimals."""
    if rounding.type == "ACTUAL":
        return raw
    if rounding.type == "FLOOR":
        return raw.quantize(_STEPS[0], ROUND_FLOOR)
    return raw.quantize(_STEPS[rounding.decimals], ROUND_HALF_UP)


def round_points(raw: Decimal, rounding: Rounding) -> Decimal:
    """Points as the programme keeps them. With fewer than 3 decimals the value is first brought to storage precision
    half-up and then rounded by the method; this is what reproduces both documented tables."""
    mode = _MODES[rounding.method]
    if rounding.decimals == STORAGE_DECIMALS:
        return raw.quantize(_STORAGE, mode)
    return raw.quantize(_STORAGE, ROUND_HALF_UP).quantize(_STEPS[rounding.decimals], mode)


def round_points_up(raw: Decimal, rounding: Rounding) -> Decimal:
    """The least number of points of the programme's decimals that is not below `raw`."""
    return raw.quantize(_STEPS[rounding.decimals], ROUND_CEILING)


def round_money(amount: Decimal, decimals: int) -> Decimal:
    """Money half-up to the currency's decimals."""
    return amount.quantize(_STEPS[decimals], ROUND_HALF_UP)


def has_more_decimals(value: Decimal, decimals: int) -> bool:
    """Whether `value` says more than `decimals` decimals; trailing zeros say nothing (50.500 has one decimal)."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or exponent >= -decimals:
        return False
    return any(digits[exponent + decimals :])
