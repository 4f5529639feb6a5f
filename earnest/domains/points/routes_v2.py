"""HTTP of points, v2 (contract/13-points-v2)."""

from __future__ import annotations

from earnest.core.context import RequestContext
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.domains.points import errors, examples, schedule, schemas, service
from earnest.domains.points import schemas_schedule as schedules


@endpoint(
    "GET",
    "/v2/customers/{userId}/points/balance",
    "/v2/customers/points/balance/{userId}",
    style=Style.V2,
    contract="13-points-v2/03",
    group="Points",
    access=Access.READ,
    errors={"path": errors.CUSTOMER_UNKNOWN, "query.programId": errors.UNKNOWN_PROGRAM},
    example=examples.BALANCE,
)
async def get_points_balance(
    ctx: RequestContext, path: schemas.BalancePath, query: schemas.BalanceQuery
) -> schemas.BalanceAnswer:
    """Points balance of a customer split into redeemable and promised points."""
    return await service.balance(ctx, path.user_id, query)


@endpoint(
    "GET",
    "/v2/customers/lookup/points/balance",
    "/v2/customers/points/balance",
    style=Style.V2,
    contract="03-customer-lookup/11",
    group="Points",
    access=Access.READ,
    errors={"query.programId": errors.UNKNOWN_PROGRAM},
    example=examples.BALANCE_BY_LOOKUP,
)
async def get_points_balance_by_lookup(ctx: RequestContext, query: schemas.BalanceLookupQuery) -> schemas.BalanceAnswer:
    """Points balance of a customer who is named by an identifier."""
    return await service.balance_by_lookup(ctx, query)


@endpoint(
    "GET",
    "/v2/customers/{userId}/pointsExpirySchedule",
    style=Style.V2,
    contract="13-points-v2/06",
    group="Points",
    access=Access.READ,
    errors={"path": errors.CUSTOMER_UNKNOWN, "query.programId": errors.UNKNOWN_PROGRAM},
    example=examples.EXPIRY_SCHEDULE,
)
async def get_points_expiry_schedule(
    ctx: RequestContext, path: schemas.BalancePath, query: schedules.ScheduleQuery
) -> schedules.ScheduleAnswer:
    """Points of a customer by the day on which they run out, the earliest first."""
    return await schedule.schedule(ctx, path.user_id, query)


@endpoint(
    "GET",
    "/v2/customers/lookup/pointsExpirySchedule",
    style=Style.V2,
    contract="13-points-v2/05",
    group="Points",
    access=Access.READ,
    errors={"query.programId": errors.UNKNOWN_PROGRAM},
    example=examples.EXPIRY_SCHEDULE_BY_LOOKUP,
)
async def get_points_expiry_schedule_by_lookup(
    ctx: RequestContext, query: schedules.ScheduleLookupQuery
) -> schedules.ScheduleAnswer:
    """The same for a customer who is named by an identifier."""
    return await schedule.schedule_by_lookup(ctx, query)
