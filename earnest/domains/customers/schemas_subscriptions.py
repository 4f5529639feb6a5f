"""Wire structs of subscriptions (contract/01-customer-v1/14, 15, 02-customer-v2/09, 10, 03-customer-lookup/05)."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.http.envelopes import V1Status
from earnest.core.http.v1_body import BatchItem
from earnest.core.messages import Message
from earnest.domains.customers.schemas import SubscriptionState
from earnest.domains.customers.schemas_v1 import IdentifiersQuery


class Scope(msgspec.Struct, frozen=True, rename="camel"):
    scope: str = "USER"
    sub_scope: str = "NONE"


class Wish(msgspec.Struct, frozen=True, rename="camel"):
    """One channel and priority of 02-customer-v2/09; `type` is OPTIN or OPTOUT."""

    channel: str = ""
    account_id: str = ""
    priority: str = ""
    type: str = ""
    org_unit_id: int = -1
    source_name: str = ""


class ChangeSubscriptions(msgspec.Struct, frozen=True, rename="camel"):
    """Body of 02-customer-v2/09."""

    subscriptions: list[Wish] = []
    scope: Scope = Scope()
    communication_id: int = -1
    campaign_id: int = -1
    reason: str = ""


class ChangedSubscriptions(msgspec.Struct, frozen=True, rename="camel"):
    """Answer of 02-customer-v2/09: what was asked, with each subscription that was stored."""

    scope: Scope
    subscriptions: list[Wish]
    campaign_id: int
    communication_id: int
    reason: str
    warnings: list[Message]


class SubscriptionsAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """Answer of 02-customer-v2/10 and 03-customer-lookup/05."""

    subscriptions: list[SubscriptionState]
    campaign_id: int
    communication_id: int
    warnings: list[Message]


class UpdateSubscription(BatchItem, frozen=True, kw_only=True):
    """One item of 01-customer-v1/14."""

    mobile: str | None = None
    email: str | None = None
    external_id: str | None = None
    id: int | None = None
    priority: str | None = None
    scope: str | None = None
    channel: str | None = None
    is_subscribed: str | None = None


class UpdateSubscriptionRoot(msgspec.Struct, frozen=True):
    subscription: list[UpdateSubscription] = []


class UpdateSubscriptions(msgspec.Struct, frozen=True):
    """Body of 01-customer-v1/14."""

    root: UpdateSubscriptionRoot


class ItemStatus(msgspec.Struct, frozen=True):
    """`item_status` of subscriptions: the code is text."""

    success: str
    code: str
    message: str


class UpdatedSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent, in upper case, and the customer whom it meant."""

    user_id: str | UnsetType = UNSET
    mobile: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    channel: str
    priority: str
    scope: str
    is_subscribed: str
    item_status: ItemStatus


class UpdatedSubscriptions(msgspec.Struct, frozen=True):
    subscription: list[UpdatedSubscription]


class UpdateSubscriptionsResponse(msgspec.Struct, frozen=True):
    status: V1Status
    subscriptions: UpdatedSubscriptions


class UpdateSubscriptionsAnswer(msgspec.Struct, frozen=True):
    """Answer of 01-customer-v1/14."""

    response: UpdateSubscriptionsResponse


class GetSubscriptionsQuery(IdentifiersQuery, frozen=True, kw_only=True):
    """Query of 01-customer-v1/15."""

    channel: str = ""
    priority: str = ""
    scope: str = ""


class PriorityState(msgspec.Struct, frozen=True):
    """`subscribed` and `unsubscribed` hold ALL or nothing; `user_preference` is NOT_SET of what was never set."""

    name: str
    subscribed: str
    unsubscribed: str
    user_preference: str


class ChannelState(msgspec.Struct, frozen=True):
    name: str
    priority: list[PriorityState]


class CustomerSubscriptions(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str | UnsetType = UNSET
    mobile: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    channel: list[ChannelState] | UnsetType = UNSET
    org_unit_subscriptions: list[SubscriptionState] | UnsetType = msgspec.field(
        default=UNSET, name="orgUnitSubscriptions"
    )
    item_status: ItemStatus


class SubscriptionsOfCustomers(msgspec.Struct, frozen=True):
    subscription: list[CustomerSubscriptions]


class GetSubscriptionsResponse(msgspec.Struct, frozen=True):
    status: V1Status
    subscriptions: SubscriptionsOfCustomers


class GetSubscriptionsAnswer(msgspec.Struct, frozen=True):
    """Answer of 01-customer-v1/15."""

    response: GetSubscriptionsResponse
