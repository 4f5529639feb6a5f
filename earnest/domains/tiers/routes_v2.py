"""HTTP of tiers, v2 (contract/02-customer-v2/13, 02-customer-v2/14, 03-customer-lookup/06, 03-customer-lookup/12)."""

from __future__ import annotations

from earnest.core.context import RequestContext
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.domains.tiers import errors, examples, schemas, service

_OF_CUSTOMER = {"path": errors.CUSTOMER_UNKNOWN}
_OF_DETAILS = {"query.programId": errors.NOT_REGISTERED, "query.fleetGroupId": errors.NOT_IN_GROUP}
_OF_TIER = {"query.programId": errors.UNKNOWN_PROGRAM}


@endpoint(
    "GET",
    "/v2/customers/{customerId}/loyaltyDetails",
    style=Style.V2,
    contract="02-customer-v2/13",
    group="Customer",
    access=Access.READ,
    errors=_OF_CUSTOMER | _OF_DETAILS,
    example=examples.DETAILS,
)
async def get_loyalty_details(
    ctx: RequestContext, path: schemas.CustomerPath, query: schemas.DetailsQuery
) -> schemas.DetailsAnswer:
    """Points and tier of a customer in every programme of the organisation, enrolled or not."""
    return await service.loyalty_details(ctx, path.customer_id, query)


@endpoint(
    "GET",
    "/v2/customers/lookup/loyaltyDetails",
    style=Style.V2,
    contract="03-customer-lookup/06",
    group="Customer",
    access=Access.READ,
    errors=_OF_DETAILS,
    example=examples.DETAILS_BY_LOOKUP,
)
async def get_loyalty_details_by_lookup(
    ctx: RequestContext, query: schemas.DetailsLookupQuery
) -> schemas.DetailsAnswer:
    """The same for a customer who is named by an identifier."""
    return await service.loyalty_details(ctx, await service.named(ctx, query), query)


@endpoint(
    "GET",
    "/v2/customers/{customerId}/tierDetails",
    style=Style.V2,
    contract="02-customer-v2/14",
    group="Customer",
    access=Access.READ,
    errors=_OF_CUSTOMER | _OF_TIER,
    example=examples.TIER,
)
async def get_customer_tier(
    ctx: RequestContext, path: schemas.CustomerPath, query: schemas.TierQuery
) -> schemas.TierAnswer:
    """Current and next tier of a customer in the default programme, a chosen one, or all."""
    return await service.tiers(ctx, path.customer_id, query)


@endpoint(
    "GET",
    "/v2/customers/lookup/tierDetails",
    style=Style.V2,
    contract="03-customer-lookup/12",
    group="Customer",
    access=Access.READ,
    errors=_OF_TIER,
    example=examples.TIER_BY_LOOKUP,
)
async def get_customer_tier_by_lookup(ctx: RequestContext, query: schemas.TierLookupQuery) -> schemas.TierAnswer:
    """The same for a customer who is named by an identifier."""
    return await service.tiers(ctx, await service.named(ctx, query), query)
