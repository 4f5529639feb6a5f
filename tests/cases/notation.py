"""The programme of a case as the engine's value, and what its names, days and instants mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from earnest.engine.calendar import end_of_day
from earnest.engine.program.model import (
    ActionRounding,
    Award,
    CriterionKind,
    Expiry,
    ExpiryBase,
    ExpiryUnit,
    Fixed,
    Formula,
    Level,
    Percentage,
    PerTier,
    Program,
    Redemption,
    Rounding,
    RoundingMethod,
    Step,
    Tier,
    TierUpgrade,
    TierValidity,
    UpgradeMode,
)
from tests.cases.files import Unsupported

DEFAULT = 1
DEFAULT_NAME = "DEFAULT"
# Lots without an id of their own get ids above those that cases write down.
FIRST_LOT_ID = 1_000_000_000

_AWARD_KEYS = {
    "PRORATED": {"percent"},
    "FIXED": {"value"},
    "STEP": {"points", "step", "step_partial"},
}
_REDEMPTION_KEYS = (
    "min_points",
    "max_points",
    "balance_required",
    "multiple_of",
    "lifetime_points_required",
    "lifetime_purchases_required",
)


def only(given: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    for key in given:
        if key not in allowed:
            raise Unsupported(f"{where}.{key}")


def one_of(value: Any, allowed: Iterable[Any], where: str) -> Any:
    if value not in allowed:
        raise Unsupported(f"{where}={value}")
    return value


@dataclass
class Names:
    """Ids for the names that a case uses, and back."""

    _ids: dict[str, int] = field(default_factory=dict)
    last_lot_id: int = FIRST_LOT_ID

    def id(self, name: Any) -> int:
        return self._ids.setdefault(str(name), len(self._ids) + 1)

    def line_id(self, bill: Any, line: Any) -> int:
        return self.id(f"{bill}/{line}")

    def of(self, id: int | None) -> str | None:
        return next((name for name, known in self._ids.items() if known == id), None)

    def line_of(self, id: int | None) -> str | None:
        name = self.of(id)
        return None if name is None else name.split("/", 1)[1]

    def next_lot_id(self) -> int:
        self.last_lot_id += 1
        return self.last_lot_id


@dataclass(frozen=True)
class Clock:
    """Days and instants of a case are those of the organisation's zone."""

    zone: str

    def instant(self, text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def start_of(self, day: str) -> datetime:
        return self.instant(f"{day}T00:00:00")

    def end_of(self, day: str) -> datetime:
        return end_of_day(date.fromisoformat(day), self.zone)

    def text(self, at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%dT%H:%M:%S")


def program_of(given: Mapping[str, Any], clock: Clock, version: int = 1) -> Program:
    """The programme DEFAULT of a case."""
    flags = _flags(given)
    doc: dict[str, Any] = given.get("program") or {}
    only(
        doc,
        {
            "tiers", "earn", "sets", "expiry", "round_decimals", "rounding_method", "redemption",
            "points_currency_ratio", "upgrade", "validity",
        },
        "program",
    )  # fmt: skip
    for name, rule_set in (doc.get("sets") or {}).items():
        if rule_set != {"unroll": ["LINES"]}:
            raise Unsupported(f"program.sets.{name}")
    sets = frozenset(doc.get("sets") or {})
    return Program(
        id=DEFAULT,
        name="DEFAULT",
        version=version,
        tiers=_tiers(doc, given),
        awards=tuple(_award(award, number, sets) for number, award in enumerate(doc.get("earn") or [], start=1)),
        time_zone=clock.zone,
        upgrade=_upgrade(doc["upgrade"]) if "upgrade" in doc else None,
        validity=_validity(doc.get("validity") or {}),
        expiry=_expiry(doc.get("expiry") or {}),
        redemption=_redemption(doc),
        rounding=Rounding(doc.get("round_decimals", 3), RoundingMethod(doc.get("rounding_method", "HALF_UP"))),
        points_currency_ratio=Decimal(doc.get("points_currency_ratio", 1)),
        points_return_enabled=flags.get("CONF_POINTS_RETURN_ENABLED", True),
        negative_balance_on_return=flags.get("ALLOW_NEGATIVE_BALANCE_ON_RETURN", False),
    )


def zone_of(given: Mapping[str, Any]) -> Clock:
    org = given.get("org") or {}
    only(org, {"zone", "flags"}, "org")
    return Clock(org.get("zone", "UTC"))


def _flags(given: Mapping[str, Any]) -> dict[str, Any]:
    flags: dict[str, Any] = (given.get("org") or {}).get("flags") or {}
    # A switch that stands at its default asks for nothing.
    defaults = {"return_re_evaluation": False, "Allow_points_redemption_reversal": False}
    asked = {key: value for key, value in flags.items() if defaults.get(key, ...) != value}
    only(
        asked,
        {
            "ALLOW_NEGATIVE_BALANCE_ON_RETURN", "BILL_NUMBER_WISE_IGNORE_POINTS", "CONF_POINTS_RETURN_ENABLED",
            "IGNORE_POINTS_FOR_BILL_NUMBER_STARTS_WITH",
        },
        "org.flags",
    )  # fmt: skip
    return asked


def ignored_prefixes(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Bills whose number starts with one of these bring no points."""
    flags = _flags(given)
    if not flags.get("BILL_NUMBER_WISE_IGNORE_POINTS"):
        return ()
    return tuple(flags.get("IGNORE_POINTS_FOR_BILL_NUMBER_STARTS_WITH", ()))


def _tiers(doc: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[Tier, ...]:
    named = doc.get("tiers")
    if isinstance(named, list):
        return tuple(Tier(serial, name) for serial, name in enumerate(named, start=1))
    serials = [1, *((doc.get("upgrade") or {}).get("thresholds") or {})]
    serials += (doc.get("validity") or {}).get("months") or {}
    serials += [member.get("tier", 1) for member in (given.get("members") or {}).values()]
    for values in [*(doc.get("earn") or []), doc.get("redemption") or {}]:
        serials += [
            serial for value in values.values() if isinstance(value, dict) for serial in value if serial != "type"
        ]
    highest = named or max(serial for serial in serials if isinstance(serial, int))
    return tuple(Tier(serial, f"T{serial}") for serial in range(1, highest + 1))


def per_tier(value: Any) -> PerTier:
    if isinstance(value, dict):
        return PerTier(by_tier={tier: Decimal(number) for tier, number in value.items()})
    return PerTier(same=Decimal(value))


def _award(award: Mapping[str, Any], number: int, sets: frozenset[str]) -> Award:
    kind = one_of(award["type"], _AWARD_KEYS, "award.type")
    only(award, {"type", "name", "activity", "level", "set", "min_amount", "round", *_AWARD_KEYS[kind]}, "award")
    level = Level(award.get("level", "BILL"))
    if (level is Level.LINE) != (award.get("set") in sets):
        raise Unsupported("award.level outside its set")
    rounding = award.get("round") or {}
    return Award(
        id=number,
        name=award.get("name", f"award {number}"),
        formula=_formula(award),
        activity=one_of(
            award.get("activity", "TransactionAdd"),
            {"TransactionAdd", "CustomerRegistration", "SlabUpgrade"},
            "award.activity",
        ),
        level=level,
        min_amount=Decimal(award["min_amount"]) if "min_amount" in award else None,
        rounding=ActionRounding(rounding.get("type", "ACTUAL"), rounding.get("decimals", 0)),
    )


def _formula(award: Mapping[str, Any]) -> Formula:
    if award["type"] == "PRORATED":
        return Percentage(per_tier(award["percent"]))
    if award["type"] == "FIXED":
        return Fixed(per_tier(award["value"]))
    return Step(per_tier(award["points"]), Decimal(award["step"]), award.get("step_partial", "FLOOR"))


def _expiry(doc: Mapping[str, Any]) -> Expiry:
    only(doc, {"base", "unit", "value"}, "expiry")
    base = ExpiryBase(
        one_of(
            doc.get("base", "EVENT_DATE"),
            {"EVENT_DATE", "REGISTRATION_DATE", "FIXED_DATE", "MEMBERSHIP"},
            "expiry.base",
        )
    )
    unit = ExpiryUnit(doc.get("unit", "NEVER"))
    if base is ExpiryBase.FIXED_DATE or unit is ExpiryUnit.DATE:
        return Expiry(base=base, unit=unit, date=doc["value"])
    return Expiry(base=base, unit=unit, value=per_tier(doc["value"]) if "value" in doc else PerTier())


def _redemption(doc: Mapping[str, Any]) -> Redemption | None:
    if "redemption" not in doc:
        return Redemption()
    terms = doc["redemption"]
    if terms is None:
        return None
    only(terms, _REDEMPTION_KEYS, "redemption")
    return Redemption(**{key: per_tier(terms[key]) for key in _REDEMPTION_KEYS if terms.get(key) is not None})


def _upgrade(doc: Mapping[str, Any]) -> TierUpgrade:
    only(doc, {"mode", "combinator", "n", "criteria", "thresholds"}, "upgrade")
    if len(doc["criteria"]) != 1:
        raise Unsupported("upgrade.criteria of more than one")
    [(key, criterion)] = doc["criteria"].items()
    only(criterion, {"kind"}, "criterion")
    one_of(doc.get("combinator", "ANY"), {"ANY", "ALL"}, "upgrade.combinator")
    return TierUpgrade(
        CriterionKind(criterion["kind"]),
        {serial: Decimal(values[key]) for serial, values in doc["thresholds"].items()},
        UpgradeMode(doc.get("mode", "LAZY")),
    )


def _validity(doc: Mapping[str, Any]) -> TierValidity:
    only(
        doc,
        {"kind", "months", "daily_check", "validate_downgrade_on_return", "extend_points_to_new_cycle"},
        "validity",
    )
    one_of(doc.get("kind", "FIXED_DURATION"), {"FIXED_DURATION"}, "validity.kind")
    for switch in ("validate_downgrade_on_return", "extend_points_to_new_cycle"):
        one_of(doc.get(switch, False), {False}, f"validity.{switch}")
    return TierValidity(dict(doc.get("months") or {}), doc.get("daily_check", False))
