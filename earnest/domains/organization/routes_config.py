"""`/earnest/v1/organizations/{organizationId}/config` and `/earnest/v1/audit`."""

from __future__ import annotations

from earnest.core.audit import Entry
from earnest.core.http.endpoint import Access, AdminContext, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import ORGANIZATION_ID, Example
from earnest.core.http.own import DryRun, Page
from earnest.domains.organization.paths import OfKey, OfOrganization
from earnest.domains.organization.routes_organizations import ORGANIZATION
from earnest.domains.organization.schemas_config import (
    AuditQuery,
    ChangedConfig,
    ConfigKey,
    ConfigQuery,
    ConfigValue,
    ConfigValues,
)
from earnest.domains.organization.service import audit_log, config

GROUP = "Config keys"
CONFIG = ORGANIZATION + "/config"

_KEY = {"organizationId": ORGANIZATION_ID, "key": "CONF_POINTS_RETURN_ENABLED"}


@endpoint(
    "GET",
    CONFIG,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path={"organizationId": ORGANIZATION_ID}),
)
async def list_config(ctx: AdminContext, path: OfOrganization, query: ConfigQuery) -> Page[ConfigKey]:
    """Lists the config keys with their values.

    The list has every switch that the documentation names. Where `effective` is false the key is known and its value kept,
    but nothing heeds it yet.
    """
    return await config.list_config(ctx, path.organization_id, query)


@endpoint(
    "PATCH",
    CONFIG,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(
        path={"organizationId": ORGANIZATION_ID},
        body={"values": {"CONF_LOYALTY_MAX_BILL_AMOUNT": "100000", "CONF_MIN_BILLING_DATE": None}},
    ),
)
async def update_config(ctx: AdminContext, path: OfOrganization, query: DryRun, body: ConfigValues) -> ChangedConfig:
    """Sets several config keys, all of them or none; null takes a value away."""
    return await config.change_config(ctx, path.organization_id, body.values, dry_run=query.dry_run)


@endpoint("GET", CONFIG + "/{key}", style=Style.OWN, group=GROUP, access=Access.ADMIN, example=Example(path=_KEY))
async def get_config(ctx: AdminContext, path: OfKey) -> ConfigKey:
    """Shows one config key with its value."""
    return await config.read_config(ctx, path.organization_id, path.key)


@endpoint(
    "PUT",
    CONFIG + "/{key}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path=_KEY, body={"value": False}),
)
async def set_config(ctx: AdminContext, path: OfKey, query: DryRun, body: ConfigValue) -> ConfigKey:
    """Gives an organisation its own value of a config key, in force from the next call on."""
    return await config.set_config(ctx, path.organization_id, path.key, body.value, dry_run=query.dry_run)


@endpoint(
    "DELETE",
    CONFIG + "/{key}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["setConfig"], path=_KEY),
)
async def unset_config(ctx: AdminContext, path: OfKey, query: DryRun) -> ConfigKey:
    """Takes the organisation's own value away: the default holds again."""
    return await config.unset_config(ctx, path.organization_id, path.key, dry_run=query.dry_run)


@endpoint(
    "GET",
    "/earnest/v1/audit",
    style=Style.OWN,
    group="Audit",
    access=Access.ADMIN,
    example=Example(query={"organizationId": ORGANIZATION_ID, "resource": "till"}),
)
async def list_audit_entries(ctx: AdminContext, query: AuditQuery) -> Page[Entry]:
    """Lists who changed what in an organisation through the admin API or the command line, the newest first."""
    return await audit_log.list_entries(ctx, query)
