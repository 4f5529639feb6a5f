"""The types of config values: what a value may be, how it is written as text, and how code reads what was stored.

Values are stored as JSON. Decimals are stored as strings, so that none of them ever becomes a binary float.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, ClassVar

import msgspec
import re2

CHARACTERS_MAX = 1_000
LIST_ITEMS_MAX = 1_000
DOCUMENT_BYTES_MAX = 16_384
# What a pattern may cost is bounded by its length: RE2 matches in time linear in the text.
PATTERN_CHARACTERS_MAX = 500
PATTERN_MEMORY_BYTES = 1 << 20
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class ValueType(msgspec.Struct, frozen=True):
    """`name` is how the API and the documentation call it. The methods raise ValueError with a sentence that says why."""

    name: ClassVar[str]

    def accept(self, value: Any) -> Any:
        """What to store for a JSON value."""
        raise NotImplementedError

    def from_text(self, text: str) -> Any:
        """What to store for a value of the command line or of a file of settings."""
        return self.accept(text)

    def read(self, stored: Any) -> Any:
        """What code works with."""
        return stored

    @property
    def range(self) -> str:
        """The values that are allowed, in words; empty where the name says it all."""
        return ""


class Boolean(ValueType, frozen=True):
    name: ClassVar[str] = "boolean"

    def accept(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError("expected true or false")
        return value

    def from_text(self, text: str) -> bool:
        found = {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower())
        if found is None:
            raise ValueError("expected true or false")
        return found


class WholeNumber(ValueType, frozen=True):
    name: ClassVar[str] = "integer"
    least: int = 0
    most: int = 2**31 - 1

    def accept(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ValueError(f"expected a whole number {self.range}")
        return value

    def from_text(self, text: str) -> int:
        try:
            return self.accept(int(text))
        except ValueError:
            raise ValueError(f"expected a whole number {self.range}") from None

    @property
    def range(self) -> str:
        return f"from {self.least:,} to {self.most:,}"


class Number(ValueType, frozen=True):
    """A decimal from 0 with at most 18 digits before and 6 after the point, as all amounts of the API."""

    name: ClassVar[str] = "decimal"

    def accept(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
            raise ValueError("expected a decimal number")
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise ValueError("expected a decimal number") from None
        if not number.is_finite() or not 0 <= number < 10**18 or number != round(number, 6):
            raise ValueError("expected a number from 0 with at most 18 digits before and 6 after the point")
        return f"{number:f}"

    def read(self, stored: Any) -> Decimal:
        return Decimal(stored)

    @property
    def range(self) -> str:
        return "from 0"


class Text(ValueType, frozen=True):
    name: ClassVar[str] = "string"
    characters_max: int = CHARACTERS_MAX

    def accept(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) > self.characters_max:
            raise ValueError(f"expected a text of at most {self.characters_max} characters")
        return value


class Secret(Text, frozen=True):
    """A text that is stored encrypted and never shown again."""

    name: ClassVar[str] = "secret"
    characters_max: int = 8_192


class Choice(ValueType, frozen=True):
    name: ClassVar[str] = "choice"
    values: tuple[str, ...] = ()

    def accept(self, value: Any) -> str:
        if value not in self.values:
            raise ValueError(f"expected {self.range}")
        chosen: str = value
        return chosen

    @property
    def range(self) -> str:
        return "one of " + ", ".join(self.values)


class Day(ValueType, frozen=True):
    name: ClassVar[str] = "date"

    def accept(self, value: Any) -> str:
        try:
            if len(value) != 10:
                raise ValueError
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            raise ValueError("expected a date as YYYY-MM-DD") from None

    @property
    def range(self) -> str:
        return "YYYY-MM-DD"


class TimeOfDay(ValueType, frozen=True):
    name: ClassVar[str] = "time"

    def accept(self, value: Any) -> str:
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            raise ValueError("expected a time as HH:MM")
        return value

    @property
    def range(self) -> str:
        return "HH:MM"


class Texts(ValueType, frozen=True):
    """A list without repetitions; on the command line its items are separated by commas."""

    name: ClassVar[str] = "list of strings"
    values: tuple[str, ...] = ()

    def accept(self, value: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) and 0 < len(item) <= 255 for item in value):
            raise ValueError("expected a list of texts of 1 to 255 characters each")
        if len(value) > LIST_ITEMS_MAX:
            raise ValueError(f"expected at most {LIST_ITEMS_MAX} items")
        if self.values and not set(value) <= set(self.values):
            raise ValueError(f"expected a list of {', '.join(self.values)}")
        return list(dict.fromkeys(value))

    def from_text(self, text: str) -> list[str]:
        return self.accept([item.strip() for item in text.split(",") if item.strip()])

    def read(self, stored: Any) -> tuple[str, ...]:
        return tuple(stored)

    @property
    def range(self) -> str:
        return f"of {', '.join(self.values)}" if self.values else ""


class Pattern(ValueType, frozen=True):
    """A regular expression that the whole text has to match, in the syntax of RE2: no back references, no look-around,
    and therefore no text that it takes long to look at."""

    name: ClassVar[str] = "regular expression (RE2)"

    def accept(self, value: Any) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= PATTERN_CHARACTERS_MAX:
            raise ValueError(f"expected a regular expression of 1 to {PATTERN_CHARACTERS_MAX} characters")
        try:
            compiled(value)
        except re2.error as error:
            reason = error.args[0] if error.args else ""
            reason = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
            raise ValueError(f"expected a regular expression that RE2 knows: {reason}") from None
        return value


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """The pattern, ready for `fullmatch`. re2.error when it is none."""
    options = re2.Options()
    options.max_mem = PATTERN_MEMORY_BYTES
    options.log_errors = False
    return re2.compile(pattern, options)


class Document(ValueType, frozen=True):
    name: ClassVar[str] = "object"

    def accept(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(msgspec.json.encode(value)) > DOCUMENT_BYTES_MAX:
            raise ValueError(f"expected a JSON object of at most {DOCUMENT_BYTES_MAX:,} bytes")
        return value

    def from_text(self, text: str) -> dict[str, Any]:
        try:
            return self.accept(msgspec.json.decode(text))
        except msgspec.DecodeError:
            raise ValueError("expected a JSON object") from None
