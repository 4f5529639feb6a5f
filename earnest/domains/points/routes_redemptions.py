"""HTTP of the history of redemptions, v1.1 (contract/01-customer-v1/07)."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from earnest.core.context import RequestContext
from earnest.core.errors import ApiError
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.v1_batch import each
from earnest.domains.points import errors, examples, redemptions
from earnest.domains.points import schemas_redemptions as schemas

_TYPES = {"mobile": "mobile", "email": "email", "external_id": "externalId", "id": "id"}


class _Asked(NamedTuple):
    parameter: str
    value: str


@endpoint(
    "GET",
    "/v1.1/customer/redemptions",
    "/v1/customer/redemptions",
    style=Style.V1,
    contract="01-customer-v1/07",
    group="Customer",
    access=Access.READ,
    example=examples.REDEMPTIONS,
)
async def get_customer_redemptions(ctx: RequestContext, query: schemas.RedemptionsQuery) -> schemas.RedemptionsAnswer:
    """What customers have redeemed, the newest first; several identifiers are separated by commas."""
    wanted = await redemptions.wanted(ctx, query)

    async def act(ctx: RequestContext, asked: _Asked) -> schemas.CustomerRedemptions:
        return await redemptions.of_customer(ctx, _TYPES[asked.parameter], asked.value, wanted)

    async def refuse(ctx: RequestContext, asked: _Asked, error: ApiError) -> schemas.CustomerRedemptions:
        return redemptions.not_found(asked.parameter, asked.value, error.code, error.message)

    results = await each(ctx, _asked(query), act, refuse, too_many=errors.BATCH_LIMIT)
    # A boolean here, where most calls of v1 print a text.
    status = msgspec.structs.replace(results.status(), success=not results.all_failed)
    return schemas.RedemptionsAnswer(schemas.RedemptionsResponse(status, results.one_or_several))


def _asked(query: schemas.RedemptionsQuery) -> list[_Asked]:
    """The identifiers of the first parameter that has one; a single empty one when none has."""
    given = {parameter: getattr(query, parameter) for parameter in _TYPES}
    if query.identifier_name in given and not any(given.values()):
        given[query.identifier_name] = query.identifier_value
    for parameter, text in given.items():
        values = [value.strip() for value in text.split(",") if value.strip()]
        if values:
            return [_Asked(parameter, value) for value in values]
    return [_Asked("mobile", "")]
