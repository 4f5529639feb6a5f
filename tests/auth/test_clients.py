"""Clients of an organisation: how many there may be, what they may be, and that their secrets are shown once."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from earnest.core.access import READ_ONLY
from earnest.core.clients import (
    CLIENTS_MAX,
    ClientChange,
    NewClient,
    create_client,
    deactivate_client,
    list_clients,
    renew_secret,
    update_client,
)
from earnest.core.db.pool import Connection, Database
from earnest.core.errors import ApiError
from earnest.core.notices import Notices
from earnest.core.tenancy import Tenants
from earnest.core.till_lookups import LookupType, map_lookup, unmap_lookup
from tests.auth.house import NOW, House, Process


async def create(house: House, **fields: Any) -> Any:
    new = NewClient(**{"name": "backend", "default_till_id": await house.entity_id("till.a.1"), **fields})
    async with house.database.tenant(house.org_id).transaction() as connection:
        return await create_client(connection, house.org_id, new, now=NOW)


async def update(house: House, client_id: int, **fields: Any) -> Any:
    async with house.database.tenant(house.org_id).transaction() as connection:
        return await update_client(connection, house.org_id, client_id, ClientChange(**fields))


async def version_of(house: House) -> int:
    version: int = await house.owner.fetchval("SELECT config_version FROM organization WHERE org_id = $1", house.org_id)
    return version


async def test_a_secret_is_made_shown_once_and_stored_as_a_hash(house: House) -> None:
    issued, other = await create(house), await create(house)
    assert len(issued.secret) >= 43
    assert len({issued.secret, other.secret, issued.client.key, other.client.key}) == 4
    stored = await house.owner.fetchrow(
        "SELECT * FROM client WHERE org_id = $1 AND id = $2", house.org_id, issued.client.id
    )
    assert stored is not None
    assert stored["secret_hash"].startswith("$argon2id$")
    assert issued.secret not in str(dict(stored))


async def test_a_process_holds_the_clients_of_an_organisation_without_their_secrets(house: House) -> None:
    issued = await create(house, description="d", ttl_s=60, use_default_till_when_invalid=True)
    organization = await Tenants(house.database).at_least(house.org_id, issued.config_version)
    assert organization.clients == (issued.client,)
    async with house.database.tenant(house.org_id).transaction() as connection:
        assert await list_clients(connection, house.org_id) == [issued.client]


async def credential_version_of(connection: Connection, org_id: int) -> int:
    version: int = await connection.fetchval("SELECT credential_version FROM organization WHERE org_id = $1", org_id)
    return version


async def test_every_change_raises_the_version_that_guards_what_is_remembered(house: House) -> None:
    issued = await create(house)
    tenant = house.database.tenant(house.org_id)
    assert issued.config_version == await version_of(house)
    _, updated = await update(house, issued.client.id, name="other")
    assert updated == issued.config_version + 1 == await version_of(house)
    till_id = await house.entity_id("till.a.1")
    async with tenant.transaction() as connection:
        before = await credential_version_of(connection, house.org_id)
        assert (await renew_secret(connection, house.org_id, issued.client.id)).config_version == updated + 1
        assert await credential_version_of(connection, house.org_id) == before + 1
        assert (await deactivate_client(connection, house.org_id, issued.client.id))[1] == updated + 2
        assert await map_lookup(connection, house.org_id, LookupType.WECHAT, "x", till_id) == updated + 3
        assert await unmap_lookup(connection, house.org_id, LookupType.WECHAT, "x") == updated + 4
    assert await version_of(house) == updated + 4


async def test_a_change_that_is_refused_changes_nothing(house: House) -> None:
    issued = await create(house)
    with pytest.raises(ApiError):
        await update(house, issued.client.id, name="other", ttl_s=0)
    assert await version_of(house) == issued.config_version
    async with house.database.tenant(house.org_id).transaction() as connection:
        assert await list_clients(connection, house.org_id) == [issued.client]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"name": ""}, 400),
        ({"name": "x" * 101}, 400),
        ({"description": "x" * 501}, 400),
        ({"key": "x" * 101}, 400),
        ({"ttl_s": 0}, 400),
        ({"ttl_s": 3_601}, 400),
        ({"default_till_id": 1}, 404),
        ({"access_group_id": 4_711}, 404),
    ],
)
async def test_a_client_that_cannot_be_is_refused(house: House, fields: dict[str, Any], status: int) -> None:
    with pytest.raises(ApiError) as refusal:
        await create(house, **fields)
    assert refusal.value.http_status == status
    if "key" not in fields:
        issued = await create(house)
        with pytest.raises(ApiError) as refusal:
            await update(house, issued.client.id, **fields)
        assert refusal.value.http_status == status


async def test_a_till_that_is_off_a_store_or_anothers_is_no_default_till(house: House, other_house: House) -> None:
    for till_id in (
        await house.entity_id("till.c.1"),
        await house.entity_id("store.a"),
        await other_house.entity_id("till.a.1"),
    ):
        with pytest.raises(ApiError) as refusal:
            await create(house, default_till_id=till_id)
        assert refusal.value.http_status == 404


async def test_tokens_may_live_for_thirty_days_where_the_organisation_says_so(house: House) -> None:
    await house.configure("EARNEST_TOKEN_TTL_SECONDS_MAX", "99999999")
    assert (await create(house, ttl_s=30 * 86_400)).client.ttl_s == 30 * 86_400
    with pytest.raises(ApiError, match="1 to 2592000 seconds"):
        await create(house, ttl_s=30 * 86_400 + 1)


async def test_what_was_allowed_once_may_stay_while_something_else_changes(house: House) -> None:
    issued = await create(house, ttl_s=3_600)
    await house.configure("EARNEST_TOKEN_TTL_SECONDS_MAX", "60")
    await house.change(
        "UPDATE org_entity SET is_active = false WHERE org_id = $1 AND code = $2", house.code("till.a.1")
    )
    client, _ = await update(house, issued.client.id, name="other", access_group_id=READ_ONLY.id)
    assert client == msgspec.structs.replace(issued.client, name="other", access_group_id=READ_ONLY.id)


async def test_an_organisation_has_fifteen_active_clients_at_most(house: House) -> None:
    issued = [await create(house) for _ in range(CLIENTS_MAX)]
    assert CLIENTS_MAX == 15
    with pytest.raises(ApiError) as refusal:
        await create(house)
    assert refusal.value.http_status == 409
    async with house.database.tenant(house.org_id).transaction() as connection:
        await deactivate_client(connection, house.org_id, issued[0].client.id)
    await create(house)
    with pytest.raises(ApiError) as refusal:
        await update(house, issued[0].client.id, is_active=True)
    assert refusal.value.http_status == 409
    await update(house, issued[1].client.id, is_active=False)
    client, _ = await update(house, issued[0].client.id, is_active=True)
    assert client.is_active


async def test_a_key_belongs_to_one_client_of_the_installation(house: House, other_house: House) -> None:
    key = house.code("key")
    await create(house, key=key)
    for somebody in (house, other_house):
        with pytest.raises(ApiError) as refusal:
            await create(somebody, key=key)
        assert refusal.value.http_status == 409


async def test_another_organisations_client_does_not_exist(house: House, other_house: House, process: Process) -> None:
    issued = await create(other_house)
    for work in (deactivate_client, renew_secret):
        with pytest.raises(ApiError) as refusal:
            async with house.database.tenant(house.org_id).transaction() as connection:
                await work(connection, house.org_id, issued.client.id)
        assert refusal.value.http_status == 404
    await process.token(issued)


async def test_a_lookup_needs_a_value_and_a_till(house: House, other_house: House) -> None:
    tenant = house.database.tenant(house.org_id)
    till_id, store_id = await house.entity_id("till.a.1"), await house.entity_id("store.a")
    foreign = await other_house.entity_id("till.a.1")
    for value, target, status in (
        ("", till_id, 400),
        ("x" * 256, till_id, 400),
        ("x", store_id, 404),
        ("x", foreign, 404),
    ):
        with pytest.raises(ApiError) as refusal:
            async with tenant.transaction() as connection:
                await map_lookup(connection, house.org_id, LookupType.WECHAT, value, target)
        assert refusal.value.http_status == status
    with pytest.raises(ApiError) as refusal:
        async with tenant.transaction() as connection:
            await unmap_lookup(connection, house.org_id, LookupType.WECHAT, "x")
    assert refusal.value.http_status == 404


async def test_other_processes_are_told_of_a_change(house: House, pool: Database) -> None:
    """A notice of before they listened is lost, as it may be: the next one makes up for it."""
    tenants = Tenants(pool)
    known = (await tenants.current(house.org_id)).config_version
    stop = asyncio.Event()
    listening = asyncio.create_task(Notices(pool, tenants).listen(stop))
    issued = await create(house)
    async with asyncio.timeout(120):
        while (await tenants.current(house.org_id)).config_version == known:
            await update(house, issued.client.id, name="another name")
            await asyncio.sleep(0.01)
    assert [client.id for client in (await tenants.current(house.org_id)).clients] == [issued.client.id]
    stop.set()
    await listening
