"""HTTP of subscriptions, v1.1 and v2 (contract/01-customer-v1/14, 15, 02-customer-v2/09, 10, 03-customer-lookup/05)."""

from __future__ import annotations

import msgspec

from earnest.core.context import RequestContext
from earnest.core.errors import ApiError
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.v1_batch import each
from earnest.domains.customers import errors, errors_v1, examples, schemas, service, subscriptions
from earnest.domains.customers import schemas_subscriptions as wire
from earnest.domains.customers.routes_v1 import Asked, asked_by
from earnest.domains.customers.schemas_v1 import CountryHeaders


@endpoint(
    "POST",
    "/v1.1/customer/subscriptions",
    "/v1/customer/subscriptions",
    style=Style.V1,
    contract="01-customer-v1/14",
    group="Customer",
    access=Access.WRITE,
    example=examples.SUBSCRIBE_V1,
)
async def update_subscriptions(
    ctx: RequestContext, headers: CountryHeaders, body: wire.UpdateSubscriptions
) -> wire.UpdateSubscriptionsAnswer:
    """Subscribes or unsubscribes customers, one channel and priority an item."""
    country = headers.country

    async def act(ctx: RequestContext, item: wire.UpdateSubscription) -> wire.UpdatedSubscription:
        change = subscriptions.of_item(item)
        customer_id = await _whom(ctx, item, country)
        if customer_id is None:
            raise errors_v1.INVALID_SUBSCRIBER.error()
        try:
            await subscriptions.change(ctx, customer_id, (change,))
        except ApiError as error:
            raise errors_v1.INVALID_SUBSCRIBER.error() if error.code == errors.NOT_FOUND.code else error from error
        return _updated(item, customer_id, wire.ItemStatus("true", "1000", errors_v1.SUBSCRIBED.message))

    async def refuse(ctx: RequestContext, item: wire.UpdateSubscription, error: ApiError) -> wire.UpdatedSubscription:
        return _updated(item, None, wire.ItemStatus("false", str(error.code), error.message))

    results = await each(ctx, body.root.subscription, act, refuse, too_many=errors_v1.BATCH_LIMIT)
    updated = wire.UpdatedSubscriptions(results.items)
    # As printed: the code of this call's status is text.
    status = subscriptions.textual(results.status())
    return wire.UpdateSubscriptionsAnswer(wire.UpdateSubscriptionsResponse(status, updated))


async def _whom(ctx: RequestContext, item: wire.UpdateSubscription, country: str | None) -> int | None:
    if item.id is not None:
        return item.id
    for type_, value in (("mobile", item.mobile), ("email", item.email), ("externalId", item.external_id)):
        if value:
            return await service.whose(ctx, type_, value, country)
    return None


def _updated(
    item: wire.UpdateSubscription, customer_id: int | None, status: wire.ItemStatus
) -> wire.UpdatedSubscription:
    named = {name: value for name in ("mobile", "email", "external_id") if (value := getattr(item, name))}
    if customer_id is not None:
        named["user_id"] = str(customer_id)
    return wire.UpdatedSubscription(
        channel=(item.channel or "").upper(),
        priority=(item.priority or "").upper(),
        scope=(item.scope or "ALL").upper(),
        is_subscribed=item.is_subscribed or "",
        item_status=status,
        **named,
    )


