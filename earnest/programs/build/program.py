"""A document as the engine's programme. What the engine does not do yet is refused by its name."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal, cast

import msgspec

from earnest.engine.program import model as engine
from earnest.programs.document.actions import Award, Forward, Rule
from earnest.programs.document.earning import ActionRounding, Fixed, Formula, Percentage, Step
from earnest.programs.document.expiry import AfterEvent, Anniversary, Expiry, Membership, OnDate, Rolling, Yearly
from earnest.programs.document.model import ProgramDocument
from earnest.programs.document.problems import InvalidDocument, Path
from earnest.programs.document.schema import FAMILIES, Reading
from earnest.programs.document.tiers import CurrentPoints, FixedDuration, LifetimePoints, LifetimePurchases
from earnest.programs.document.upgrade import Ids
from earnest.programs.document.values import Amounts, Durations

_LEAST_BILL = re.compile(r"\s*currentTxn\.value\s*>=\s*([0-9]+(?:\.[0-9]+)?)\s*")
_ACTIVITIES = ("TransactionAdd", "CustomerRegistration", "SlabUpgrade")
_CRITERIA = {
    CurrentPoints: engine.CriterionKind.CURRENT_POINTS,
    LifetimePoints: engine.CriterionKind.LIFETIME_POINTS,
    LifetimePurchases: engine.CriterionKind.LIFETIME_PURCHASES,
}


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a programme has from where it is: its number, its version, and what belongs to the organisation."""

    program_id: int
    version: int
    time_zone: str
    currency_decimals: int


class Built(msgspec.Struct, frozen=True):
    """The programme, and the ids of its parts: those it had, and new ones for what is new."""

    program: engine.Program
    ids: Ids


def build(document: ProgramDocument, reading: Reading, ids: Ids, setting: Setting) -> Built:
    """InvalidDocument when the document has something that the engine does not do yet."""
    builder = _Builder(document, reading, ids)
    program = builder.program(setting)
    if program is None or reading.has_errors:
        raise InvalidDocument(reading.problems)
    return Built(program, builder.ids)


