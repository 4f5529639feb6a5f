"""What answers print of a currency besides its ISO code."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from babel.core import UnknownLocaleError
from babel.numbers import get_currency_name, get_currency_symbol, is_currency

_LOCALE = "en"


class CurrencyView(msgspec.Struct, frozen=True):
    """`id` is the code as a number of base 26: clients keep currencies by a number, and the standard's own is reused."""

    id: int
    code: str
    name: str
    symbol: str


@lru_cache(maxsize=256)
def currency(code: str) -> CurrencyView:
    """The currency with an ISO 4217 code. LookupError when there is none."""
    if len(code) != 3 or not code.isascii() or not code.isupper() or not is_currency(code):
        raise LookupError(f"{code!r} is no ISO 4217 currency code")
    try:
        name, symbol = get_currency_name(code, locale=_LOCALE), get_currency_symbol(code, locale=_LOCALE)
    except UnknownLocaleError as error:  # pragma: no cover - the locale is part of the library
        raise LookupError(str(error)) from error
    number = 0
    for letter in code:
        number = number * 26 + ord(letter) - ord("A")
    return CurrencyView(number, code, name, symbol)
