"""Older forms of a stored programme, brought to the present one step by step when they are read.

Version 0 is the dump of the engine's programme that was stored before there were documents. A step never changes once it is
released: what was stored stays readable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from earnest.programs.document.model import SCHEMA_VERSION

Ids = dict[str, int]
"""The numbers that the engine knows things of a programme by, kept from version to version: `award:ACTIVITY/NAME` to id."""

Stored = tuple[dict[str, Any], Ids]

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def upgraded(document: Mapping[str, Any], ids: Ids) -> Stored:
    """The plain document in the present form, with its ids. ValueError for a version that this server does not know."""
    found, known = dict(document), dict(ids)
    version = found.get("schema_version", 0)
    while version != SCHEMA_VERSION:
        step = UPGRADERS.get(version)
        if step is None:
            raise ValueError(f"schema_version {version} is not known here: the newest is {SCHEMA_VERSION}")
        found, known = step(found, known)
        version = found["schema_version"]
    return found, known


def _from_engine_dump(old: dict[str, Any], ids: Ids) -> Stored:
    tiers = {str(one["serial"]): one["name"] for one in old["tiers"]}
    rules: dict[str, list[Any]] = {}
    names: dict[tuple[str, str], int] = {}
    found_ids = dict(ids)
    for award in old["awards"]:
        activity = award.get("activity", "TransactionAdd")
        count = names[activity, award["name"]] = names.get((activity, award["name"]), 0) + 1
        name = award["name"] if count == 1 else f"{award['name']} ({count})"
        found_ids[f"award:{activity}/{name}"] = award["id"]
        rules.setdefault(activity, []).append(_rule(award, name, tiers))
    document: dict[str, Any] = {
        "schema_version": 1,
        "name": old["name"],
        "description": old.get("description", ""),
        "points": {"worth": old.get("points_currency_ratio", 1), **_rounding(old.get("rounding", {}))},
        "tiers": [_named(one) for one in old["tiers"]],
        "expiry": [{"name": "Standard", "strategy": _expiry(old.get("expiry", {}), tiers)}],
        "redemption": _redemption(old.get("redemption", {}), tiers),
        "activities": {name: {"start": [{"name": "Awards", "rules": own}]} for name, own in rules.items()},
        "returns": {
            "take_points": old.get("points_return_enabled", True),
            "allow_debt": old.get("negative_balance_on_return", False),
        },
    }
    if not old.get("is_default", True):
        document["binding"] = {"kind": "zones", "zones": []}
    if old.get("upgrade"):
        document["upgrade"] = _upgrade(old["upgrade"], tiers)
    if old.get("validity"):
        document["validity"] = {
            "kind": "fixed_duration",
            "daily_check": old["validity"].get("daily_check", False),
            "tiers": {
                tiers[serial]: {"lasts": f"{months} months"}
                for serial, months in old["validity"].get("months", {}).items()
            },
        }
    return document, found_ids


def _named(tier: dict[str, Any]) -> dict[str, Any]:
    return {"name": tier["name"], "description": tier.get("description", "")}


def _rounding(rounding: dict[str, Any]) -> dict[str, Any]:
    return {"decimals": rounding.get("decimals", 3), "rounding": rounding.get("method", "HALF_UP").lower()}


def _per_tier(value: dict[str, Any], tiers: dict[str, str], form: Callable[[Any], Any] = lambda one: one) -> Any:
    if value.get("same") is not None:
        return form(value["same"])
    by_tier = value.get("by_tier", {})
    return {tiers[serial]: form(one) for serial, one in by_tier.items()} if by_tier else form("0")


def _expiry(expiry: dict[str, Any], tiers: dict[str, str]) -> dict[str, Any]:
    base, unit = expiry.get("base", "EVENT_DATE"), expiry.get("unit", "NEVER")
    if base == "MEMBERSHIP":
        return {"kind": "membership"}
    if base == "REGISTRATION_DATE":
        return {"kind": "anniversary"}
    if base == "FIXED_DATE":
        month, day = expiry["date"].split("-")
        return {"kind": "yearly", "day": f"{int(day)} {_MONTHS[int(month) - 1]}"}
    if unit == "DATE":
        return {"kind": "on_date", "date": expiry["date"]}
    kind = "rolling" if base == "ROLLING_EVENT_DATE" else "after_event"
    if unit == "NEVER":
        return {"kind": kind, "after": "never"}
    word = unit.lower()
    return {"kind": kind, "after": _per_tier(expiry.get("value", {}), tiers, lambda one: f"{int(Decimal(one))} {word}")}


def _redemption(redemption: dict[str, Any] | None, tiers: dict[str, str]) -> dict[str, Any]:
    if redemption is None:
        return {"allowed": False}
    return {name: _per_tier(value, tiers) for name, value in redemption.items() if value is not None}


def _upgrade(upgrade: dict[str, Any], tiers: dict[str, str]) -> dict[str, Any]:
    thresholds = {tiers[serial]: value for serial, value in upgrade["thresholds"].items()}
    return {
        "mode": upgrade.get("mode", "LAZY").lower(),
        "criteria": [{"kind": upgrade["criterion"].lower(), "thresholds": thresholds}],
    }


def _rule(award: dict[str, Any], name: str, tiers: dict[str, str]) -> dict[str, Any]:
    action: dict[str, Any] = {"do": "award", "name": name, "earn": _formula(award["formula"], tiers)}
    rounding = award.get("rounding", {})
    if rounding.get("type", "ACTUAL") != "ACTUAL":
        action["rounding"] = {
            "method": "floor" if rounding["type"] == "FLOOR" else "half_up",
            "decimals": rounding.get("decimals", 0),
        }
    if award.get("expiry") is not None:
        action["expires"] = _expiry(award["expiry"], tiers)
    least = award.get("min_amount")
    rule: dict[str, Any] = {"name": name, "if": "true" if least is None else f"currentTxn.value>={least}"}
    if award.get("level", "BILL") == "LINE":
        rule["then"] = [
            {
                "do": "forward",
                "for_each": ["line"],
                "set": {"name": f"{name}: each line", "rules": [{"name": name, "then": [action]}]},
            }
        ]
    else:
        rule["then"] = [action]
    return rule


def _formula(formula: dict[str, Any], tiers: dict[str, str]) -> dict[str, Any]:
    if formula["type"] == "FIXED":
        return {"kind": "fixed", "points": _per_tier(formula["points"], tiers)}
    if formula["type"] == "PRORATED":
        return {"kind": "percentage", "percent": _per_tier(formula["percent"], tiers)}
    partial = "begun" if formula.get("partial") == "CEIL" else "full"
    points = _per_tier(formula["points"], tiers)
    return {"kind": "step", "points": points, "each": formula["step"], "partial": partial}


UPGRADERS: Mapping[int, Callable[[dict[str, Any], Ids], Stored]] = {0: _from_engine_dump}
"""The step from each version to the next."""
