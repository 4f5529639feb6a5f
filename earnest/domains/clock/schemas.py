"""The clock of an organisation as the admin API and the CLI show it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from earnest.core.tenancy import OrganizationId


class Kind(StrEnum):
    """REAL time; RUNNING ahead of it; or STANDING still until it is moved again."""

    REAL = "real"
    RUNNING = "running"
    STANDING = "standing"


class Reading(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the clock shows."""

    organization_id: int
    now: datetime
    kind: Kind


class SetClock(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`standing`: the clock stays there until it is moved again; else it runs on from there."""

    organization_id: OrganizationId
    now: datetime
    standing: bool = False


class AdvanceClock(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`by` is an ISO 8601 duration in days, hours, minutes and seconds: P30D, PT12H."""

    organization_id: OrganizationId
    by: timedelta


class ClockQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    organization_id: OrganizationId


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """`dry_run=true`: the same answer, and nothing is stored."""

    dry_run: bool = False
