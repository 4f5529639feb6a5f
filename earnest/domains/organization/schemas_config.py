"""Config keys and the audit log as the admin API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from earnest.core.http.own import PageQuery


class ConfigKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A key with its value. `is_set`: the organisation has a value of its own, else `value` is the default. `effective`:
    this server heeds the key; the others are known and kept, but not yet in effect. `default_is_documented`: the
    documentation states the default, otherwise it is ours. A secret is never shown: its value is *** when it is set."""

    key: str
    type: str
    allowed: str
    value: Any
    is_set: bool
    default: Any
    default_is_documented: bool
    effective: bool
    meaning: str
    source: str
    area: str
    aliases: tuple[str, ...]


class ConfigQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    """`isSet=true`: only keys of which the organisation has a value of its own. `effective=true`: only those in effect."""

    is_set: bool | None = None
    effective: bool | None = None


class ConfigValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value as JSON of the key's type; decimals may be strings."""

    value: Any


class ConfigValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values by key; null takes the organisation's value away. All of them are changed, or none."""

    values: Annotated[dict[str, Any], Meta(min_length=1, max_length=200)]


class ChangedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The keys as they are now, in the order of their names."""

    items: tuple[ConfigKey, ...]


class AuditQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    """Entries of [since, until)."""

    organization_id: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    actor: str | None = None
    action: str | None = None
    resource: str | None = None
    resource_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
