"""Names and values as v1 writes them: `{"field": [{"name": …, "value": …}]}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_json = msgspec.json.Encoder(decimal_format="number")


class Field(msgspec.Struct, frozen=True):
    name: str = ""
    value: str | None = None


class Fields(msgspec.Struct, frozen=True):
    """Custom and extended fields."""

    field: list[Field] = []

    def as_mapping(self) -> dict[str, Any]:
        return _mapping(self.field)

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> Fields:
        return cls(_list(mapping))


class Attributes(msgspec.Struct, frozen=True):
    """Attributes of a line or a payment."""

    attribute: list[Field] = []

    def as_mapping(self) -> dict[str, Any]:
        return _mapping(self.attribute)

    @classmethod
    def of(cls, mapping: Mapping[str, Any]) -> Attributes:
        return cls(_list(mapping))


def _mapping(fields: list[Field]) -> dict[str, Any]:
    return {field.name: field.value for field in fields if field.name}


def _list(mapping: Mapping[str, Any]) -> list[Field]:
    return [Field(name, _text(value)) for name, value in mapping.items()]


def _text(value: object) -> str | None:
    """v2 stores fields with their JSON type; v1 prints text."""
    if value is None or isinstance(value, str):
        return value
    return _json.encode(value).decode()
