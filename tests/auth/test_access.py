"""Access groups: what a till or a client may call."""

from __future__ import annotations

import pytest

from earnest.app import endpoints
from earnest.core.access import (
    FULL_ACCESS,
    GROUPS_MAX,
    READ_ONLY,
    RESOURCES,
    ApiKind,
    Grant,
    Level,
    assign_access_group,
    create_access_group,
    delete_access_group,
    list_access_groups,
    update_access_group,
)
from earnest.core.clients import ClientChange, update_client
from earnest.core.db.pool import Connection
from earnest.core.errors import ApiError
from earnest.core.http.endpoint import Access
from earnest.core.http.envelopes import Style
from tests.auth.house import House, Process

DENIED = {"HttpStatusCode": 403, "errorMessage": "Not authorized. Access is denied!", "errorCode": 4000}
READ = Grant(data=Level.READ)
WRITE = Grant(data=Level.WRITE)

CALLS = {
    "read": ("GET", "/v2/customers"),
    "write": ("POST", "/v2/customers"),
    "configure": ("POST", "/v2/settings"),
    "v1": ("POST", "/v1.1/transaction/update"),
    "gateway": ("GET", "/api_gateway/badges"),
}


async def permitted(process: Process, token: str) -> set[str]:
    """The calls that succeed; all others are refused in the documented shape."""
    names = set()
    for name, (method, path) in CALLS.items():
        answer = await process.call(token, method, path)
        if answer.status_code == 200:
            names.add(name)
        else:
            assert (answer.status_code, answer.json()) == (403, DENIED), name
    return names


async def group_of(house: House, **grants: Grant) -> int:
    named = {name.replace("_", " "): grant for name, grant in grants.items()}
    async with house.database.tenant(house.org_id).transaction() as connection:
        group, _ = await create_access_group(
            connection, house.org_id, name=f"G {len(named)} {named}"[:100], grants=named
        )
    return group.id


async def test_the_built_in_groups_grant_everything_and_reading(house: House, process: Process) -> None:
    full = await process.token(await house.client(access_group_id=FULL_ACCESS.id))
    read = await process.token(await house.client(access_group_id=READ_ONLY.id))
    assert await permitted(process, full) == set(CALLS)
    assert await permitted(process, read) == {"read", "gateway"}


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ({"Customer": READ}, {"read"}),
        ({"Customer": WRITE}, {"read", "write"}),
        ({"Customer": Grant(config=Level.WRITE)}, {"configure"}),
        ({"Customer": Grant(Level.WRITE, Level.READ)}, {"read", "write"}),
        ({"Transaction": WRITE}, {"v1"}),
        ({"Transaction": READ, "Target_Loyalty": READ}, {"gateway"}),
        ({"Customer": Grant(), "Target_Loyalty": WRITE}, {"gateway"}),
    ],
)
async def test_a_group_grants_what_it_says_and_nothing_else(
    house: House, process: Process, grants: dict[str, Grant], expected: set[str]
) -> None:
    token = await process.token(await house.client(access_group_id=await group_of(house, **grants)))
    assert await permitted(process, token) == expected


async def calls_of_till(house: House, process: Process, till: str) -> set[str]:
    names = set()
    for name, (method, path) in CALLS.items():
        answer = await process.http.request(method, path, headers=house.basic(till))
        assert answer.status_code in (200, 403)
        if answer.status_code == 200:
            names.add(name)
    return names


async def test_a_till_has_the_group_of_its_store_and_a_store_that_of_the_organisation(
    house: House, process: Process
) -> None:
    assert await calls_of_till(house, process, "till.a.1") == set(CALLS), "full access where nothing is assigned"
    customers = await group_of(house, Customer=WRITE)
    store_id = await house.entity_id("store.a")

    async def assign(group_id: int | None, store_id: int | None = None) -> None:
        async with house.database.tenant(house.org_id).transaction() as connection:
            version = await assign_access_group(connection, house.org_id, group_id, store_id=store_id)
        await process.tenants.at_least(house.org_id, version)

    await assign(READ_ONLY.id)
    assert await calls_of_till(house, process, "till.a.1") == {"read", "gateway"}
    await assign(customers, store_id)
    assert await calls_of_till(house, process, "till.a.1") == {"read", "write"}
    assert await calls_of_till(house, process, "till.b.1") == {"read", "gateway"}
    await assign(None, store_id)
    await assign(None)
    assert await calls_of_till(house, process, "till.a.1") == set(CALLS)


async def test_a_client_keeps_its_own_group_whatever_till_it_calls_for(house: House, process: Process) -> None:
    token = await process.token(await house.client(access_group_id=READ_ONLY.id))
    answer = await process.call(token, "POST", "/v2/customers", attribution_entity_code=house.code("till.b.1"))
    assert (answer.status_code, answer.json()) == (403, DENIED)


async def test_a_change_of_a_group_holds_from_the_next_call_on(house: House, process: Process) -> None:
    group_id = await group_of(house, Customer=WRITE)
    client = await house.client(access_group_id=group_id)
    token = await process.token(client)
    assert await permitted(process, token) == {"read", "write"}
    async with house.database.tenant(house.org_id).transaction() as connection:
        version = await update_access_group(connection, house.org_id, group_id, grants={"Customer": READ})
    await process.tenants.at_least(house.org_id, version)
    assert await permitted(process, token) == {"read"}
    async with house.database.tenant(house.org_id).transaction() as connection:
        change = ClientChange(access_group_id=FULL_ACCESS.id)
        _, version = await update_client(connection, house.org_id, client.client.id, change)
    await process.tenants.at_least(house.org_id, version)
    assert await permitted(process, token) == set(CALLS)


