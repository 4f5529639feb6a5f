"""Organisations with tills and clients, and processes that serve them, each with a clock that the test turns."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

import asyncpg
import httpx

from earnest.core.access import FULL_ACCESS
from earnest.core.auth.authenticator import Authenticator
from earnest.core.auth.basic import BasicScheme
from earnest.core.auth.oauth import OAuthScheme
from earnest.core.auth.passwords import Verifier
from earnest.core.auth.remembered import RememberedCredentials
from earnest.core.auth.signing_keys import PURPOSE, SigningKeys
from earnest.core.auth.tokens import Tokens
from earnest.core.clients import IssuedSecret, NewClient, create_client
from earnest.core.clock import Clock
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Connection, Database
from earnest.core.http import oauth
from earnest.core.http.application import build
from earnest.core.http.endpoint import endpoints_of
from earnest.core.http.rates import RateLimits
from earnest.core.idempotency import PURPOSE as IDEMPOTENCY
from earnest.core.idempotency import Idempotency
from earnest.core.organizations import NewOrganization, NewStore, create_organization
from earnest.core.secret_key import SecretKey
from earnest.core.tenancy import Tenants
from tests.auth import calls
from tests.http.sample import LogSettings
from tests.support.till import basic

PASSWORD = "correct horse"
SECRET = SecretKey(b"the secret of all processes of these tests")
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TOKEN_PATH = "/v3/oauth/token/generate"


class CountingVerifier(Verifier):
    """Verifies, and counts how often."""

    count = 0

    async def verify(self, secret_hash: str, sent: str) -> bool:
        self.count += 1
        return await super().verify(secret_hash, sent)


class Process:
    """One serving process. `seconds` is how far its clocks have been turned."""

    def __init__(self, database: Database, *, secret: SecretKey = SECRET, rates: RateLimits | None = None) -> None:
        self.database = database
        self.seconds = 0.0
        self.tenants = Tenants(database)
        self.verifier = CountingVerifier()
        self.keys = SigningKeys(database, secret.seal(PURPOSE), monotonic_s=self.monotonic_s, wall_s=self.wall_s)
        self.tokens = Tokens(database, self.tenants, self.keys, self._remembered(), self.verifier, wall_s=self.wall_s)
        schemes = (
            OAuthScheme(database, self.tenants, self.tokens, self._remembered()),
            BasicScheme(database, self.tenants, self._remembered(), self.verifier),
        )
        self.application = build(
            (*endpoints_of(oauth), *calls.endpoints()),
            authenticator=Authenticator(schemes),
            tenants=self.tenants,
            database=database,
            clock=Clock(test_clock=True),
            settings=LogSettings(),
            idempotency=Idempotency(database, secret.seal(IDEMPOTENCY)),
            resources={Tokens: self.tokens},
            rates=rates,
        )
        transport = httpx.ASGITransport(app=self.application)  # type: ignore[arg-type]
        self.http = httpx.AsyncClient(transport=transport, base_url="http://localhost")

    def monotonic_s(self) -> float:
        return 1_000.0 + self.seconds

    def wall_s(self) -> float:
        return NOW.timestamp() + self.seconds

    def _remembered(self) -> RememberedCredentials:
        return RememberedCredentials(self.tenants, monotonic_s=self.monotonic_s)

    async def generate(self, key: str, secret: str) -> httpx.Response:
        return await self.http.post(TOKEN_PATH, json={"key": key, "secret": secret})

    async def token(self, client: IssuedSecret) -> str:
        answer = await self.generate(client.client.key, client.secret)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["data"]["accessToken"]
        return token

    async def call(
        self, token: str, method: str = "GET", path: str = "/v2/customers", **headers: str
    ) -> httpx.Response:
        """`attribution_lookup="x"` becomes the header X-CAP-API-ATTRIBUTION-LOOKUP."""
        named = {f"X-CAP-API-{name.replace('_', '-').upper()}": value.encode() for name, value in headers.items()}
        given: dict[str, str | bytes] = {"X-CAP-API-OAUTH-TOKEN": token, **named}
        return await self.http.request(method, path, headers=given)  # type: ignore[arg-type]


class House:
    """One organisation: stores "a" (tills a.2, a.1), "b" (till b.1) and "c" (till c.1, switched off)."""

    def __init__(self, urls: DatabaseUrls, owner: Connection, database: Database) -> None:
        self.urls = urls
        self.owner = owner
        self.database = database
        self.org_id = 10**6 + secrets.randbelow(10**9)
        self.mark = secrets.token_hex(4)

    def code(self, name: str) -> str:
        return f"{name}.{self.mark}"

    async def found(self, config: Mapping[str, object] | None = None) -> None:
        stores = [("store.a", ("till.a.2", "till.a.1")), ("store.b", ("till.b.1",)), ("store.c", ("till.c.1",))]
        organization = NewOrganization(
            org_id=self.org_id,
            name="House",
            stores=tuple(
                NewStore(
                    concept="concept",
                    zone="zone",
                    code=self.code(store),
                    tills={self.code(till): PASSWORD for till in tills},
                )
                for store, tills in stores
            ),
            config=config or {},
        )
        await create_organization(self.urls.owner, organization, {}, now=NOW)
        await self.change(
            "UPDATE org_entity SET is_active = false WHERE org_id = $1 AND code = $2", self.code("till.c.1")
        )

    async def entity_id(self, name: str) -> int:
        found: int = await self.owner.fetchval(
            "SELECT id FROM org_entity WHERE org_id = $1 AND code = $2", self.org_id, self.code(name)
        )
        return found

    async def client(
        self,
        *,
        till: str = "till.a.2",
        use_default_till_when_invalid: bool = False,
        access_group_id: int = FULL_ACCESS.id,
        ttl_s: int = 300,
        name: str = "backend",
    ) -> IssuedSecret:
        new = NewClient(
            name=name,
            default_till_id=await self.entity_id(till),
            use_default_till_when_invalid=use_default_till_when_invalid,
            access_group_id=access_group_id,
            ttl_s=ttl_s,
        )
        async with self.database.tenant(self.org_id).transaction() as connection:
            return await create_client(connection, self.org_id, new, now=NOW)

    async def change(self, statement: str, *values: object) -> None:
        """A change by somebody else, which raises config_version as every change of configuration does."""
        await self.owner.execute(statement, self.org_id, *values)
        await self.owner.execute(
            "UPDATE organization SET config_version = config_version + 1 WHERE org_id = $1", self.org_id
        )

    async def configure(self, key: str, value: str) -> None:
        await self.change(
            "INSERT INTO config_value (org_id, key, value) VALUES ($1, $2, $3::jsonb) "
            "ON CONFLICT (org_id, key) DO UPDATE SET value = excluded.value",
            key,
            value,
        )

    async def announce(self, process: Process) -> None:
        """What happens in a process that reads a config_version newer than the one it holds."""
        version = await self.owner.fetchval("SELECT config_version FROM organization WHERE org_id = $1", self.org_id)
        await process.tenants.at_least(self.org_id, version)

    def basic(self, till: str = "till.a.1") -> dict[str, str]:
        return {"Authorization": basic(self.code(till), PASSWORD)}


async def connect(url: str) -> Connection:
    connection: Connection = await asyncpg.connect(url)  # type: ignore[assignment]
    return connection
