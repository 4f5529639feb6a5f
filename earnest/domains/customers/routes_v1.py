"""HTTP of customers, v1.1 (contract/01-customer-v1)."""

from __future__ import annotations

from typing import NamedTuple

from earnest.core.context import RequestContext
from earnest.core.errors import ApiError
from earnest.core.http.endpoint import Access, Answer, endpoint
from earnest.core.http.envelopes import Style, V1Status
from earnest.core.http.undecodable import invalid
from earnest.core.http.v1_batch import ItemStatus, each
from earnest.core.renewal import reading
from earnest.domains.customers import answers_v1 as answers
from earnest.domains.customers import errors_v1 as errors
from earnest.domains.customers import examples, identifier_changes, schemas_search, search, service
from earnest.domains.customers import schemas_identity as identity
from earnest.domains.customers import schemas_v1 as schemas
from earnest.domains.customers.schemas_subscriptions import GetSubscriptionsQuery


@endpoint(
    "POST",
    "/v1.1/customer/add",
    "/v1/customer/add",
    style=Style.V1,
    contract="01-customer-v1/01",
    group="Customer",
    access=Access.WRITE,
    statuses={500: "All customers failed; each says why"},
    example=examples.ADD_V1,
)
async def add_customers(
    ctx: RequestContext, headers: schemas.CountryHeaders, body: schemas.AddCustomers
) -> Answer[schemas.CustomersAnswer]:
    """Registers customers by mobile, e-mail or external id; a known identifier turns the item into an update."""
    country = headers.country

    async def act(ctx: RequestContext, item: schemas.AddCustomer) -> schemas.Customer:
        registered = await service.register(ctx, _registration(item, country))

        async def answer(ctx: RequestContext) -> schemas.Customer:
            return answers.added(ctx, await service.record(ctx, registered.customer_id), registered)

        return await reading(ctx, answer)

    async def refuse(ctx: RequestContext, item: schemas.AddCustomer, error: ApiError) -> schemas.Customer:
        return answers.refused(item, error)

    results = await each(ctx, body.root.customer, act, refuse, too_many=errors.BATCH_LIMIT)
    response = schemas.CustomersResponse(results.status(counted=True), schemas.Customers(results.items))
    return Answer(schemas.CustomersAnswer(response), status=results.http_status)


def _registration(item: schemas.AddCustomer, country_code: str | None) -> service.Registration:
    return service.Registration(
        identifiers={"mobile": item.mobile, "email": item.email, "externalId": item.external_id},
        first_name=item.firstname,
        last_name=item.lastname,
        source=item.source,
        account_id=item.account_id,
        loyalty_type=item.type,
        registered_on=item.registered_on,
        updated_on=item.updated_on,
        registered_till=item.registered_till,
        associated_with=item.associated_with,
        custom_fields=item.custom_fields.as_mapping(),
        extended_fields=item.extended_fields.as_mapping(),
        comm_channels=item.comm_channels,
        wants_card=bool(item.card_number or item.series_code),
        referral_code=item.referral_code,
        country_code=country_code,
        fraud_status=None if item.fraud_status is None else item.fraud_status.status,
        fraud_reason=None if item.fraud_status is None else item.fraud_status.reason,
        subscriptions=() if item.subscriptions is None else item.subscriptions.subscription,
    )


async def _updated(
    ctx: RequestContext, headers: schemas.CountryHeaders, body: schemas.UpdateCustomers
) -> Answer[schemas.CustomersAnswer]:
    country = headers.country

    async def act(ctx: RequestContext, item: schemas.UpdateCustomer) -> schemas.Customer:
        registered = await service.update(ctx, _registration(item, country), item.id)

        async def answer(ctx: RequestContext) -> schemas.Customer:
            record = await service.record(ctx, registered.customer_id)
            return answers.added(ctx, record, registered, with_reason=False)

        return await reading(ctx, answer)

    async def refuse(ctx: RequestContext, item: schemas.UpdateCustomer, error: ApiError) -> schemas.Customer:
        return answers.refused(item, error)

    results = await each(ctx, body.root.customer, act, refuse, too_many=errors.BATCH_LIMIT)
    response = schemas.CustomersResponse(results.status(counted=True), schemas.Customers(results.items))
    return Answer(schemas.CustomersAnswer(response))


@endpoint(
    "PUT",
    "/v1.1/customer/update",
    "/v1/customer/update",
    style=Style.V1,
    contract="01-customer-v1/02",
    group="Customer",
    access=Access.WRITE,
    example=examples.UPDATE_V1,
)
async def update_customers(
    ctx: RequestContext, headers: schemas.CountryHeaders, body: schemas.UpdateCustomers
) -> Answer[schemas.CustomersAnswer]:
    """Updates customers by id, mobile, e-mail or external id: names, fields, channels, subscriptions, type, fraud status."""
    return await _updated(ctx, headers, body)


@endpoint(
    "POST",
    "/v1.1/customer/update",
    "/v1/customer/update",
    style=Style.V1,
    contract="01-customer-v1/02",
    group="Customer",
    access=Access.WRITE,
    example=examples.UPDATE_V1,
)
async def update_customers_by_post(
    ctx: RequestContext, headers: schemas.CountryHeaders, body: schemas.UpdateCustomers
) -> Answer[schemas.CustomersAnswer]:
    """The same call as clients of older documentation send it."""
    return await _updated(ctx, headers, body)


