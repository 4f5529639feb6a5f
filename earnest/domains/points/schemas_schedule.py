"""Wire structs of the expiry schedule (contract/13-points-v2/05, 13-points-v2/06)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.messages import Message


class ScheduleQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Query of 13-points-v2/06; the identifier parameters only by lookup."""

    program_id: int | None = None
    fetch_data_for_all_programs: bool = False
    fetch_earliest_expiry_only: bool = False
    start_date: str | None = None
    end_date: str | None = None


class ScheduleLookupQuery(ScheduleQuery, frozen=True, rename="camel"):
    source: str | None = None
    account_id: str | None = None
    identifier_name: str | None = None
    identifier_value: str | None = None


class LoyaltyInfo(msgspec.Struct, frozen=True, rename="camel"):
    loyalty_type: str


class ScheduledExpiry(msgspec.Struct, frozen=True, rename="camel"):
    """Points of one programme and kind whose last day is `expiry_date` (YYYY-MM-DD, in the organisation's zone)."""

    points: Decimal
    expiry_date: str
    program_id: int
    points_type: str
    expiry_type: str


class ScheduleAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`profiles`, `segments` and `extendedFields` are empty here in every documented example."""

    id: int
    profiles: list[Any]
    loyalty_info: LoyaltyInfo
    segments: dict[str, Any]
    extended_fields: dict[str, Any]
    expiry_schedules: list[ScheduledExpiry]
    warnings: list[Message]
