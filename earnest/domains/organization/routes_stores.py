"""`/earnest/v1/organizations/{organizationId}/…`: stores, tills, and the values that lead to a till."""

from __future__ import annotations

from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import (
    LOOKUP_VALUE,
    ORGANIZATION_ID,
    OTHER_TILL_PASSWORD,
    STORE_CODE,
    STORE_EXTERNAL_ID,
    STORE_ID,
    STORE_NAME,
    TILL_CODE,
    TILL_ID,
    TILL_PASSWORD,
    Example,
)
from earnest.core.http.own import DryRun, Page, PageQuery
from earnest.domains.organization.paths import EntityQuery, OfEntity, OfLookup, OfOrganization, TillQuery
from earnest.domains.organization.routes_organizations import ORGANIZATION
from earnest.domains.organization.schemas import (
    MappedTill,
    NewPassword,
    NewStore,
    NewTill,
    Store,
    StoreChange,
    Till,
    TillChange,
    TillLookup,
)
from earnest.domains.organization.service import stores, tills

GROUP = "Stores and tills"
STORES = ORGANIZATION + "/stores"
TILLS = ORGANIZATION + "/tills"
LOOKUPS = ORGANIZATION + "/till-lookups"


@endpoint(
    "GET",
    STORES,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_stores(ctx: AdminContext, path: OfOrganization, query: EntityQuery) -> Page[Store]:
    """Lists the stores of an organisation by code."""
    return await stores.list_stores(ctx, path.organization_id, query, is_active=query.is_active)


@endpoint(
    "POST",
    STORES,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    status=201,
    example=Example(
        path={"organizationId": ORGANIZATION_ID},
        body={"code": STORE_CODE, "name": STORE_NAME, "externalIds": [STORE_EXTERNAL_ID]},
    ),
)
async def create_store(ctx: AdminContext, path: OfOrganization, query: DryRun, body: NewStore) -> Store:
    """Makes a store."""
    return await stores.create_store(ctx, path.organization_id, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    STORES + "/{id}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createStore"], path={"organizationId": ORGANIZATION_ID, "id": STORE_ID}),
)
async def get_store(ctx: AdminContext, path: OfEntity) -> Store:
    """Shows one store."""
    return await stores.read_store(ctx, path.organization_id, path.id)


@endpoint(
    "PATCH",
    STORES + "/{id}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createStore"],
        path={"organizationId": ORGANIZATION_ID, "id": STORE_ID},
        body={"externalIds": [STORE_EXTERNAL_ID, "WMS-3"]},
    ),
)
async def update_store(ctx: AdminContext, path: OfEntity, query: DryRun, body: StoreChange) -> Store:
    """Changes a store: names, place, external ids, access group, whether it is active.

    A store with active tills stays active.
    """
    return await stores.change_store(ctx, path.organization_id, path.id, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    TILLS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_tills(ctx: AdminContext, path: OfOrganization, query: TillQuery) -> Page[Till]:
    """Lists the tills of an organisation by code."""
    found = tills.list_tills(ctx, path.organization_id, query, store_id=query.store_id, is_active=query.is_active)
    return await found


@endpoint(
    "POST",
    TILLS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    status=201,
    example=Example(
        after=["createStore"],
        path={"organizationId": ORGANIZATION_ID},
        body={"code": TILL_CODE, "password": TILL_PASSWORD, "storeId": STORE_ID},
    ),
)
async def create_till(ctx: AdminContext, path: OfOrganization, query: DryRun, body: NewTill) -> Till:
    """Makes a till; it can call at once.

    Its code is its user name, and unique in the whole installation.
    """
    return await tills.create_till(ctx, path.organization_id, body, dry_run=query.dry_run)


@endpoint(
    "GET",
    TILLS + "/{id}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["createTill"], path={"organizationId": ORGANIZATION_ID, "id": TILL_ID}),
)
async def get_till(ctx: AdminContext, path: OfEntity) -> Till:
    """Shows one till."""
    return await tills.read_till(ctx, path.organization_id, path.id)


@endpoint(
    "PATCH",
    TILLS + "/{id}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createTill"],
        path={"organizationId": ORGANIZATION_ID, "id": TILL_ID},
        body={"description": "At the entrance"},
    ),
)
async def update_till(ctx: AdminContext, path: OfEntity, query: DryRun, body: TillChange) -> Till:
    """Changes a till: name, description, whether it is active.

    A till that is not active is refused from its next call on.
    """
    return await tills.change_till(ctx, path.organization_id, path.id, body, dry_run=query.dry_run)


@endpoint(
    "PUT",
    TILLS + "/{id}/password",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createTill"],
        path={"organizationId": ORGANIZATION_ID, "id": TILL_ID},
        body={"password": OTHER_TILL_PASSWORD},
    ),
)
async def change_till_password(ctx: AdminContext, path: OfEntity, query: DryRun, body: NewPassword) -> Till:
    """Changes the password of a till; the old one is refused from the next call on."""
    return await tills.change_password(ctx, path.organization_id, path.id, body.password, dry_run=query.dry_run)


@endpoint(
    "GET",
    LOOKUPS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_till_lookups(ctx: AdminContext, path: OfOrganization, query: PageQuery) -> Page[TillLookup]:
    """Lists the values that lead to a till."""
    return await tills.list_lookups(ctx, path.organization_id, query)


@endpoint(
    "PUT",
    LOOKUPS + "/{type}/{value}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["createTill"],
        path={"organizationId": ORGANIZATION_ID, "type": "WECHAT", "value": LOOKUP_VALUE},
        body={"tillId": TILL_ID},
    ),
)
async def map_till_lookup(ctx: AdminContext, path: OfLookup, query: DryRun, body: MappedTill) -> TillLookup:
    """Lets a value of X-CAP-API-ATTRIBUTION-LOOKUP lead to a till.

    Case matters. A slash in a value is written as %2F.
    """
    return await tills.map_lookup(ctx, path.organization_id, path.type, path.value, body.till_id, dry_run=query.dry_run)


@endpoint(
    "DELETE",
    LOOKUPS + "/{type}/{value}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        after=["mapTillLookup"], path={"organizationId": ORGANIZATION_ID, "type": "WECHAT", "value": LOOKUP_VALUE}
    ),
)
async def unmap_till_lookup(ctx: AdminContext, path: OfLookup, query: DryRun) -> TillLookup:
    """Lets a value lead nowhere any more, and answers where it led."""
    return await tills.unmap_lookup(ctx, path.organization_id, path.type, path.value, dry_run=query.dry_run)
