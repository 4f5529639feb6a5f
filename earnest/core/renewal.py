"""Going on under a newer configuration, where starting the whole call over would repeat what is stored already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from earnest.core import metrics
from earnest.core.context import RequestContext
from earnest.core.errors import CUSTOMER_BUSY
from earnest.core.tenancy import StaleConfiguration, Tenants

R = TypeVar("R")

# A configuration that changes faster than this many reads is somebody's mistake.
ATTEMPTS_MAX = 3


async def renewed(ctx: RequestContext, stale: StaleConfiguration) -> RequestContext:
    """The context under the configuration of now. The till is the one that the call was admitted with."""
    metrics.CONFIGURATION_RESTARTS.inc()
    organization = await ctx.resource(Tenants).at_least(stale.org_id, stale.config_version)
    till = organization.entities_by_id.get(ctx.till.id, ctx.till)
    return msgspec.structs.replace(ctx, organization=organization, till=till)


async def reading(ctx: RequestContext, read: Callable[[RequestContext], Awaitable[R]]) -> R:
    """What `read` answers, for reads after something was stored: never StaleConfiguration. ApiError 521 at the worst."""
    for _ in range(ATTEMPTS_MAX):
        try:
            return await read(ctx)
        except StaleConfiguration as stale:
            ctx = await renewed(ctx, stale)
    raise CUSTOMER_BUSY.error()
