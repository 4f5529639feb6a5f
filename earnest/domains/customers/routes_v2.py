"""HTTP of customers, v2 (contract/02-customer-v2, 03-customer-lookup)."""

from __future__ import annotations

from earnest.core.context import RequestContext
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.domains.customers import errors, examples, schemas, service


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
