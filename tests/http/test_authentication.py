"""Tills authenticate with Basic credentials; every way to be wrong looks and costs the same."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import httpx
import pytest

from earnest.core.auth.authenticator import Principal
from earnest.core.auth.basic import BasicScheme
from earnest.core.auth.passwords import Verifier, hash_password, transmitted
from earnest.core.auth.remembered import ENTRIES_MAX, REMEMBERED_S, RememberedCredentials, Verified
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Database
from earnest.core.errors import ApiError
from earnest.core.organizations import NewOrganization, NewStore, create_organization
from earnest.core.tenancy import Tenants
from tests.http import sample

PASSWORD = "correct horse"
UNAUTHENTICATED = {
    "errors": [{"status": False, "code": 401, "message": "Invalid username, password or token"}],
    "warnings": [],
}
UNAVAILABLE = {"HttpStatusCode": 503, "errorMessage": "Authorization status unavailable!", "errorCode": 4001}


class CountingVerifier(Verifier):
    """Verifies, and counts how often."""

    count = 0

    async def verify(self, secret_hash: str, sent: str) -> bool:
        self.count += 1
        return await super().verify(secret_hash, sent)


class House:
    """One organisation of a test with a till, a server process, and real time that the test turns on."""

    def __init__(self, owner: asyncpg.Connection[asyncpg.Record], database: Database, org_id: int, till: str) -> None:
        self.owner = owner
        self.org_id = org_id
        self.till = till
        self.monotonic_s = 1_000.0
        self.tenants = Tenants(database)
        self.verifier = CountingVerifier()
        remembered = RememberedCredentials(self.tenants, monotonic_s=lambda: self.monotonic_s)
        scheme = BasicScheme(database, self.tenants, remembered, self.verifier)
        application = sample.application(database, schemes=(scheme,), tenants=self.tenants)
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
        self.client = httpx.AsyncClient(transport=transport, base_url="http://localhost")

    async def get(self, authorization: str | bytes | None) -> httpx.Response:
        headers = {} if authorization is None else {b"Authorization": _bytes(authorization)}
        return await self.client.get("/v2/bills/1", headers=headers)

    async def change(self, statement: str, *values: object) -> None:
        """A change by somebody else, which raises config_version as every change of configuration does."""
        await self.owner.execute(statement, self.org_id, *values)
        await self.owner.execute(
            "UPDATE organization SET config_version = config_version + 1 WHERE org_id = $1", self.org_id
        )

    async def hears_of_the_change(self) -> None:
        """What a read of any kind does that finds a config_version newer than the one it holds."""
        version = (await self.tenants.current(self.org_id)).config_version
        await self.tenants.at_least(self.org_id, version + 1)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


def basic(username: str, sent: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{sent}".encode()).decode()


@pytest.fixture
async def house(database_urls: DatabaseUrls) -> AsyncIterator[House]:
    org_id, mark = 1_000 + secrets.randbelow(10**9), secrets.token_hex(4)
    store = NewStore(concept="c", zone="z", code="s", tills={f"till.{mark}": PASSWORD})
    organization = NewOrganization(org_id=org_id, name="House", stores=(store,))
    await create_organization(database_urls.owner, organization, {}, now=datetime.now(UTC))
    owner = await asyncpg.connect(database_urls.owner)
    database = Database(database_urls.app, connections_max=4)
    await database.open()
    house = House(owner, database, org_id, f"till.{mark}")
    async with house.client:
        yield house
    await database.close()
    await owner.close()


async def test_a_till_with_the_md5_of_its_password_is_let_in(house: House) -> None:
    credentials = basic(house.till, transmitted(PASSWORD)).removeprefix("Basic ")
    for authorization in (f"Basic {credentials}", f"basic {credentials}", f"BASIC  {credentials} "):
        answer = await house.get(authorization)
        assert (answer.status_code, answer.json()) == (200, {"number": "1"})


def test_the_md5_is_the_documented_one() -> None:
    assert transmitted("password") == "5f4dcc3b5aa765d61d8327deb882cf99"
    assert hash_password("password").startswith("$argon2id$")
    assert hash_password("password") != hash_password("password")


async def test_every_way_to_be_wrong_gets_the_same_answer(house: House) -> None:
    sent = transmitted(PASSWORD)
    right = basic(house.till, sent)
    wrong: list[str | bytes | None] = [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b":" + sent.encode()).decode(),
        "Basic " + base64.b64encode(b"a\x00b:x").decode(),
        b"Basic \xff",
        right[:-8],
        right.replace("Basic", "Bearer"),
        "Basic " + "A" * 100_000,
        basic(house.till, PASSWORD),
        basic(house.till, sent.upper()),
        basic(house.till, sent + " "),
        basic(house.till, ""),
        basic(house.till, transmitted("another")),
        basic(house.till.upper(), sent),
        basic("nobody", sent),
        basic("nobody", transmitted("")),
        basic("' OR 1=1 --", sent),
    ]
    for authorization in wrong:
        answer = await house.get(authorization)
        assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED), authorization
        assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_an_unknown_user_costs_the_verification_that_a_wrong_password_costs(house: House) -> None:
    await house.get(basic("nobody", transmitted(PASSWORD)))
    assert house.verifier.count == 1
    await house.get(basic(house.till, transmitted("wrong")))
    assert house.verifier.count == 2


async def test_verified_credentials_are_remembered_for_a_minute(house: House) -> None:
    right = basic(house.till, transmitted(PASSWORD))
    for _ in range(3):
        assert (await house.get(right)).status_code == 200
    house.monotonic_s += REMEMBERED_S - 1
    await house.get(right)
    assert house.verifier.count == 1
    house.monotonic_s += 2
    assert (await house.get(right)).status_code == 200
    assert house.verifier.count == 2


async def test_wrong_credentials_are_not_remembered(house: House) -> None:
    wrong = basic(house.till, transmitted("later correct"))
    assert (await house.get(wrong)).status_code == 401
    await house.change("UPDATE credential SET secret_hash = $2 WHERE org_id = $1", hash_password("later correct"))
    assert (await house.get(wrong)).status_code == 200


async def test_calls_that_arrive_together_share_one_verification(house: House) -> None:
    right = basic(house.till, transmitted(PASSWORD))
    answers = await asyncio.gather(*(house.get(right) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert house.verifier.count == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credential SET is_active = false WHERE org_id = $1",
        "UPDATE org_entity SET is_active = false WHERE org_id = $1 AND type = 'TILL'",
        "DELETE FROM credential WHERE org_id = $1",
        "DELETE FROM credential_index WHERE org_id = $1",
    ],
)
async def test_a_withdrawn_credential_ends_with_the_change_or_after_a_minute(house: House, statement: str) -> None:
    right = basic(house.till, transmitted(PASSWORD))
    assert (await house.get(right)).status_code == 200
    await house.change(statement)
    if "credential" in statement:
        await house.change("UPDATE organization SET credential_version = credential_version + 1 WHERE org_id = $1")
    assert (await house.get(right)).status_code == 200, "this process has not heard of it"
    await house.hears_of_the_change()
    assert (await house.get(right)).status_code == 401


async def test_a_process_that_hears_of_no_change_asks_again_after_a_minute(house: House) -> None:
    right = basic(house.till, transmitted(PASSWORD))
    assert (await house.get(right)).status_code == 200
    await house.change("UPDATE org_entity SET is_active = false WHERE org_id = $1 AND type = 'TILL'")
    house.monotonic_s += REMEMBERED_S + 1
    assert (await house.get(right)).status_code == 401


async def test_a_change_that_leaves_the_credential_alone_does_not_end_it(house: House) -> None:
    right = basic(house.till, transmitted(PASSWORD))
    await house.get(right)
    await house.change("UPDATE organization SET name = $2 WHERE org_id = $1", "New Name")
    await house.hears_of_the_change()
    assert (await house.get(right)).status_code == 200
    assert house.verifier.count == 1
    # What is remembered is not remembered for longer by it.
    house.monotonic_s += REMEMBERED_S + 1
    assert (await house.get(right)).status_code == 200
    assert house.verifier.count == 2


async def test_what_is_remembered_acts_under_the_configuration_of_now(house: House) -> None:
    right = basic(house.till, transmitted(PASSWORD))
    await house.get(right)
    await house.change(
        "INSERT INTO config_value (org_id, key, value) VALUES ($1, 'EARNEST_BASIC_AUTHENTICATION', 'false')"
    )
    await house.hears_of_the_change()
    assert (await house.get(right)).status_code == 401
    await house.change("DELETE FROM config_value WHERE org_id = $1")
    await house.hears_of_the_change()
    assert (await house.get(right)).status_code == 200
    assert house.verifier.count == 3


async def test_another_password_ends_what_is_remembered_of_the_old_one(house: House) -> None:
    right = basic(house.till, transmitted(PASSWORD))
    await house.get(right)
    await house.change("UPDATE credential SET secret_hash = $2 WHERE org_id = $1", hash_password("another"))
    await house.change("UPDATE organization SET credential_version = credential_version + 1 WHERE org_id = $1")
    await house.hears_of_the_change()
    assert (await house.get(right)).status_code == 401
    assert (await house.get(basic(house.till, transmitted("another")))).status_code == 200


async def test_without_a_database_nobody_is_called_wrong(nowhere: Database) -> None:
    tenants = Tenants(nowhere)
    scheme = BasicScheme(nowhere, tenants, RememberedCredentials(tenants))
    transport = httpx.ASGITransport(app=sample.application(nowhere, schemes=(scheme,)))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for path in ("/v2/bills/1", "/earnest/v1/bills"):
            method = "GET" if path.startswith("/v2") else "DELETE"
            answer = await client.request(method, path, headers={"Authorization": basic("t", "x")})
            assert (answer.status_code, answer.json()) == (503, UNAVAILABLE)
            assert answer.headers["retry-after"] == "1"


async def test_a_flood_of_verifications_is_refused_rather_than_queued() -> None:
    verifier = Verifier(waiting_max=3)
    secret_hash = hash_password(PASSWORD)
    outcomes = await asyncio.gather(
        *(verifier.verify(secret_hash, transmitted(PASSWORD)) for _ in range(5)), return_exceptions=True
    )
    assert outcomes[:3] == [True, True, True]
    assert [outcome.code for outcome in outcomes[3:] if isinstance(outcome, ApiError)] == [4001, 4001]
    assert await verifier.verify(secret_hash, transmitted("wrong")) is False


async def test_a_hash_that_is_none_matches_nothing() -> None:
    assert await Verifier().verify("not a hash", transmitted(PASSWORD)) is False


async def test_what_is_remembered_is_bounded_and_holds_no_secret(nowhere: Database) -> None:
    remembered = RememberedCredentials(Tenants(nowhere))
    principal = Principal(sample.ORGANIZATION, sample.ORGANIZATION.entities[0])
    verified = Verified(principal, lambda current: None)
    for number in range(ENTRIES_MAX + 10):
        remembered.remember(remembered.fingerprint(b"%d" % number), verified)
    entries = vars(remembered)["_entries"]
    assert len(entries) == ENTRIES_MAX
    assert remembered.fingerprint(b"9") not in entries
    assert remembered.fingerprint(b"10") in entries
    secret = basic("till", transmitted(PASSWORD)).encode()
    assert secret not in remembered.fingerprint(secret)
    assert remembered.fingerprint(secret) != RememberedCredentials(Tenants(nowhere)).fingerprint(secret)
