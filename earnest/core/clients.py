"""Clients of the token endpoint: creating, listing, changing them (contract/_conventions.md, section 2).

Each use case takes a connection inside a transaction of the organisation, raises config_version in that transaction and
returns it, for `Tenants.at_least` once the transaction is committed: from then on a process knows the client as it is now.
"""

from __future__ import annotations

import asyncio
import secrets
from datetime import datetime
from pathlib import Path

import asyncpg
import msgspec

from earnest.core.access import FULL_ACCESS, check_group
from earnest.core.auth.passwords import hash_secret
from earnest.core.config_keys import TOKEN_TTL_SECONDS_MAX
from earnest.core.config_version import raise_config_version, raise_credential_version
from earnest.core.db.pool import Connection
from earnest.core.db.statements import load
from earnest.core.errors import ErrorCode
from earnest.core.tenancy import Client

sql = load(Path(__file__).with_name("clients.sql"))

# contract/_conventions.md, section 2: "At most 15 clients per org". Those that are not active do not count.
CLIENTS_MAX = 15
# The documented example of the token endpoint.
TTL_S_DEFAULT = 300
# The same section: "default maximum 60 minutes, raisable to 30 days".
TTL_S_MAX = 30 * 24 * 3_600
NAME_CHARACTERS_MAX = 100
DESCRIPTION_CHARACTERS_MAX = 500
KEY_CHARACTERS_MAX = 100
SECRET_BYTES = 32

CLIENT_UNKNOWN = ErrorCode(404, "There is no client with this id", 404, "client-unknown")
CLIENTS_FULL = ErrorCode(409, f"An organisation has at most {CLIENTS_MAX} active clients", 409, "clients-full")
CLIENT_KEY_TAKEN = ErrorCode(409, "Another client has this key", 409, "client-key-taken")
CLIENT_INVALID = ErrorCode(400, "{what}", 400, "client-invalid")
TTL_INVALID = ErrorCode(
    400, "Tokens of this organisation live from 1 to {ttl_s_max} seconds", 400, "token-life-invalid"
)
TILL_UNKNOWN = ErrorCode(404, "There is no active till with this id", 404, "till-unknown")


class NewClient(msgspec.Struct, frozen=True, kw_only=True):
    """`key` and `secret` are made when they are empty, as they should be outside of demos and tests."""

    name: str
    default_till_id: int
    description: str = ""
    ttl_s: int = TTL_S_DEFAULT
    use_default_till_when_invalid: bool = False
    access_group_id: int = FULL_ACCESS.id
    key: str = ""
    secret: str = ""


class ClientChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be another way; None leaves it as it is."""

    name: str | None = None
    description: str | None = None
    ttl_s: int | None = None
    default_till_id: int | None = None
    use_default_till_when_invalid: bool | None = None
    access_group_id: int | None = None
    is_active: bool | None = None


class IssuedSecret(msgspec.Struct, frozen=True):
    """The only moment at which a secret can be shown: only its hash is stored."""

    client: Client
    secret: str
    config_version: int


async def list_clients(connection: Connection, org_id: int) -> list[Client]:
    """All clients of the organisation in the order of their creation, those that are not active too."""
    return [_client(row) for row in await connection.fetch(sql.text("list_clients"), org_id)]


async def create_client(connection: Connection, org_id: int, new: NewClient, *, now: datetime) -> IssuedSecret:
    """Stores a client.

    ApiError 400 for a field that is out of bounds, 404 for an unknown till or access group, 409 when there are too many
    clients or the key is taken, in whichever organisation.
    """
    key = new.key or secrets.token_urlsafe(18)
    secret = new.secret or secrets.token_urlsafe(SECRET_BYTES)
    if len(key) > KEY_CHARACTERS_MAX:
        raise CLIENT_INVALID.error(what=f"A client's key has at most {KEY_CHARACTERS_MAX} characters")
    # Before the lock on the configuration, and beside the other calls of the process: it is meant to be slow.
    secret_hash = await asyncio.to_thread(hash_secret, secret)
    version = await raise_config_version(connection, org_id)
    await _check_count(connection, org_id)
    client_id: int = await connection.fetchval(sql.text("next_client_id"))
    client = Client(
        id=client_id,
        key=key,
        name=new.name,
        description=new.description,
        ttl_s=new.ttl_s,
        default_till_id=new.default_till_id,
        use_default_till_when_invalid=new.use_default_till_when_invalid,
        access_group_id=new.access_group_id,
        is_active=True,
    )
    await _check(connection, org_id, client, None)
    try:
        await connection.execute(sql.text("add_client_index"), org_id, key, client_id)
    except asyncpg.UniqueViolationError:
        raise CLIENT_KEY_TAKEN.error() from None
    await connection.execute(
        sql.text("add_client"),
        org_id,
        client_id,
        key,
        secret_hash,
        client.name,
        client.description,
        client.ttl_s,
        client.default_till_id,
        client.use_default_till_when_invalid,
        client.access_group_id,
        now,
    )
    return IssuedSecret(client, secret, version)


async def update_client(
    connection: Connection, org_id: int, client_id: int, change: ClientChange
) -> tuple[Client, int]:
    """Changes a client and returns it with the new config_version. Errors as for a new one; 404 for an unknown one.

    A client that is switched on again counts towards the documented maximum again.
    """
    version = await raise_config_version(connection, org_id)
    before = await _read(connection, org_id, client_id)
    changes = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
    client = msgspec.structs.replace(before, **changes)
    if client.is_active and not before.is_active:
        await _check_count(connection, org_id)
    await _check(connection, org_id, client, before)
    await connection.execute(
        sql.text("change_client"),
        org_id,
        client.name,
        client.description,
        client.ttl_s,
        client.default_till_id,
        client.use_default_till_when_invalid,
        client.access_group_id,
        client.is_active,
        client_id,
    )
    return client, version


async def deactivate_client(connection: Connection, org_id: int, client_id: int) -> tuple[Client, int]:
    """Its key gets no tokens any more, and the tokens it has are refused. ApiError 404 for an unknown client."""
    version = await raise_config_version(connection, org_id)
    client = await _read(connection, org_id, client_id)
    await connection.execute(sql.text("deactivate_client"), org_id, client_id)
    return msgspec.structs.replace(client, is_active=False), version


async def renew_secret(connection: Connection, org_id: int, client_id: int) -> IssuedSecret:
    """A new secret in place of the old one, which gets no tokens any more; tokens already issued run out by themselves."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    secret_hash = await asyncio.to_thread(hash_secret, secret)
    version = await raise_config_version(connection, org_id)
    client = await _read(connection, org_id, client_id)
    await connection.execute(sql.text("change_secret"), org_id, secret_hash, client_id)
    await raise_credential_version(connection, org_id)
    return IssuedSecret(client, secret, version)


async def _read(connection: Connection, org_id: int, client_id: int) -> Client:
    row = await connection.fetchrow(sql.text("read_client"), org_id, client_id)
    if row is None:
        raise CLIENT_UNKNOWN.error()
    return _client(row)


def _client(row: asyncpg.Record) -> Client:
    return Client(**dict(row))


async def _check_count(connection: Connection, org_id: int) -> None:
    if await connection.fetchval(sql.text("count_active_clients"), org_id) >= CLIENTS_MAX:
        raise CLIENTS_FULL.error()


async def _check(connection: Connection, org_id: int, client: Client, before: Client | None) -> None:
    """What is as it was before may stay so, even where it could not be chosen any more."""
    if not client.name.strip() or len(client.name) > NAME_CHARACTERS_MAX:
        raise CLIENT_INVALID.error(what=f"A client needs a name of 1 to {NAME_CHARACTERS_MAX} characters")
    if len(client.description) > DESCRIPTION_CHARACTERS_MAX:
        raise CLIENT_INVALID.error(what=f"A description has at most {DESCRIPTION_CHARACTERS_MAX} characters")
    if before is None or client.ttl_s != before.ttl_s:
        stated = await connection.fetchval(sql.text("read_config_value"), org_id, TOKEN_TTL_SECONDS_MAX.name)
        ttl_s_max = min(msgspec.json.decode(stated, type=int) if stated else TOKEN_TTL_SECONDS_MAX.default, TTL_S_MAX)
        if not 1 <= client.ttl_s <= ttl_s_max:
            raise TTL_INVALID.error(ttl_s_max=ttl_s_max)
    is_new_till = before is None or client.default_till_id != before.default_till_id
    if is_new_till and not await connection.fetchval(sql.text("is_active_till"), org_id, client.default_till_id):
        raise TILL_UNKNOWN.error()
    if before is None or client.access_group_id != before.access_group_id:
        await check_group(connection, org_id, client.access_group_id)
