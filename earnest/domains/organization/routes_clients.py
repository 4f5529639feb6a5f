"""`/earnest/v1/organizations/{organizationId}/…`: clients of the token endpoint, and access groups."""

from __future__ import annotations

from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import (
    ACCESS_GROUP_ID,
    ACCESS_GROUP_NAME,
    CLIENT_ID,
    CLIENT_KEY,
    CLIENT_SECRET,
    ORGANIZATION_ID,
    TILL_ID,
    Example,
)
from earnest.core.http.own import DryRun, Page, PageQuery
from earnest.domains.organization.paths import OfClient, OfGroup, OfOrganization
from earnest.domains.organization.routes_organizations import ORGANIZATION
from earnest.domains.organization.schemas_access import (
    AccessGroup,
    AccessGroupChange,
    Client,
    ClientChange,
    IssuedClient,
    NewAccessGroup,
    NewClient,
    Resource,
)
from earnest.domains.organization.service import access_groups, clients

GROUP = "Clients and access groups"
CLIENTS = ORGANIZATION + "/clients"
GROUPS = ORGANIZATION + "/access-groups"


@endpoint(
    "GET",
    CLIENTS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_clients(ctx: AdminContext, path: OfOrganization, query: PageQuery) -> Page[Client]:
    """Lists the clients of an organisation, those that are not active too."""
    return await clients.list_clients(ctx, path.organization_id, query)


@endpoint(
    "POST",
    CLIENTS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    status=201,
    example=Example(
        after=["createTill"],
        path={"organizationId": ORGANIZATION_ID},
        body={"name": "web shop", "defaultTillId": TILL_ID, "key": CLIENT_KEY, "secret": CLIENT_SECRET},
    ),
)
async def create_client(ctx: AdminContext, path: OfOrganization, query: DryRun, body: NewClient) -> IssuedClient:
    """Makes a client that may get tokens, and shows its secret for the only time.

    An organisation has at most 15 active clients.
    """
    return await clients.create_client(ctx, path.organization_id, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    CLIENTS + "/{clientId}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createClient"], path={"organizationId": ORGANIZATION_ID, "clientId": CLIENT_ID}),
)
async def get_client(ctx: AdminContext, path: OfClient) -> Client:
    """Shows one client."""
    return await clients.read_client(ctx, path.organization_id, path.client_id)


@endpoint(
    "PATCH",
    CLIENTS + "/{clientId}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createClient"],
        path={"organizationId": ORGANIZATION_ID, "clientId": CLIENT_ID},
        body={"ttlSeconds": 600},
    ),
)
async def update_client(ctx: AdminContext, path: OfClient, query: DryRun, body: ClientChange) -> Client:
    """Changes a client, or switches it off: then it gets no tokens, and those that it has are refused."""
    return await clients.change_client(ctx, path.organization_id, path.client_id, body, dry_run=query.dry_run)


@endpoint(
    "POST",
    CLIENTS + "/{clientId}/secret",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createClient"], path={"organizationId": ORGANIZATION_ID, "clientId": CLIENT_ID}),
)
async def renew_client_secret(ctx: AdminContext, path: OfClient, query: DryRun) -> IssuedClient:
    """Gives a client a new secret in place of the old one, and shows it for the only time.

    Tokens that it has already stay valid until they run out.
    """
    return await clients.renew_secret(ctx, path.organization_id, path.client_id, dry_run=query.dry_run)


@endpoint(
    "GET",
    "/earnest/v1/access-resources",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(),
)
async def list_access_resources(ctx: AdminContext, query: PageQuery) -> Page[Resource]:
    """Lists the resources that an access group may name."""
    return access_groups.list_resources(query)


@endpoint(
    "GET",
    GROUPS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_access_groups(ctx: AdminContext, path: OfOrganization, query: PageQuery) -> Page[AccessGroup]:
    """Lists the access groups of an organisation, the built-in ones too."""
    return await access_groups.list_access_groups(ctx, path.organization_id, query)


@endpoint(
    "POST",
    GROUPS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    status=201,
    example=Example(
        path={"organizationId": ORGANIZATION_ID},
        body={"name": ACCESS_GROUP_NAME, "grants": {"Customer": {"data": "READ"}, "Transaction": {"data": "WRITE"}}},
    ),
)
async def create_access_group(
    ctx: AdminContext, path: OfOrganization, query: DryRun, body: NewAccessGroup
) -> AccessGroup:
    """Makes an access group.

    It counts where it is assigned: `accessGroupId` of a client, of a store, or of the organisation for all stores that have
    none. A till has the group of its store.
    """
    return await access_groups.create_access_group(ctx, path.organization_id, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    GROUPS + "/{groupId}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID, "groupId": 1}),
)
async def get_access_group(ctx: AdminContext, path: OfGroup) -> AccessGroup:
    """Shows one access group."""
    return await access_groups.read_access_group(ctx, path.organization_id, path.group_id)


@endpoint(
    "PATCH",
    GROUPS + "/{groupId}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createAccessGroup"],
        path={"organizationId": ORGANIZATION_ID, "groupId": ACCESS_GROUP_ID},
        body={"grants": {"Points": {"data": "READ"}}},
    ),
)
async def update_access_group(ctx: AdminContext, path: OfGroup, query: DryRun, body: AccessGroupChange) -> AccessGroup:
    """Changes an access group; it counts from the next call on. Built-in groups cannot be changed."""
    return await access_groups.change_access_group(
        ctx, path.organization_id, path.group_id, body, dry_run=query.dry_run
    )


@endpoint(
    "DELETE",
    GROUPS + "/{groupId}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createAccessGroup"], path={"organizationId": ORGANIZATION_ID, "groupId": ACCESS_GROUP_ID}),
)
async def delete_access_group(ctx: AdminContext, path: OfGroup, query: DryRun) -> AccessGroup:
    """Deletes an access group that is not assigned, and answers what it was."""
    return await access_groups.delete_access_group(ctx, path.organization_id, path.group_id, dry_run=query.dry_run)
