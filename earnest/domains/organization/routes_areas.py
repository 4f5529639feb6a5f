"""`/earnest/v1/organizations/{organizationId}/…`: concepts and zones."""

from __future__ import annotations

from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import CONCEPT_CODE, CONCEPT_ID, ORGANIZATION_ID, ZONE_CODE, ZONE_ID, Example
from earnest.core.http.own import DryRun, Page
from earnest.domains.organization.paths import EntityQuery, OfEntity, OfOrganization
from earnest.domains.organization.routes_organizations import ORGANIZATION
from earnest.domains.organization.schemas import Area, AreaChange, NewArea
from earnest.domains.organization.service import areas
from earnest.domains.organization.service.entities import Kind

GROUP = "Concepts and zones"
CONCEPTS = ORGANIZATION + "/concepts"
ZONES = ORGANIZATION + "/zones"


@endpoint(
    "GET",
    CONCEPTS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_concepts(ctx: AdminContext, path: OfOrganization, query: EntityQuery) -> Page[Area]:
    """Lists the concepts of an organisation by code."""
    return await areas.list_areas(ctx, path.organization_id, Kind.CONCEPT, query, is_active=query.is_active)


@endpoint(
    "POST",
    CONCEPTS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    status=201,
    example=Example(path={"organizationId": ORGANIZATION_ID}, body={"code": CONCEPT_CODE, "name": "Retail"}),
)
async def create_concept(ctx: AdminContext, path: OfOrganization, query: DryRun, body: NewArea) -> Area:
    """Makes a concept."""
    return await areas.create_area(ctx, path.organization_id, Kind.CONCEPT, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    CONCEPTS + "/{id}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createConcept"], path={"organizationId": ORGANIZATION_ID, "id": CONCEPT_ID}),
)
async def get_concept(ctx: AdminContext, path: OfEntity) -> Area:
    """Shows one concept."""
    return await areas.read_area(ctx, path.organization_id, Kind.CONCEPT, path.id)


@endpoint(
    "PATCH",
    CONCEPTS + "/{id}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createConcept"],
        path={"organizationId": ORGANIZATION_ID, "id": CONCEPT_ID},
        body={"description": "Shops in malls"},
    ),
)
async def update_concept(ctx: AdminContext, path: OfEntity, query: DryRun, body: AreaChange) -> Area:
    """Changes a concept: name, description, what it stands below, whether it is active."""
    return await areas.change_area(ctx, path.organization_id, Kind.CONCEPT, path.id, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    ZONES,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_zones(ctx: AdminContext, path: OfOrganization, query: EntityQuery) -> Page[Area]:
    """Lists the zones of an organisation by code."""
    return await areas.list_areas(ctx, path.organization_id, Kind.ZONE, query, is_active=query.is_active)


@endpoint(
    "POST",
    ZONES,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    status=201,
    example=Example(path={"organizationId": ORGANIZATION_ID}, body={"code": ZONE_CODE, "name": "South"}),
)
async def create_zone(ctx: AdminContext, path: OfOrganization, query: DryRun, body: NewArea) -> Area:
    """Makes a zone."""
    return await areas.create_area(ctx, path.organization_id, Kind.ZONE, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    ZONES + "/{id}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createZone"], path={"organizationId": ORGANIZATION_ID, "id": ZONE_ID}),
)
async def get_zone(ctx: AdminContext, path: OfEntity) -> Area:
    """Shows one zone."""
    return await areas.read_area(ctx, path.organization_id, Kind.ZONE, path.id)


@endpoint(
    "PATCH",
    ZONES + "/{id}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createZone"],
        path={"organizationId": ORGANIZATION_ID, "id": ZONE_ID},
        body={"description": "South of the river"},
    ),
)
async def update_zone(ctx: AdminContext, path: OfEntity, query: DryRun, body: AreaChange) -> Area:
    """Changes a zone: name, description, what it stands below, whether it is active."""
    return await areas.change_area(ctx, path.organization_id, Kind.ZONE, path.id, body, dry_run=query.dry_run)
