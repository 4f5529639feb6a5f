"""HTTP of the points ledger (contract/15-points-ledger)."""

from __future__ import annotations

from earnest.core.context import RequestContext
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.domains.ledger import errors, examples, explode, schemas, service
from earnest.domains.ledger import schemas_explode as exploded

_BALANCE_ERRORS = {"query.tillId": errors.INVALID_TILL}
_LEDGER_ERRORS = {
    "query.programId": errors.INVALID_PROGRAM,
    "query.tillId": errors.TILL_ID_FORMAT,
    "query.storeId": errors.NO_TILLS,
}


@endpoint(
    "GET",
    "/v2/pointsLedger/getCustomerLedgerBalance",
    style=Style.V2,
    contract="15-points-ledger/01",
    group="Points",
    access=Access.READ,
    errors=_BALANCE_ERRORS,
    example=examples.BALANCE,
)
async def get_customer_ledger_balance(ctx: RequestContext, query: schemas.BalanceQuery) -> schemas.BalanceAnswer:
    """Closing balance of a customer for each programme and points category, now or at an instant."""
    return await service.balance(ctx, query)


@endpoint(
    "GET",
    "/v2/pointsLedger/getCustomerLedgerInfo",
    style=Style.V2,
    contract="15-points-ledger/02",
    group="Points",
    access=Access.READ,
    errors=_LEDGER_ERRORS,
    example=examples.LEDGER,
)
async def get_customer_ledger_info(ctx: RequestContext, query: schemas.LedgerQuery) -> schemas.LedgerAnswer:
    """The points ledger of a customer: what each event gave and took, the newest first, in pages."""
    return await service.ledger(ctx, query)


@endpoint(
    "GET",
    "/v2/pointsLedger/getLedgerExplodeInfo",
    style=Style.V2,
    contract="15-points-ledger/03",
    group="Points",
    access=Access.READ,
    example=examples.EXPLODE,
)
async def get_ledger_explode_info(ctx: RequestContext, query: exploded.ExplodeQuery) -> exploded.ExplodeAnswer:
    """What stands behind events of the ledger: the bill, where its points come from, the redemption."""
    return await explode.explode(ctx, query)


@endpoint(
    "GET",
    "/v2.1/pointsLedger/getCustomerLedgerInfo",
    style=Style.V2,
    contract="15-points-ledger/04",
    group="Points",
    access=Access.READ,
    errors=_LEDGER_ERRORS,
    example=examples.CONNECTED_LEDGER,
)
async def get_connected_ledger_info(
    ctx: RequestContext, headers: schemas.ScopeHeaders, query: schemas.LedgerQuery
) -> schemas.LedgerAnswer:
    """The points ledger of a customer in this organisation or in connected ones."""
    return await service.connected_ledger(ctx, headers, query)


@endpoint(
    "GET",
    "/v2.1/pointsLedger/getLedgerExplodeInfo",
    style=Style.V2,
    contract="15-points-ledger/05",
    group="Points",
    access=Access.READ,
    example=examples.CONNECTED_EXPLODE,
)
async def get_connected_explode_info(
    ctx: RequestContext, headers: schemas.ScopeHeaders, query: exploded.ExplodeQuery
) -> exploded.ExplodeAnswer:
    """What stands behind events of the ledger in this organisation or in connected ones."""
    return await explode.explode_connected(ctx, headers, query)
