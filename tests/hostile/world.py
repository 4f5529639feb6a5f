"""An organisation for the attacks: whom it knows, what they bought, and who may call.

Everything in it that stands for a person or is a secret carries a mark, a random text that stands nowhere else.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import psycopg
from psycopg import sql

from earnest.core.auth.admin_keys import digest_of
from earnest.core.http import example as names
from earnest.core.http.endpoint import Access, Endpoint
from earnest.core.http.example import Example, Id
from earnest.core.openapi.operations import operation_id
from earnest.domains.programs.examples import DEMO_YAML
from earnest.domains.programs.routes_admin import GROUP
from tests.hostile.calls import REGISTRY, Call, call
from tests.support.administration import set_config
from tests.support.organizations import Organization, new_organization
from tests.support.server import Server
from tests.support.till import Json, Till, basic, json_of

OPERATIONS: Mapping[str, Endpoint] = {operation_id(endpoint): endpoint for endpoint in REGISTRY.endpoints}
# Fields of answers that hold secrets; what begins like this is one wherever it stands.
_SECRET_FIELDS = frozenset({"secret", "secrets", "accessToken", "password"})
_SECRET_PREFIXES = ("whsec_", "eyJ")
# What the examples of a change of status and of a simulation speak of.
CONFIG: Mapping[str, Json] = {
    "CONF_ENABLE_SIMULATION_API_MODE": True,
    "CONF_CUSTOMER_DEFAULT_STATUS_ENABLED": True,
    "EARNEST_CUSTOMER_STATUS_LABELS": [
        {"label": "Active", "status": "ACTIVE"},
        {"label": "Suspicious", "status": "SUSPENDED", "actions": ["BLOCK_POINTS_REDEMPTION"]},
    ],
}

_numbers = itertools.count(1)


class Values(msgspec.Struct, frozen=True):
    """What stands for the examples' own: texts by their value, ids by where they come from."""

    texts: Mapping[str, str]
    ids: dict[str, int]


