"""Webhooks through the admin API: the use cases of `service`, each in one transaction with its entry in the audit log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from earnest.core.administration import Change, administer, pointing
from earnest.core.audit import MASKED
from earnest.core.db.pool import Database
from earnest.core.db.tenant import TenantDatabase
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, PageQuery, page_of_all
from earnest.core.secret_key import Seal
from earnest.core.tenancy import Tenants
from earnest.domains.webhooks import errors, service
from earnest.domains.webhooks.schemas import (
    DeadDelivery,
    IssuedSubscription,
    NewSubscription,
    Replayed,
    Subscription,
    SubscriptionChange,
)

RESOURCE = "webhook"

_FIELDS = {
    "webhook-url-invalid": "/url",
    "webhook-url-not-public": "/url",
    "webhook-event-names-invalid": "/eventNames",
    "webhook-connections-invalid": "/connectionsMax",
    "webhook-secret-invalid": "/secret",
}


class WebhookSettings(msgspec.Struct, frozen=True):
    """What use cases need of the process: the seal of secrets, and whether webhooks may lead inside."""

    seal: Seal
    allow_private: bool


async def list_webhooks(ctx: AdminContext, org_id: int, query: PageQuery) -> Page[Subscription]:
    """The webhooks of an organisation by id. ApiError 404 for an unknown organisation."""
    found = await service.list_subscriptions(await _database(ctx, org_id))
    return page_of_all(found, query, lambda one: one.id, int)


async def read_webhook(ctx: AdminContext, org_id: int, webhook_id: int) -> Subscription:
    """ApiError 404 for an unknown one."""
    return await _read(await _database(ctx, org_id), webhook_id)


async def create_webhook(ctx: AdminContext, org_id: int, new: NewSubscription, *, dry_run: bool) -> IssuedSubscription:
    """Makes a webhook and shows its secret, for the only time. ApiError as `service.subscribe`."""
    settings = ctx.resource(WebhookSettings)

    async def work(change: Change) -> IssuedSubscription:
        with pointing(_FIELDS):
            made, secret = await service.subscribe(
                change.db, settings.seal, new, allow_private=settings.allow_private, now=ctx.now
            )
        await change.note("create", RESOURCE, made.id, after=made)
        return IssuedSubscription(**msgspec.structs.asdict(made), secret=secret)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def change_webhook(
    ctx: AdminContext, org_id: int, webhook_id: int, wanted: SubscriptionChange, *, dry_run: bool
) -> Subscription:
    """Changes what is given, pauses it or lets it go on. ApiError as `service.change`."""
    settings = ctx.resource(WebhookSettings)

    async def work(change: Change) -> Subscription:
        before = await _read(change.db, webhook_id)
        with pointing(_FIELDS):
            after = await service.change(
                change.db, webhook_id, wanted, allow_private=settings.allow_private, now=ctx.now
            )
        await change.note("update", RESOURCE, webhook_id, before=before, after=after)
        return after

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def renew_secret(ctx: AdminContext, org_id: int, webhook_id: int, *, dry_run: bool) -> IssuedSubscription:
    """Gives it a new secret and shows it, for the only time; the one before signs too for a day. ApiError 404 for an unknown
    one."""

    async def work(change: Change) -> IssuedSubscription:
        secret, _ = await service.rotate(change.db, ctx.resource(WebhookSettings).seal, webhook_id, now=ctx.now)
        after = await _read(change.db, webhook_id)
        await change.note("renew-secret", RESOURCE, webhook_id, before={"secret": MASKED}, after={"secret": MASKED})
        return IssuedSubscription(**msgspec.structs.asdict(after), secret=secret)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def delete_webhook(ctx: AdminContext, org_id: int, webhook_id: int, *, dry_run: bool) -> Subscription:
    """Ends it, and answers what it was; what was waiting for it is given up. ApiError 404 for an unknown one."""

    async def work(change: Change) -> Subscription:
        before = await _read(change.db, webhook_id)
        await service.remove(change.db, webhook_id, now=ctx.now)
        await change.note("delete", RESOURCE, webhook_id, before=before)
        return before

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def list_dead(ctx: AdminContext, org_id: int, webhook_id: int, query: PageQuery) -> Page[DeadDelivery]:
    """Events that were given up, the oldest first. ApiError 404 for an unknown organisation or webhook."""
    dead = await service.list_dead(await _database(ctx, org_id), webhook_id, cursor=query.cursor, limit=query.limit)
    return Page(items=dead.deliveries, next=dead.next)


async def replay(
    ctx: AdminContext,
    org_id: int,
    webhook_id: int,
    *,
    event_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    all_events: bool,
    dry_run: bool,
) -> Replayed:
    """Sends one event again, or those of a time: what was given up of them, or all. ApiError 400 unless it is one of the
    two, 404 for an unknown webhook or event."""
    if event_id is not None and (since, until) == (None, None):

        async def again(change: Change) -> int:
            assert event_id is not None
            await service.replay_event(change.db, webhook_id, event_id)
            return 1
    elif event_id is None and since is not None and until is not None:
        if since.tzinfo is None or until.tzinfo is None:
            raise errors.RANGE_INVALID.error().at("/since")

        async def again(change: Change) -> int:
            assert since is not None and until is not None
            replayed = service.replay_range if all_events else service.replay_dead
            return await replayed(change.db, webhook_id, since=since, until=until)
    else:
        raise errors.REPLAY_UNCLEAR.error()

    async def work(change: Change) -> Replayed:
        count = await again(change)
        asked = {"eventId": event_id, "since": since, "until": until, "all": all_events, "replayed": count}
        await change.note("replay", RESOURCE, webhook_id, after=asked)
        return Replayed(replayed=count)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def _database(ctx: AdminContext, org_id: int) -> TenantDatabase:
    try:
        await ctx.resource(Tenants).current(org_id)
    except LookupError:
        raise errors.ORGANIZATION_UNKNOWN.error().at("/organizationId", "path") from None
    return ctx.resource(Database).tenant(org_id)


async def _read(db: TenantDatabase, webhook_id: int) -> Subscription:
    for one in await service.list_subscriptions(db):
        if one.id == webhook_id:
            return one
    raise errors.SUBSCRIPTION_UNKNOWN.error().at("/webhookId", "path")
