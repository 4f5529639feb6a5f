"""Wire structs of a stored bill in v2 (contract/06-transaction-v2/05 and 06, 32-other/02)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.messages import Message
from earnest.domains.transactions.schemas import Fields


class BillPath(msgspec.Struct, frozen=True):
    id: int


class NumberPath(msgspec.Struct, frozen=True, rename="camel"):
    bill_number: str


class EarningPath(msgspec.Struct, frozen=True, rename="camel"):
    transaction_id: int


class BillQuery(msgspec.Struct, frozen=True):
    """Query of 06-transaction-v2/05."""

    type: str = "REGULAR"
    tenders: bool = False
    credit_notes: bool = False
    mlp: bool = False
    points_breakup: bool = False


class NumberQuery(msgspec.Struct, frozen=True):
    """Query of 06-transaction-v2/06: the page of bills that share a number."""

    limit: int = 100
    offset: int = 0


class Nothing(msgspec.Struct, frozen=True):
    """A documented object that has nothing to say: {}."""


class EntityView(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A till or a store. Time zone, currency and language have no ids here: -1, as the documentation prints unknown ones."""

    id: int
    code: str
    description: str
    name: str
    type: str
    reference_id: int = -1
    admin_type: str = "GENERAL"
    is_active: bool
    is_ou_enabled: bool = False
    time_zone_id: int = -1
    currency_id: int = -1
    language_id: int = -1
    default: bool = False


class Attribution(msgspec.Struct, frozen=True, rename="camel"):
    """Where the bill was made; who changed it afterwards ({} for nobody)."""

    create_date: datetime
    created_by: EntityView
    modified_by: EntityView | Nothing
    modified_date: datetime


class ReturnDetails(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A return names its kind and the sale; both absent on sales."""

    canceled: bool = False
    return_type: str | UnsetType = UNSET
    parent_transaction_id: int | UnsetType = UNSET


class BillDetails(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    amount: Decimal
    billing_store: EntityView
    bill_number: str
    billing_time: datetime
    discount: Decimal
    gross_amount: Decimal
    note: str
    return_details: ReturnDetails
    ni_return_details: Nothing = Nothing()
    invalid_bill: bool
    billing_time_input_offset: str
    not_interested_reason: str | UnsetType = UNSET
    points_earning_entities: EarningEntity | UnsetType = UNSET


class CreditNote(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    amount: Decimal
    notes: str
    number: str
    validity: str | UnsetType = UNSET
    update_amount: bool = False


class ReturnedLine(msgspec.Struct, frozen=True, rename="camel"):
    """What one return took back of a line."""

    id: int
    transaction_id: int
    bill_number: str
    return_type: str
    billing_time: datetime
    qty: Decimal
    amount: Decimal


class LineDetails(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    amount: Decimal
    description: str
    discount: Decimal
    item_code: str
    qty: Decimal
    rate: Decimal
    serial: int
    value: Decimal
    returnable: bool
    returnable_days: int
    img_url: str | UnsetType = UNSET
    attributes: Fields
    extended_fields: Fields
    custom_fields: Fields | UnsetType = UNSET
    new_extended_fields: Fields = {}
    combo_details: list[Fields] | UnsetType = UNSET
    attributes_set: list[Fields]


class Line(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    id: int
    customer_id: int
    details: LineDetails
    outlier_status: str
    return_details: Nothing = Nothing()
    valid: bool = True
    return_line_items: list[ReturnedLine] = msgspec.field(name="returnLineItemsDtos")
    ni_return_line_items: list[ReturnedLine] = msgspec.field(name="niReturnLineItemsDtos")
    addon_details: list[Fields]
    split_items_details: list[Fields]
    ni_return: bool
    points_earning_entities: EarningEntity | UnsetType = UNSET


class Payment(msgspec.Struct, frozen=True, rename="camel"):
    """A payment of the bill; `attributes` are the ones of its tender, each a name with its value."""

    amount: Decimal
    attributes: list[Fields]
    id: int
    mode: str
    notes: str


class Bill(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A stored bill. Blocks that were not asked for are unset; bills of nobody have no customer."""

    use_default_fleet_group: bool = False
    loyalties_point_details: list[ProgramPoints] = []
    bill_points_breakup: list[Any] = []
    attribution: Attribution
    bill_details: BillDetails
    credit_note: CreditNote | UnsetType = UNSET
    custom_fields: Fields
    add_with_local_currency: bool = False
    async_: bool = msgspec.field(default=False, name="async")
    use_v2: bool = msgspec.field(default=False, name="useV2")
    customer_id: int | UnsetType = UNSET
    id: int
    line_items: list[Line]
    outlier_status: str
    payment_modes: list[Payment] | UnsetType = UNSET
    type: str
    life_time_purchases: Decimal = Decimal(0)
    ignore_points: bool
    extended_fields: Fields
    auto_update_time: datetime
    ni_return_details: Nothing = Nothing()
    basket_size: Decimal
    return_details: ReturnDetails
    warnings: list[Message] = []
    source: str
    simulation: bool = False
    retro_txn: bool = False
    delivery_status: str


class Pagination(msgspec.Struct, frozen=True):
    limit: int
    offset: int
    total: int


class BillsAnswer(msgspec.Struct, frozen=True):
    """Answer of 06-transaction-v2/06."""

    pagination: Pagination
    data: list[Bill]
    warnings: list[Message] = []
    errors: list[Message] = []


class CurrentPoints(msgspec.Struct, frozen=True, rename="camel"):
    """What has become of the points; it follows later redemption, expiry and return."""

    available_points: Decimal
    expired_points: Decimal
    redeemed_points: Decimal
    promised_points: Decimal
    returned_promised_points: Decimal
    returned_points: Decimal
    promised_points_converted: Decimal


class IssuedPoints(msgspec.Struct, frozen=True, rename="camel"):
    """What was issued; it stays."""

    redeemable_points_issued: Decimal
    promised_points_issued: Decimal


class SourceIdentifier(msgspec.Struct, frozen=True):
    key: str
    value: str


class ActionPoints(msgspec.Struct, frozen=True, rename="camel"):
    """Points of one action, and the amount that it reckoned with (null when the record of the decision is gone)."""

    points: Decimal
    source_value: Decimal | None
    source_identifiers: list[SourceIdentifier]


class ActionSource(msgspec.Struct, frozen=True, rename="camel"):
    action_id: int
    source_type: str
    action_type: str
    action_points_detail: list[ActionPoints]


class PointsInfo(msgspec.Struct, frozen=True, rename="camel"):
    points: Decimal
    expiry_date: datetime | None
    expiry_type: str
    action_source_details: list[ActionSource]


class KindOfPoints(msgspec.Struct, frozen=True, rename="camel"):
    available_points_info: list[PointsInfo]
    promised_points_info: list[PointsInfo] | None


class PointsBreakup(msgspec.Struct, frozen=True, rename="camel"):
    regular_points_info: KindOfPoints | None
    promotional_points_info: KindOfPoints | None


class ProgramPoints(msgspec.Struct, frozen=True, rename="camel"):
    program_id: int
    current_points_summary: CurrentPoints
    issued_points_summary: IssuedPoints
    current_points_breakup: PointsBreakup


class EarningEntity(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Who earned: the points of the bill itself, or those of one of its lines."""

    entity_id: int
    entity_type: str = "customer"
    bill_points: list[ProgramPoints] | UnsetType = UNSET
    line_item_points: list[ProgramPoints] | UnsetType = UNSET
