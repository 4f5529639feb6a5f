"""HTTP of transactions, v2 (contract/06-transaction-v2)."""

from __future__ import annotations

from earnest.core.context import RequestContext
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.domains.transactions import examples, schemas, service


@endpoint(
    "POST",
    "/v2/transactions",
    style=Style.V2,
    contract="06-transaction-v2/01",
    group="Transaction",
    access=Access.WRITE,
    example=examples.ADD_V2,
)
async def add_transaction(
    ctx: RequestContext, query: schemas.AddTransactionQuery, body: schemas.AddTransaction
) -> schemas.AddTransactionAnswer:
    """Adds one purchase or return for a registered customer and returns the loyalty side effects."""
    return await service.add(ctx, body, query)
