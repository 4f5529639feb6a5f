"""Organisations and their entities as the admin API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Description = Annotated[str, Meta(max_length=250)]
# contract/27-organization-v2/08 and /01: "string 1..50, ^[a-z][a-z0-9._-]*$" and "string min 3".
Code = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[a-z][a-z0-9._-]*\Z")]
UserName = Annotated[str, Meta(min_length=3, max_length=50, pattern=r"^[a-z][a-z0-9._-]+\Z")]
Password = Annotated[str, Meta(min_length=8, max_length=200)]
ExternalId = Annotated[str, Meta(min_length=1, max_length=100)]
OrganizationId = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Organization(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`access_group_id` is the group of stores that have none, null: full access. `type` is the documented one: parents of
    connected organisations are SUPER_ORG, children CHILD_ORG. `config_version` rises with every change."""

    id: int
    name: str
    country_code: str
    currency: str
    currency_decimals: int
    time_zone: str
    primary_identifier: str
    access_group_id: int | None
    type: Literal["STANDARD_ORG", "SUPER_ORG", "CHILD_ORG"]
    parent_id: int | None
    config_version: int
    created_at: datetime


class NewOrganization(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Without an `id` the next free one from 10001 is taken. `program`: "starter" gives it a programme at once (1 % of the
    net bill as points, which expire after 12 months), "none" leaves it without one."""

    name: Name
    country_code: Annotated[str, Meta(pattern=r"^[A-Z]{2}\Z")]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
    time_zone: Annotated[str, Meta(min_length=1, max_length=64)]
    id: OrganizationId | None = None
    currency_decimals: Annotated[int, Meta(ge=0, le=3)] = 2
    primary_identifier: Literal["mobile", "email", "externalId"] = "mobile"
    program: Literal["starter", "none"] = "starter"


class OrganizationChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is not given stays. `access_group_id` null takes the group away. The other fields of an organisation are fixed:
    they may be sent along as they are, and are refused (409) when they differ."""

    name: Name | UnsetType = UNSET
    access_group_id: int | UnsetType | None = UNSET
    country_code: str | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    currency_decimals: int | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    primary_identifier: str | UnsetType = UNSET


class Child(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A connected organisation. `default_till_id` is the till of the child that calls of the parent are booked on unless
    they name another one."""

    organization_id: int
    default_till_id: int | None
    connected_at: datetime


class Connections(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The parent of a child, or the children of a parent; both empty for an organisation that is not connected."""

    parent_id: int | None
    children: tuple[Child, ...]


class NewConnection(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`default_till_id` null: calls of the parent have to name a till of the child."""

    default_till_id: int | None = None


class Area(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A concept or a zone; `parent_id` is the one that it stands below."""

    id: int
    code: str
    name: str
    description: str
    parent_id: int | None
    is_active: bool


class NewArea(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`name` is the code unless it is given."""

    code: Code
    name: Name | None = None
    description: Description = ""
    parent_id: int | None = None


class AreaChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is not given stays; `code` is fixed."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    parent_id: int | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


class Store(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`external_ids` are what STORE_EXTERNAL_ID, _1 and _2 of the attribution headers look for, in this order."""

    id: int
    code: str
    name: str
    description: str
    concept_id: int | None
    zone_id: int | None
    external_ids: tuple[str, ...]
    access_group_id: int | None
    is_active: bool


class NewStore(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`name` is the code unless it is given."""

    code: Code
    name: Name | None = None
    description: Description = ""
    concept_id: int | None = None
    zone_id: int | None = None
    external_ids: Annotated[tuple[ExternalId, ...], Meta(max_length=3)] = ()
    access_group_id: int | None = None


class StoreChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is not given stays; null takes away; `code` is fixed."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    concept_id: int | UnsetType | None = UNSET
    zone_id: int | UnsetType | None = UNSET
    external_ids: Annotated[tuple[ExternalId, ...], Meta(max_length=3)] | UnsetType = UNSET
    access_group_id: int | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


class Till(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`code` is also the user name that it authenticates with."""

    id: int
    code: str
    name: str
    description: str
    store_id: int
    is_active: bool


class NewTill(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`code` may be that of no other till of the installation; `name` is the code unless it is given."""

    code: UserName
    password: Password
    store_id: int
    name: Name | None = None
    description: Description = ""


class TillChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is not given stays; code and store are fixed. A till that is not active cannot call."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Password


class TillLookup(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A value of X-CAP-API-ATTRIBUTION-LOOKUP and the till that it leads to."""

    type: str
    value: str
    till_id: int


class MappedTill(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    till_id: int
