"""Which amounts are taken, and how they are printed."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from earnest.core.decimals import is_storable, plain

DIGITS = st.integers(0, 10**18 - 1)
FRACTIONS = st.integers(0, 10**6 - 1)
WRITTEN = st.from_regex(r"-?[0-9]{1,30}(\.[0-9]{1,30})?(e-?[0-9]{1,9})?", fullmatch=True)


@given(DIGITS, FRACTIONS, st.booleans(), st.integers(0, 12))
def test_every_amount_within_the_digits_is_taken(whole: int, fraction: int, negative: bool, zeros: int) -> None:
    text = f"{'-' if negative else ''}{whole}.{fraction:06d}{'0' * zeros}"
    assert is_storable(Decimal(text))


@given(
    st.decimals(allow_nan=True, allow_infinity=True)
    | st.builds(Decimal, st.from_regex(r"-?\d{1,30}(\.\d{1,30})?(e-?\d{1,9})?", fullmatch=True))
)
def test_what_is_taken_is_finite_and_within_the_digits(value: Decimal) -> None:
    if is_storable(value):
        # Exact arithmetic on integers: thousandths of thousandths, at most 24 digits of them.
        scaled = int(value.scaleb(6))
        assert Decimal(scaled).scaleb(-6) == value
        assert abs(scaled) < 10**24


@given(st.decimals(allow_nan=False, allow_infinity=False).filter(is_storable))
def test_printing_keeps_the_value_and_shows_no_exponent(value: Decimal) -> None:
    shown = msgspec.json.Encoder(decimal_format="number").encode(plain(value)).decode()
    assert Decimal(shown) == value
    assert "e" not in shown.lower()
    assert "." not in shown or not shown.endswith(("0", "."))
