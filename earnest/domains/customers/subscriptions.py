"""What a customer wants to hear: channels and priorities, as calls write them and answers print them.

Never set counts as subscribed (contract/01-customer-v1/_notes.md). A mobile number is written as MOBILE or sms and kept as SMS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from earnest.core.context import RequestContext
from earnest.core.errors import INVALID_INPUT, ApiError
from earnest.core.http.envelopes import V1Status
from earnest.core.messages import Message, warning
from earnest.domains.customers import errors, errors_v1
from earnest.domains.customers import schemas_subscriptions as wire
from earnest.domains.customers.activities import SubscriptionChange, store_subscriptions
from earnest.domains.customers.identifiers import SOURCES
from earnest.domains.customers.record import StoredSubscription
from earnest.domains.customers.schemas import SubscriptionState
from earnest.domains.customers.schemas_v1 import Subscription
from earnest.engine.events import CustomerRegistration
from earnest.engine.outcome import Outcome
from earnest.loyalty.ledger.post import emit
from earnest.loyalty.process import Processor
from earnest.loyalty.registry import Activity, Snapshot, Store

CHANNELS: Mapping[str, str] = {
    **{name: name for name in ("SMS", "EMAIL", "WECHAT", "WHATSAPP", "IOS", "ANDROID", "LINE", "POSTMAIL")},
    "MOBILE": "SMS",
}
"""Spellings of channels, in upper case, and the name that each is kept under."""
PRIORITIES = ("TRANS", "BULK")
ALWAYS_PRINTED = ("EMAIL", "SMS")
SUBSCRIPTIONS_MAX = 100
TEXT_LENGTH_MAX = 255


def checked(given: Iterable[Subscription], remarks: list[Message]) -> tuple[SubscriptionChange, ...]:
    """The changes of a v1 customer; 91022 for one that is not valid, which is left out."""
    changes: list[SubscriptionChange] = []
    for one in given:
        channel = CHANNELS.get((one.channel or "").strip().upper())
        priority = (one.priority or "").strip().upper()
        scope, wish = (one.scope or "ALL").strip().upper(), (one.is_subscribed or "").strip()
        if channel is None or priority not in PRIORITIES or scope != "ALL" or wish not in ("0", "1"):
            names = {"channel": one.channel or "", "priority": one.priority or ""}
            remarks.append(warning(errors_v1.SUBSCRIPTION_KEPT, **names))
        else:
            changes.append(SubscriptionChange(channel=channel, priority=priority, is_subscribed=wish == "1"))
    return tuple(changes)


def states(stored: list[StoredSubscription]) -> list[SubscriptionState]:
    """As v2 prints them: what was set, and the state of e-mail and SMS in any case."""
    of_organization = {(s.channel, s.priority) for s in stored if s.org_unit_id == -1}
    unset = [
        SubscriptionState(channel=channel, priority=priority, type="OPTIN")
        for channel in ALWAYS_PRINTED
        for priority in PRIORITIES
        if (channel, priority) not in of_organization
    ]
    said = [
        SubscriptionState(
            channel=one.channel,
            priority=one.priority,
            type="OPTIN" if one.is_subscribed else "OPTOUT",
            account_id=one.account_id or None,
            org_unit_id=None if one.org_unit_id == -1 else one.org_unit_id,
            source_name=one.source or None,
        )
        for one in stored
    ]
    return sorted([*said, *unset], key=lambda state: (state.channel, state.priority))


def of_units(stored: list[StoredSubscription]) -> list[SubscriptionState]:
    """What was set for a part of the organisation alone."""
    return [state for state in states(stored) if state.org_unit_id is not None]


def textual(status: V1Status) -> V1Status:
    """The status of a call that prints its code as text."""
    return msgspec.structs.replace(status, code=str(status.code))


def preferences(stored: list[StoredSubscription], channel: str, priority: str) -> list[wire.ChannelState]:
    """As v1 prints them: each channel with both priorities, also what was never set. Empty filters let all pass."""
    said = {(s.channel, s.priority): s.is_subscribed for s in stored if s.org_unit_id == -1}
    channels = [name for name in _LISTED if channel in ("", name)]
    priorities = [name for name in PRIORITIES if priority in ("", name)]
    return [
        wire.ChannelState(name, [_preference(one, said.get((name, one))) for one in priorities]) for name in channels
    ]


_LISTED = tuple(dict.fromkeys(CHANNELS.values()))


def _preference(priority: str, said: bool | None) -> wire.PriorityState:
    if said is None:
        return wire.PriorityState(priority, "ALL", "", "NOT_SET")
    if said:
        return wire.PriorityState(priority, "ALL", "", "SUBSCRIBED")
    return wire.PriorityState(priority, "", "ALL", "UNSUBSCRIBED")


def filters(query: wire.GetSubscriptionsQuery) -> tuple[str, str]:
    """Channel and priority that are asked for, as they are kept. 1101, 1102, 1103 for others."""
    channel, priority = query.channel.strip().upper(), query.priority.strip().upper()
    if channel and channel not in CHANNELS:
        raise errors_v1.INVALID_CHANNEL.error()
    if priority and priority not in PRIORITIES:
        raise errors_v1.INVALID_PRIORITY.error()
    if query.scope and query.scope.strip().upper() != "ALL":
        raise errors_v1.INVALID_SCOPE.error()
    return CHANNELS.get(channel, ""), priority


def of_item(item: wire.UpdateSubscription) -> SubscriptionChange:
    """The change that an item of v1 means. 1101 to 1103, 1105, 1106 for one that is not valid."""
    channel = CHANNELS.get((item.channel or "").strip().upper())
    priority, scope = (item.priority or "").strip().upper(), (item.scope or "ALL").strip().upper()
    if channel is None:
        raise errors_v1.INVALID_CHANNEL.error()
    if priority not in PRIORITIES:
        raise errors_v1.INVALID_PRIORITY.error()
    if scope != "ALL":
        raise (errors_v1.SEVERAL_SCOPES if "," in scope else errors_v1.INVALID_SCOPE).error()
    if item.is_subscribed not in ("0", "1"):
        raise errors_v1.INVALID_SUBSCRIPTION.error()
    return SubscriptionChange(channel=channel, priority=priority, is_subscribed=item.is_subscribed == "1")


def of_body(ctx: RequestContext, body: wire.ChangeSubscriptions) -> tuple[SubscriptionChange, ...]:
    """The changes that a body of v2 means. 1101, 1102, 1106 for what is not valid, 8085 for an unknown org unit."""
    if not 1 <= len(body.subscriptions) <= SUBSCRIPTIONS_MAX or len(body.reason) > TEXT_LENGTH_MAX:
        raise INVALID_INPUT.error()
    return tuple(_of_wish(ctx, wish, body.reason) for wish in body.subscriptions)


def _of_wish(ctx: RequestContext, wish: wire.Wish, reason: str) -> SubscriptionChange:
    channel, priority, type_ = CHANNELS.get(wish.channel.upper()), wish.priority.upper(), wish.type.upper()
    if channel is None:
        raise errors_v1.INVALID_CHANNEL.error()
    if priority not in PRIORITIES:
        raise errors_v1.INVALID_PRIORITY.error()
    if type_ not in ("OPTIN", "OPTOUT"):
        raise errors_v1.INVALID_SUBSCRIPTION.error()
    if wish.source_name and wish.source_name not in SOURCES:
        raise errors.INVALID_SOURCE.error()
    unit = ctx.organization.entities_by_id.get(wish.org_unit_id)
    if wish.org_unit_id != -1 and (unit is None or unit.type != "CONCEPT"):
        raise errors.INVALID_ORG_UNIT.error()
    if len(wish.account_id) > TEXT_LENGTH_MAX:
        raise INVALID_INPUT.error()
    return SubscriptionChange(
        channel=channel,
        priority=priority,
        is_subscribed=type_ == "OPTIN",
        source=wish.source_name,
        account_id=wish.account_id,
        org_unit_id=wish.org_unit_id,
        reason=reason,
    )


class SubscriptionChanged(msgspec.Struct, frozen=True, rename="camel"):
    """Outbox body (36-event-notification-logs, customerSubscription)."""

    customer_id: int
    subscriptions: tuple[SubscriptionChange, ...]


class ChangeSubscriptions(Activity[int]):
    """Keeps what a customer wants to hear; answers the customer's id."""

    type = "CustomerUpdate"
    answer = int

    def __init__(self, ctx: RequestContext, *, customer_id: int, changes: tuple[SubscriptionChange, ...]) -> None:
        super().__init__(ctx)
        self.reference_id = customer_id
        self._customer_id = customer_id
        self._changes = changes

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return errors.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        return CustomerRegistration(at=self.ctx.now, program_ids=())

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> int:
        store_subscriptions(store, self._changes)
        emit(store, "customerSubscription", SubscriptionChanged(self._customer_id, self._changes))
        return self._customer_id


async def change(ctx: RequestContext, customer_id: int, changes: tuple[SubscriptionChange, ...]) -> None:
    """Stores the changes. 8015 when there is no such customer."""
    await ctx.resource(Processor).process(ChangeSubscriptions(ctx, customer_id=customer_id, changes=changes))
