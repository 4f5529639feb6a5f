"""Wire structs of the v1.1 transaction endpoints (contract/05-transaction-v1). Names are the contract's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.http.envelopes import V1Status
from earnest.core.http.v1_batch import ItemStatus
from earnest.core.http.v1_body import BatchItem
from earnest.core.http.v1_fields import Attributes, Fields
from earnest.domains.customers.service import PointsSummaries


class Ids(msgspec.Struct, frozen=True):
    id: list[str] = []


class Redemptions(msgspec.Struct, frozen=True):
    """Redemptions that paid for the bill."""

    points_redemptions: Ids = Ids()
    coupon_redemptions: Ids = Ids()


class Payment(msgspec.Struct, frozen=True):
    mode: str | None = None
    value: Decimal | None = None
    notes: str | None = None
    attributes: Attributes = Attributes()


class PaymentDetails(msgspec.Struct, frozen=True):
    payment: list[Payment] = []


class Associate(msgspec.Struct, frozen=True):
    code: str | None = None
    name: str | None = None


class CreditNote(msgspec.Struct, frozen=True):
    amount: Decimal | None = None
    number: str | None = None
    notes: str | None = None


class Part(msgspec.Struct, frozen=True):
    """An addition, a member of a combination, a split."""

    item_code: str | None = None
    quantity: str | None = None
    description: str | None = None


class AddonItems(msgspec.Struct, frozen=True):
    addon_item: list[Part] = []


class ComboItems(msgspec.Struct, frozen=True):
    combo_item: list[Part] = []


class SplitItems(msgspec.Struct, frozen=True):
    split_item: list[Part] = []


class Line(msgspec.Struct, frozen=True, kw_only=True):
    serial: int | None = None
    type: str | None = None
    item_code: str | None = None
    description: str | None = None
    qty: Decimal | None = None
    rate: Decimal | None = None
    value: Decimal | None = None
    discount: Decimal | None = None
    amount: Decimal | None = None
    variant: str | None = None
    notes: str | None = None
    outlier_status: str | None = None
    img_url: str | None = None
    returnable: bool | None = None
    returnable_days: int | None = None
    attributes: Attributes = Attributes()
    extended_fields: Fields = Fields()
    custom_fields: Fields = Fields()
    addon_items: AddonItems = AddonItems()
    combo_items: ComboItems = ComboItems()
    split_items: SplitItems = SplitItems()


class Lines(msgspec.Struct, frozen=True):
    line_item: list[Line] = []


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Whose bill it is; a customer who is not known is registered."""

    id: str | None = None
    mobile: str | None = None
    email: str | None = None
    external_id: str | None = None
    card_number: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    type: str | None = None


class AddTransaction(BatchItem, frozen=True, kw_only=True):
    """One item of 05-transaction-v1/01 (sale) or 06 (return)."""

    type: str | None = None
    number: str | None = None
    id: int | None = None
    bill_client_id: str | None = None
    amount: Decimal | None = None
    gross_amount: Decimal | None = None
    discount: Decimal | None = None
    billing_time: str | None = None
    currency_code: str | None = None
    notes: str | None = None
    outlier_status: str | None = None
    delivery_status: str | None = None
    source: str | None = None
    not_interested_reason: str | None = None
    referral_code: str | None = None
    redemptions: Redemptions = Redemptions()
    payment_details: PaymentDetails = PaymentDetails()
    custom_fields: Fields = Fields()
    extended_fields: Fields = Fields()
    associate_details: Associate | None = None
    credit_note: CreditNote | None = None
    customer: Customer = Customer()
    line_items: Lines = Lines()
    return_type: str | None = None
    parent_bill_number: str | None = None
    purchase_time: str | None = None


class AddTransactionRoot(msgspec.Struct, frozen=True):
    transaction: list[AddTransaction] = []


class AddTransactions(msgspec.Struct, frozen=True):
    """Body of 05-transaction-v1/01."""

    root: AddTransactionRoot


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """Points awarded (figures; `is_referrer` as in customer/add) or a change of tier (all text)."""

    awarded_points: Decimal | UnsetType = UNSET
    total_points: Decimal | UnsetType = UNSET
    customer_id: str | UnsetType = UNSET
    is_referrer: str | UnsetType = UNSET
    previous_slab_name: str | UnsetType = UNSET
    previous_slab_number: str | UnsetType = UNSET
    upgraded_slab_name: str | UnsetType = UNSET
    upgraded_slab_number: str | UnsetType = UNSET
    type: str


class SideEffects(msgspec.Struct, frozen=True):
    effect: list[Effect]


class BillCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """The customer as a bill's answer prints one: every figure is text. Of a refused bill only what was sent."""

    user_id: str | UnsetType = UNSET
    mobile: str
    firstname: str
    lastname: str
    email: str
    external_id: str
    lifetime_points: str | UnsetType = UNSET
    loyalty_points: str | UnsetType = UNSET
    current_slab: str | UnsetType = UNSET
    tier_expiry_date: str | UnsetType = UNSET
    points_summaries: PointsSummaries | UnsetType = UNSET
    lifetime_purchases: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    registered_on: str | UnsetType = UNSET
    updated_on: str | UnsetType = UNSET


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the answer of transaction/add; a refused one says only what was sent, and why."""

    id: int | UnsetType = UNSET
    shipping_source_till_code: str | UnsetType = UNSET
    number: str
    bill_client_id: str
    type: str
    delivery_status: str | UnsetType = UNSET
    parent_bill_number: str | UnsetType = UNSET
    outlier_status: str | UnsetType = UNSET
    customer: BillCustomer
    side_effects: SideEffects | UnsetType = UNSET
    points_deducted: Decimal | UnsetType = UNSET
    points_balance: Decimal | UnsetType = UNSET
    source: str | UnsetType = UNSET
    custom_fields: Fields | UnsetType = UNSET
    extended_fields: Fields | UnsetType = UNSET
    item_status: ItemStatus


class Transactions(msgspec.Struct, frozen=True):
    transaction: list[Transaction]


class TransactionsResponse(msgspec.Struct, frozen=True):
    status: V1Status
    transactions: Transactions


class TransactionsAnswer(msgspec.Struct, frozen=True):
    """Answer of 05-transaction-v1/01 and 06."""

    response: TransactionsResponse


class GetTransactionsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Query of 05-transaction-v1/05. Ids and numbers may be several, separated by commas."""

    id: str = ""
    number: str = ""
    store_code: str = ""
    till_code: str = ""
    amount: Decimal | None = None
    date: str = ""
    type: str = "REGULAR"
    tenders: bool = False
    tender: bool = False
    credit_notes: bool = False
    user_id: bool = False


class EntityName(msgspec.Struct, frozen=True):
    code: str
    name: str


class FoundCustomer(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str | UnsetType = UNSET
    mobile: str
    first_name: str
    last_name: str
    email: str
    external_id: str
    source: str


class FoundLine(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    outlier_status: str
    serial: str
    item_code: str
    description: str
    qty: str
    rate: str
    value: str
    discount: str
    img_url: str
    amount: str
    returnable: str
    returnable_days: str
    extended_fields: Fields
    combo_items: ComboItems
    addon_items: AddonItems
    split_items: SplitItems
    attributes: Attributes


class FoundLines(msgspec.Struct, frozen=True):
    line_item: list[FoundLine]


class FoundPayment(msgspec.Struct, frozen=True):
    mode: str
    value: str
    notes: str
    attributes: Attributes


class FoundPayments(msgspec.Struct, frozen=True):
    payment: list[FoundPayment]


class FoundCreditNote(msgspec.Struct, frozen=True):
    amount: str
    number: str
    notes: str


class FoundCreditNotes(msgspec.Struct, frozen=True):
    credit_note: list[FoundCreditNote]


class FoundTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the answer of transaction/get; one that was not found has only what it was asked by, and why not.

    The blocks of local currency are unset: no call stores a bill in another currency yet.
    """

    customer: FoundCustomer | UnsetType = UNSET
    billing_till: EntityName | UnsetType = UNSET
    billing_store: EntityName | UnsetType = UNSET
    id: str | UnsetType = UNSET
    number: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    return_type: str | UnsetType = UNSET
    parent_bill_number: str | UnsetType = UNSET
    outlier_status: str | UnsetType = UNSET
    store: str | UnsetType = UNSET
    delivery_status: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    custom_fields: Fields | UnsetType = UNSET
    extended_fields: Fields | UnsetType = UNSET
    amount: str | UnsetType = UNSET
    billing_time: str | UnsetType = UNSET
    auto_update_time: str | UnsetType = UNSET
    gross_amount: str | UnsetType = UNSET
    discount: str | UnsetType = UNSET
    notes: str | UnsetType = UNSET
    payment_details: FoundPayments | UnsetType = UNSET
    credit_notes: FoundCreditNotes | UnsetType = UNSET
    line_items: FoundLines | UnsetType = UNSET
    item_status: ItemStatus


class FoundTransactions(msgspec.Struct, frozen=True):
    count: int
    transaction: list[FoundTransaction]


class GetTransactionsResponse(msgspec.Struct, frozen=True):
    status: V1Status
    transactions: FoundTransactions


class GetTransactionsAnswer(msgspec.Struct, frozen=True):
    """Answer of 05-transaction-v1/05."""

    response: GetTransactionsResponse


Kept = dict[str, Any]


def without_nothing(values: Kept) -> Kept:
    """What was sent of some optional things."""
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}
