"""Clients: programs of an organisation that call with tokens (core/clients), with the audit log."""

from __future__ import annotations

import msgspec

from earnest.core import clients
from earnest.core.administration import Change, administer, pointing
from earnest.core.audit import MASKED
from earnest.core.db.pool import Connection, Database
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, PageQuery, page_of_all
from earnest.core.tenancy import Client as StoredClient
from earnest.domains.organization.schemas_access import Client, ClientChange, IssuedClient, NewClient
from earnest.domains.organization.service.organizations import require

_FIELDS = {
    "token-life-invalid": "/ttlSeconds",
    "till-unknown": "/defaultTillId",
    "access-group-unknown": "/accessGroupId",
    "client-key-taken": "/key",
}


async def list_clients(ctx: AdminContext, org_id: int, query: PageQuery) -> Page[Client]:
    """All clients by id, those that are not active too. ApiError 404 for an unknown organisation."""
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        found = await clients.list_clients(connection, org_id)
    return page_of_all([_client(client) for client in found], query, lambda client: client.id, int)


async def read_client(ctx: AdminContext, org_id: int, client_id: int) -> Client:
    """ApiError 404 for an unknown one."""
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        await require(connection, org_id)
        return await _read(connection, org_id, client_id)


async def create_client(ctx: AdminContext, org_id: int, new: NewClient, *, dry_run: bool) -> IssuedClient:
    """Makes a client and shows its secret, for the only time. ApiError 404 for an unknown till or group, 409 when there are
    15 active ones or the key is taken."""
    wanted = clients.NewClient(
        name=new.name,
        default_till_id=new.default_till_id,
        description=new.description,
        ttl_s=new.ttl_seconds,
        use_default_till_when_invalid=new.use_default_till_when_invalid,
        access_group_id=new.access_group_id,
        key=new.key or "",
        secret=new.secret or "",
    )

    async def work(change: Change) -> IssuedClient:
        with pointing(_FIELDS):
            issued = await clients.create_client(change.connection, org_id, wanted, now=ctx.now)
        after = _client(issued.client)
        await change.note("create", "client", after.id, after=after)
        return _issued(after, issued.secret)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def change_client(
    ctx: AdminContext, org_id: int, client_id: int, wanted: ClientChange, *, dry_run: bool
) -> Client:
    """Changes what is given, or switches it off and on. Errors as for a new one; 404 for an unknown one."""
    values = msgspec.structs.asdict(wanted)
    values["ttl_s"] = values.pop("ttl_seconds")

    async def work(change: Change) -> Client:
        before = await _read(change.connection, org_id, client_id)
        with pointing(_FIELDS):
            changed, _ = await clients.update_client(
                change.connection, org_id, client_id, clients.ClientChange(**values)
            )
        after = _client(changed)
        await change.note("update", "client", client_id, before=before, after=after)
        return after

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def renew_secret(ctx: AdminContext, org_id: int, client_id: int, *, dry_run: bool) -> IssuedClient:
    """Gives a client a new secret in place of the old one, and shows it, for the only time. ApiError 404 for an unknown
    one."""

    async def work(change: Change) -> IssuedClient:
        issued = await clients.renew_secret(change.connection, org_id, client_id)
        await change.note("renew-secret", "client", client_id, before={"secret": MASKED}, after={"secret": MASKED})
        return _issued(_client(issued.client), issued.secret)

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def _read(connection: Connection, org_id: int, client_id: int) -> Client:
    for client in await clients.list_clients(connection, org_id):
        if client.id == client_id:
            return _client(client)
    raise clients.CLIENT_UNKNOWN.error().at("/clientId", "path")


def _issued(client: Client, secret: str) -> IssuedClient:
    return IssuedClient(**msgspec.structs.asdict(client), secret=secret)


def _client(stored: StoredClient) -> Client:
    return Client(
        id=stored.id,
        key=stored.key,
        name=stored.name,
        description=stored.description,
        ttl_seconds=stored.ttl_s,
        default_till_id=stored.default_till_id,
        use_default_till_when_invalid=stored.use_default_till_when_invalid,
        access_group_id=stored.access_group_id,
        is_active=stored.is_active,
    )
