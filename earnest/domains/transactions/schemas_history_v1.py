"""Wire structs of a customer's bills in v1.1 (contract/01-customer-v1/06)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.http.envelopes import V1Status
from earnest.core.http.v1_fields import Fields
from earnest.domains.transactions.schemas_v1 import FoundCreditNotes


class HistoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Query of 01-customer-v1/06. Identifiers may be several, separated by commas."""

    mobile: str = ""
    email: str = ""
    external_id: str = ""
    id: str = ""
    identifier_name: str = msgspec.field(default="", name="identifierName")
    identifier_value: str = msgspec.field(default="", name="identifierValue")
    entity_type: str = ""
    entity_code: str = ""
    number: str = ""
    transaction_id: int | None = None
    store_id: str = ""
    store_code: str = ""
    start_id: int | None = None
    end_id: int | None = None
    start_date: str = ""
    end_date: str = ""
    credit_notes: bool = False
    custom_fields: bool = False
    limit: int = 10
    offset: int = 0
    sort: str = "trans_date"
    order: str = "desc"
    mlp: bool = False


class TransactionCurrency(msgspec.Struct, frozen=True):
    supported_currency_id: int
    name: str
    symbol: str


class Currency(msgspec.Struct, frozen=True):
    """The currency of the bill; `ratio` to that of the organisation."""

    ratio: Decimal
    transaction_currency: TransactionCurrency
    id: int
    name: str
    symbol: str


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """What the bill brought in one programme, and what has become of it."""

    issued: str
    redeemed: str
    returned: str
    expired: str
    returned_points_on_bill: str = msgspec.field(name="returnedPointsOnBill")
    expiry_date: str
    program_id: str


class Nothing(msgspec.Struct, frozen=True):
    """Lines cannot be read by this call: the list is always empty."""

    line_item: list[Any] = []


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    number: str
    type: str
    return_type: str
    amount: str
    outlier_status: str
    delivery_status: str
    notes: str
    billing_time: str
    auto_update_time: str
    gross_amount: str
    discount: str
    store: str
    store_code: str
    returned_points_on_bill: str
    currency: Currency | UnsetType
    points: Points | list[Points]
    custom_fields: Fields | UnsetType = UNSET
    extended_fields: Fields
    credit_notes: FoundCreditNotes | UnsetType = UNSET
    coupons: list[Any] = []
    basket_size: Decimal
    line_items: Nothing = Nothing()


class Transactions(msgspec.Struct, frozen=True):
    transaction: list[Transaction]


class Warnings(msgspec.Struct, frozen=True):
    warning: list[str] = []


class HistoryStatus(msgspec.Struct, frozen=True):
    success: str
    code: str
    message: str
    warnings: Warnings = Warnings()


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer and a page of bills; of one who was not found only what was asked by, and why not."""

    firstname: str | UnsetType = UNSET
    lastname: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET
    mobile: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    lifetime_points: Decimal | UnsetType = UNSET
    lifetime_purchases: Decimal | UnsetType = UNSET
    loyalty_points: Decimal | UnsetType = UNSET
    current_slab: str | UnsetType = UNSET
    registered_on: str | UnsetType = UNSET
    updated_on: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    count: int | UnsetType = UNSET
    start: str | UnsetType = UNSET
    delayed_points: str | UnsetType = UNSET
    delayed_returned_points: str | UnsetType = UNSET
    total_available_points: str | UnsetType = UNSET
    total_returned_points: str | UnsetType = UNSET
    rows: str | UnsetType = UNSET
    transactions: Transactions | UnsetType = UNSET
    item_status: HistoryStatus


class HistoryResponse(msgspec.Struct, frozen=True):
    """One customer as an object, several as a list (contract/_conventions.md, section 5, rule 3)."""

    status: V1Status
    customer: Customer | list[Customer]


class HistoryAnswer(msgspec.Struct, frozen=True):
    response: HistoryResponse
