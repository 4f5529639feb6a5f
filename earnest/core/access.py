"""Access groups: what a till or a client may call, per resource and kind of API (contract/_conventions.md, section 3).

A route asks `AccessGroup.permits`; the groups travel inside the `Organization` value, so that asking costs no round trip.
The use cases below change them; each takes a connection inside a transaction of the organisation, raises config_version
in that transaction and returns it, for `Tenants.at_least` once the transaction is committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import asyncpg
import msgspec

from earnest.core.config_version import raise_config_version
from earnest.core.db.pool import Connection
from earnest.core.db.statements import load
from earnest.core.errors import ErrorCode

sql = load(Path(__file__).with_name("access.sql"))

NAME_CHARACTERS_MAX = 100
DESCRIPTION_CHARACTERS_MAX = 500
# Ours: a group for each resource and then some.
GROUPS_MAX = 100

GROUP_UNKNOWN = ErrorCode(404, "There is no access group with this id", 404, "access-group-unknown")
GROUP_BUILT_IN = ErrorCode(409, "Built-in access groups cannot be changed", 409, "access-group-built-in")
GROUP_NAME_TAKEN = ErrorCode(409, "Another access group has this name", 409, "access-group-name-taken")
GROUP_IN_USE = ErrorCode(
    409, "The access group is assigned to the organisation, a store or a client", 409, "access-group-in-use"
)
GROUPS_FULL = ErrorCode(409, f"An organisation has at most {GROUPS_MAX} access groups", 409, "access-groups-full")
GROUP_NAME_INVALID = ErrorCode(
    400, f"An access group needs a name of 1 to {NAME_CHARACTERS_MAX} characters", 400, "access-group-name-invalid"
)
DESCRIPTION_INVALID = ErrorCode(
    400, f"A description has at most {DESCRIPTION_CHARACTERS_MAX} characters", 400, "description-invalid"
)
RESOURCE_UNKNOWN = ErrorCode(
    400, "There is no resource {name!r} that an access group could name", 400, "access-resource-unknown"
)
STORE_UNKNOWN = ErrorCode(404, "There is no store with this id", 404, "store-unknown")

RESOURCES: Mapping[str, str] = {
    "Behavioural events": "Behavioural events, and the audit log (contract/30-audit-logs)",
    "Card": "Cards",
    "Communication": "Messages to customers (contract/28-communications)",
    "Coupon": "Coupons",
    "Customer": "Customers, their lookup and their labels",
    "Customer group": "Evaluation of cart promotions (contract/25-cart-promotions)",
    "Event simulation": "Simulation of transactions (contract/06-transaction-v2/07)",
    "Leads": "Leads",
    "OTP": "One-time passwords",
    "Organization": "The organisation, its entities and tills",
    "Organization Data Fields": "Custom fields of the organisation",
    "Points": "Points, their ledger and programmes",
    "Product": "Products",
    "Requests": "Requests, and deletion of personal data",
    "Staff": "Staff",
    "Store": "Stores",
    "Target Loyalty": "Milestones, streaks, badges",
    "Task": "Tasks of stores",
    "Transaction": "Transactions",
    "User Groups": "Groups of customers, companies",
    "Webhooks": "Subscriptions to events, and their log",
}
"""What an endpoint may name as its group: the documented resources with what they cover."""


class Level(StrEnum):
    """What a group grants for a resource. WRITE includes READ."""

    NONE = "NONE"
    READ = "READ"
    WRITE = "WRITE"


class ApiKind(StrEnum):
    """Groups grant data APIs and APIs of configuration apart."""

    DATA = "data"
    CONFIG = "config"


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """The levels of one resource, one for each kind of API."""

    data: Level = Level.NONE
    config: Level = Level.NONE


_RANK = {Level.NONE: 0, Level.READ: 1, Level.WRITE: 2}
_NOTHING = Grant()


class AccessGroup(msgspec.Struct, frozen=True, array_like=True):
    """`grants` by resource; `otherwise` holds for every resource that is not named there."""

    id: int
    name: str
    description: str
    grants: Mapping[str, Grant] = {}
    otherwise: Grant = _NOTHING

    def permits(self, resource: str, needed: Level, kind: ApiKind = ApiKind.DATA) -> bool:
        grant = self.grants.get(resource, self.otherwise)
        return _RANK[grant.data if kind is ApiKind.DATA else grant.config] >= _RANK[needed]

    @property
    def grants_nothing(self) -> bool:
        return all(grant == _NOTHING for grant in (self.otherwise, *self.grants.values()))


FULL_ACCESS = AccessGroup(1, "Full access", "Everything", otherwise=Grant(Level.WRITE, Level.WRITE))
READ_ONLY = AccessGroup(2, "Read only", "Everything, reading only", otherwise=Grant(Level.READ, Level.READ))
# What an id leads to that no group has: a mistake somewhere must not open a door.
NO_ACCESS = AccessGroup(0, "No access", "Nothing")

BUILT_IN: Mapping[int, AccessGroup] = {group.id: group for group in (FULL_ACCESS, READ_ONLY)}


async def list_access_groups(connection: Connection, org_id: int) -> list[AccessGroup]:
    """The built-in groups, then the organisation's own by name."""
    rows = await connection.fetch(sql.text("list_groups"), org_id)
    own = [
        AccessGroup(
            row["id"], row["name"], row["description"], msgspec.json.decode(row["grants"], type=dict[str, Grant])
        )
        for row in rows
    ]
    return [*BUILT_IN.values(), *own]


