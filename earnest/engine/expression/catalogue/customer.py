"""currentCustomer and groupPrimaryCustomer (rules.md 6.1, 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from earnest.engine.expression.activities import GROUP_ACTIVITIES, Activity
from earnest.engine.expression.catalogue.fields import custom_fields, holds
from earnest.engine.expression.catalogue.figures import SHARED_FIGURES
from earnest.engine.expression.catalogue.row import (
    Attribute,
    Kind,
    Profile,
    moment,
    number,
    string,
    taking,
    truth,
    whole,
)
from earnest.engine.expression.context import Customer, Periods
from earnest.engine.expression.values.numbers import Number, divide
from earnest.engine.expression.values.patterns import found


def _on(customer: Customer, source: str | None) -> bool:
    return source in customer.accounts


def _any_account(customer: Customer, *source: str | None) -> bool:
    return source[0] in customer.accounts if source else bool(customer.accounts)


def _cluster(customer: Customer, segment: str | None, partition: str | None) -> bool:
    return segment is not None and holds(customer.clusters.get(segment), partition)


def _past_days(values: Mapping[int, Number], days: Number | None) -> Number | None:
    return None if days is None else values.get(int(days))


def _tracked(customer: Customer, values: Mapping[Any, Number], tracker: str | None, case: str | None) -> Number | None:
    if not customer.exists:
        return None
    return values.get((tracker, case), 0)


def _coupons(customer: Customer, series: Number | None) -> int | None:
    if series is None or not customer.exists:
        return None
    return customer.active_coupons.get(int(series), 0)


def _mean(customer: Customer, milestone: str | None) -> Number | None:
    cycles = customer.milestones.get(milestone or "")
    if cycles is None or not cycles.achieved:
        return None
    return divide(sum(cycles.achieved.values()), len(cycles.achieved))


def _in_period(periods: Periods | None, code: str | None) -> Number | None:
    return None if periods is None or code is None else periods.achieved.get(code)


def _running(customer: Customer, periods: Periods | None) -> Number | None:
    if not customer.exists:
        return None
    if periods is None or periods.running is None:
        return 0
    return periods.achieved.get(periods.running, 0)


def _streak_count(customer: Customer, level: str | None) -> Number | None:
    streak = customer.streaks.get(level or "")
    return None if streak is None else streak.current


def _streak_achieved(customer: Customer, level: str | None) -> bool:
    streak = customer.streaks.get(level or "")
    return streak is not None and streak.achieved


_SOURCE = ("source", Kind.TEXT)
_DAYS = ("days", Kind.NUMBER)
_TRACKER = (("tracker", Kind.NAME), ("case", Kind.NAME))
_SEGMENT = (("segment", Kind.NAME), ("partition", Kind.TEXT))
_MILESTONE = ("milestone", Kind.NAME)
_PERIOD = ("period code", Kind.TEXT)

ATTRIBUTES: tuple[Attribute, ...] = (
    string("name", "name", "first and last name with a blank between, trimmed", reader="identity"),
    string("firstname", "first_name", "first name", reader="identity"),
    string("lastname", "last_name", "last name", reader="identity"),
    string("email", "email", "primary e-mail address", reader="identity"),
    string("mobile", "mobile", "mobile number with country code, digits only", reader="identity"),
    string("externalId", "external_id", "external id", reader="identity"),
    moment(
        "joinDate",
        "joined_at",
        "registration in the organisation; in a programme other than the default one the enrolment there",
    ),
    truth("isLoyal", "is_loyal", "registered in the loyalty programme"),
    truth("isTest", "is_test", "flagged as a test customer", reader="flags"),
    truth("isControl", "is_control", "belongs to the control group", reader="flags"),
    truth("isGroupMember", "is_group_member", "member of a user group", reader="group"),
    truth("isPrimary", "is_primary", "primary member of the group", reader="group"),
    truth("isSecondary", "is_secondary", "secondary member of the group", reader="group"),
    truth(
        "isRegisteredOn",
        _on,
        "has an account on the source (INSTORE, WECHAT, MARTJACK, WEB_ENGAGE, MOBILE_APP …)",
        reader="accounts",
        **taking(_SOURCE),
    ),
    truth("hasInstoreProfile", lambda c: "INSTORE" in c.accounts, "has an INSTORE account", reader="accounts"),
    truth("hasWeChatProfile", lambda c: "WECHAT" in c.accounts, "has a WECHAT account", reader="accounts"),
    truth(
        "doesProfileExists",
        _any_account,
        "has any account, or one on the source",
        reader="accounts",
        **taking(_SOURCE, optional=True),
    ),
    *custom_fields(reader="custom_fields"),
    truth(
        "clusterValueIncludes",
        _cluster,
        "the member is in this partition of the segment",
        reader="segments",
        **taking(*_SEGMENT),
    ),
    truth(
        "clusterValueExcludes",
        lambda c, segment, partition: not _cluster(c, segment, partition),
        "the opposite of clusterValueIncludes: true, too, for a member in no partition",
        reader="segments",
        **taking(*_SEGMENT),
    ),
    truth(
        "includesLabelRegex",
        lambda c, pattern: found(pattern, c.label),
        "the status label matches the regular expression",
        reader="status",
        **taking(("regex", Kind.PATTERN)),
    ),
    string("customerStatus", "status", "the member's status; with an argument: equals it", reader="status"),
    truth(
        "customerStatusLabel",
        lambda c, status, label: status is not None and label is not None and (c.status, c.label) == (status, label),
        "status and label both equal",
        reader="status",
        **taking(("status", Kind.TEXT), ("label", Kind.TEXT)),
    ),
    truth(
        "isSubscribedToChannel",
        lambda c, channel: channel in c.channels,
        "opted in on the channel: MOBILE (or SMS), EMAIL, ANDROID, IOS, WHATSAPP, WECHAT, LINE, VIBER, XENGAGE, RCS, ZALO",
        reader="subscriptions",
        **taking(("channel", Kind.CHANNEL)),
    ),
    *SHARED_FIGURES,
    whole(
        "avgBasketSize",
        "avg_basket_size",
        "line items ever bought / transactions, truncated; null without transactions",
        reader="transactions",
    ),
    number(
        "avgSpendPerVisit",
        "avg_spend_per_visit",
        "lifetimePurchase / numberOfVisits, 2 decimals half up; null without visits",
        reader="transactions",
    ),
    number(
        "trackerValueBeforeEvent",
        lambda c, tracker, case: _tracked(c, c.tracker_before, tracker, case),
        "the aggregate of the case's window without the current event; 0 when nothing is tracked",
        reader="trackers",
        **taking(*_TRACKER),
    ),
    number(
        "trackerValueCurrentEvent",
        lambda c, tracker, case: _tracked(c, c.tracker_now, tracker, case),
        "the aggregate with what this event added in sets completed so far",
        reader="trackers",
        **taking(*_TRACKER),
    ),
    number(
        "pointsRedeemedToday",
        "points_redeemed_today",
        "points redeemed on the event's day, without the redemption being evaluated",
        reader="redemptions_by_window",
    ),
    number(
        "pointsRedeemedInCalendarWeek",
        "points_redeemed_in_week",
        "the same in the week, Monday to Sunday",
        reader="redemptions_by_window",
    ),
    number(
        "pointsRedeemedInCalendarMonth",
        "points_redeemed_in_month",
        "the same in the calendar month",
        reader="redemptions_by_window",
    ),
    number(
        "pointsRedeemedInPastDays",
        lambda c, days: _past_days(c.points_redeemed_in_past_days, days),
        "the same in the last n calendar days, today included",
        reader="redemptions_by_window",
        **taking(_DAYS),
    ),
    whole(
        "numberOfRedemptionsToday",
        "redemptions_today",
        "redemptions on the event's day",
        reader="redemptions_by_window",
    ),
    whole(
        "numberOfRedemptionsInCalendarWeek",
        "redemptions_in_week",
        "redemptions in the week, Monday to Sunday",
        reader="redemptions_by_window",
    ),
    whole(
        "numberOfRedemptionsInCalendarMonth",
        "redemptions_in_month",
        "redemptions in the calendar month",
        reader="redemptions_by_window",
    ),
    whole(
        "numberOfRedemptionsInPastDays",
        lambda c, days: _past_days(c.redemptions_in_past_days, days),
        "redemptions in the last n calendar days, today included",
        reader="redemptions_by_window",
        **taking(_DAYS),
    ),
    whole(
        "countActiveCouponsInCouponSeries",
        _coupons,
        "coupons of the series that the member holds, neither redeemed nor expired",
        reader="coupons",
        **taking(("series id", Kind.NUMBER)),
    ),
    number(
        "avgTargetAchieved",
        _mean,
        "mean achieved value over the cycles started so far, the running one included",
        reader="milestones",
        **taking(_MILESTONE),
    ),
    number(
        "targetAchievedInPeriod",
        lambda c, milestone, period: _in_period(c.milestones.get(milestone), period),
        "achieved value in the cycle with this reference code",
        reader="milestones",
        **taking(_MILESTONE, _PERIOD),
    ),
    number(
        "targetAchievedInCurrentPeriod",
        lambda c, milestone: _running(c, c.milestones.get(milestone)),
        "achieved value in the running cycle, 0 when none runs",
        reader="milestones",
        **taking(_MILESTONE),
    ),
    whole(
        "targetsAchievedForUnified",
        lambda c, group, period: _in_period(c.unified_targets.get(group), period),
        "how many targets of the unified group were achieved in the cycle",
        reader="milestones",
        **taking(("group", Kind.NAME), _PERIOD),
    ),
    whole(
        "targetsAchievedForUnifiedInCurrentPeriod",
        lambda c, group: _running(c, c.unified_targets.get(group)),
        "the same for the running cycle, 0 when none runs",
        reader="milestones",
        **taking(("group", Kind.NAME)),
    ),
    truth(
        "isStreakAchieved",
        _streak_achieved,
        "the streak level is reached",
        reader="streaks",
        **taking(("level", Kind.NAME)),
    ),
    whole(
        "streakCurrentValue",
        _streak_count,
        "present count of the streak (the same for all its levels)",
        reader="streaks",
        **taking(("level", Kind.NAME)),
    ),
)

CURRENT_CUSTOMER = Profile(
    name="currentCustomer",
    record="customer",
    meaning="the acting member; his figures are those of the evaluated programme and include the current transaction",
    section="6.1",
    json_type="customer:object:primitive",
    attributes=ATTRIBUTES,
    fields="customer",
)

GROUP_PRIMARY_CUSTOMER = Profile(
    name="groupPrimaryCustomer",
    record="primary",
    meaning="the primary member of the acting member's group; null and false without a group",
    section="6.2",
    json_type="customer:object:primitive",
    attributes=ATTRIBUTES,
    aliases=("groupProfileCustomer", "currentgroupprimary"),
    activities=GROUP_ACTIVITIES
    | {
        Activity.TRANSACTION_ADD,
        Activity.RETURN_TRANSACTION,
        Activity.CUSTOMER_REGISTRATION,
        Activity.CUSTOMER_UPDATE,
        Activity.TRANSACTION_UPDATE,
        Activity.SOCIAL_CONNECT,
        Activity.SLAB_UPGRADE,
        Activity.TARGET_COMPLETED,
        Activity.POINTS_TRANSFER,
        Activity.POINTS_CONTRIBUTION_TO_GROUP,
    },
    fields="customer",
    default_only=True,
    present="primary",
    prefix="primary.",
)