@endpoint(
    "GET",
    "/v1.1/customer/subscriptions",
    "/v1/customer/subscriptions",
    style=Style.V1,
    contract="01-customer-v1/15",
    group="Customer",
    access=Access.READ,
    example=examples.SUBSCRIPTIONS_V1,
)
async def get_subscriptions_by_identifiers(
    ctx: RequestContext, query: wire.GetSubscriptionsQuery, headers: CountryHeaders
) -> wire.GetSubscriptionsAnswer:
    """What customers want to hear, by channel and priority; what was never set counts as subscribed."""
    channel, priority = subscriptions.filters(query)
    country = headers.country

    async def act(ctx: RequestContext, asked: Asked) -> wire.CustomerSubscriptions:
        customer_id = await service.whose(ctx, asked.type, asked.value, country) if asked.value else None
        if customer_id is None:
            raise errors_v1.INVALID_SUBSCRIBER.error()
        record = await service.record(ctx, customer_id)
        return wire.CustomerSubscriptions(
            user_id=str(customer_id),
            mobile=record.value_of("mobile"),
            email=record.value_of("email"),
            external_id=record.value_of("externalId"),
            channel=subscriptions.preferences(record.subscriptions, channel, priority),
            org_unit_subscriptions=subscriptions.of_units(record.subscriptions),
            item_status=wire.ItemStatus("true", "1000", errors_v1.SUBSCRIPTIONS_READ.message),
        )

    async def refuse(ctx: RequestContext, asked: Asked, error: ApiError) -> wire.CustomerSubscriptions:
        named = {asked.parameter: asked.value} if asked.parameter in ("mobile", "email", "external_id") else {}
        status = wire.ItemStatus("false", str(error.code), error.message)
        return msgspec.structs.replace(wire.CustomerSubscriptions(item_status=status), **named)

    results = await each(ctx, asked_by(query), act, refuse, too_many=errors_v1.BATCH_LIMIT)
    found = wire.SubscriptionsOfCustomers(results.items)
    return wire.GetSubscriptionsAnswer(wire.GetSubscriptionsResponse(results.status(), found))


async def _changed(ctx: RequestContext, customer_id: int, body: wire.ChangeSubscriptions) -> wire.ChangedSubscriptions:
    await subscriptions.change(ctx, customer_id, subscriptions.of_body(ctx, body))
    return wire.ChangedSubscriptions(
        body.scope, body.subscriptions, body.campaign_id, body.communication_id, body.reason, []
    )


@endpoint(
    "POST",
    "/v2/customers/{customerId}/subscriptions",
    style=Style.V2,
    contract="02-customer-v2/09",
    group="Customer",
    access=Access.WRITE,
    errors={"path": errors.NOT_FOUND},
    example=examples.SUBSCRIBE_V2,
)
async def change_subscriptions(
    ctx: RequestContext, path: schemas.CustomerPath, body: wire.ChangeSubscriptions
) -> wire.ChangedSubscriptions:
    """Opts a customer in or out, by channel, priority, account and org unit."""
    return await _changed(ctx, path.customer_id, body)


@endpoint(
    "POST",
    "/v2/customers/lookup/subscriptions",
    style=Style.V2,
    contract="02-customer-v2/09",
    group="Customer",
    access=Access.WRITE,
    example=examples.SUBSCRIBE_BY_LOOKUP,
)
async def change_subscriptions_by_lookup(
    ctx: RequestContext, query: schemas.LookupQuery, body: wire.ChangeSubscriptions
) -> wire.ChangedSubscriptions:
    """The same for a customer who is named by an identifier."""
    return await _changed(ctx, await service.named(ctx, query), body)


async def _states(ctx: RequestContext, customer_id: int) -> wire.SubscriptionsAnswer:
    record = await service.record(ctx, customer_id)
    return wire.SubscriptionsAnswer(subscriptions.states(record.subscriptions), 0, 0, [])


@endpoint(
    "GET",
    "/v2/customers/{customerId}/subscriptions",
    style=Style.V2,
    contract="02-customer-v2/10",
    group="Customer",
    access=Access.READ,
    errors={"path": errors.NOT_FOUND},
    example=examples.SUBSCRIPTIONS_V2,
)
async def get_subscriptions(ctx: RequestContext, path: schemas.CustomerPath) -> wire.SubscriptionsAnswer:
    """OPTIN or OPTOUT by channel and priority."""
    return await _states(ctx, path.customer_id)


@endpoint(
    "GET",
    "/v2/customers/lookup/subscriptions",
    style=Style.V2,
    contract="03-customer-lookup/05",
    group="Customer",
    access=Access.READ,
    example=examples.SUBSCRIPTIONS_BY_LOOKUP,
)
async def get_subscriptions_by_lookup(ctx: RequestContext, query: schemas.LookupQuery) -> wire.SubscriptionsAnswer:
    """The same for a customer who is named by an identifier."""
    return await _states(ctx, await service.named(ctx, query))