async def create_access_group(
    connection: Connection, org_id: int, *, name: str, description: str = "", grants: Mapping[str, Grant]
) -> tuple[AccessGroup, int]:
    """Stores a new group and returns it with the new config_version.

    ApiError 400 for a name or description of the wrong length or an unknown resource, 409 for a name that is taken or when
    there are too many groups.
    """
    _check(name, description, grants)
    version = await raise_config_version(connection, org_id)
    if await connection.fetchval(sql.text("count_groups"), org_id) >= GROUPS_MAX:
        raise GROUPS_FULL.error()
    group_id: int = await connection.fetchval(sql.text("next_group_id"))
    try:
        await connection.execute(sql.text("add_group"), org_id, group_id, name, description)
    except asyncpg.UniqueViolationError:
        raise GROUP_NAME_TAKEN.error() from None
    await _store_grants(connection, org_id, group_id, grants)
    return AccessGroup(group_id, name, description, dict(grants)), version


async def update_access_group(
    connection: Connection,
    org_id: int,
    group_id: int,
    *,
    name: str | None = None,
    description: str | None = None,
    grants: Mapping[str, Grant] | None = None,
) -> int:
    """Changes what is given; `grants` replaces all of them. Returns the new config_version.

    ApiError 404 for an unknown group, 409 for a built-in one or a name that is taken, 400 as for a new one.
    """
    if group_id in BUILT_IN:
        raise GROUP_BUILT_IN.error()
    version = await raise_config_version(connection, org_id)
    row = await connection.fetchrow(sql.text("read_group"), org_id, group_id)
    if row is None:
        raise GROUP_UNKNOWN.error()
    name = row["name"] if name is None else name
    description = row["description"] if description is None else description
    _check(name, description, grants or {})
    try:
        await connection.execute(sql.text("change_group"), org_id, name, description, group_id)
    except asyncpg.UniqueViolationError:
        raise GROUP_NAME_TAKEN.error() from None
    if grants is not None:
        await connection.execute(sql.text("drop_grants"), org_id, group_id)
        await _store_grants(connection, org_id, group_id, grants)
    return version


async def delete_access_group(connection: Connection, org_id: int, group_id: int) -> int:
    """Deletes a group that nothing has. ApiError 404 for an unknown one, 409 for a built-in or assigned one."""
    if group_id in BUILT_IN:
        raise GROUP_BUILT_IN.error()
    version = await raise_config_version(connection, org_id)
    if await connection.fetchval(sql.text("is_group_assigned"), org_id, group_id):
        raise GROUP_IN_USE.error()
    if await connection.fetchval(sql.text("drop_group"), org_id, group_id) is None:
        raise GROUP_UNKNOWN.error()
    return version


async def assign_access_group(
    connection: Connection, org_id: int, group_id: int | None, *, store_id: int | None = None
) -> int:
    """Gives a group to a store, or without `store_id` to the whole organisation; None takes it away again.

    Returns the new config_version. ApiError 404 for an unknown group or store.
    """
    version = await raise_config_version(connection, org_id)
    if group_id is not None:
        await check_group(connection, org_id, group_id)
    if store_id is None:
        await connection.execute(sql.text("assign_to_organization"), org_id, group_id)
    elif await connection.fetchval(sql.text("assign_to_store"), org_id, group_id, store_id) is None:
        raise STORE_UNKNOWN.error()
    return version


async def check_group(connection: Connection, org_id: int, group_id: int) -> None:
    """ApiError 404 unless the organisation has this group or it is a built-in one."""
    if group_id not in BUILT_IN and await connection.fetchrow(sql.text("read_group"), org_id, group_id) is None:
        raise GROUP_UNKNOWN.error()


def _check(name: str, description: str, grants: Mapping[str, Grant]) -> None:
    if not name.strip() or len(name) > NAME_CHARACTERS_MAX:
        raise GROUP_NAME_INVALID.error()
    if name in (group.name for group in BUILT_IN.values()):
        raise GROUP_NAME_TAKEN.error()
    if len(description) > DESCRIPTION_CHARACTERS_MAX:
        raise DESCRIPTION_INVALID.error()
    for resource in grants:
        if resource not in RESOURCES:
            raise RESOURCE_UNKNOWN.error(name=resource[:NAME_CHARACTERS_MAX])


async def _store_grants(connection: Connection, org_id: int, group_id: int, grants: Mapping[str, Grant]) -> None:
    await connection.execute(
        sql.text("add_grants"),
        org_id,
        group_id,
        list(grants),
        [grant.data.value for grant in grants.values()],
        [grant.config.value for grant in grants.values()],
    )
