"""What X-CAP-API-ATTRIBUTION-LOOKUP leads to: values of other systems, each mapped to a till (see core/auth/attribution)."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from earnest.core.config_version import raise_config_version
from earnest.core.db.pool import Connection
from earnest.core.db.statements import load
from earnest.core.errors import ErrorCode

sql = load(Path(__file__).with_name("till_lookups.sql"))

VALUE_CHARACTERS_MAX = 255

LOOKUP_VALUE_INVALID = ErrorCode(
    400, f"A lookup value has 1 to {VALUE_CHARACTERS_MAX} characters", 400, "lookup-value-invalid"
)
LOOKUP_UNKNOWN = ErrorCode(404, "There is no such lookup value", 404, "lookup-unknown")
TILL_UNKNOWN = ErrorCode(404, "There is no till with this id", 404, "till-unknown")


class LookupType(StrEnum):
    """The types that contract/_conventions.md, section 2, names."""

    WECHAT = "WECHAT"
    MOBILE_TRIGGER = "MOBILE_TRIGGER"


async def map_lookup(connection: Connection, org_id: int, type_: LookupType, value: str, till_id: int) -> int:
    """Maps the value (case matters) to a till, or to another one than before. Returns the new config_version."""
    if not 1 <= len(value) <= VALUE_CHARACTERS_MAX:
        raise LOOKUP_VALUE_INVALID.error()
    version = await raise_config_version(connection, org_id)
    if not await connection.fetchval(sql.text("is_till"), org_id, till_id):
        raise TILL_UNKNOWN.error()
    await connection.execute(sql.text("map_lookup"), org_id, type_.value, value, till_id)
    return version


async def unmap_lookup(connection: Connection, org_id: int, type_: LookupType, value: str) -> int:
    """Forgets the value. Returns the new config_version; ApiError 404 when it was not mapped."""
    version = await raise_config_version(connection, org_id)
    if await connection.fetchval(sql.text("unmap_lookup"), org_id, type_.value, value) is None:
        raise LOOKUP_UNKNOWN.error()
    return version
