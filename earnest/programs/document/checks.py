"""What makes a document invalid although each part of it is well formed (programs.md 2, 29; points.md 5.5, 13.2; tiers.md
16; rules.md 2, 10): invalid definitions are not published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from earnest.programs.conditions import problems_of
from earnest.programs.document.actions import (
    Action,
    Award,
    Awarding,
    AwardReferee,
    AwardReferrer,
    Forward,
    Rule,
    RuleSet,
    SendMessage,
    Track,
)
from earnest.programs.document.combination import check_combination
from earnest.programs.document.earning import AfterDays, Formula
from earnest.programs.document.expiry import AfterEvent, CustomerField, Expiry, Rolling, TransactionField
from earnest.programs.document.limits import OfBill, OfCustomer
from earnest.programs.document.model import ProgramDocument
from earnest.programs.document.problems import Path, nearest
from earnest.programs.document.schema import Reading
from earnest.programs.document.tiers import CRITERIA_MAX, TIERS_MAX, Upgrade
from earnest.programs.document.values import Amounts, Durations

NAME_MAX = 200
NAME_FORBIDDEN = "!@#$%^&*()_=+\\|{};:/?.>"
RULES_MAX = 200
ACTIONS_MAX = 20
BILL_LIMITS_MAX = 10
CUSTOMER_LIMITS_ALL_MAX = 10
CUSTOMER_LIMITS_MAX = 50

ACTIVITIES = (
    "TransactionAdd", "TransactionUpdate", "ReturnTransaction", "CustomerRegistration", "CustomerUpdate",
    "PointsRedemption", "PointsRedemptionReversal", "PointsTransfer", "PointsContributionToGroup", "CouponRedemption",
    "DelayedAccrual", "ConvertPointsToReward", "SlabUpgrade", "TargetCompleted", "SocialConnect", "GroupTransactionAdd",
    "GroupTransactionUpdate", "GroupReturnTransaction", "GroupMemberJoin", "GroupMemberLeave",
)  # fmt: skip
"""The activities of rules.md 3."""


def check(document: ProgramDocument, reading: Reading) -> None:
    """Adds to the reading whatever is wrong with the document as a whole."""
    _names(document, reading)
    _references(document, reading)
    _tiers(document, reading)
    _strategies(document, reading)
    _activities(document, reading)
    _limits(document, reading)


def _names(document: ProgramDocument, reading: Reading) -> None:
    name = document.name
    if not name.strip() or len(name) > NAME_MAX:
        reading.error(("name",), f"a name has 1 to {NAME_MAX} characters")
    if forbidden := sorted({one for one in name if one in NAME_FORBIDDEN}):
        reading.error(("name",), f"the name of a programme is without {' '.join(forbidden)}")
    for section in ("tiers", "earning", "expiry", "trackers", "currencies", "promotions", "limits", "memberships"):
        counted = Counter(one.name.casefold() for one in getattr(document, section))
        for index, one in enumerate(getattr(document, section)):
            if not one.name.strip():
                reading.error((section, index, "name"), "the name is empty")
            if counted[one.name.casefold()] > 1:
                reading.error((section, index, "name"), f"{one.name!r} stands here more than once")


def _references(document: ProgramDocument, reading: Reading) -> None:
    for reference in reading.references:
        known = document.names(reference.to)
        if reference.name not in known:
            hint = nearest(reference.name, known) or (", ".join(known[:8]) if known else None)
            word = {"earning": "earning strategy", "expiry": "expiry strategy"}.get(reference.to, reference.to)
            reading.error(reference.path, f"there is no {word} {reference.name!r} in this programme", hint)


def _tiers(document: ProgramDocument, reading: Reading) -> None:
    if not document.tiers:
        reading.error(("tiers",), "a programme has at least one tier: the one where everybody begins")
    if len(document.tiers) > TIERS_MAX:
        reading.error(("tiers",), f"a programme has at most {TIERS_MAX} tiers")
    if document.upgrade is not None:
        _upgrade(document, document.upgrade, reading)
    if document.validity is not None:
        for tier, life in document.validity.tiers.items():
            path: Path = ("validity", "tiers", tier)
            if document.tiers and tier == document.tiers[0].name:
                reading.error(path, "the lowest tier has no end")
            if life.lasts is not None and (life.lasts.unit != "month" or not 1 <= life.lasts.count <= 120):
                reading.error((*path, "lasts"), "a tier lasts 1 to 120 months")
            if life.then == "eligible" and document.upgrade is None:
                reading.error((*path, "then"), "eligible needs upgrade criteria")
            if life.renewal is not None:
                keys = [one.key for one in life.renewal.conditions]
                check_combination(reading, (*path, "renewal", "require"), life.renewal.require, keys)


def _upgrade(document: ProgramDocument, upgrade: Upgrade, reading: Reading) -> None:
    names = [one.name for one in document.tiers]
    if not 1 <= len(upgrade.criteria) <= CRITERIA_MAX:
        reading.error(("upgrade", "criteria"), f"there are 1 to {CRITERIA_MAX} criteria")
    for index, criterion in enumerate(upgrade.criteria):
        path: Path = ("upgrade", "criteria", index, "thresholds")
        if names and names[0] in criterion.thresholds:
            reading.error((*path, names[0]), "everybody begins in the lowest tier: it has no threshold")
        before = None
        for name in names[1:]:
            value = criterion.thresholds.get(name)
            if value is None:
                reading.error(path, f"the threshold of the tier {name!r} is missing")
            elif before is not None and value < before:
                reading.error((*path, name), f"{value} is less than the threshold of the tier below, {before}")
            if value is not None and value < 0:
                reading.error((*path, name), "a threshold is not negative")
            before = value if value is not None else before
    keys = [one.key for one in upgrade.criteria]
    check_combination(reading, ("upgrade", "require"), upgrade.require, keys)
    for tier, require in upgrade.require_in.items():
        check_combination(reading, ("upgrade", "require_in", tier), require, keys)


def _strategies(document: ProgramDocument, reading: Reading) -> None:
    if not document.expiry:
        reading.error(("expiry",), "the default expiry is missing: the first of this list")
    for index, expiry in enumerate(document.expiry):
        check_expiry(document, expiry.strategy, ("expiry", index, "strategy"), reading)
    for index, earning in enumerate(document.earning):
        check_formula(document, earning.strategy, ("earning", index, "strategy"), reading)


def check_expiry(document: ProgramDocument, expiry: Expiry, path: Path, reading: Reading) -> None:
    """A tier without a duration would have points that expire at once."""
    if isinstance(expiry, AfterEvent | Rolling | TransactionField | CustomerField):
        _all_tiers(document, expiry.after, (*path, "after"), reading)
        units = {one.unit for one in [expiry.after.same, *expiry.after.by_tier.values()] if one is not None}
        if len(units) > 1:
            reading.error((*path, "after"), "days, months and never are not mixed in one strategy")


def _all_tiers(document: ProgramDocument, value: Durations, path: Path, reading: Reading) -> None:
    missing = [one.name for one in document.tiers if value.of(one.name) is None]
    if missing:
        reading.error(path, f"the tier {', '.join(missing)} has no duration")


def check_formula(document: ProgramDocument, formula: Formula, path: Path, reading: Reading) -> None:
    """A tier without a value earns nothing (points.md 4.1): allowed, and probably forgotten."""
    for field in msgspec.structs.fields(formula):
        value = getattr(formula, field.name)
        if not isinstance(value, Amounts):
            continue
        for tier, amount in [(None, value.same), *value.by_tier.items()]:
            if amount is not None and amount < 0:
                reading.error((*path, field.name, *([tier] if tier else [])), "it is not negative")
        if value.by_tier:
            missing = [one.name for one in document.tiers if one.name not in value.by_tier]
            if missing:
                reading.warn((*path, field.name), f"the tier {', '.join(missing)} has no value and earns nothing")


def rules_of(document: ProgramDocument) -> Iterator[tuple[str, Path, Rule, frozenset[str]]]:
    """Every rule at every depth: its activity, its path, the rule, and what is repeated around it (line, tender)."""
    for activity, workflow in document.activities.items():
        for root in ("start", "trackers", "points_trackers", "end"):
            for index, one in enumerate(getattr(workflow, root)):
                yield from _rules_of_set(activity, one, ("activities", activity, root, index), frozenset())
    for index, promotion in enumerate(document.promotions):
        bound = frozenset({"line"} if promotion.level == "line" else ())
        for number, rule in enumerate(promotion.rules):
            yield from _rule(promotion.activity, rule, ("promotions", index, "rules", number), bound)


def _rules_of_set(
    activity: str, one: RuleSet, path: Path, bound: frozenset[str]
) -> Iterator[tuple[str, Path, Rule, frozenset[str]]]:
    for index, rule in enumerate(one.rules):
        yield from _rule(activity, rule, (*path, "rules", index), bound)


def _rule(
    activity: str, rule: Rule, path: Path, bound: frozenset[str]
) -> Iterator[tuple[str, Path, Rule, frozenset[str]]]:
    yield activity, path, rule, bound
    for branch, index, action in actions_of(rule):
        here: Path = (*path, branch, index)
        if isinstance(action, Forward):
            yield from _rules_of_set(activity, action.set, (*here, "set"), bound | frozenset(action.for_each))
        elif isinstance(action, Track):
            for number, case in enumerate(action.cases):
                for position, own in enumerate(case.rules):
                    place: Path = (*here, "cases", number, "rules", position)
                    yield from _rule(activity, own, place, bound | {"tracker"})


def actions_of(rule: Rule) -> Iterator[tuple[str, int, Action]]:
    """The actions of both branches, with the key of their branch and their position."""
    for branch, actions in (("then", rule.then), ("else", rule.else_)):
        for index, action in enumerate(actions):
            yield branch, index, action


def _activities(document: ProgramDocument, reading: Reading) -> None:
    for activity, workflow in document.activities.items():
        if activity not in ACTIVITIES:
            near = nearest(activity, ACTIVITIES)
            reading.error(("activities", activity), f"there is no activity {activity!r}", near or ", ".join(ACTIVITIES))
        if activity != "TransactionAdd":
            for root in ("trackers", "points_trackers", "end", "caps"):
                if getattr(workflow, root):
                    reading.error(("activities", activity, root), "only TransactionAdd has this")
    delays: dict[str, dict[str, Path]] = {}
    for activity, path, rule, bound in rules_of(document):
        if len(rule.then) > ACTIONS_MAX or len(rule.else_) > ACTIONS_MAX:
            reading.error(path, f"a branch has at most {ACTIONS_MAX} actions")
        _condition(activity, path, rule, bound, reading)
        for branch, index, action in actions_of(rule):
            here: Path = (*path, branch, index)
            _action(document, activity, here, action, bound, reading)
            if isinstance(action, Award) and path[0] == "activities":
                _delay(activity, here, action, delays.setdefault(activity, {}), reading)


def _condition(activity: str, path: Path, rule: Rule, bound: frozenset[str], reading: Reading) -> None:
    for message, hint in problems_of(rule.condition, activity, bound):
        reading.error((*path, "if"), message, hint)


def _action(
    document: ProgramDocument, activity: str, path: Path, action: Action, bound: frozenset[str], reading: Reading
) -> None:
    if isinstance(action, Awarding):
        if isinstance(action.earn, Formula):
            check_formula(document, action.earn, (*path, "earn"), reading)
        if isinstance(action.expires, Expiry):
            check_expiry(document, action.expires, (*path, "expires"), reading)
    if isinstance(action, AwardReferrer | AwardReferee) and not document.is_default:
        reading.error(path, "referral actions exist only in the default programme")
    if isinstance(action, Forward):
        for each in action.for_each:
            if each in bound:
                reading.error((*path, "for_each"), f"{each} is repeated around this already")
        if len(set(action.for_each)) < len(action.for_each):
            reading.error((*path, "for_each"), "a word stands here twice")
        if action.for_each and activity not in ("TransactionAdd", "ReturnTransaction"):
            reading.error((*path, "for_each"), f"{activity} has no lines or tenders")
        if (action.proportions or action.maximise) and "line" not in action.for_each:
            reading.error(path, "proportions and maximise need for_each: [line]")
        if len(action.set.rules) > RULES_MAX:
            reading.error((*path, "set"), f"a set has at most {RULES_MAX} rules")
    if isinstance(action, SendMessage) and 0 < action.delay_seconds <= 120:
        reading.error((*path, "delay_seconds"), "the delay is 0 or more than 120 seconds")
    channels = getattr(action, "channels", None)
    if channels is not None and (both := set(channels.mandatory) & set(channels.priority)):
        reading.error((*path, "channels"), f"{', '.join(sorted(both))} is in both lists")


def _delay(activity: str, path: Path, action: Award, seen: dict[str, Path], reading: Reading) -> None:
    """No mix of direct and delayed awards, nor of different delays, in one activity (points.md 5.5)."""
    if action.delay is not None and activity in ("CustomerRegistration", "CustomerUpdate"):
        reading.error((*path, "delay"), f"{activity} has no delays")
    if action.delay is not None and not isinstance(action.delay, AfterDays):
        return
    kind = "at once" if action.delay is None else f"after {action.delay.days} days"
    if seen and kind not in seen:
        reading.error(
            path, f"points come {kind} here and {next(iter(seen))} elsewhere in {activity}: it must be the same"
        )
    seen.setdefault(kind, path)


def _limits(document: ProgramDocument, reading: Reading) -> None:
    kinds = {one.counts for one in document.limits}
    of_bill = [one for one in document.limits if isinstance(one, OfBill)]
    of_customer = [one for one in document.limits if isinstance(one, OfCustomer)]
    if {"line_amount", "line_quantity"} <= kinds:
        reading.error(("limits",), "line_amount and line_quantity do not stand together in a programme")
    if len(of_bill) > BILL_LIMITS_MAX:
        reading.error(("limits",), f"there are at most {BILL_LIMITS_MAX} limits of a bill")
    if len([one for one in of_customer if one.audience == "all"]) > CUSTOMER_LIMITS_ALL_MAX:
        reading.error(("limits",), f"there are at most {CUSTOMER_LIMITS_ALL_MAX} limits of all customers")
    if len(of_customer) > CUSTOMER_LIMITS_MAX:
        reading.error(("limits",), f"there are at most {CUSTOMER_LIMITS_MAX} limits of customers")
    for index, limit in enumerate(document.limits):
        if limit.at_most < 0:
            reading.error(("limits", index, "at_most"), "a limit is not negative")
        if limit.counts == "bills" and isinstance(limit, OfBill):
            reading.error(("limits", index, "counts"), "bills are counted for customers only")
        if limit.scope is not None and limit.counts not in ("line_amount", "line_quantity"):
            reading.error(("limits", index, "scope"), "only line_amount and line_quantity have a scope")
