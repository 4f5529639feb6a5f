"""The rows of the catalogue: what a profile, an attribute, a method and a parameter are."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from earnest.engine.expression.activities import EVERY_ACTIVITY, Activity, Unrolled
from earnest.engine.expression.types import Type


class Kind(StrEnum):
    """What an argument stands for. Names are compared ignoring case and casefolded when a condition is compiled, patterns
    are compiled then; values are compared as they are."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    NAME = "name"
    INVENTORY_ATTRIBUTE = "inventory attribute"
    INVENTORY_VALUE = "inventory value"
    PATTERN = "regular expression"
    CHANNEL = "channel"
    LINE_FIELD = "line field"
    LINE_OPERATOR = "line operator"
    NUMBER_OR_TEXT = "number or numeric text"
    BOUNDS = "bounds"
    BLANK = "blank or true"

    @property
    def types(self) -> frozenset[Type]:
        """The types that an argument of this kind may have."""
        if self is Kind.NUMBER:
            return frozenset({Type.NUMBER})
        if self is Kind.DATE:
            return frozenset({Type.DATE})
        if self is Kind.BOOLEAN:
            return frozenset({Type.BOOLEAN})
        if self is Kind.NUMBER_OR_TEXT:
            return frozenset({Type.NUMBER, Type.STRING})
        if self is Kind.BLANK:
            return frozenset({Type.STRING, Type.BOOLEAN})
        return frozenset({Type.STRING})


class Parameter(msgspec.Struct, frozen=True):
    name: str
    kind: Kind


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute of a profile.

    `signatures` are the lists of arguments it may be called with, () being none. `read` is the field of the profile's
    record, or a function of the record and the arguments. `reader` names the fragment of data that has to be read beyond the
    plain snapshot; None when that holds it. `set_in`, where given, are the only activities in which it has a value.
    """

    name: str
    type: Type
    meaning: str
    read: str | Callable[..., Any]
    whole: bool = False
    signatures: tuple[tuple[Parameter, ...], ...] = ((),)
    aliases: tuple[str, ...] = ()
    reader: str | None = None
    set_in: tuple[Activity, ...] = ()
    source: str = ""

    @property
    def called_with_nothing(self) -> bool:
        return () in self.signatures


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A profile: an object that conditions read.

    `record` is its field of the Context, `unrolled` the repetition it needs (except in `free_in`), `fields` the subject of its
    extended fields in the Declarations, `event` whether a behavioural event's own attributes appear here, too. `default_only`:
    it has values in the default programme only. `present` names a reader needed as soon as the profile is read at all;
    `prefix` is put before the readers of its attributes.
    """

    name: str
    record: str
    meaning: str
    section: str
    json_type: str
    attributes: tuple[Attribute, ...]
    aliases: tuple[str, ...] = ()
    activities: frozenset[Activity] = EVERY_ACTIVITY
    unrolled: Unrolled | None = None
    free_in: frozenset[Activity] = frozenset()
    fields: str | None = None
    event: bool = False
    default_only: bool = False
    present: str | None = None
    prefix: str = ""

    def reader_of(self, attribute: Attribute) -> frozenset[str]:
        """The fragments that reading the attribute needs."""
        needed = {self.present} if self.present else set()
        if attribute.reader:
            needed.add(self.prefix + attribute.reader)
        return frozenset(needed)


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A method of values. `run` takes the value, the arguments and, with `zoned`, the time zone as `zone`."""

    name: str
    on: Type
    result: Type
    meaning: str
    run: Callable[..., Any]
    signatures: tuple[tuple[Parameter, ...], ...] = ((),)
    zoned: bool = False


def number(name: str, read: str | Callable[..., Any], meaning: str, **more: Any) -> Attribute:
    return Attribute(name=name, type=Type.NUMBER, read=read, meaning=meaning, **more)


def whole(name: str, read: str | Callable[..., Any], meaning: str, **more: Any) -> Attribute:
    return Attribute(name=name, type=Type.NUMBER, whole=True, read=read, meaning=meaning, **more)


def string(name: str, read: str | Callable[..., Any], meaning: str, **more: Any) -> Attribute:
    return Attribute(name=name, type=Type.STRING, read=read, meaning=meaning, **more)


def moment(name: str, read: str | Callable[..., Any], meaning: str, **more: Any) -> Attribute:
    return Attribute(name=name, type=Type.DATE, read=read, meaning=meaning, **more)


def truth(name: str, read: str | Callable[..., Any], meaning: str, **more: Any) -> Attribute:
    return Attribute(name=name, type=Type.BOOLEAN, read=read, meaning=meaning, **more)


def taking(*parameters: tuple[str, Kind], optional: bool = False) -> dict[str, Any]:
    """The signatures of an attribute with one list of parameters; with `optional` it may be read without any."""
    only = tuple(Parameter(name, kind) for name, kind in parameters)
    return {"signatures": ((), only) if optional else (only,)}