def test_a_group_that_does_not_exist_grants_nothing() -> None:
    from tests.http.sample import ORGANIZATION

    group = ORGANIZATION.access_group(4_711)
    assert not group.permits("Customer", Level.READ)
    assert group.grants_nothing


def test_every_endpoint_names_a_resource_that_groups_can_name() -> None:
    guarded = [one for one in endpoints() if one.access is not Access.PUBLIC and one.style is not Style.OWN]
    assert guarded
    for one in guarded:
        assert one.group in RESOURCES, f"{one.method} {one.paths[0]}: {one.group}"


def test_the_documented_methods_need_the_documented_levels() -> None:
    """Section 3 of the conventions: Read (GET) or Write (POST; PUT and DELETE inferred)."""
    for one in endpoints():
        if one.access is not Access.PUBLIC and one.style is not Style.OWN:
            assert one.needed is (Level.READ if one.method == "GET" else Level.WRITE), f"{one.method} {one.paths[0]}"


async def refused(connection: Connection, house: House, code: int, **arguments: object) -> None:
    with pytest.raises(ApiError) as refusal:
        await create_access_group(connection, house.org_id, **arguments)  # type: ignore[arg-type]
    assert refusal.value.http_status == code


async def test_a_group_that_cannot_be_is_refused(house: House) -> None:
    tenant = house.database.tenant(house.org_id)
    async with tenant.transaction() as connection:
        await create_access_group(connection, house.org_id, name="Own", grants={})
    for code, arguments in (
        (400, {"name": " ", "grants": {}}),
        (400, {"name": "x" * 101, "grants": {}}),
        (400, {"name": "x", "description": "x" * 501, "grants": {}}),
        (400, {"name": "x", "grants": {"Custmer": READ}}),
        (409, {"name": "Own", "grants": {}}),
        (409, {"name": "Full access", "grants": {}}),
    ):
        with pytest.raises(ApiError):
            async with tenant.transaction() as connection:
                await refused(connection, house, code, **arguments)
                raise ApiError(0, "")


async def test_groups_are_listed_with_the_built_in_ones_and_can_be_deleted_unless_they_are_in_use(house: House) -> None:
    tenant = house.database.tenant(house.org_id)
    async with tenant.transaction() as connection:
        group, _ = await create_access_group(
            connection, house.org_id, name="Own", description="d", grants={"Card": READ, "Points": Grant(Level.WRITE)}
        )
    async with tenant.transaction() as connection:
        assert await list_access_groups(connection, house.org_id) == [FULL_ACCESS, READ_ONLY, group]
        await assign_access_group(connection, house.org_id, group.id)
    for group_id, code in ((group.id, 409), (FULL_ACCESS.id, 409), (4_711, 404)):
        with pytest.raises(ApiError) as refusal:
            async with tenant.transaction() as connection:
                await delete_access_group(connection, house.org_id, group_id)
        assert refusal.value.http_status == code
    async with tenant.transaction() as connection:
        await assign_access_group(connection, house.org_id, None)
        await delete_access_group(connection, house.org_id, group.id)
        assert await list_access_groups(connection, house.org_id) == [FULL_ACCESS, READ_ONLY]
    assert await house.owner.fetchval("SELECT count(*) FROM access_group_resource WHERE group_id = $1", group.id) == 0


async def test_another_organisations_group_or_store_does_not_exist(house: House, other_house: House) -> None:
    group_id = await group_of(other_house, Customer=READ)
    store_id = await other_house.entity_id("store.a")
    for arguments in ({"group_id": group_id}, {"group_id": READ_ONLY.id, "store_id": store_id}):
        with pytest.raises(ApiError) as refusal:
            async with house.database.tenant(house.org_id).transaction() as connection:
                await assign_access_group(connection, house.org_id, **arguments)
        assert refusal.value.http_status == 404
    with pytest.raises(ApiError) as refusal:
        async with house.database.tenant(house.org_id).transaction() as connection:
            await update_access_group(connection, house.org_id, group_id, name="Mine")
    assert refusal.value.http_status == 404


async def test_there_is_an_end_to_the_number_of_groups(house: House) -> None:
    await house.owner.execute(
        "INSERT INTO access_group (org_id, id, name) SELECT $1, n, n::text FROM generate_series(1, $2) n",
        house.org_id,
        GROUPS_MAX,
    )
    with pytest.raises(ApiError) as refusal:
        await group_of(house, Customer=READ)
    assert refusal.value.http_status == 409


def test_write_includes_read_and_kinds_are_apart() -> None:
    from earnest.core.access import AccessGroup

    group = AccessGroup(1_001, "", "", {"Card": Grant(Level.WRITE, Level.READ)})
    assert group.permits("Card", Level.READ)
    assert group.permits("Card", Level.WRITE)
    assert group.permits("Card", Level.READ, ApiKind.CONFIG)
    assert not group.permits("Card", Level.WRITE, ApiKind.CONFIG)
    assert not group.permits("Coupon", Level.READ)
