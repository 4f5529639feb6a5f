"""HTTP of customers, v2 (contract/02-customer-v2, 03-customer-lookup)."""

from __future__ import annotations

from earnest.core.context import RequestContext
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.domains.customers import errors, examples, schemas, schemas_search, search, service, status


@endpoint(
    "POST",
    "/v2/customers",
    style=Style.V2,
    contract="02-customer-v2/01",
    group="Customer",
    access=Access.WRITE,
    example=examples.ADD_V2,
)
async def add_customer(
    ctx: RequestContext, query: schemas.AddCustomerQuery, body: schemas.AddCustomer
) -> schemas.AddCustomerAnswer:
    """Registers a customer on a source; adds a source profile to an account that is known elsewhere."""
    return await service.add(ctx, body, query)


@endpoint(
    "GET",
    "/v2/customers/lookup",
    style=Style.V2,
    contract="03-customer-lookup/03",
    group="Customer",
    access=Access.READ,
    example=examples.LOOKUP,
)
async def get_customer_id(ctx: RequestContext, query: schemas.LookupQuery) -> schemas.LookupAnswer:
    """Resolves an identifier to the internal customer id."""
    return await service.lookup(ctx, query)


@endpoint(
    "GET",
    "/v2/customers/search",
    style=Style.V2,
    contract="02-customer-v2/08",
    group="Customer",
    access=Access.READ,
    example=examples.SEARCH_V2,
)
async def search_customers(ctx: RequestContext, query: schemas_search.SearchQuery) -> schemas_search.SearchAnswer:
    """Customers whose first name, last name or an identifier begins with a text, on all sources."""
    return await search.by_prefix(ctx, query)


@endpoint(
    "GET",
    "/v2/customers/lookup/customerDetails",
    style=Style.V2,
    contract="03-customer-lookup/02",
    group="Customer",
    access=Access.READ,
    example=examples.DETAILS_BY_LOOKUP,
)
async def get_customer_details_by_lookup(
    ctx: RequestContext, query: schemas.DetailsByLookupQuery
) -> schemas.GetCustomerAnswer:
    """Profile, identifiers, channels, loyalty and embedded blocks of a customer who is named by an identifier."""
    return await service.get(ctx, await service.named(ctx, query), query)


@endpoint(
    "PUT",
    "/v2/customers/lookup",
    style=Style.V2,
    contract="03-customer-lookup/01",
    group="Customer",
    access=Access.WRITE,
    example=examples.UPDATE_BY_LOOKUP,
)
async def update_customer_by_lookup(
    ctx: RequestContext, query: schemas.UpdateByLookupQuery, body: schemas.UpdateCustomer
) -> schemas.UpdateCustomerAnswer:
    """Updates a customer who is named by an identifier; adds identifiers, and profiles of further sources."""
    customer_id = await service.named(ctx, query)
    return await service.change(ctx, customer_id, body, query, adds_identifiers=True)


@endpoint(
    "PUT",
    "/v2/customers/lookup/status",
    style=Style.V2,
    contract="03-customer-lookup/04",
    group="Customer",
    access=Access.WRITE,
    errors={"body.label": errors.INVALID_STATUS_LABEL},
    example=examples.CHANGE_STATUS,
)
async def update_customer_status(
    ctx: RequestContext, query: schemas.LookupQuery, body: schemas.ChangeStatus
) -> schemas.ChangeStatusAnswer:
    """Gives a customer a status label of the organisation, which decides what the customer may do.

    Labels are the config key EARNEST_CUSTOMER_STATUS_LABELS; CONF_CUSTOMER_DEFAULT_STATUS_ENABLED switches them on.
    """
    await status.change(ctx, await service.named(ctx, query), body)
    return schemas.ChangeStatusAnswer([], [])


@endpoint(
    "GET",
    "/v2/customers/{customerId}/statusLog",
    style=Style.V2,
    contract="02-customer-v2/21",
    group="Customer",
    access=Access.READ,
    errors={"path": errors.NOT_FOUND},
    example=examples.STATUS_LOG,
)
async def get_customer_status_log(ctx: RequestContext, path: schemas.CustomerPath) -> schemas.StatusLogAnswer:
    """The status labels that a customer has had, the latest first."""
    return await status.log(ctx, path.customer_id)


@endpoint(
    "PUT",
    "/v2/customers/{customerId}",
    style=Style.V2,
    contract="02-customer-v2/02",
    group="Customer",
    access=Access.WRITE,
    errors={"path": errors.NOT_FOUND, "query.source": errors.INVALID_SOURCE_ON_ADD},
    example=examples.UPDATE_V2,
)
async def update_customer(
    ctx: RequestContext, path: schemas.CustomerPath, query: schemas.UpdateQuery, body: schemas.UpdateCustomer
) -> schemas.UpdateCustomerAnswer:
    """Updates names, channels, fields, loyalty type and enrolments of a customer; identifiers stay as they are."""
    return await service.change(ctx, path.customer_id, body, query)


@endpoint(
    "GET",
    "/v2/customers/{customerId}",
    style=Style.V2,
    contract="02-customer-v2/05",
    group="Customer",
    access=Access.READ,
    errors={"path": errors.NOT_FOUND},
    example=examples.GET_V2,
)
async def get_customer_details(
    ctx: RequestContext, path: schemas.CustomerPath, query: schemas.GetCustomerQuery
) -> schemas.GetCustomerAnswer:
    """Profile, identifiers, channels, loyalty and embedded blocks of a customer for one or all sources."""
    return await service.get(ctx, path.customer_id, query)
