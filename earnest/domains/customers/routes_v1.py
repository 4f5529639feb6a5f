"""HTTP of customers, v1.1 (contract/01-customer-v1)."""

from __future__ import annotations

from typing import NamedTuple

from earnest.core.context import RequestContext
from earnest.core.errors import ApiError
from earnest.core.http.endpoint import Access, Answer, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.undecodable import invalid
from earnest.core.http.v1_batch import each
from earnest.core.renewal import reading
from earnest.domains.customers import answers_v1 as answers
from earnest.domains.customers import errors_v1 as errors
from earnest.domains.customers import examples, service
from earnest.domains.customers import schemas_v1 as schemas


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
    )


class _Asked(NamedTuple):
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

    async def act(ctx: RequestContext, asked: _Asked) -> schemas.CustomerDetails:
        if not asked.value:
            raise errors.NO_IDENTIFIER.error()
        customer_id = await service.whose(ctx, asked.type, asked.value, country)
        if customer_id is None:
            raise errors.NOT_FOUND.error()
        return await answers.details(ctx, await service.record(ctx, customer_id), query)

    async def refuse(ctx: RequestContext, asked: _Asked, error: ApiError) -> schemas.CustomerDetails:
        return answers.not_found(asked.parameter, asked.value, error)

    results = await each(ctx, _asked(query), act, refuse, too_many=errors.BATCH_LIMIT)
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


def _asked(query: schemas.GetCustomersQuery) -> list[_Asked]:
    """The identifiers of the first parameter that has one; a single empty one when none has."""
    for parameter, type_ in _PARAMETERS.items():
        values = [value.strip() for value in getattr(query, parameter).split(",") if value.strip()]
        if values:
            return [_Asked(parameter, type_, value) for value in values]
    return [_Asked("", "", "")]