class World:
    """One organisation with examples come true. `organization` is one with tills; without it one is made that only an
    administrator can do something with, which is quick."""

    def __init__(self, server: Server, http: httpx.Client, organization: Organization | None = None) -> None:
        self.server = server
        self.marks: set[str] = {server.admin_key}
        self._http = http
        self._organization = organization
        self._mark = secrets.token_hex(6)
        if organization is None:
            endpoint = OPERATIONS["createOrganization"]
            made = self.send(call(endpoint, endpoint.examples[0]))
            assert made.status_code == endpoint.status, made.text
            self.org_id: int = made.json()["id"]
        else:
            self.org_id = organization.org_id
            self.marks |= {secret_part(self.till), self.till.password}

    @classmethod
    def with_tills(cls, server: Server, http: httpx.Client) -> World:
        return cls(server, http, new_organization(server, http, config=CONFIG))

    @classmethod
    def of(cls, endpoint: Endpoint, server: Server, http: httpx.Client) -> World:
        """A new one that is fit for the endpoint and for the calls before its examples."""
        earlier = [OPERATIONS[operation] for example in endpoint.examples for operation in _operations(example)]
        if not any(one.access in (Access.READ, Access.WRITE) or one.group == GROUP for one in (endpoint, *earlier)):
            return cls(server, http)
        world = cls.with_tills(server, http)
        if "/program-proposals/{name}" in endpoint.paths[0]:
            world.propose()
        return world

    def propose(self) -> None:
        """A change of the programme waits for a second administrator: the one whose key this world uses."""
        assert self._organization is not None
        set_config(self._organization, EARNEST_PROGRAM_SECOND_APPROVER=True)
        key = f"eak_{secrets.token_urlsafe(32)}"
        self.marks.add(key)
        with psycopg.connect(self.server.owner_url) as connection:
            connection.execute(
                "INSERT INTO admin_key (name, key_hash, created_at) VALUES (%s, %s, now())",
                [f"maker.{self._mark}", digest_of(key.encode())],
            )
        body = DEMO_YAML.replace(b"Gold: 10000", b"Gold: 9000")
        assert body != DEMO_YAML
        answer = self._http.put(
            f"{self.server.base_url}/earnest/v1/programs",
            params={"organizationId": self.org_id},
            content=body,
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/yaml"},
        )
        assert answer.is_success, answer.text

    @property
    def till(self) -> Till:
        assert self._organization is not None
        return self._organization.till

    def headers(self, endpoint: Endpoint) -> dict[str, str]:
        """Credentials that the endpoint accepts."""
        if endpoint.access is Access.ADMIN:
            return {"Authorization": f"Bearer {self.server.admin_key}"}
        if endpoint.access in (Access.READ, Access.WRITE):
            return {"Authorization": basic(self.till.username, self.till.password)}
        return {}

    def send(
        self, call: Call, *, headers: Mapping[str, str] | None = None, chunks: Iterable[bytes] | None = None
    ) -> httpx.Response:
        """The call with credentials of this organisation, or with other headers. `chunks` are sent in the place of its
        body, which nobody knows the length of then."""
        given = {"Accept": call.content_type, **(self.headers(call.endpoint) if headers is None else headers)}
        given |= call.headers
        if call.content is not None:
            given.setdefault("Content-Type", call.content_type)
        # As it is: a client library that tidies up a target would take the point out of it.
        url = httpx.URL(self.server.base_url).copy_with(raw_path=call.target.encode("latin-1"))
        raw = {name: value.encode("latin-1") for name, value in given.items()}
        content = call.content if chunks is None else iter(chunks)
        return self._http.request(call.endpoint.method, url, content=content, headers=raw)

    def values(self, example: Example) -> Values:
        """New names and numbers, after the calls that are to be made before the example."""
        values = Values(self._texts(), {names.ORGANIZATION_ID.source: self.org_id})
        self._live(example.after, values, set())
        return values

    def come_true(self, example: Example, values: Values | None = None) -> Example:
        """The example with this organisation's names and ids in the place of its own."""
        known = self.values(example) if values is None else values
        return msgspec.structs.replace(
            example,
            path=_replaced(example.path, known),
            query=_replaced(example.query, known),
            headers=_replaced(example.headers, known),
            body=_replaced(example.body, known),
        )

    def freshened(self, body: bytes, values: Values, example: Example) -> bytes:
        """A body made of `values` with other texts where the calls before it do not need them."""
        needed = {text for earlier in _before(example) for text in values.texts if text in repr(earlier)}
        fresh = self._texts()
        for name, text in values.texts.items():
            if name not in needed:
                body = body.replace(text.encode(), fresh[name].encode())
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
                ).format(sql.Literal(name), sql.Identifier(name), sql.Literal(self.org_id))
                for (name,) in tables
            )
            return {name: (count, digest) for name, count, digest in connection.execute(digests)}

    def _texts(self) -> dict[str, str]:
        number = f"9{next(_numbers) % 1_000:03d}{secrets.randbelow(10**6):06d}"
        marked = {
            names.FIRST_NAME: f"Zeno{self._mark}{number}",
            names.LAST_NAME: f"Quux{self._mark}{number}",
            names.MOBILE: f"91{number}",
            names.EMAIL: f"mail{self._mark}{number}@example.com",
            names.EXTERNAL_ID: f"EXT{self._mark}{number}",
            names.TILL_PASSWORD: f"password{self._mark}{number}",
            names.OTHER_TILL_PASSWORD: f"other{self._mark}{number}",
            names.CLIENT_SECRET: f"secret{self._mark}{number}",
        }
        self.marks.update(marked.values())
        return marked | {
            names.BILL_NUMBER: f"bill-{number}",
            names.REDEMPTION_REFERENCE: f"reference-{number}",
            names.CONCEPT_CODE: f"concept.{number}",
            names.ZONE_CODE: f"zone.{number}",
            names.STORE_CODE: f"store.{number}",
            names.STORE_NAME: f"Store {number}",
            names.STORE_EXTERNAL_ID: f"erp-{number}",
            names.TILL_CODE: f"till.{self._mark}.{number}",
            names.LOOKUP_VALUE: f"lookup-{number}",
            names.CLIENT_KEY: f"key-{self._mark}-{number}",
            names.ACCESS_GROUP_NAME: f"Group {number}",
            names.INSTANT_AHEAD: (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="milliseconds"),
            # A domain that never leads anywhere (RFC 2606).
            names.WEBHOOK_URL: f"https://receiver-{number}.invalid/hook",
        }

    def _live(self, operations: Iterable[str], values: Values, lived: set[str]) -> None:
        for operation in operations:
            if operation in lived:
                continue
            lived.add(operation)
            endpoint = OPERATIONS[operation]
            example = endpoint.examples[0]
            self._live(example.after, values, lived)
            answer = self.send(call(endpoint, self.come_true(example, values)))
            assert answer.status_code == endpoint.status, f"{operation}: {answer.text}"
            fields = json_of(answer.text) or {}
            values.ids.update((f"{operation}.{name}", value) for name, value in fields.items() if type(value) is int)
            self.marks |= secrets_in(fields)


def secret_part(till: Till) -> str:
    """What of a till's password goes over the wire."""
    return hashlib.md5(till.password.encode(), usedforsecurity=False).hexdigest()


def secrets_in(answer: Json) -> set[str]:
    """What an answer hands out as a secret is one from then on."""
    if isinstance(answer, Mapping):
        texts = {
            text
            for name in _SECRET_FIELDS & set(answer)
            for text in (answer[name] if isinstance(answer[name], list) else [answer[name]])
            if isinstance(text, str)
        }
        return texts.union(*(secrets_in(value) for value in answer.values()))
    if isinstance(answer, list):
        return set().union(*(secrets_in(value) for value in answer))
    return {answer} if isinstance(answer, str) and answer.startswith(_SECRET_PREFIXES) else set()


def _operations(example: Example) -> Iterable[str]:
    """The operations that are called before this example, those before them too."""
    for operation in example.after:
        yield from _operations(OPERATIONS[operation].examples[0])
        yield operation


def _before(example: Example) -> Iterable[Example]:
    """The examples that are called before this one."""
    for operation in example.after:
        earlier = OPERATIONS[operation].examples[0]
        yield from _before(earlier)
        yield earlier


def _replaced(value: Any, values: Values) -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(one, values) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(one, values) for one in value]
    if isinstance(value, str):
        for name, text in values.texts.items():
            value = value.replace(name, text)
        return value
    return values.ids[value.source] if isinstance(value, Id) else value
