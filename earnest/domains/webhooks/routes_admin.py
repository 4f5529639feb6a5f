"""`/earnest/v1/organizations/{organizationId}/webhooks`: who is told what happened, and sending it again."""

from __future__ import annotations

from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import ORGANIZATION_ID, WEBHOOK_ID, WEBHOOK_URL, Example
from earnest.core.http.own import DryRun, Page, PageQuery
from earnest.domains.webhooks import administration
from earnest.domains.webhooks.schemas import (
    DeadDelivery,
    IssuedSubscription,
    NewSubscription,
    OfOrganization,
    OfWebhook,
    Replay,
    Replayed,
    Subscription,
    SubscriptionChange,
)

GROUP = "Webhook subscriptions"
WEBHOOKS = "/earnest/v1/organizations/{organizationId}/webhooks"
WEBHOOK = WEBHOOKS + "/{webhookId}"


@endpoint(
    "GET",
    WEBHOOKS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_webhooks(ctx: AdminContext, path: OfOrganization, query: PageQuery) -> Page[Subscription]:
    """Lists the webhooks of an organisation."""
    return await administration.list_webhooks(ctx, path.organization_id, query)


@endpoint(
    "POST",
    WEBHOOKS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    status=201,
    example=Example(
        path={"organizationId": ORGANIZATION_ID},
        body={"url": WEBHOOK_URL, "eventNames": ["transactionAdded"]},
    ),
)
async def create_webhook(
    ctx: AdminContext, path: OfOrganization, query: DryRun, body: NewSubscription
) -> IssuedSubscription:
    """Tells a receiver what happens from now on, and shows the secret that it verifies signatures with for the only time."""
    return await administration.create_webhook(ctx, path.organization_id, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    WEBHOOK,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createWebhook"], path={"organizationId": ORGANIZATION_ID, "webhookId": WEBHOOK_ID}),
)
async def get_webhook(ctx: AdminContext, path: OfWebhook) -> Subscription:
    """Shows one webhook."""
    return await administration.read_webhook(ctx, path.organization_id, path.webhook_id)


@endpoint(
    "PATCH",
    WEBHOOK,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createWebhook"],
        path={"organizationId": ORGANIZATION_ID, "webhookId": WEBHOOK_ID},
        body={"isActive": False},
    ),
)
async def update_webhook(ctx: AdminContext, path: OfWebhook, query: DryRun, body: SubscriptionChange) -> Subscription:
    """Changes a webhook, pauses it, or lets it go on.

    While it is paused nothing is noted for it; `replay` makes up for that.
    """
    return await administration.change_webhook(ctx, path.organization_id, path.webhook_id, body, dry_run=query.dry_run)


@endpoint(
    "DELETE",
    WEBHOOK,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createWebhook"], path={"organizationId": ORGANIZATION_ID, "webhookId": WEBHOOK_ID}),
)
async def delete_webhook(ctx: AdminContext, path: OfWebhook, query: DryRun) -> Subscription:
    """Ends a webhook, and answers what it was. What was waiting for it is given up."""
    return await administration.delete_webhook(ctx, path.organization_id, path.webhook_id, dry_run=query.dry_run)


@endpoint(
    "POST",
    WEBHOOK + "/secret",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createWebhook"], path={"organizationId": ORGANIZATION_ID, "webhookId": WEBHOOK_ID}),
)
async def renew_webhook_secret(ctx: AdminContext, path: OfWebhook, query: DryRun) -> IssuedSubscription:
    """Gives a webhook a new secret, and shows it for the only time. The one before signs too for a day."""
    return await administration.renew_secret(ctx, path.organization_id, path.webhook_id, dry_run=query.dry_run)


@endpoint(
    "GET",
    WEBHOOK + "/dead",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createWebhook"], path={"organizationId": ORGANIZATION_ID, "webhookId": WEBHOOK_ID}),
)
async def list_dead_deliveries(ctx: AdminContext, path: OfWebhook, query: PageQuery) -> Page[DeadDelivery]:
    """Lists the events that were given up, the oldest first. They are not counted."""
    return await administration.list_dead(ctx, path.organization_id, path.webhook_id, query)


@endpoint(
    "POST",
    WEBHOOK + "/replay",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createWebhook"],
        path={"organizationId": ORGANIZATION_ID, "webhookId": WEBHOOK_ID},
        body={"since": "2030-01-31T00:00:00+05:30", "until": "2030-02-01T00:00:00+05:30"},
    ),
)
async def replay_events(ctx: AdminContext, path: OfWebhook, query: DryRun, body: Replay) -> Replayed:
    """Sends events again: one by its id, or those of a time, with the ids that they had.

    Of a time only what was given up is sent, or with `all` every event that the webhook is subscribed to.
    """
    return await administration.replay(
        ctx,
        path.organization_id,
        path.webhook_id,
        event_id=body.event_id,
        since=body.since,
        until=body.until,
        all_events=body.all,
        dry_run=query.dry_run,
    )
