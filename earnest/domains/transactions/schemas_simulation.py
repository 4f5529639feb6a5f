"""Wire structs of a simulated sale (contract/06-transaction-v2/07)."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.messages import Message
from earnest.domains.transactions.schemas import Fields, PointsSideEffect, SlabSideEffect


class SimulationQuery(msgspec.Struct, frozen=True, rename="camel"):
    identifier_name: str | None = None
    identifier_value: str | None = None
    source: str = "INSTORE"
    account_id: str | None = None


class Earned(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Points of one award; promised ones have no expiry yet."""

    value: Decimal
    expires_on: str | UnsetType | None = UNSET
    program_id: int
    program_name: str
    expiry_type: str | UnsetType = UNSET


class PointsEarned(msgspec.Struct, frozen=True):
    regular: list[Earned]
    promo: list[Earned]
    promised: list[Earned]


class SimulatedLine(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    id: int
    item_code: str
    gross_amount: Decimal
    discount: Decimal
    amount: Decimal
    rate: Decimal
    qty: Decimal
    points_earned: PointsEarned


class SimulatedBill(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    type: str
    bill_number: str
    bill_amount: Decimal
    note: str
    bill_date: str
    points_earned: PointsEarned
    line_items: list[SimulatedLine]


class EventDetails(msgspec.Struct, frozen=True, rename="camel"):
    event_time: str
    till_id: int


class NameAndValue(msgspec.Struct, frozen=True):
    name: str
    value: str


class PaymentMode(msgspec.Struct, frozen=True):
    mode: str
    value: Decimal
    notes: str
    attributes: Fields


class Slab(msgspec.Struct, frozen=True, rename="camel"):
    """The tier in which the sale was judged."""

    point_in_time_slab_number: int
    point_in_time_slab_name: str
    program_id: int
    is_default_program: bool


class Breakup(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What each programme would give. `event_log_id` is 0: nothing is logged; custom fields are not looked at."""

    event_log_id: int = 0
    event_name: str = "TransactionAdd"
    event_details: EventDetails
    bill_details: SimulatedBill
    custom_fields: list[NameAndValue] = []
    extended_fields: list[NameAndValue]
    payment_modes: list[PaymentMode]
    point_in_time_slabs: list[Slab]


class SimulationAnswer(msgspec.Struct, frozen=True, rename="camel"):
    warnings: list[Message]
    errors: list[Message]
    side_effects: list[PointsSideEffect | SlabSideEffect]
    simulated_points_breakup: Breakup
