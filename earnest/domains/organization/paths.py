"""What stands in the paths and queries of the admin API."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from earnest.core.http.bounds import INTEGER_MAX
from earnest.core.http.own import PageQuery
from earnest.core.till_lookups import LookupType
from earnest.domains.organization.schemas import OrganizationId

Id = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]


class OfOrganization(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    organization_id: OrganizationId


class OfChild(OfOrganization, frozen=True, kw_only=True, rename="camel"):
    child_id: OrganizationId


class OfEntity(OfOrganization, frozen=True, kw_only=True, rename="camel"):
    id: Id


class OfLookup(OfOrganization, frozen=True, kw_only=True, rename="camel"):
    type: LookupType
    value: str


class OfClient(OfOrganization, frozen=True, kw_only=True, rename="camel"):
    client_id: Id


class OfGroup(OfOrganization, frozen=True, kw_only=True, rename="camel"):
    group_id: Id


class OfKey(OfOrganization, frozen=True, kw_only=True, rename="camel"):
    key: str


class EntityQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    """`isActive=true` or `false`: only those."""

    is_active: bool | None = None


class TillQuery(EntityQuery, frozen=True, kw_only=True, rename="camel"):
    """`storeId`: only tills of this store."""

    store_id: Id | None = None
