"""HTTP of a customer's bills, v1.1 (contract/01-customer-v1/06)."""

from __future__ import annotations

from typing import NamedTuple

from earnest.core.context import RequestContext
from earnest.core.errors import ApiError
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.v1_batch import each
from earnest.domains.customers import service as customers
from earnest.domains.transactions import errors_v1 as codes
from earnest.domains.transactions import examples, history_v1
from earnest.domains.transactions import schemas_history_v1 as wire

_NAMES = {"mobile": "mobile", "email": "email", "external_id": "externalId", "id": "id"}


class _Asked(NamedTuple):
    """One identifier of the query, by its stored type."""

    type: str
    value: str


@endpoint(
    "GET",
    "/v1.1/customer/transactions",
    style=Style.V1,
    contract="01-customer-v1/06",
    group="Customer",
    access=Access.READ,
    codes=(
        codes.NO_IDENTIFIER,
        codes.UNKNOWN_CUSTOMER,
        codes.NO_TRANSACTIONS,
        codes.INVALID_DATE,
        codes.INVALID_PAGE,
        codes.INVALID_ID,
        codes.INVALID_ENTITY,
        codes.TOO_MANY_CUSTOMERS,
    ),
    example=examples.HISTORY_V1,
)
async def get_customer_transactions(
    ctx: RequestContext, query: wire.HistoryQuery, headers: customers.CountryHeaders
) -> wire.HistoryAnswer:
    """Bills of customers a page at a time, with points; identifiers are separated by commas."""
    country = headers.country

    async def act(ctx: RequestContext, asked: _Asked) -> wire.Customer:
        if not asked.value:
            raise codes.NO_IDENTIFIER.error()
        customer_id = await customers.whose(ctx, asked.type, asked.value, country)
        if customer_id is None:
            raise codes.UNKNOWN_CUSTOMER.error()
        try:
            return await history_v1.page(ctx, customer_id, query)
        except ApiError as error:
            if error.code == customers.NOT_FOUND.code:
                raise codes.UNKNOWN_CUSTOMER.error() from error
            raise

    async def refuse(ctx: RequestContext, asked: _Asked, error: ApiError) -> wire.Customer:
        return history_v1.refused(asked.type, asked.value, error)

    results = await each(ctx, _asked(query), act, refuse, too_many=codes.TOO_MANY_CUSTOMERS)
    return wire.HistoryAnswer(wire.HistoryResponse(results.status(), results.one_or_several))


def _asked(query: wire.HistoryQuery) -> list[_Asked]:
    """The identifiers of the first parameter that has one; a single empty one when none has."""
    given = {_NAMES[name]: getattr(query, name) for name in _NAMES}
    given |= (
        {_NAMES.get(query.identifier_name, query.identifier_name): query.identifier_value}
        if (query.identifier_value)
        else {}
    )
    for type_, text in given.items():
        if type_ in _NAMES.values() and (values := [one.strip() for one in text.split(",") if one.strip()]):
            return [_Asked(type_, value) for value in values]
    return [_Asked("", "")]
