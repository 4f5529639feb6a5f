"""Config keys of an organisation: the whole registry with its values, and changing them, one or many at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from earnest.core import config_keys
from earnest.core.administration import Change, administer
from earnest.core.audit import MASKED
from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, page_of_all
from earnest.core.secret_key import SecretKey
from earnest.domains.organization import errors
from earnest.domains.organization.schemas_config import ChangedConfig, ConfigKey, ConfigQuery
from earnest.domains.organization.service.organizations import require

sql = load(Path(__file__).parent.with_name("queries.sql"))

SEAL_PURPOSE = "config values"

_AREAS = {key.name: area for area, keys in config_keys.AREAS.items() for key in keys}
_json = msgspec.json.Encoder(decimal_format="number")


async def list_config(ctx: AdminContext, org_id: int, query: ConfigQuery) -> Page[ConfigKey]:
    """Every key by name, with its value. ApiError 404 for an unknown organisation."""
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        rows = await connection.fetch(sql.text("read_config_values"), org_id)
    values = {row["key"]: row["value"] for row in rows}
    shown = [_shown(key, values.get(key.name)) for key in config_keys.REGISTRY.values()]
    wanted = [
        one
        for one in shown
        if (query.is_set is None or one.is_set == query.is_set)
        and (query.effective is None or one.effective == query.effective)
    ]
    return page_of_all(wanted, query, lambda one: one.key, str)


async def read_config(ctx: AdminContext, org_id: int, name: str) -> ConfigKey:
    """One key, in whichever spelling. ApiError 404 for an unknown organisation or key."""
    key = _require_key(name)
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        return await _read(connection, org_id, key)


async def set_config(ctx: AdminContext, org_id: int, name: str, value: Any, *, dry_run: bool) -> ConfigKey:
    """Gives the organisation a value of its own, in force from the next call on.

    ApiError 400 for a value that the key does not take, 404 for an unknown organisation or key.
    """
    key = _require_key(name)
    stored = _accepted(key, value, "/value")

    async def work(change: Change) -> ConfigKey:
        return await _set(change, key, stored)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def unset_config(ctx: AdminContext, org_id: int, name: str, *, dry_run: bool) -> ConfigKey:
    """The default holds again. ApiError 404 for an unknown organisation or key, or when it has no value of its own."""
    key = _require_key(name)

    async def work(change: Change) -> ConfigKey:
        if not (await _read(change.connection, org_id, key)).is_set:
            raise errors.CONFIG_VALUE_UNSET.error().at("/key", "path")
        return await _unset(change, key)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def change_config(
    ctx: AdminContext, org_id: int, values: Mapping[str, Any], *, dry_run: bool, as_text: bool = False
) -> ChangedConfig:
    """Sets many values at once, or none; None takes a value away. `as_text`: the values are texts, as on a command line.

    ApiError 400 for an unknown key or a value that it does not take, 404 for an unknown organisation.
    """
    changes: dict[str, Any] = {}
    for name, value in values.items():
        pointer = "/values/" + name.replace("~", "~0").replace("/", "~1")
        key = config_keys.find(name)
        if key is None:
            raise errors.CONFIG_VALUE_INVALID.error(name=name[:100], rule="there is no such key").at(pointer)
        changes[key.name] = None if value is None else _accepted(key, value, pointer, as_text=as_text)

    async def work(change: Change) -> ChangedConfig:
        changed = []
        for name in sorted(changes):
            key, stored = config_keys.REGISTRY[name], changes[name]
            changed.append(await (_unset(change, key) if stored is None else _set(change, key, stored)))
        return ChangedConfig(items=tuple(changed))

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def _set(change: Change, key: config_keys.ConfigKey[Any], stored: Any) -> ConfigKey:
    before = await _read(change.connection, change.org_id, key)
    if key.is_secret:
        stored = change.ctx.resource(SecretKey).seal(SEAL_PURPOSE).close(stored.encode())
    text = _json.encode(stored).decode()
    await change.connection.execute(sql.text("set_config_value"), change.org_id, key.name, text)
    after = _shown(key, text)
    await _note(change, key, before, after)
    return after


async def _unset(change: Change, key: config_keys.ConfigKey[Any]) -> ConfigKey:
    before = await _read(change.connection, change.org_id, key)
    await change.connection.fetchval(sql.text("drop_config_value"), change.org_id, key.name)
    after = _shown(key, None)
    if before.is_set:
        await _note(change, key, before, after)
    return after


async def _note(change: Change, key: config_keys.ConfigKey[Any], before: ConfigKey, after: ConfigKey) -> None:
    await change.note(
        "update" if after.is_set else "delete",
        "config",
        key.name,
        before={"value": before.value, "isSet": before.is_set},
        after={"value": after.value, "isSet": after.is_set},
    )


def _require_key(name: str) -> config_keys.ConfigKey[Any]:
    key = config_keys.find(name)
    if key is None:
        raise errors.CONFIG_KEY_UNKNOWN.error(name=name[:100]).at("/key", "path")
    return key


def _accepted(key: config_keys.ConfigKey[Any], value: Any, pointer: str, *, as_text: bool = False) -> Any:
    try:
        return key.type.from_text(value) if as_text else key.type.accept(value)
    except ValueError as error:
        raise errors.CONFIG_VALUE_INVALID.error(name=key.name, rule=str(error)).at(pointer) from None


async def _read(connection: Connection, org_id: int, key: config_keys.ConfigKey[Any]) -> ConfigKey:
    return _shown(key, await connection.fetchval(sql.text("read_config_value"), org_id, key.name))


def _shown(key: config_keys.ConfigKey[Any], stored: str | None) -> ConfigKey:
    """The key with the value that is stored as JSON text, if any is."""
    default = list(key.default) if isinstance(key.default, tuple) else key.default
    value = default if stored is None else MASKED if key.is_secret else msgspec.json.decode(stored)
    return ConfigKey(
        key=key.name,
        type=key.type.name,
        allowed=key.type.range,
        value=value,
        is_set=stored is not None,
        default=default,
        default_is_documented=not key.decided,
        effective=key.effective,
        meaning=key.meaning,
        source=key.source,
        area=_AREAS[key.name],
        aliases=key.aliases,
    )
