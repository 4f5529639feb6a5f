"""Batches of v1: in order, each item on its own, and never twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psycopg
import pytest

from earnest.core.context import RequestContext
from earnest.core.db.pool import Database
from earnest.core.errors import ApiError, ErrorCode
from earnest.core.http.v1_batch import Results, each
from earnest.core.renewal import reading
from earnest.core.tenancy import StaleConfiguration, Tenants
from tests.support.organizations import Organization

TOO_MANY = ErrorCode(1060, "Batch limit exceeded")
NONE = ErrorCode(615, "Nothing passed")
ODD = ErrorCode(7, "Odd")


@pytest.fixture
async def ctx(organization: Organization) -> AsyncIterator[RequestContext]:
    """A call of the organisation's first till."""
    database = Database(organization.server.app_url)
    await database.open()
    tenants = Tenants(database)
    known = await tenants.current(organization.org_id)
    till = known.till(organization.till.username)
    assert till is not None
    yield RequestContext(
        organization=known,
        till=till,
        now=datetime(2025, 3, 3, tzinfo=UTC),
        request_id="a" * 32,
        db=database.tenant(organization.org_id),
        resources={Database: database, Tenants: tenants},
    )
    await database.close()


def configure(organization: Organization) -> None:
    """Somebody changes the configuration."""
    with psycopg.connect(organization.server.owner_url) as connection:
        connection.execute(
            "UPDATE organization SET config_version = config_version + 1 WHERE org_id = %s", [organization.org_id]
        )


async def refuse(ctx: RequestContext, item: int, error: ApiError) -> str:
    return f"{item}: {error.code}"


async def refuse_odd(ctx: RequestContext, item: int) -> str:
    if item % 2:
        raise ODD.error()
    return f"{item}: fine"


@pytest.mark.parametrize(
    ("items", "answers", "code", "success", "http_status"),
    [
        ([2, 4], ["2: fine", "4: fine"], 200, "true", 200),
        ([2, 3, 4], ["2: fine", "3: 7", "4: fine"], 201, "true", 200),
        ([1, 3], ["1: 7", "3: 7"], 500, "false", 500),
        ([1], ["1: 7"], 500, "false", 500),
    ],
)
async def test_the_status_of_a_batch_follows_from_its_items(
    ctx: RequestContext, items: list[int], answers: list[str], code: int, success: str, http_status: int
) -> None:
    results = await each(ctx, items, refuse_odd, refuse, too_many=TOO_MANY)
    assert results.items == answers
    status = results.status()
    assert (status.code, status.success, status.total) == (code, success, None)
    assert results.http_status == http_status
    counted = results.status(counted=True)
    assert counted.total == str(len(items))
    assert counted.success_count == str(sum(item % 2 == 0 for item in items))


def test_one_item_is_itself_and_several_are_a_list() -> None:
    assert Results(["a"], 0).one_or_several == "a"
    assert Results(["a", "b"], 0).one_or_several == ["a", "b"]


@pytest.mark.parametrize(("items", "code"), [([], 615), ([2] * 101, 1060)])
async def test_too_many_items_or_none_are_refused_before_any_is_processed(
    ctx: RequestContext, items: list[int], code: int
) -> None:
    processed: list[int] = []

    async def act(ctx: RequestContext, item: int) -> str:
        processed.append(item)
        return ""

    with pytest.raises(ApiError) as refused:
        await each(ctx, items, act, refuse, too_many=TOO_MANY, none=NONE)
    assert (refused.value.code, processed) == (code, [])


async def test_a_mistake_of_ours_fails_its_item_alone(ctx: RequestContext) -> None:
    async def act(ctx: RequestContext, item: int) -> str:
        return f"{10 // item}: fine"

    results = await each(ctx, [1, 0, 2], act, refuse, too_many=TOO_MANY)
    assert results.items == ["10: fine", "0: 999999", "5: fine"]


async def test_a_configuration_that_changes_in_the_middle_repeats_no_item(
    ctx: RequestContext, organization: Organization
) -> None:
    stored: list[int] = []

    async def act(ctx: RequestContext, item: int) -> str:
        if item == 2 and ctx.organization.config_version == 1:
            configure(organization)
            raise StaleConfiguration(ctx.org_id, 2)
        stored.append(item)
        return f"{item} under {ctx.organization.config_version}"

    results = await each(ctx, [1, 2, 3], act, refuse, too_many=TOO_MANY)
    assert results.items == ["1 under 1", "2 under 2", "3 under 2"]
    assert stored == [1, 2, 3]


async def test_a_stale_configuration_at_the_first_item_starts_the_call_over(ctx: RequestContext) -> None:
    async def act(ctx: RequestContext, item: int) -> str:
        raise StaleConfiguration(ctx.org_id, 2)

    with pytest.raises(StaleConfiguration):
        await each(ctx, [1, 2], act, refuse, too_many=TOO_MANY)


async def test_an_item_that_is_stale_for_ever_is_told_to_try_again(ctx: RequestContext) -> None:
    async def act(ctx: RequestContext, item: int) -> str:
        if item == 2:
            raise StaleConfiguration(ctx.org_id, 1)
        return f"{item}: fine"

    results = await each(ctx, [1, 2, 3], act, refuse, too_many=TOO_MANY)
    assert results.items == ["1: fine", "2: 521", "3: fine"]


async def test_a_read_after_something_was_stored_goes_on_under_the_newer_configuration(
    ctx: RequestContext, organization: Organization
) -> None:
    configure(organization)

    async def read(ctx: RequestContext) -> int:
        if ctx.organization.config_version == 1:
            raise StaleConfiguration(ctx.org_id, 2)
        return ctx.organization.config_version

    assert await reading(ctx, read) == 2
