"""A small application of the tests of authentication: endpoints that say for which till they were called."""

from __future__ import annotations

import sys

import msgspec

from earnest.core.access import ApiKind
from earnest.core.context import RequestContext
from earnest.core.http.endpoint import Access, Endpoint, endpoint, endpoints_of
from earnest.core.http.envelopes import Style


class IdPath(msgspec.Struct, frozen=True):
    id: int


def _seen(ctx: RequestContext) -> dict[str, object]:
    return {"org": ctx.org_id, "till": ctx.till.code}


@endpoint("GET", "/v2/customers", style=Style.V2, group="Customer", access=Access.READ)
async def get_customer(ctx: RequestContext) -> dict[str, object]:
    """Reads; the documentation gives it no rate."""
    return _seen(ctx)


@endpoint("POST", "/v2/customers", style=Style.V2, group="Customer", access=Access.WRITE)
async def add_customer(ctx: RequestContext) -> dict[str, object]:
    """Writes; 100, 600 or 100 a minute by the documentation."""
    return _seen(ctx)


@endpoint("PUT", "/v2/customers/{id}", style=Style.V2, group="Customer", access=Access.WRITE)
async def update_customer(ctx: RequestContext, path: IdPath) -> dict[str, object]:
    """Writes; 50 a minute in EMEA by the documentation."""
    return _seen(ctx)


@endpoint(
    "POST",
    "/v1.1/transaction/update",
    "/v1/transaction/update",
    style=Style.V1,
    group="Transaction",
    access=Access.WRITE,
)
async def update_transaction(ctx: RequestContext) -> dict[str, object]:
    """Writes in v1; 100 a minute in Asia and EMEA by the documentation."""
    return {"response": _seen(ctx)}


@endpoint("POST", "/v2/settings", style=Style.V2, group="Customer", access=Access.WRITE, api_kind=ApiKind.CONFIG)
async def configure(ctx: RequestContext) -> dict[str, object]:
    """An API of configuration."""
    return _seen(ctx)


@endpoint("GET", "/api_gateway/badges", style=Style.GATEWAY, group="Target Loyalty", access=Access.READ)
async def get_badges(ctx: RequestContext) -> dict[str, object]:
    """A gateway service."""
    return {"data": _seen(ctx), "errors": None}


def endpoints() -> tuple[Endpoint, ...]:
    return endpoints_of(sys.modules[__name__])
