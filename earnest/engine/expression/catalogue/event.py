"""currentEvent (rules.md 6.7)."""

from __future__ import annotations

from collections.abc import Iterator

from earnest.engine.expression.activities import Activity
from earnest.engine.expression.catalogue.fields import holds
from earnest.engine.expression.catalogue.row import Attribute, Kind, Profile, number, string, taking, truth
from earnest.engine.expression.context import EventProfile
from earnest.engine.expression.values.numbers import Number, subtract

_UPDATE = (Activity.CUSTOMER_UPDATE,)
_TARGET = (Activity.TARGET_COMPLETED,)
_MILESTONE = taking(("milestone", Kind.NAME))
_LEVEL = taking(("level", Kind.NAME))
_FIELD = taking(("field", Kind.NAME), ("value", Kind.TEXT))


def _gap(event: EventProfile, milestone: str | None) -> Number | None:
    gap = subtract(event.target_defined.get(milestone or ""), event.target_achieved.get(milestone or ""))
    return None if gap is None else abs(gap)


def _identity() -> Iterator[Attribute]:
    named = (
        ("Mobile", "mobile", "mobile number"),
        ("Email", "email", "e-mail address"),
        ("ExternalID", "external_id", "external id"),
        ("Name", "name", "name"),
        ("FirstName", "first_name", "first name"),
        ("LastName", "last_name", "last name"),
    )
    for when, moment in (("previous", "before"), ("current", "after")):
        for ending, field, what in named:
            yield string(f"{when}{ending}", f"{when}_{field}", f"{what} {moment} the update", set_in=_UPDATE)


CURRENT_EVENT = Profile(
    name="currentEvent",
    record="event",
    meaning="the event itself; of a behavioural event also its own attributes, by their names",
    section="6.7",
    json_type="customer.event:object:primitive",
    attributes=(
        string("eventType", "event_type", "name of the activity, e.g. TransactionAdd"),
        *_identity(),
        truth(
            "previousCustomFieldValue",
            lambda e, field, value: holds(e.previous_fields.get(field), value),
            "the custom field held the value before the update",
            set_in=_UPDATE,
            **_FIELD,
        ),
        truth(
            "currentCustomFieldValue",
            lambda e, field, value: holds(e.current_fields.get(field), value),
            "the custom field holds the value after the update",
            set_in=_UPDATE,
            **_FIELD,
        ),
        string("previousLoyaltyType", "previous_loyalty_type", "LOYALTY or NON_LOYALTY before", set_in=_UPDATE),
        string("currentLoyaltyType", "current_loyalty_type", "LOYALTY or NON_LOYALTY after", set_in=_UPDATE),
        number(
            "targetAchieved",
            lambda e, milestone: e.target_achieved.get(milestone),
            "achieved value; null when the event is about another milestone",
            set_in=_TARGET,
            **_MILESTONE,
        ),
        number(
            "targetDefined",
            lambda e, milestone: e.target_defined.get(milestone),
            "value defined for the member",
            set_in=_TARGET,
            **_MILESTONE,
        ),
        truth(
            "targetExists",
            lambda e, milestone: milestone in e.target_achieved or milestone in e.target_defined,
            "the event carries the milestone",
            set_in=_TARGET,
            **_MILESTONE,
        ),
        number(
            "targetGaps",
            _gap,
            "difference of targetDefined and targetAchieved, without sign",
            set_in=_TARGET,
            **_MILESTONE,
        ),
        string("targetName", "target_name", "milestone name", set_in=_TARGET),
        string("targetGroup", "target_group", "milestone group name", set_in=_TARGET),
        string("targetPeriod", "target_period", "cycle name", set_in=_TARGET),
        string("targetMilestoneTrigger", "target_trigger", "name of the sub-target that fired", set_in=_TARGET),
        number(
            "milestoneValueDefined",
            "milestone_value_defined",
            "value of the sub-target (a percentage of the target)",
            set_in=_TARGET,
        ),
        truth(
            "isTargetAchievedEvent",
            "is_target_achieved",
            "fired by achievement (true) or by the end of the cycle (false)",
            aliases=("isTargetAchieved",),
            set_in=_TARGET,
        ),
        truth(
            "isUnifiedTargetAchievedEvent",
            "is_unified_target_achieved",
            "a unified target was achieved",
            aliases=("isUnifiedTargetAchievement",),
            set_in=_TARGET,
        ),
        truth("isStreakAchievedEvent", "is_streak_achieved", "a streak level was achieved", set_in=_TARGET),
        truth("isSubTargetAchievedEvent", "is_sub_target_achieved", "a sub-target was achieved", set_in=_TARGET),
        string("streakName", "streak_name", "streak level name; with an argument: equals it", set_in=_TARGET),
        truth(
            "streakExists",
            lambda e, level: level in e.streak_levels,
            "the event carries the level",
            set_in=_TARGET,
            **_LEVEL,
        ),
        truth("isUserGroupInfoPresent", "is_group_info_present", "the payload names a user group"),
        truth("isGroupProgramRedemption", "is_group_redemption", "redemption or transfer of group points"),
        truth(
            "cardSeriesName",
            lambda e, name: name is not None and e.card_series == name,
            "the card used is of this series",
            **taking(("name", Kind.TEXT)),
        ),
    ),
    event=True,
)
