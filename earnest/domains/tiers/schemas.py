"""Wire structs of tiers (contract/02-customer-v2/13, 02-customer-v2/14 and the same by lookup)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.messages import Message


class CustomerPath(msgspec.Struct, frozen=True, rename="camel"):
    customer_id: int


class DetailsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Query of 02-customer-v2/13."""

    program_id: int | None = None
    included_all_fleet_group: bool = False
    fleet_group_id: int | None = None


class DetailsLookupQuery(DetailsQuery, frozen=True, rename="camel"):
    """Query of 03-customer-lookup/06."""

    source: str | None = None
    account_id: str | None = None
    identifier_name: str | None = None
    identifier_value: str | None = None


class TierQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Query of 02-customer-v2/14."""

    program_id: int | None = None
    entity_type: str = "CUSTOMER"
    fetch_data_for_all_programs: bool = False


class TierLookupQuery(TierQuery, frozen=True, rename="camel"):
    """Query of 03-customer-lookup/12."""

    source: str | None = None
    account_id: str | None = None
    identifier_name: str | None = None
    identifier_value: str | None = None


class LoyaltyDetails(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Points and tier in one programme; `loyaltyId` is -1 where the customer is not enrolled."""

    redeemed: Decimal
    expired: Decimal
    returned: Decimal
    adjusted: Decimal
    lifetime_points: Decimal
    loyalty_points: Decimal
    cumulative_purchases: Decimal
    loyalty_id: int
    current_slab: str
    next_slab: str
    next_slab_serial_number: int
    next_slab_description: str
    slab_s_no: int
    slab_expiry_date: str
    program_id: int
    delayed_points: Decimal
    delayed_returned_points: Decimal
    total_available_points: Decimal
    total_returned_points: Decimal
    linked_partner_programs: list[Any]


class DetailsAnswer(msgspec.Struct, frozen=True):
    data: list[LoyaltyDetails]
    warnings: list[Message]
    errors: list[Message]


class ProgramTier(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """`tierExpiryDate` is in the organisation's zone, its ISO twin in UTC."""

    program_id: int
    current_tier_name: str
    current_tier_serial_number: int
    tier_expiry_date: str
    tier_expiry_date_iso: str = msgspec.field(name="tierExpiryDateISO")
    next_tier_name: str
    next_tier_serial_number: int


class TierAnswer(msgspec.Struct, frozen=True, rename="camel"):
    entity_id: int
    entity_type: str
    program_tiers: list[ProgramTier]
    warnings: list[Message]
