"""Wire structs of the calls that change stored bills, or add several (contract/06-transaction-v2/02, 03, 04)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.messages import Message
from earnest.domains.transactions.schemas import (
    AddTransaction,
    Fields,
    LoyaltyDetails,
    PointsSideEffect,
    Redemptions,
    SlabSideEffect,
)


class LineChange(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A line by its id or its item code."""

    item_code: str | None = None
    id: int | None = None
    extended_fields: Fields = {}


class UpdateTransaction(msgspec.Struct, frozen=True, rename="camel"):
    """Body of 06-transaction-v2/03."""

    id: int | None = None
    number: str | int | None = None
    delivery_status: str | None = None
    extended_fields: Fields = {}
    custom_fields: Fields = {}
    line_items: list[LineChange] = []
    till_code: str | None = None


class UpdateQuery(msgspec.Struct, frozen=True, rename="camel"):
    identifier_name: str | None = None
    identifier_value: str | None = None
    source: str = "INSTORE"
    account_id: str | None = None


class UpdateAnswer(msgspec.Struct, frozen=True, rename="camel"):
    warnings: list[Message]
    errors: list[Message]
    loyalty_details: list[LoyaltyDetails]


class BulkUpdate(UpdateTransaction, frozen=True, rename="camel", kw_only=True):
    """An element of the body of 06-transaction-v2/04: the change and whose bill it is."""

    identifier_type: str | None = None
    identifier_value: str | None = None
    source: str | None = None
    account_id: str | None = None


class ChangedBill(msgspec.Struct, frozen=True, rename="camel"):
    """What is stored after the change."""

    id: int
    custom_fields: Fields
    extended_fields: Fields
    identifier_type: str
    identifier_value: str
    source: str
    line_items: list[LineChange]


class BulkUpdateItem(msgspec.Struct, frozen=True, kw_only=True):
    """`result` where the change was made."""

    result: ChangedBill | UnsetType = UNSET
    errors: list[Message] = []
    warnings: list[Message] = []


class BulkUpdateAnswer(msgspec.Struct, frozen=True, rename="camel"):
    response: list[BulkUpdateItem]
    total_count: int
    failure_count: int


class BulkAdd(AddTransaction, frozen=True, rename="camel", kw_only=True):
    """An element of the body of 06-transaction-v2/02: a bill and whose it is."""

    identifier_type: str | None = None
    identifier_value: str | None = None
    source: str | None = None
    account_id: str | None = None


class AddedBill(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The bill as it was accepted, and what it did."""

    identifier_type: str
    identifier_value: str
    source: str
    account_id: str
    extended_fields: Fields
    delivery_status: str
    type: str
    bill_amount: Decimal
    bill_number: str
    discount: Decimal
    gross_amount: Decimal
    note: str
    redemptions: Redemptions
    line_items_v2: list[Any] = msgspec.field(name="lineItemsV2")
    custom_fields: Fields
    not_interested_reason: str
    side_effects: list[PointsSideEffect | SlabSideEffect]
    payment_modes: list[Any]
    billing_date: datetime
    use_default_fleet_group: bool = False


class BulkAddItem(msgspec.Struct, frozen=True, rename="camel"):
    """A refused element has errors and no result."""

    errors: list[Message]
    warnings: list[Message]
    entity_id: int | UnsetType = UNSET
    result: AddedBill | UnsetType = UNSET


class BulkAddAnswer(msgspec.Struct, frozen=True, rename="camel"):
    response: list[BulkAddItem]
    total_count: int
    failure_count: int
