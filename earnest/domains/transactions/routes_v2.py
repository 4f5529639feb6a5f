"""HTTP of transactions, v2 (contract/06-transaction-v2)."""

from __future__ import annotations

from earnest.core.context import RequestContext
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.domains.customers import service as customers
from earnest.domains.transactions import errors, examples, reads, schemas, service, simulation, updates
from earnest.domains.transactions import schemas_bills as bills
from earnest.domains.transactions import schemas_history as history
from earnest.domains.transactions import schemas_log as log
from earnest.domains.transactions import schemas_simulation as simulated
from earnest.domains.transactions import schemas_updates as changes
from earnest.domains.transactions.history_v2 import history as customer_bills


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
    """Adds one purchase or return for a registered customer, or a purchase of nobody, and returns the side effects."""
    return await service.add(ctx, body, query)


@endpoint(
    "GET",
    "/v2/transactions/{id}",
    style=Style.V2,
    contract="06-transaction-v2/05",
    group="Transaction",
    access=Access.READ,
    errors={"path": errors.UNKNOWN_ID},
    example=examples.GET_V2,
)
async def get_transaction(ctx: RequestContext, path: bills.BillPath, query: bills.BillQuery) -> bills.Bill:
    """One bill by id with lines, payments and returns; `type` says which kind of bill it is."""
    return await reads.bill(ctx, path.id, query)


@endpoint(
    "GET",
    "/v2/transactions/getByBillNumber/{billNumber}",
    style=Style.V2,
    contract="06-transaction-v2/06",
    group="Transaction",
    access=Access.READ,
    errors={"query.limit": errors.INVALID_LIMIT, "query.offset": errors.INVALID_OFFSET},
    example=examples.BY_NUMBER,
)
async def get_transactions_by_number(
    ctx: RequestContext, path: bills.NumberPath, query: bills.NumberQuery
) -> bills.BillsAnswer:
    """Every bill that carries a number: a sale, its returns, sales of other stores."""
    return await reads.by_number(ctx, path.bill_number, query)


@endpoint(
    "GET",
    "/v2/earning/{transactionId}",
    style=Style.V2,
    contract="32-other/02",
    group="Transaction",
    access=Access.READ,
    errors={"path": errors.UNKNOWN_ID},
    example=examples.EARNING,
)
async def get_transaction_earning(ctx: RequestContext, path: bills.EarningPath) -> bills.Bill:
    """A bill with the points that it earned in each programme, on the bill and on its lines."""
    return await reads.earned(ctx, path.transaction_id)


@endpoint(
    "POST",
    "/v2/transactions/searchEvaluationLog",
    style=Style.V2,
    contract="06-transaction-v2/08",
    group="Transaction",
    access=Access.WRITE,
    errors={"body": errors.INVALID_LOG_SEARCH},
    example=examples.SEARCH_LOG,
)
async def search_evaluation_log(ctx: RequestContext, body: log.SearchLog) -> list[log.Log]:
    """How the bills with a number were judged: the tree of what was evaluated, and what came of it."""
    return await reads.logs(ctx, body.search)


@endpoint(
    "GET",
    "/v2/customers/{customerId}/transactions",
    style=Style.V2,
    contract="02-customer-v2/25",
    group="Customer",
    access=Access.READ,
    errors={
        "path": customers.NOT_FOUND,
        "query.limit": errors.HISTORY_LIMIT,
        "query.offset": errors.HISTORY_OFFSET,
    },
    example=examples.HISTORY_V2,
)
async def get_customer_transactions(
    ctx: RequestContext, path: history.CustomerPath, query: history.HistoryQuery
) -> history.HistoryAnswer:
    """Bills of a customer, a page at a time; returns are bills of their own."""
    return await customer_bills(ctx, path.customer_id, query)


@endpoint(
    "POST",
    "/v2/transactions/bulk",
    style=Style.V2,
    contract="06-transaction-v2/02",
    group="Transaction",
    access=Access.WRITE,
    example=examples.ADD_BULK,
)
async def add_transactions(ctx: RequestContext, body: list[changes.BulkAdd]) -> changes.BulkAddAnswer:
    """Adds or takes back several bills, each on its own; each names its own customer."""
    return await updates.add_several(ctx, body)


@endpoint(
    "PUT",
    "/v2/transactions",
    style=Style.V2,
    contract="06-transaction-v2/03",
    group="Transaction",
    access=Access.WRITE,
    errors={"body.id": errors.UNKNOWN_ID},
    example=examples.UPDATE,
)
async def update_transaction(
    ctx: RequestContext, query: changes.UpdateQuery, body: changes.UpdateTransaction
) -> changes.UpdateAnswer:
    """Changes delivery status, custom and extended fields of a sale, and extended fields of its lines."""
    return await updates.update(ctx, query, body)


@endpoint(
    "PUT",
    "/v2/transactions/bulk",
    style=Style.V2,
    contract="06-transaction-v2/04",
    group="Transaction",
    access=Access.WRITE,
    example=examples.UPDATE_BULK,
)
async def update_transactions(ctx: RequestContext, body: list[changes.BulkUpdate]) -> changes.BulkUpdateAnswer:
    """Changes fields of several sales, each on its own."""
    return await updates.update_several(ctx, body)


@endpoint(
    "POST",
    "/v2/simulation/transactions",
    style=Style.V2,
    contract="06-transaction-v2/07",
    group="Event simulation",
    access=Access.WRITE,
    example=examples.SIMULATE,
)
async def simulate_transaction(
    ctx: RequestContext, query: simulated.SimulationQuery, body: schemas.AddTransaction
) -> simulated.SimulationAnswer:
    """Evaluates what a sale would earn without writing anything."""
    return await simulation.simulate(ctx, query, body)
