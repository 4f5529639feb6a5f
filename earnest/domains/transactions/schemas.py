"""Wire structs of the v2 transaction endpoints (contract/06-transaction-v2)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.messages import Message

Fields = dict[str, Any]


class LineItem(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    item_code: str | None = None
    description: str | None = None
    serial: int | None = None
    qty: Decimal | None = None
    rate: Decimal | None = None
    value: Decimal | None = None
    discount: Decimal | None = None
    amount: Decimal | None = None
    type: str | None = None
    return_type: str | None = None
    parent_bill_number: str | None = None
    purchase_time: str | None = None
    returnable: bool | None = None
    returnable_days: int | None = None
    img_url: str | None = None
    attributes: Fields = {}
    extended_fields: Fields = {}
    custom_fields: Fields = {}
    combo_details: list[Fields] = []
    add_on_details: list[Fields] = []
    split_details: list[Fields] = []


class PaymentMode(msgspec.Struct, frozen=True):
    mode: str | None = None
    value: Decimal | None = None
    notes: str = ""
    attributes: Fields = {}


class Redemptions(msgspec.Struct, frozen=True, rename="camel"):
    """Ids of earlier redemptions that belong to the bill."""

    points_redemptions: list[int] = []
    coupon_redemptions: list[int] = []


class AddTransaction(msgspec.Struct, frozen=True, rename="camel"):
    """Body of 06-transaction-v2/01: one sale or return."""

    type: str | None = None
    bill_number: str | int | None = None
    bill_amount: Decimal | None = None
    gross_amount: Decimal | None = None
    discount: Decimal | None = None
    billing_date: str | None = None
    return_type: str | None = None
    id: int | None = None
    purchase_time: str | None = None
    note: str | None = None
    not_interested_reason: str | None = None
    outlier_status: str | None = None
    delivery_status: str | None = None
    currency_code: str | None = None
    extended_fields: Fields = {}
    custom_fields: Fields = {}
    payment_modes: list[PaymentMode] = []
    line_items_v2: list[LineItem] = msgspec.field(name="lineItemsV2", default_factory=list)
    redemptions: Redemptions = Redemptions()


class AddTransactionQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Query of 06-transaction-v2/01; the page spells use_async also use_asynch."""

    identifier_name: str | None = None
    identifier_value: str | None = None
    source: str = "INSTORE"
    account_id: str | None = None
    raw_side_effects: bool = False
    runs_async: bool = msgspec.field(default=False, name="use_async")
    runs_asynch: bool = msgspec.field(default=False, name="use_asynch")

    @property
    def use_async(self) -> bool:
        return self.runs_async or self.runs_asynch


class PointsSideEffect(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Points awarded, or taken back when negative; raw before rounding."""

    entity_type: str = "USER"
    raw_awarded_points: Decimal
    awarded_points: Decimal
    type: str = "points"


class SlabSideEffect(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    entity_type: str = "USER"
    previous_slab_name: str
    previous_slab_number: int
    upgraded_slab_name: str
    upgraded_slab_number: int
    slab_expiry_date: str | None
    type: str = "slab"


class RawAward(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One award in full; every value is a string, absent ones "null" or "-1" as documented."""

    alternate_currency_identifier: str = "null"
    alternate_currency_name: str = "null"
    award_on: str
    award_strategy_id: str
    awarded_on: str
    awarded_on_millis: str
    bill_number: str
    customer_id: str
    evaluated_entity: str = "USER"
    expiry_date: str
    expiry_date_millis: str
    expiry_strategy_id: str
    initial_quantity: str = "null"
    initial_source_value: str
    is_default_program: str
    is_referrer: str = "false"
    line_item_id: str
    point_type_id: str
    point_type_is_redeemable: str = "true"
    point_type_name: str = "Main"
    points: str
    points_before_capping: str
    program_id: str
    promo_id: str = "-1"
    promo_identifier: str = ""
    promo_name: str = ""
    quantity: str = "null"
    rule_id: str
    rule_set_id: str
    source_id: str
    source_type: str = "Bill"
    source_value: str
    tender_code_id: str = "-1"
    type: str = "AWARD"


class CustomerInfo(msgspec.Struct, frozen=True, rename="camel"):
    first_name: str
    last_name: str


class LoyaltyDetails(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Balance and tier of one programme."""

    redeemed: Decimal
    expired: Decimal
    returned: Decimal
    adjusted: Decimal = Decimal(0)
    lifetime_points: Decimal
    loyalty_points: Decimal
    cumulative_purchases: Decimal
    loyalty_id: int
    current_slab: str
    next_slab: str
    next_slab_serial_number: int
    next_slab_description: str
    slab_s_no: int = msgspec.field(name="slabSNo")
    slab_expiry_date: datetime
    program_id: int
    delayed_points: Decimal
    delayed_returned_points: Decimal = Decimal(0)
    total_available_points: Decimal
    total_returned_points: Decimal
    program_title: str
    program_description: str
    program_points_to_currency_ratio: Decimal


class AddTransactionAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What a bill did. `loyalty_details` are there "when requested" (06-transaction-v2/01), and no parameter is documented
    that requests them: they stay empty, as in the example."""

    created_id: int
    warnings: list[Message]
    errors: list[Message] = []
    side_effects: list[PointsSideEffect | SlabSideEffect] = []
    raw_side_effects: list[RawAward] | msgspec.UnsetType = msgspec.UNSET
    loyalty_details: list[LoyaltyDetails] = []
    customer_info: CustomerInfo | msgspec.UnsetType = msgspec.UNSET


class TransactionAdded(msgspec.Struct, frozen=True, rename="camel"):
    """Outbox body of a sale or return."""

    customer_id: int
    transaction_id: int
    bill_number: str
    bill_amount: Decimal
    billing_date: datetime
    type: str
    points: Decimal
