"""Wire structs of a customer's bills in v2 (contract/02-customer-v2/25)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.messages import Message
from earnest.domains.transactions.schemas import Fields
from earnest.domains.transactions.schemas_bills import Attribution, EntityView


class CustomerPath(msgspec.Struct, frozen=True, rename="camel"):
    customer_id: int


class HistoryQuery(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Query of 02-customer-v2/25. Lists are separated by commas."""

    embed: str = ""
    start_date: str = ""
    end_date: str = ""
    sort_by: str = "BILLING_TIME"
    sort_order: str = "DESC"
    limit: int = 20
    offset: int = 0
    local_currency: bool = False
    transaction_id: str = ""
    start_id: int | None = None
    end_id: int | None = None
    number: str = ""
    trans_nos: str = ""
    entity_type: str = ""
    entity_code: str = ""


class PaymentMode(msgspec.Struct, frozen=True):
    mode: str
    value: Decimal


class CreditNote(msgspec.Struct, frozen=True, rename="camel"):
    """`reference_id` is the bill that the note was issued with."""

    number: str
    amount: Decimal
    notes: str
    reference_id: int


class Identifier(msgspec.Struct, frozen=True):
    type: str
    value: str


class Points(msgspec.Struct, frozen=True, rename="camel"):
    points: Decimal
    points_awarded_type: str


class PointsSum(msgspec.Struct, frozen=True):
    points: Decimal


class ProgramBreakup(msgspec.Struct, frozen=True, rename="camel"):
    program_name: str
    program_id: int
    regular_points: list[Points]
    promise_points: list[Points]
    promo_points: list[Points]


class ProgramSums(msgspec.Struct, frozen=True, rename="camel"):
    program_name: str
    program_id: int
    regular_points: PointsSum
    promise_points: PointsSum
    promo_points: PointsSum


class BillPoints(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Points that the bill brought. Alternate currencies are left out: no bill brings any yet."""

    points_breakup: list[ProgramBreakup]
    aggregated_bill_points: list[ProgramSums]


class HistoryBill(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A bill without its lines. What stands behind `return_type` comes only when `embed` asks for it."""

    id: int
    customer_id: int
    loyalty_log_id: int
    billing_time: datetime
    bill_number: str
    type: str
    notes: str
    amount: Decimal
    gross_amount: Decimal
    discount: Decimal
    outlier_status: str
    return_type: str | UnsetType = UNSET
    billing_store: EntityView | UnsetType = UNSET
    extended_fields: Fields | UnsetType = UNSET
    billing_time_input_offset: str | UnsetType = UNSET
    custom_fields: Fields | UnsetType = UNSET
    payment_modes: list[PaymentMode] | UnsetType = UNSET
    credit_notes: list[CreditNote] | UnsetType = UNSET
    attribution: Attribution | UnsetType = UNSET
    txn_identifiers: list[Identifier] | UnsetType = UNSET
    bill_points: BillPoints | UnsetType = UNSET


class HistoryPagination(msgspec.Struct, frozen=True, rename="camel"):
    limit: int
    offset: int
    sort_by: str
    sort_order: str
    total: int


class HistoryAnswer(msgspec.Struct, frozen=True):
    pagination: HistoryPagination
    data: list[HistoryBill]
    warnings: list[Message] = []
    errors: list[Message] = []