class _Builder:
    def __init__(self, document: ProgramDocument, reading: Reading, ids: Ids) -> None:
        self.document = document
        self.reading = reading
        self.ids = dict(ids)
        self.serials = {one.name: serial for serial, one in enumerate(document.tiers, 1)}

    def program(self, setting: Setting) -> engine.Program | None:
        document = self.document
        self._sections()
        upgrade, validity = self._upgrade(), self._validity()
        awards = self._awards()
        expiry = self._expiry(document.expiry[0].strategy, ("expiry", 0, "strategy"), number=1)
        redemption = self._redemption()
        if self.reading.has_errors or expiry is None:
            return None
        return engine.Program(
            id=setting.program_id,
            name=document.name,
            version=setting.version,
            description=document.description,
            tiers=tuple(engine.Tier(serial, one.name, one.description) for serial, one in enumerate(document.tiers, 1)),
            awards=tuple(awards),
            time_zone=setting.time_zone,
            is_default=document.is_default,
            upgrade=upgrade,
            validity=validity,
            expiry=expiry,
            redemption=redemption,
            rounding=engine.Rounding(
                decimals=document.points.decimals, method=engine.RoundingMethod(document.points.rounding.upper())
            ),
            points_currency_ratio=document.points.worth,
            currency_decimals=setting.currency_decimals,
            points_return_enabled=document.returns.take_points,
            negative_balance_on_return=document.returns.allow_debt,
        )

    def later(self, path: Path, what: str) -> None:
        """The engine does not do this yet."""
        self.reading.error(path, f"not implemented yet: {what}")

    def _sections(self) -> None:
        """Whole sections that nothing reads yet."""
        document = self.document
        for section, what in (
            ("trackers", "trackers"),
            ("currencies", "alternate currencies"),
            ("promotions", "promotions of a programme"),
            ("stacking", "stacking of promotions"),
            ("limits", "limits of a programme"),
            ("payments", "eligible payment methods"),
            ("memberships", "partner and supplementary programmes"),
            ("groups", "user groups"),
            ("communication", "messages of a programme"),
            ("roll_zero_points", "rolling expiry by bills without points"),
        ):
            if getattr(document, section):
                self.later((section,), what)
        if document.returns.evaluate_again:
            self.later(("returns", "evaluate_again"), "evaluating a bill again after a return")
        if document.returns.give_back_used is not None:
            self.later(("returns", "give_back_used"), "giving back what was spent on a returned bill")
        if document.binding is not None and not self._is_old():
            self.later(("binding",), "further programmes, bound to zones, concepts or card series")

    def _is_old(self) -> bool:
        """A further programme of the time before there were documents: it is enrolled in by the call that names it."""
        return getattr(self.document.binding, "zones", None) == ()

    def _upgrade(self) -> engine.TierUpgrade | None:
        upgrade = self.document.upgrade
        if upgrade is None:
            return None
        path: Path = ("upgrade", "criteria")
        if len(upgrade.criteria) != 1:
            self.later(path, "several tier criteria")
        if upgrade.require_in:
            self.later(("upgrade", "require_in"), "another combination for one tier")
        criterion = upgrade.criteria[0]
        kind = _CRITERIA.get(type(criterion))
        if kind is None:
            self.later((*path, 0), f"the tier criterion {_kind(criterion)}")
            return None
        thresholds = {self.serials[name]: value for name, value in criterion.thresholds.items()}
        return engine.TierUpgrade(kind, dict(sorted(thresholds.items())), engine.UpgradeMode(upgrade.mode.upper()))

    def _validity(self) -> engine.TierValidity:
        validity = self.document.validity
        if validity is None:
            return engine.TierValidity()
        if not isinstance(validity, FixedDuration):
            self.later(("validity",), f"the validity {_kind(validity)}")
            return engine.TierValidity()
        if validity.extension != "same_again" or validity.from_day is not None:
            self.later(("validity", "extension"), f"the extension {validity.extension}")
        for name in ("validate_on_return", "extend_points"):
            if getattr(validity, name):
                self.later(("validity", name), name)
        months = {}
        for tier, life in validity.tiers.items():
            path: Path = ("validity", "tiers", tier)
            if life.renewal is not None:
                self.later((*path, "renewal"), "renewal of tiers")
            if life.then != "one_below":
                self.later((*path, "then"), f"a downgrade to {life.then}")
            if life.lasts is not None:
                months[self.serials[tier]] = life.lasts.count
        return engine.TierValidity(months=months, daily_check=validity.daily_check)

    def _redemption(self) -> engine.Redemption | None:
        conditions = self.document.redemption
        if not conditions.allowed:
            return None
        values = {
            field.name: self._per_tier(value)
            for field in msgspec.structs.fields(conditions)
            if isinstance(value := getattr(conditions, field.name), Amounts)
        }
        return engine.Redemption(**values)

    def _awards(self) -> list[engine.Award]:
        found: list[engine.Award] = []
        for activity, workflow in self.document.activities.items():
            path: Path = ("activities", activity)
            if activity not in _ACTIVITIES:
                self.later(path, f"the activity {activity}")
                continue
            for root in ("caps", "trackers", "points_trackers", "end"):
                if getattr(workflow, root):
                    self.later((*path, root), f"{root} of a workflow")
            for number, one in enumerate(workflow.start):
                here: Path = (*path, "start", number)
                for name in ("scope", "caps", "starts_at", "ends_at"):
                    if getattr(one, name):
                        self.later((*here, name), f"{name} of a set")
                if not one.active:
                    continue
                for index, rule in enumerate(one.rules):
                    found += self._rule(activity, rule, (*here, "rules", index))
        return found

    def _rule(self, activity: str, rule: Rule, path: Path) -> list[engine.Award]:
        if not rule.active:
            return []
        for name, key in (
            ("else_", "else"),
            ("priority", "priority"),
            ("starts_at", "starts_at"),
            ("ends_at", "ends_at"),
        ):
            if getattr(rule, name):
                self.later((*path, key), f"{key} of a rule")
        least: Decimal | None = None
        if rule.condition.strip() != "true":
            asked = _LEAST_BILL.fullmatch(rule.condition)
            if asked is None or activity == "CustomerRegistration":
                self.later((*path, "if"), "conditions other than true and currentTxn.value>=AMOUNT")
                return []
            least = Decimal(asked[1])
        found: list[engine.Award] = []
        for index, action in enumerate(rule.then):
            here: Path = (*path, "then", index)
            if isinstance(action, Award):
                found += self._award(activity, rule, action, here, engine.Level.BILL, least)
            elif isinstance(action, Forward) and activity == "TransactionAdd":
                found += self._lines(activity, action, here, least)
            else:
                self.later(here, f"the action {_kind(action)} in {activity}")
        return found

    def _lines(self, activity: str, action: Forward, path: Path, least: Decimal | None) -> list[engine.Award]:
        if action.for_each != ("line",) or action.proportions or action.maximise or action.tender_percent:
            self.later(path, "forwards other than for_each: [line]")
        if action.set.scope or action.set.caps:
            self.later((*path, "set"), "scope and caps of a set")
        found = []
        for index, rule in enumerate(action.set.rules):
            here: Path = (*path, "set", "rules", index)
            if rule.condition.strip() != "true" or rule.else_:
                self.later((*here, "if"), "conditions on lines")
            for number, inner in enumerate(rule.then):
                place: Path = (*here, "then", number)
                if isinstance(inner, Award):
                    found += self._award(activity, rule, inner, place, engine.Level.LINE, least)
                else:
                    self.later(place, f"the action {_kind(inner)} for each line")
        return found

    def _award(
        self, activity: str, rule: Rule, action: Award, path: Path, level: engine.Level, least: Decimal | None
    ) -> list[engine.Award]:
        for name in ("delay", "lookup", "channels", "attribute"):
            if getattr(action, name) is not None:
                self.later((*path, name), f"{name} of an award")
        if action.on != "amount":
            self.later((*path, "on"), f"an award on {action.on}")
        if action.to != "member":
            self.later((*path, "to"), "awards to a group")
        if action.amount_rounding.method != "none":
            self.later((*path, "amount_rounding"), "rounding of the amount")
        formula = self._formula(action, (*path, "earn"))
        expiry = None
        if isinstance(action.expires, str):
            index, named = next(
                (index, one) for index, one in enumerate(self.document.expiry) if one.name == action.expires
            )
            expiry = self._expiry(named.strategy, ("expiry", index, "strategy"), number=index + 1)
        elif action.expires is not None:
            expiry = self._expiry(action.expires, (*path, "expires"))
        if formula is None:
            return []
        name = action.name or rule.name
        return [
            engine.Award(
                id=self._id(f"award:{activity}/{name}", path),
                name=name,
                formula=formula,
                activity=cast(Any, activity),
                level=level,
                min_amount=least,
                rounding=_rounding(action.rounding),
                expiry=expiry,
            )
        ]

    def _id(self, key: str, path: Path) -> int:
        """The number that the thing had in earlier versions, or a new one: numbers are never used again."""
        if key in self.ids:
            return self.ids[key]
        self.ids[key] = max(self.ids.values(), default=0) + 1
        return self.ids[key]

    def _formula(self, action: Award, path: Path) -> engine.Formula | None:
        formula: Formula
        if isinstance(action.earn, str):
            formula = next(one.strategy for one in self.document.earning if one.name == action.earn)
        else:
            formula = action.earn
        if isinstance(formula, Fixed):
            return engine.Fixed(self._per_tier(formula.points))
        if isinstance(formula, Percentage):
            return engine.Percentage(self._per_tier(formula.percent))
        if isinstance(formula, Step):
            partial: Literal["FLOOR", "CEIL"] = "CEIL" if formula.partial == "begun" else "FLOOR"
            return engine.Step(self._per_tier(formula.points), formula.each, partial)
        self.later(path, f"the formula {_kind(formula)}")
        return None

    def _expiry(self, expiry: Expiry, path: Path, number: int = 0) -> engine.Expiry | None:
        base = engine.ExpiryBase
        if isinstance(expiry, AfterEvent | Rolling):
            unit, value = self._durations(expiry.after)
            start = base.EVENT_DATE if isinstance(expiry, AfterEvent) else base.ROLLING_EVENT_DATE
            return engine.Expiry(id=number, base=start, unit=unit, value=value)
        if isinstance(expiry, OnDate):
            return engine.Expiry(id=number, unit=engine.ExpiryUnit.DATE, date=expiry.date.isoformat())
        if isinstance(expiry, Yearly):
            return engine.Expiry(id=number, base=base.FIXED_DATE, date=f"{expiry.day.month:02}-{expiry.day.day:02}")
        if isinstance(expiry, Anniversary):
            return engine.Expiry(id=number, base=base.REGISTRATION_DATE)
        if isinstance(expiry, Membership) and expiry.membership is None:
            return engine.Expiry(id=number, base=base.MEMBERSHIP)
        self.later(path, f"the expiry {_kind(expiry)}")
        return None

    def _durations(self, durations: Durations) -> tuple[engine.ExpiryUnit, engine.PerTier]:
        given = [durations.same] if durations.same is not None else list(durations.by_tier.values())
        unit = engine.ExpiryUnit.NEVER if given[0].unit == "never" else engine.ExpiryUnit(given[0].unit.upper() + "S")
        if unit is engine.ExpiryUnit.NEVER:
            return unit, engine.PerTier()
        if durations.same is not None:
            return unit, engine.PerTier(same=Decimal(durations.same.count))
        return unit, engine.PerTier(
            by_tier={self.serials[name]: Decimal(one.count) for name, one in durations.by_tier.items()}
        )

    def _per_tier(self, amounts: Amounts) -> engine.PerTier:
        if amounts.by_tier:
            return engine.PerTier(by_tier={self.serials[name]: value for name, value in amounts.by_tier.items()})
        return engine.PerTier(same=amounts.same)


def _rounding(rounding: ActionRounding) -> engine.ActionRounding:
    if rounding.method == "half_up":
        return engine.ActionRounding("ROUND", rounding.decimals)
    return engine.ActionRounding("FLOOR" if rounding.method == "floor" else "ACTUAL")


def _kind(value: object) -> str:
    """The name of the kind, as it is written."""
    return next((f.names[type(value)] for f in FAMILIES.values() if type(value) in f.names), type(value).__name__)
