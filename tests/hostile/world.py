"""An organisation for the attacks: whom it knows, what they bought, and who may call.

Everything in it that stands for a person or is a secret carries a mark, a random text that stands nowhere else.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import psycopg
from psycopg import sql

from earnest.core.clients import NewClient, create_client
from earnest.core.db.pool import Database
from earnest.core.http import example as names
from earnest.core.http.endpoint import Access, Endpoint
from earnest.core.http.example import BILL, CLIENT, CUSTOMER, Example
from tests.hostile.calls import Call
from tests.support.blocking import finish
from tests.support.organizations import Organization, new_organization
from tests.support.server import Server
from tests.support.till import Till, basic

_numbers = itertools.count(1)

# Whose values are there before a call that needs it.
_MADE_FOR: Mapping[str, Sequence[object]] = {
    CUSTOMER: (names.FIRST_NAME, names.LAST_NAME, names.MOBILE, names.EMAIL, names.EXTERNAL_ID),
    BILL: (names.BILL_NUMBER,),
    CLIENT: (names.CLIENT_KEY, names.CLIENT_SECRET),
}


class World:
    """One organisation with `examples` come true."""

    def __init__(self, server: Server, http: httpx.Client) -> None:
        self.server = server
        self._http = http
        self.organization: Organization = new_organization(server, http)
        self.marks: set[str] = {secret_part(self.till), self.till.password}
        self._mark = secrets.token_hex(6)
        self._clients: dict[str, str] = {}

    @property
    def till(self) -> Till:
        return self.organization.till

    def headers(self, endpoint: Endpoint) -> dict[str, str]:
        """Credentials that the endpoint accepts."""
        if endpoint.access is Access.ADMIN:
            return {"Authorization": f"Bearer {self.server.admin_key}"}
        if endpoint.access in (Access.READ, Access.WRITE):
            return {"Authorization": basic(self.till.username, self.till.password)}
        return {}

    def send(self, call: Call, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The call with credentials of this organisation, or with other headers."""
        given = {"Accept": call.content_type, **(self.headers(call.endpoint) if headers is None else headers)}
        given |= call.headers
        if call.content is not None:
            given.setdefault("Content-Type", call.content_type)
        # As it is: a client library that tidies up a target would take the point out of it.
        url = httpx.URL(self.server.base_url).copy_with(raw_path=call.target.encode("latin-1"))
        raw = {name: value.encode("latin-1") for name, value in given.items()}
        return self._http.request(call.endpoint.method, url, content=call.content, headers=raw)

    def values(self, example: Example) -> dict[object, object]:
        """What stands for the examples' values: new names and numbers, and what the example needs is there."""
        number = f"9{next(_numbers) % 1_000:03d}{secrets.randbelow(10**6):06d}"
        found: dict[object, object] = {
            names.ORGANIZATION_ID: self.organization.org_id,
            names.FIRST_NAME: f"Zeno{self._mark}{number}",
            names.LAST_NAME: f"Quux{self._mark}{number}",
            names.MOBILE: f"91{number}",
            names.EMAIL: f"mail{self._mark}{number}@example.com",
            names.EXTERNAL_ID: f"EXT{self._mark}{number}",
            names.BILL_NUMBER: f"bill-{number}",
            names.REDEMPTION_REFERENCE: f"reference-{number}",
            names.CLIENT_KEY: f"key-{number}",
            names.CLIENT_SECRET: f"secret{self._mark}{number}",
        }
        self.marks.update(
            str(found[key])
            for key in (
                names.FIRST_NAME,
                names.LAST_NAME,
                names.MOBILE,
                names.EMAIL,
                names.EXTERNAL_ID,
                names.CLIENT_SECRET,
            )
        )
        if CUSTOMER in example.needs:
            found[names.CUSTOMER_ID] = self._register(found)
        if BILL in example.needs:
            found[names.TRANSACTION_ID] = self._sell(found)
        if CLIENT in example.needs:
            self._create_client(found)
        return found

    def come_true(self, example: Example, values: Mapping[object, object] | None = None) -> Example:
        """The example with this organisation's names and ids in the place of its own."""
        known = self.values(example) if values is None else values
        return msgspec.structs.replace(
            example,
            path=_replaced(example.path, known),
            query=_replaced(example.query, known),
            headers=_replaced(example.headers, known),
            body=_replaced(example.body, known),
        )

    def freshened(self, body: bytes, values: Mapping[object, object], example: Example) -> bytes:
        """A body made of `values` with other values for all that need not be there before."""
        fresh = self.values(msgspec.structs.replace(example, needs=()))
        there = {name for need in example.needs for name in _MADE_FOR[need]}
        for key, value in values.items():
            if key not in there and isinstance(value, str):
                body = body.replace(value.encode(), str(fresh[key]).encode())
        return body

    def fingerprint(self) -> dict[str, tuple[int, str]]:
        """For each table: how many rows the organisation has, and a digest of them."""
        with psycopg.connect(self.server.owner_url) as connection:
            tables = connection.execute(
                "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'"
                " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            ).fetchall()
            digests = sql.SQL(" UNION ALL ").join(
                sql.SQL(
                    "SELECT {}, count(*), md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {} t"
                    " WHERE org_id = {}"
                ).format(sql.Literal(name), sql.Identifier(name), sql.Literal(self.organization.org_id))
                for (name,) in tables
            )
            return {name: (count, digest) for name, count, digest in connection.execute(digests)}

    def _register(self, values: Mapping[object, object]) -> int:
        identifiers = [
            {"type": "mobile", "value": values[names.MOBILE]},
            {"type": "email", "value": values[names.EMAIL]},
            {"type": "externalId", "value": values[names.EXTERNAL_ID]},
        ]
        profile = {
            "source": "INSTORE",
            "firstName": values[names.FIRST_NAME],
            "lastName": values[names.LAST_NAME],
            "identifiers": identifiers,
        }
        body = {"profiles": [profile], "loyaltyInfo": {"loyaltyType": "loyalty"}}
        customer_id: int = self.till.post("/v2/customers", body).ok()["createdId"]
        return customer_id

    def _sell(self, values: Mapping[object, object]) -> int:
        bill = {"type": "REGULAR", "billNumber": values[names.BILL_NUMBER], "billAmount": 2_000}
        query = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": values[names.MOBILE]}
        transaction_id: int = self.till.post("/v2/transactions", bill, **query).ok()["createdId"]
        return transaction_id

    def _create_client(self, values: Mapping[object, object]) -> None:
        if self._clients:
            # An organisation has at most 15.
            values.update(self._clients)  # type: ignore[attr-defined]
            return
        finish(self._store_client(str(values[names.CLIENT_KEY]), str(values[names.CLIENT_SECRET])))
        self._clients = {key: str(values[key]) for key in (names.CLIENT_KEY, names.CLIENT_SECRET)}

    async def _store_client(self, key: str, secret: str) -> None:
        database = Database(self.server.app_url, connections_max=2)
        await database.open()
        try:
            async with database.tenant(self.organization.org_id).transaction() as connection:
                till_id = await connection.fetchval(
                    "SELECT id FROM org_entity WHERE org_id = $1 AND code = $2",
                    self.organization.org_id,
                    self.till.username,
                )
                new = NewClient(name="backend", default_till_id=till_id, key=key, secret=secret)
                await create_client(connection, self.organization.org_id, new, now=datetime.now(UTC))
        finally:
            await database.close()


def secret_part(till: Till) -> str:
    """What of a till's password goes over the wire."""
    return hashlib.md5(till.password.encode(), usedforsecurity=False).hexdigest()


def _replaced(value: Any, values: Mapping[object, object]) -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(one, values) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(one, values) for one in value]
    if isinstance(value, str):
        for known, own in values.items():
            if isinstance(known, str) and known in value:
                value = value.replace(known, str(own))
        return value
    return values.get(value, value) if isinstance(value, int) and not isinstance(value, bool) else value
