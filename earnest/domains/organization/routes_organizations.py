"""`/earnest/v1/organizations`: organisations and how they are connected."""

from __future__ import annotations

from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import ORGANIZATION_ID, OTHER_ORGANIZATION_ID, Example
from earnest.core.http.own import DryRun, Page, PageQuery
from earnest.domains.organization.paths import OfChild, OfOrganization
from earnest.domains.organization.schemas import (
    Child,
    Connections,
    NewConnection,
    NewOrganization,
    Organization,
    OrganizationChange,
)
from earnest.domains.organization.service import connections, organizations

GROUP = "Organisations"
ORGANIZATIONS = "/earnest/v1/organizations"
ORGANIZATION = ORGANIZATIONS + "/{organizationId}"
CONNECTED = ORGANIZATION + "/connected"


@endpoint("GET", ORGANIZATIONS, style=Style.OWN, group=GROUP, access=Access.ADMIN, example=Example())
async def list_organizations(ctx: AdminContext, query: PageQuery) -> Page[Organization]:
    """Lists the organisations of this installation."""
    return await organizations.list_organizations(ctx, query)


@endpoint(
    "POST",
    ORGANIZATIONS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    status=201,
    example=Example(
        body={"name": "Corner Shops", "countryCode": "IN", "currency": "INR", "timeZone": "Asia/Kolkata"},
    ),
)
async def create_organization(ctx: AdminContext, query: DryRun, body: NewOrganization) -> Organization:
    """Makes an organisation.

    With the starter programme it works as soon as it has a store and a till: members enrol when they register, and bills
    bring points. Country, currency, time zone and primary identifier are fixed from then on.
    """
    return await organizations.create_organization(ctx, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    ORGANIZATION,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def get_organization(ctx: AdminContext, path: OfOrganization) -> Organization:
    """Shows one organisation."""
    return await organizations.read_organization(ctx, path.organization_id)


@endpoint(
    "PATCH",
    ORGANIZATION,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}, body={"name": "Demo Stores of India"}),
)
async def update_organization(
    ctx: AdminContext, path: OfOrganization, query: DryRun, body: OrganizationChange
) -> Organization:
    """Changes the name of an organisation, or the access group of its stores.

    What its bills, days and identifiers were computed with is fixed: country, currency, time zone, primary identifier.
    """
    return await organizations.change_organization(ctx, path.organization_id, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    CONNECTED,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_connected_organizations(ctx: AdminContext, path: OfOrganization) -> Connections:
    """Shows the parent of an organisation, or its children."""
    return await connections.read_connections(ctx, path.organization_id)


@endpoint(
    "PUT",
    CONNECTED + "/{childId}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createOrganization"],
        path={"organizationId": ORGANIZATION_ID, "childId": OTHER_ORGANIZATION_ID},
        body={},
    ),
)
async def connect_organization(ctx: AdminContext, path: OfChild, query: DryRun, body: NewConnection) -> Child:
    """Makes an organisation the child of another one.

    Clients of the parent may then call in its name, with the header X-CAP-EXT-ORGID. There are two levels: a child has no
    children.
    """
    return await connections.connect(ctx, path.organization_id, path.child_id, body, dry_run=query.dry_run)


@endpoint(
    "DELETE",
    CONNECTED + "/{childId}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createOrganization", "connectOrganization"],
        path={"organizationId": ORGANIZATION_ID, "childId": OTHER_ORGANIZATION_ID},
    ),
)
async def disconnect_organization(ctx: AdminContext, path: OfChild, query: DryRun) -> Child:
    """Parts two connected organisations, and answers how they were connected."""
    return await connections.disconnect(ctx, path.organization_id, path.child_id, dry_run=query.dry_run)
