"""Attributes that several profiles have alike: custom fields."""

from __future__ import annotations

from typing import Any

from earnest.engine.expression.catalogue.row import Attribute, Kind, taking, truth
from earnest.engine.expression.context import FieldValue


def holds(held: FieldValue | None, value: str | None) -> bool:
    """Whether a field holds exactly the value; of several values any may equal it."""
    if held is None or value is None:
        return False
    return held == value if isinstance(held, str) else value in held


def includes(record: Any, field: str | None, value: str | None) -> bool:
    return holds(record.custom_fields.get(field), value)


def excludes(record: Any, field: str | None, value: str | None) -> bool:
    return not holds(record.custom_fields.get(field), value)


def filled(record: Any, field: str | None) -> bool:
    return bool(record.custom_fields.get(field))


def custom_fields(reader: str | None = None) -> tuple[Attribute, ...]:
    """customFieldValueIncludes, …Excludes and …Exists over a record's `custom_fields`."""
    both = (("field", Kind.NAME), ("value", Kind.TEXT))
    return (
        truth(
            "customFieldValueIncludes",
            includes,
            "the custom field holds exactly the value; of several values any may equal it",
            reader=reader,
            **taking(*both),
        ),
        truth(
            "customFieldValueExcludes",
            excludes,
            "the opposite of customFieldValueIncludes: true, too, when the field is absent",
            reader=reader,
            **taking(*both),
        ),
        truth(
            "customFieldValueExists",
            filled,
            "the custom field is present and not empty",
            reader=reader,
            **taking(("field", Kind.NAME)),
        ),
    )