class Asked(NamedTuple):
    """One identifier of the query: its parameter's name, the stored type, the value."""

    parameter: str
    type: str
    value: str


@endpoint(
    "GET",
    "/v1.1/customer/get",
    "/v1/customer/get",
    style=Style.V1,
    contract="01-customer-v1/05",
    group="Customer",
    access=Access.READ,
    statuses={500: "None of the customers was found; each says why"},
    example=examples.GET_V1,
)
async def get_customers(
    ctx: RequestContext, query: schemas.GetCustomersQuery, headers: schemas.CountryHeaders
) -> Answer[schemas.GetCustomersAnswer]:
    """Profile, loyalty figures, recent bills and optional blocks of customers, by identifiers separated by commas."""
    if query.gap_to_upgrade_for is not None and query.gap_to_upgrade_for < 0:
        raise invalid("query", "must not be negative", ["gap_to_upgrade_for"], {})
    country = headers.country

    async def act(ctx: RequestContext, asked: Asked) -> schemas.CustomerDetails:
        if not asked.value:
            raise errors.NO_IDENTIFIER.error()
        customer_id = await service.whose(ctx, asked.type, asked.value, country)
        if customer_id is None:
            raise errors.NOT_FOUND.error()
        return await answers.details(ctx, await service.record(ctx, customer_id), query)

    async def refuse(ctx: RequestContext, asked: Asked, error: ApiError) -> schemas.CustomerDetails:
        return answers.not_found(asked.parameter, asked.value, error)

    results = await each(ctx, asked_by(query), act, refuse, too_many=errors.BATCH_LIMIT)
    response = schemas.GetCustomersResponse(results.status(counted=True), schemas.FoundCustomers(results.items))
    return Answer(schemas.GetCustomersAnswer(response), status=results.http_status)


_PARAMETERS = {
    "mobile": "mobile",
    "email": "email",
    "external_id": "externalId",
    "id": "id",
    "card_number": "cardnumber",
    "card_external_id": "cardExternalId",
}


def asked_by(query: schemas.GetCustomersQuery | GetSubscriptionsQuery) -> list[Asked]:
    """The identifiers of the first parameter that has one; a single empty one when none has."""
    for parameter, type_ in _PARAMETERS.items():
        values = [value.strip() for value in getattr(query, parameter).split(",") if value.strip()]
        if values:
            return [Asked(parameter, type_, value) for value in values]
    return [Asked("", "", "")]


@endpoint(
    "GET",
    "/v1.1/customer/search",
    "/v1/customer/search",
    style=Style.V1,
    contract="01-customer-v1/04",
    group="Customer",
    access=Access.READ,
    example=examples.SEARCH_V1,
)
async def search_customers_by_query(
    ctx: RequestContext, query: schemas_search.SearchV1Query
) -> schemas_search.SearchV1Answer:
    """Customers who meet conditions such as `(slab:EQUALS:Gold)&(loyalty_points:GREATER:500)`.

    Operators are STARTS, ENDS, EXACT, EQUALS, IN, RANGE, LESS, GREATER and ON; values of IN and RANGE are separated by
    semicolons, and the & between conditions is written %26.
    """
    found = await search.by_query(ctx, query)
    status = V1Status("true", str(errors.SEARCHED.code), errors.SEARCHED.message)
    return schemas_search.SearchV1Answer(schemas_search.SearchV1Response(status, found))


@endpoint(
    "POST",
    "/v1.1/customer/update_identity",
    "/v1/customer/update_identity",
    style=Style.V1,
    contract="01-customer-v1/03",
    group="Customer",
    access=Access.WRITE,
    example=examples.UPDATE_IDENTITY,
)
async def update_customer_identity(
    ctx: RequestContext, headers: schemas.CountryHeaders, body: identity.ChangeIdentities
) -> identity.ChangeIdentitiesAnswer:
    """Files requests to change an identifier: they wait for an operator, or are approved at once where the organisation
    says so (CI_MOBILE_AUTO_APPROVE, CI_EMAIL_AUTO_APPROVE, CI_EXTID_AUTO_APPROVE)."""
    country = headers.country

    async def act(ctx: RequestContext, item: identity.ChangeIdentity) -> identity.ChangedIdentity:
        await identifier_changes.request(
            ctx, item.identifier or "", item.old_value or "", item.new_value or "", country
        )
        return _changed(item, ItemStatus.of(errors.CHANGE_FILED, success=True))

    async def refuse(ctx: RequestContext, item: identity.ChangeIdentity, error: ApiError) -> identity.ChangedIdentity:
        return _changed(item, ItemStatus.of(error, success=False))

    results = await each(ctx, body.root.customer, act, refuse, too_many=errors.BATCH_LIMIT)
    customers = identity.ChangedIdentities(results.one_or_several)
    return identity.ChangeIdentitiesAnswer(identity.ChangeIdentitiesResponse(results.status(), customers))


def _changed(item: identity.ChangeIdentity, status: ItemStatus) -> identity.ChangedIdentity:
    return identity.ChangedIdentity(
        item.identifier or "", item.old_value or "", item.new_value or "", status.success, status
    )
