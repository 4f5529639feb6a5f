"""A config key: a typed switch of an organisation, with what it means and who says so."""

from __future__ import annotations

from decimal import Decimal
from typing import Generic, TypedDict, TypeVar, Unpack, cast

import msgspec

from earnest.core.config_keys.value_types import (
    Boolean,
    Choice,
    Day,
    Document,
    Number,
    Pattern,
    Secret,
    Text,
    Texts,
    TimeOfDay,
    ValueType,
    WholeNumber,
)
from earnest.core.tenancy import Organization

T = TypeVar("T")


class ConfigKey(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A switch that the documentation names, or one of ours (EARNEST_…).

    `default` holds while the organisation has no value of its own; None: no such limit. `decided`: no page states the
    default, it is ours. `source` is the contract group or domain page that says what the key does. `effective`: the code
    heeds it already; a test holds this against the code. `aliases` are other spellings of the documentation.
    """

    name: str
    type: ValueType
    default: T
    meaning: str
    source: str
    effective: bool = False
    decided: bool = False
    aliases: tuple[str, ...] = ()

    def of(self, organization: Organization) -> T:
        """The organisation's value, or the default."""
        stored = organization.config.get(self.name)
        return self.default if stored is None else cast(T, self.type.read(stored))

    @property
    def is_secret(self) -> bool:
        return isinstance(self.type, Secret)


class Standing(TypedDict, total=False):
    """What most keys leave out."""

    effective: bool
    decided: bool
    aliases: tuple[str, ...]


def boolean(name: str, default: bool, meaning: str, source: str, **standing: Unpack[Standing]) -> ConfigKey[bool]:
    return ConfigKey(name=name, type=Boolean(), default=default, meaning=meaning, source=source, **standing)


def integer(
    name: str,
    default: int,
    meaning: str,
    source: str,
    *,
    least: int = 0,
    most: int = 2**31 - 1,
    **standing: Unpack[Standing],
) -> ConfigKey[int]:
    kind = WholeNumber(least, most)
    return ConfigKey(name=name, type=kind, default=default, meaning=meaning, source=source, **standing)


def limit(
    name: str, meaning: str, source: str, *, least: int = 0, most: int = 2**31 - 1, **standing: Unpack[Standing]
) -> ConfigKey[int | None]:
    """A whole number that limits something as soon as an organisation sets it."""
    kind = WholeNumber(least, most)
    return ConfigKey(name=name, type=kind, default=None, meaning=meaning, source=source, **standing)


def amount(name: str, meaning: str, source: str, **standing: Unpack[Standing]) -> ConfigKey[Decimal | None]:
    """An amount that limits something as soon as an organisation sets it."""
    return ConfigKey(name=name, type=Number(), default=None, meaning=meaning, source=source, **standing)


def text(name: str, default: str, meaning: str, source: str, **standing: Unpack[Standing]) -> ConfigKey[str]:
    return ConfigKey(name=name, type=Text(), default=default, meaning=meaning, source=source, **standing)


def secret(name: str, meaning: str, source: str, **standing: Unpack[Standing]) -> ConfigKey[str]:
    """Stored encrypted; `of` gives the encrypted text."""
    return ConfigKey(name=name, type=Secret(), default="", meaning=meaning, source=source, **standing)


def choice(
    name: str, default: str, values: tuple[str, ...], meaning: str, source: str, **standing: Unpack[Standing]
) -> ConfigKey[str]:
    return ConfigKey(name=name, type=Choice(values), default=default, meaning=meaning, source=source, **standing)


def day(name: str, default: str, meaning: str, source: str, **standing: Unpack[Standing]) -> ConfigKey[str]:
    return ConfigKey(name=name, type=Day(), default=default, meaning=meaning, source=source, **standing)


def time_of_day(name: str, default: str, meaning: str, source: str, **standing: Unpack[Standing]) -> ConfigKey[str]:
    return ConfigKey(name=name, type=TimeOfDay(), default=default, meaning=meaning, source=source, **standing)


def texts(
    name: str,
    meaning: str,
    source: str,
    *,
    default: tuple[str, ...] = (),
    values: tuple[str, ...] = (),
    **standing: Unpack[Standing],
) -> ConfigKey[tuple[str, ...]]:
    """A list of texts, of `values` only if there are any."""
    return ConfigKey(name=name, type=Texts(values), default=default, meaning=meaning, source=source, **standing)


def pattern(name: str, meaning: str, source: str, **standing: Unpack[Standing]) -> ConfigKey[str | None]:
    return ConfigKey(name=name, type=Pattern(), default=None, meaning=meaning, source=source, **standing)


def document(name: str, meaning: str, source: str, **standing: Unpack[Standing]) -> ConfigKey[dict[str, object]]:
    return ConfigKey(name=name, type=Document(), default={}, meaning=meaning, source=source, **standing)
