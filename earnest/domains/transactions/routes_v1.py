"""HTTP of transactions, v1.1 (contract/05-transaction-v1)."""

from __future__ import annotations

from typing import NamedTuple

from earnest.core.context import RequestContext
from earnest.core.errors import ApiError
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.v1_batch import each
from earnest.core.renewal import reading
from earnest.domains.customers import service as customers
from earnest.domains.transactions import answers_v1 as answers
from earnest.domains.transactions import errors_v1 as codes
from earnest.domains.transactions import examples, service, v1_bills
from earnest.domains.transactions import schemas_v1 as wire


@endpoint(
    "POST",
    "/v1.1/transaction/add",
    "/v1/transaction/add",
    style=Style.V1,
    contract="05-transaction-v1/01",
    group="Transaction",
    access=Access.WRITE,
    errors={
        "body.root.transaction.amount": codes.INVALID_FIGURE,
        "body.root.transaction.gross_amount": codes.INVALID_FIGURE,
        "body.root.transaction.discount": codes.INVALID_FIGURE,
        "body.root.transaction.line_items": codes.INVALID_FIGURE,
        "body.root.transaction.number": codes.INVALID_NUMBER,
        "body.root.transaction.id": codes.INVALID_ID,
    },
    example=examples.ADD_V1,
)
async def add_transactions(
    ctx: RequestContext, headers: customers.CountryHeaders, body: wire.AddTransactions
) -> wire.TransactionsAnswer:
    """Books sales, also to nobody, and returns; a customer who is not known is registered."""
    country = headers.country

    async def act(ctx: RequestContext, item: wire.AddTransaction) -> wire.Transaction:
        bill = await v1_bills.book(ctx, item, country)

        async def answer(ctx: RequestContext) -> wire.Transaction:
            customer_id = bill.booked.customer_id
            record = None if customer_id is None else await customers.record(ctx, customer_id)
            return await answers.added(ctx, item, bill, record)

        return await reading(ctx, answer)

    async def refuse(ctx: RequestContext, item: wire.AddTransaction, error: ApiError) -> wire.Transaction:
        return answers.refused(item, error)

    results = await each(ctx, body.root.transaction, act, refuse, too_many=codes.BATCH_LIMIT, none=codes.NOTHING_PASSED)
    return wire.TransactionsAnswer(wire.TransactionsResponse(results.status(), wire.Transactions(results.items)))


class _Asked(NamedTuple):
    """An id or a number of the query."""

    parameter: str
    value: str


@endpoint(
    "GET",
    "/v1.1/transaction/get",
    "/v1/transaction/get",
    style=Style.V1,
    contract="05-transaction-v1/05",
    group="Transaction",
    access=Access.READ,
    errors={"query.amount": codes.INVALID_FIGURE},
    example=examples.GET_V1,
)
async def get_transactions(ctx: RequestContext, query: wire.GetTransactionsQuery) -> wire.GetTransactionsAnswer:
    """Bills with lines, payments and fields, by ids or numbers separated by commas."""

    async def act(ctx: RequestContext, asked: _Asked) -> list[wire.FoundTransaction]:
        if not asked.value:
            raise codes.NEITHER_ID_NOR_NUMBER.error()
        bills = await service.bills(ctx, v1_bills.wanted(ctx, query, asked.parameter, asked.value))
        if not bills:
            raise (codes.INVALID_ID if asked.parameter == "id" else codes.NUMBER_UNKNOWN).error()
        return [await answers.found(ctx, bill, query) for bill in bills]

    async def refuse(ctx: RequestContext, asked: _Asked, error: ApiError) -> list[wire.FoundTransaction]:
        return [answers.not_found(asked.parameter, asked.value, error)]

    results = await each(ctx, _asked(query), act, refuse, too_many=codes.BATCH_LIMIT)
    items = [item for several in results.items for item in several]
    count = sum(item.item_status.success == "true" for item in items)
    return wire.GetTransactionsAnswer(
        wire.GetTransactionsResponse(results.status(), wire.FoundTransactions(count, items))
    )


def _asked(query: wire.GetTransactionsQuery) -> list[_Asked]:
    """The ids, else the numbers; a single empty one when there is neither."""
    for parameter in ("id", "number"):
        values = [value.strip() for value in getattr(query, parameter).split(",") if value.strip()]
        if values:
            return [_Asked(parameter, value) for value in values]
    return [_Asked("", "")]
