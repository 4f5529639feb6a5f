"""The profiles around the event: store, programme, organisation, tracker, group, card, partner, referrer
(rules.md 6.8 to 6.15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from earnest.engine.expression.activities import EVERY_ACTIVITY, GROUP_ACTIVITIES, Activity, Unrolled
from earnest.engine.expression.catalogue.fields import custom_fields
from earnest.engine.expression.catalogue.figures import figures
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
from earnest.engine.expression.context import Partner, PartnerLink
from earnest.engine.expression.types import Type
from earnest.engine.expression.values.numbers import Number

CURRENT_STORE = Profile(
    name="currentStore",
    record="store",
    meaning="the store of the event's till",
    section="6.8",
    json_type="store:object:primitive",
    attributes=(string("code", "code", "store code"), string("name", "name", "store name")),
)

PROGRAM = Profile(
    name="program",
    record="program",
    meaning="the evaluated programme",
    section="6.14",
    json_type="program:object:primitive",
    attributes=(
        string("name", "name", "programme name"),
        whole("id", "id", "programme id"),
        truth("isDefault", "is_default", "it is the default programme"),
    ),
)

ORGANIZATION = Profile(
    name="organization",
    record="organization",
    meaning="the organisation",
    section="6.15",
    json_type="organization:object:primitive",
    attributes=(string("name", "name", "organisation name"), whole("id", "id", "organisation id")),
    activities=EVERY_ACTIVITY - {Activity.DELAYED_ACCRUAL, Activity.GENERIC_EVENT},
    present="organization",
)

CURRENT_TRACKER_CONDITION = Profile(
    name="currentTrackerCondition",
    record="tracker",
    meaning="the tracker case whose set is running",
    section="6.9",
    json_type="tracker:object:primitive",
    attributes=(
        whole("numberOfVisits", "number_of_visits", "visits in the window; null unless the tracker tracks visits"),
        number("trackedValue", "tracked_value", "value this event added"),
        string("trackerConditionName", "case_name", "case name"),
        whole("trackerConditionPeriod", "period", "configured period"),
        number("trackerCurrAggr", "current", "aggregate of the window with the event so far"),
        number("trackerPrevAggr", "previous", "aggregate before the contribution being evaluated"),
        number("trackerInitialPrevAggr", "initial_previous", "aggregate before the event"),
        string("trackerName", "tracker_name", "tracker name"),
    ),
    aliases=("currentTracker",),
    activities=frozenset({Activity.TRANSACTION_ADD, Activity.GROUP_TRANSACTION_ADD}),
    unrolled=Unrolled.TRACKER,
)

CURRENT_USER_GROUP = Profile(
    name="currentUserGroup",
    record="user_group",
    meaning="the group that the event belongs to; its figures count since its creation",
    section="6.10",
    json_type="usergroup:object:primitive",
    attributes=(
        string("name", "name", "group name"),
        string("externalId", "external_id", "the group's external id"),
        moment("createdDate", "created_at", "when the group was created"),
        whole("memberCount", "member_count", "active members"),
        *figures("group_transactions", "group_transactions_today"),
    ),
    aliases=("userGroup",),
    activities=GROUP_ACTIVITIES | {Activity.TRANSACTION_ADD},
    present="group",
)

CURRENT_CARD = Profile(
    name="currentCard",
    record="card",
    meaning="the card presented with the event",
    section="6.11",
    json_type="card:object:primitive",
    attributes=custom_fields(),
    activities=frozenset({Activity.TRANSACTION_ADD, Activity.TRANSACTION_UPDATE}),
    fields="card",
    present="card",
)

REFERRER_CODE = Profile(
    name="referrerCode",
    record="referrer",
    meaning="the code that brought the member, given at registration and stored",
    section="6.13",
    json_type="referrer:object:primitive",
    attributes=(
        whole("refereeRegCount", "registrations", "registrations with the referrer's code, with the current one"),
        whole("refereeTxnCount", "transactions", "transactions of the current referee, with the current one"),
    ),
    activities=frozenset({Activity.TRANSACTION_ADD, Activity.CUSTOMER_REGISTRATION, Activity.SLAB_UPGRADE}),
    default_only=True,
    present="referrals",
)


def _link(partner: Partner, name: tuple[str | None, ...]) -> PartnerLink | None:
    """The named link; without a name the only one there is."""
    if name:
        return partner.links.get(name[0] or "")
    return next(iter(partner.links.values())) if len(partner.links) == 1 else None


def _figure(field: str) -> Callable[..., Number | None]:
    def read(partner: Partner, *name: str | None) -> Number | None:
        link = _link(partner, name)
        return None if link is None else getattr(link, field)

    return read


def _linked_on(
    partner: Partner, name: str | None, year: Number | None, month: Number | None, day: Number | None
) -> bool:
    link = partner.links.get(name or "")
    if link is None or link.linked_at is None:
        return False
    return (link.linked_at.year, link.linked_at.month, link.linked_at.day) == (year, month, day)


_PARTNER: dict[str, Any] = taking(("program", Kind.NAME), optional=True)


def _of_link(name: str, field: str, meaning: str, *, counts: bool = False) -> Attribute:
    return Attribute(name=name, type=Type.NUMBER, whole=counts, read=_figure(field), meaning=meaning, **_PARTNER)


CURRENT_CUSTOMER_PARTNER = Profile(
    name="currentCustomerPartner",
    record="partner",
    meaning="the member's links to partner programmes; the programme may be left out when there is one link",
    section="6.12",
    json_type="partner:object:primitive",
    attributes=(
        truth(
            "isLinkedTo",
            lambda p, name: name in p.links,
            "an active link to the partner programme",
            **taking(("program", Kind.NAME)),
        ),
        truth(
            "isLinkedOnSpecificDate",
            _linked_on,
            "linked on that date",
            **taking(("program", Kind.NAME), ("year", Kind.NUMBER), ("month", Kind.NUMBER), ("day", Kind.NUMBER)),
        ),
        _of_link(
            "additionalBenefitsInMembershipCycle",
            "additional_benefits_in_membership_cycle",
            "benefits above the limit in the membership cycle",
        ),
        _of_link(
            "benefitsAvailedInActiveMembership",
            "benefits_in_active_membership",
            "benefit points since the membership began",
        ),
        _of_link("benefitsAvailedInEventCycle", "benefits_in_event_cycle", "benefit points in the event's cycle"),
        _of_link("benefitsLimit", "benefits_limit", "limit configured for the membership cycle"),
        _of_link("countBillsCurrentCycle", "bills_in_cycle", "bills in the current cycle", counts=True),
        _of_link(
            "countPromotionPointsIssuedCurrentCycle",
            "promotion_points_in_cycle",
            "promotion points issued in the cycle",
        ),
        _of_link("daysElapsedInCurrentCycle", "days_elapsed_in_cycle", "whole days since the cycle began", counts=True),
        _of_link("sumPurchaseValueCurrentCycle", "purchases_in_cycle", "net purchases in the cycle"),
    ),
    activities=frozenset(
        {
            Activity.TRANSACTION_ADD,
            Activity.TRANSACTION_UPDATE,
            Activity.RETURN_TRANSACTION,
            Activity.CUSTOMER_REGISTRATION,
            Activity.CUSTOMER_UPDATE,
            Activity.POINTS_REDEMPTION,
            Activity.POINTS_REDEMPTION_REVERSAL,
            Activity.COUPON_REDEMPTION,
            Activity.SLAB_UPGRADE,
            Activity.TARGET_COMPLETED,
            Activity.SOCIAL_CONNECT,
            Activity.GROUP_TRANSACTION_ADD,
            Activity.GROUP_TRANSACTION_UPDATE,
            Activity.GROUP_RETURN_TRANSACTION,
        }
    ),
    present="partner",
)
