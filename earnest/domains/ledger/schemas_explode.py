"""Wire structs of what stands behind events of the ledger (contract/15-points-ledger/03, 05)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.messages import Message
from earnest.domains.ledger.schemas import CustomerQuery, EntityType


class ExplodeQuery(CustomerQuery, frozen=True, rename="camel"):
    """Which events, by their ids or by name and what they refer to, and which parts of them."""

    event_ids: str | None = None
    event_name: str | None = None
    event_reference_ids: str | None = None
    get_bill_details: bool = False
    get_points_earned_breakup: bool = False
    get_custom_fields: bool = False
    get_extended_fields: bool = False
    get_max_conversion_details: bool = False
    get_payment_modes: bool = False
    get_payment_mode: bool = False
    type: EntityType = "CUSTOMER"
    is_primary_user: bool = False
    include_alternate_currencies: bool = False
    alternate_currency_names: str | None = None
    limit: int = 10
    offset: int = 0
    include_last_one_year_data: bool = False

    @property
    def wants_payments(self) -> bool:
        """v2 and v2.1 spell the flag differently."""
        return self.get_payment_modes or self.get_payment_mode


class EventTime(msgspec.Struct, frozen=True, rename="camel"):
    event_time: str
    till_id: int


class EarnedPoints(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Points that an event gave; `expires_on` is missing where they last for ever."""

    value: Decimal
    expires_on: str | UnsetType = UNSET
    program_id: int
    program_name: str
    expiry_type: str


class EarnedBreakup(EarnedPoints, frozen=True, rename="camel", kw_only=True):
    """The same with where they come from: the base amount and the allocation action."""

    awarded_on: str
    source_value: Decimal | UnsetType = UNSET
    allocation_strategy_id: int | UnsetType = UNSET
    allocation_strategy_name: str | UnsetType = UNSET
    points_category_name: str


class PromisedPoints(msgspec.Struct, frozen=True, rename="camel"):
    value: Decimal
    program_id: int
    program_name: str


class PointsEarned(msgspec.Struct, frozen=True):
    regular: list[EarnedPoints]
    promo: list[EarnedPoints]
    promised: list[PromisedPoints]


class PointsEarnedBreakup(msgspec.Struct, frozen=True):
    regular: list[EarnedBreakup]
    promo: list[EarnedBreakup]
    promised: list[PromisedPoints]


class BillLine(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    id: int
    item_code: str
    source: str
    gross_amount: Decimal
    discount: Decimal
    amount: Decimal
    rate: Decimal
    qty: Decimal


class BillDetails(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A sale, or the sale of a return with what was returned of it."""

    type: str
    bill_number: str
    gross_amount: Decimal
    discount: Decimal
    bill_amount: Decimal
    note: str
    source: str
    bill_date: str
    return_date: str | UnsetType = UNSET
    return_amount: Decimal | UnsetType = UNSET
    return_type: str | UnsetType = UNSET
    return_bill_id: int | UnsetType = UNSET
    points_earned: PointsEarned | UnsetType = UNSET
    points_earned_breakup: PointsEarnedBreakup | UnsetType = UNSET
    line_items: list[BillLine]


class CustomField(msgspec.Struct, frozen=True):
    name: str
    value: Any


class PaymentMode(msgspec.Struct, frozen=True):
    mode: str
    value: Decimal
    notes: str
    attributes: Any


class PointInTimeSlab(msgspec.Struct, frozen=True, rename="camel"):
    """The tier that the customer had in a programme when the event happened."""

    point_in_time_slab_number: int
    point_in_time_slab_name: str
    program_id: int
    is_default_program: bool


class RedemptionDetails(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    points_redeemed: str
    redemption_purpose: str
    transaction_number: str
    billing_time: str
    redemption_id: str
    notes: str
    group_redemption: bool


class DrawnPoints(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a redemption took of one award."""

    program_id: int
    program_name: str
    points: Decimal
    points_category: str
    expires_on: str | UnsetType = UNSET


class ExplodedEvent(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Without flags an event has its ids, name and time; `org_id` only in v2.1."""

    event_log_id: int
    event_name: str
    event_details: EventTime
    bill_details: BillDetails | UnsetType = UNSET
    redemption_details: RedemptionDetails | UnsetType = UNSET
    points_breakup: list[DrawnPoints] | UnsetType = UNSET
    points_earned: PointsEarned | UnsetType = UNSET
    custom_fields: list[CustomField] | UnsetType = UNSET
    extended_fields: list[CustomField] | UnsetType = UNSET
    payment_modes: list[PaymentMode] | UnsetType = UNSET
    point_in_time_slabs: list[PointInTimeSlab] | UnsetType = UNSET
    event_reference_id: str
    unique_id: str
    org_id: int | UnsetType = UNSET


class ExplodeAnswer(msgspec.Struct, frozen=True):
    events: list[ExplodedEvent]
    warnings: list[Message]
