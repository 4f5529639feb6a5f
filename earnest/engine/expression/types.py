"""The types of the language (rules.md 5.3) and what a condition may take for granted about an organisation's fields."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Type(StrEnum):
    """ANY is a field that nobody declared: its type shows at evaluation. Every other type is known when a condition is
    compiled."""

    NUMBER = "number"
    STRING = "string"
    DATE = "date"
    BOOLEAN = "boolean"
    ANY = "any"


class Declarations(msgspec.Struct, frozen=True, kw_only=True):
    """The declared types of extended fields (by name, without `extField_`) and of a behavioural event's attributes.

    With `open`, extended fields that are not declared are accepted as ANY; without it they are a compile error.
    """

    customer: dict[str, Type] = {}
    transaction: dict[str, Type] = {}
    line_item: dict[str, Type] = {}
    card: dict[str, Type] = {}
    event: dict[str, Type] = {}
    open: bool = False

    def of(self, subject: str) -> dict[str, Type]:
        """The fields of one of `customer`, `transaction`, `line_item`, `card`, `event`."""
        fields: dict[str, Type] = getattr(self, subject)
        return fields
