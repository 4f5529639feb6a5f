"""The demo organisations: fixed names, ids and passwords that scripts and tours rely on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from earnest.core.clients import NewClient, create_client
from earnest.core.db.statements import load
from earnest.core.organizations import NewOrganization, NewStore, create_organization, organization_exists
from earnest.demo.programs import DEMO_REWARDS_ID, demo_document

DEMO_ORG_ID = 100
OTHER_ORG_ID = 200
TILL_PASSWORD = "demo-till"
OTHER_TILL_PASSWORD = "other-till"
CLIENT_KEY = "demo-key"
CLIENT_SECRET = "demo-secret"
CLIENT_TILL = "demo.till.1"

sql = load(Path(__file__).with_name("seed.sql"))

DEMO_STORES = NewOrganization(
    org_id=DEMO_ORG_ID,
    name="Demo Stores",
    stores=(
        NewStore(concept="demo.retail", zone="demo.south", code="demo.store.1", tills={"demo.till.1": TILL_PASSWORD}),
        NewStore(concept="demo.retail", zone="demo.north", code="demo.store.2", tills={"demo.till.2": TILL_PASSWORD}),
    ),
)
OTHER_STORES = NewOrganization(
    org_id=OTHER_ORG_ID,
    name="Other Stores",
    stores=(
        NewStore(
            concept="other.retail", zone="other.zone", code="other.store.1", tills={"other.till.1": OTHER_TILL_PASSWORD}
        ),
    ),
)


def seed(owner_url: str) -> None:
    """Creates the organisations 100 and 200 and the client of 100 where they are missing; changes nothing that is there."""
    asyncio.run(_seed(owner_url))


async def _seed(owner_url: str) -> None:
    for organization in (DEMO_STORES, OTHER_STORES):
        if await organization_exists(owner_url, organization.org_id):
            continue
        await create_organization(owner_url, organization, {DEMO_REWARDS_ID: demo_document()}, now=datetime.now(UTC))
    await _seed_client(owner_url)


async def _seed_client(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        if await connection.fetchval(sql.text("client_exists"), CLIENT_KEY):
            return
        till_id = await connection.fetchval(sql.text("find_till"), DEMO_ORG_ID, CLIENT_TILL)
        client = NewClient(
            name="demo.client",
            description="Full access",
            default_till_id=till_id,
            key=CLIENT_KEY,
            secret=CLIENT_SECRET,
        )
        async with connection.transaction():
            await create_client(connection, DEMO_ORG_ID, client, now=datetime.now(UTC))
    finally:
        await connection.close()
