"""Money, points and quantities at the border: what the columns can hold, and how an answer prints them."""

from __future__ import annotations

from decimal import Decimal

# design/architecture.md, "money and points": finite, <= 18 digits before and <= 6 after the point.
INTEGER_DIGITS_MAX = 18
FRACTION_DIGITS_MAX = 6
RULE = f"must be finite, with at most {INTEGER_DIGITS_MAX} digits before and {FRACTION_DIGITS_MAX} after the point"

_SMALLEST = Decimal(1).scaleb(-FRACTION_DIGITS_MAX)
# Sign, digits, point and an exponent, with room for zeros that mean nothing ("1.0000000000").
_CHARACTERS_MAX = 2 * (INTEGER_DIGITS_MAX + FRACTION_DIGITS_MAX)


def is_storable(value: Decimal) -> bool:
    """Whether `value` is finite and within the digits that are kept; zeros at the end do not count.

    Magnitude and length are looked at first: a later operation on 1e99999999 would cost memory of that order.
    """
    return (
        value.is_finite()
        and -INTEGER_DIGITS_MAX <= value.adjusted() < INTEGER_DIGITS_MAX
        and len(str(value)) <= _CHARACTERS_MAX
        and value.quantize(_SMALLEST) == value
    )


def plain(value: Decimal) -> Decimal:
    """`value` as answers print it: without exponent and without zeros at the end (1E+3 → 1000, 100.500 → 100.5)."""
    shortest = value.normalize()
    exponent = shortest.as_tuple().exponent
    return shortest.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else shortest
