"""Webhooks as the admin API and the CLI show them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta


class Subscription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who is told of which events; `event_names` empty means all. `inactive_reason` is "gone" when the receiver answered
    410, else what whoever paused it said. Until `previous_until` the previous secret signs too."""

    id: int
    url: str
    event_names: tuple[str, ...]
    connections_max: int
    is_active: bool
    inactive_reason: str
    created_at: datetime
    changed_at: datetime
    previous_until: datetime | None = None


class IssuedSubscription(Subscription, frozen=True, kw_only=True, rename="camel"):
    """The only answer that shows the secret."""

    secret: str


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a subscription is made of. Without a `secret` one is made."""

    url: str
    event_names: tuple[str, ...] = ()
    connections_max: int = 10
    secret: str | None = None


class SubscriptionChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is None stays as it is."""

    url: str | None = None
    event_names: tuple[str, ...] | None = None
    connections_max: int | None = None
    is_active: bool | None = None


class DeadDelivery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event that was given up. `status` is the receiver's last answer; without one `error` says what happened."""

    subscription_id: int
    event_id: UUID
    event_name: str | None
    holder_id: int
    recorded_at: datetime
    attempts: int
    attempted_at: datetime | None
    status: int | None
    error: str


class DeadPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`next` is the cursor of the next page, None on the last one."""

    deliveries: tuple[DeadDelivery, ...]
    next: str | None


class OfOrganization(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    organization_id: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class OfWebhook(OfOrganization, frozen=True, kw_only=True, rename="camel"):
    webhook_id: Annotated[int, Meta(ge=1)]


class Replay(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`event_id`, or the time [since, until): what was given up of it, with `all` everything."""

    event_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    all: bool = False


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """How many events are sent again."""

    replayed: int
