"""Wire structs of the v1.1 customer endpoints (contract/01-customer-v1). Names are the contract's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.http.envelopes import V1Status
from earnest.core.http.v1_body import BatchItem
from earnest.core.http.v1_fields import Fields
from earnest.domains.customers.identifiers import country_of
from earnest.domains.customers.schemas import CommChannel


class Subscription(msgspec.Struct, frozen=True):
    priority: str | None = None
    scope: str | None = None
    channel: str | None = None
    is_subscribed: str | None = None


class Subscriptions(msgspec.Struct, frozen=True):
    subscription: list[Subscription] = []


class SubscriptionView(msgspec.Struct, frozen=True):
    """`status` is "1" of who is subscribed, else "0"."""

    channel: str
    priority: str
    scope: str
    status: str


class SubscriptionViews(msgspec.Struct, frozen=True):
    subscription: list[SubscriptionView] = []


class FraudStatus(msgspec.Struct, frozen=True):
    status: str | None = None
    reason: str | None = None


class AddCustomer(BatchItem, frozen=True, kw_only=True):
    """One item of 01-customer-v1/01."""

    mobile: str | None = None
    email: str | None = None
    external_id: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    registered_on: str | None = None
    updated_on: str | None = None
    registered_till: str | None = None
    associated_with: str | None = None
    type: str | None = None
    source: str | None = None
    account_id: str | None = msgspec.field(default=None, name="accountId")
    card_number: str | None = None
    series_code: str | None = None
    referral_code: str | None = None
    fraud_status: FraudStatus | None = None
    comm_channels: list[CommChannel] = msgspec.field(default_factory=list, name="commChannels")
    custom_fields: Fields = Fields()
    extended_fields: Fields = Fields()
    subscriptions: Subscriptions | None = None


class UpdateCustomer(AddCustomer, frozen=True, kw_only=True):
    """One item of 01-customer-v1/02."""

    id: int | None = None


class UpdateCustomerRoot(msgspec.Struct, frozen=True):
    customer: list[UpdateCustomer] = []


class UpdateCustomers(msgspec.Struct, frozen=True):
    """Body of 01-customer-v1/02."""

    root: UpdateCustomerRoot


class AddCustomerRoot(msgspec.Struct, frozen=True):
    customer: list[AddCustomer] = []


class AddCustomers(msgspec.Struct, frozen=True):
    """Body of 01-customer-v1/01."""

    root: AddCustomerRoot


class CountryHeaders(msgspec.Struct, frozen=True):
    """`country_code` is a calling code: 91."""

    country_code: str | None = msgspec.field(default=None, name="X-CAP-CLIENT-COUNTRYCODE")

    @property
    def country(self) -> str | None:
        """The country (ISO 3166) that completes mobile numbers; None: the organisation's."""
        return country_of(self.country_code)


class Nothing(msgspec.Struct, frozen=True):
    """`{}`: a block that has members for other strategies or programmes."""


class UpgradeValues(msgspec.Struct, frozen=True):
    current_value: str
    gap_to_upgrade: str
    value_valid_upto: str


class UpgradeStrategy(msgspec.Struct, frozen=True, kw_only=True):
    upgrade_based_on: str
    upgrade_entity_identifers: Nothing = Nothing()
    upgrade_threshold: str
    customer_upgrade_entity_values: UpgradeValues


class GapToUpgrade(msgspec.Struct, frozen=True):
    upgrade_strategy: list[UpgradeStrategy]


class PartnerPrograms(msgspec.Struct, frozen=True):
    linked_partner_program: list[Nothing] = []


_CAMEL = {
    "program_id": "programId",
    "lifetime_points": "lifetimePoints",
    "loyalty_points": "loyaltyPoints",
    "cumulative_purchases": "cumulativePurchases",
    "current_slab": "currentSlab",
    "current_slab_description": "currentSlabDescription",
    "next_slab": "nextSlab",
    "next_slab_serial_number": "nextSlabSerialNumber",
    "next_slab_description": "nextSlabDescription",
    "slab_s_no": "slabSNo",
    "slab_expiry_date": "slabExpiryDate",
    "total_points": "totalPoints",
}


class PointsSummary(msgspec.Struct, frozen=True, kw_only=True, rename=_CAMEL):
    """Balance and tier of one programme: every figure is text. What is unset stands in customer/get only."""

    program_id: str
    redeemed: str
    expired: str
    returned: str
    adjusted: str
    lifetime_points: str
    loyalty_points: str
    cumulative_purchases: str
    current_slab: str
    current_slab_description: str | UnsetType = UNSET
    next_slab: str
    next_slab_serial_number: str
    next_slab_description: str
    slab_s_no: str
    slab_expiry_date: str
    total_points: str = ""
    delayed_points: str | UnsetType = UNSET
    delayed_returned_points: str | UnsetType = UNSET
    total_available_points: str | UnsetType = UNSET
    total_returned_points: str | UnsetType = UNSET
    program_title: str | UnsetType = UNSET
    program_description: str | UnsetType = UNSET
    program_points_to_currency_ratio: str | UnsetType = UNSET
    linked_partner_programs: PartnerPrograms | UnsetType = UNSET
    gap_to_upgrade: GapToUpgrade | UnsetType = UNSET


class PointsSummaries(msgspec.Struct, frozen=True):
    points_summary: list[PointsSummary]


class PointsEffect(msgspec.Struct, frozen=True, kw_only=True):
    """Points awarded; `is_referrer` is "true" where they are a referrer's, whom no call rewards yet."""

    awarded_points: Decimal
    total_points: Decimal
    customer_id: str
    is_referrer: str = "false"
    type: str = "points"


class SideEffects(msgspec.Struct, frozen=True):
    effect: list[PointsEffect] = []


class Warnings(msgspec.Struct, frozen=True):
    """Codes of what was asked for and not done."""

    warning: list[str] = []


class CustomerStatus(msgspec.Struct, frozen=True):
    """`item_status` of customers: the code is text, warnings stand beside it."""

    success: str
    code: str
    message: str
    warnings: Warnings = Warnings()


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the answer of customer/add; a refused one says only what was sent, and why."""

    user_id: int | UnsetType = UNSET
    firstname: str | UnsetType = UNSET
    lastname: str | UnsetType = UNSET
    mobile: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    lifetime_points: Decimal | UnsetType = UNSET
    loyalty_points: Decimal | UnsetType = UNSET
    current_slab: str | UnsetType = UNSET
    tier_expiry_date: str | UnsetType = UNSET
    points_summaries: PointsSummaries | UnsetType = UNSET
    lifetime_purchases: Decimal | UnsetType = UNSET
    registered_on: str | UnsetType = UNSET
    updated_on: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    fraud_status: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    custom_fields: Fields | UnsetType = UNSET
    extended_fields: Fields | UnsetType = UNSET
    subscriptions: SubscriptionViews | UnsetType = UNSET
    side_effects: SideEffects | UnsetType = UNSET
    item_status: CustomerStatus


class Customers(msgspec.Struct, frozen=True):
    customer: list[Customer]


class CustomersResponse(msgspec.Struct, frozen=True):
    status: V1Status
    customers: Customers


class CustomersAnswer(msgspec.Struct, frozen=True):
    """Answer of 01-customer-v1/01."""

    response: CustomersResponse


class IdentifiersQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a v1.1 read of customers is about. Identifiers may be several, separated by commas."""

    mobile: str = ""
    email: str = ""
    external_id: str = ""
    id: str = ""
    card_number: str = ""
    card_external_id: str = ""


class GetCustomersQuery(IdentifiersQuery, frozen=True, kw_only=True):
    """Query of 01-customer-v1/05 as far as it is served."""

    user_id: bool = False
    mlp: bool = False
    program_id: int | None = None
    program_summary: bool = False
    next_slab: bool = False
    slab_history: bool = False
    gap_to_upgrade_for: int | None = None
    registered_store: bool = True
    registered_till: bool = True
    fraud_details: bool = True
    transactions: bool = True
    number: str | None = None
    store_code: str | None = None
    till_code: str | None = None
    amount: Decimal | None = None
    date: str | None = None
    type: str | None = None


class EntityName(msgspec.Struct, frozen=True):
    code: str
    name: str


class FraudDetails(msgspec.Struct, frozen=True):
    """`marked_by` is the code of a till."""

    status: str = "NONE"
    marked_by: str = ""
    modified_on: str = ""
    reason: str = ""


class SlabChange(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    to: str
    from_: str
    store: EntityName
    type: str
    changed_on: str
    notes: str = ""
    to_tier_expiry_date: str
    from_tier_expiry_date: str
    program_id: str


class SlabHistory(msgspec.Struct, frozen=True):
    history: list[SlabChange]


class RecentBill(msgspec.Struct, frozen=True):
    id: str
    number: str
    type: str
    created_date: str
    store: str


class RecentBills(msgspec.Struct, frozen=True):
    transaction: list[RecentBill]


class Coupons(msgspec.Struct, frozen=True):
    coupon: list[Nothing] = []


class ProgramPartners(msgspec.Struct, frozen=True):
    partner_program: list[Nothing] = msgspec.field(default_factory=list, name="PartnerProgram")


class ListedProgram(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    program_id: str
    program_name: str
    program_description: str
    is_default: str
    points_to_currency_ratio: str
    partner_programs: ProgramPartners = msgspec.field(default_factory=ProgramPartners, name="PartnerPrograms")


class ProgramsList(msgspec.Struct, frozen=True):
    program: list[ListedProgram]


class CustomerDetails(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the answer of customer/get; one that was not found has only what it was asked by, and why not."""

    firstname: str | UnsetType = UNSET
    lastname: str | UnsetType = UNSET
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
    identifiers: list[Any] | UnsetType = UNSET
    gender: str | UnsetType | None = UNSET
    registered_by: str | UnsetType = UNSET
    registered_store: EntityName | UnsetType = UNSET
    registered_till: EntityName | UnsetType = UNSET
    user_groups2: list[Any] | UnsetType = UNSET
    fraud_details: FraudDetails | UnsetType = UNSET
    trackers: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET
    slab_history: SlabHistory | UnsetType = UNSET
    current_nps_status: str | UnsetType | None = UNSET
    custom_fields: Fields | UnsetType = UNSET
    extended_fields: Fields | UnsetType = UNSET
    transactions: RecentBills | UnsetType = UNSET
    coupons: Coupons | UnsetType = UNSET
    notes: list[Any] | UnsetType = UNSET
    programs_list: ProgramsList | UnsetType = UNSET
    points_summaries: PointsSummaries | UnsetType = UNSET
    item_status: CustomerStatus


class FoundCustomers(msgspec.Struct, frozen=True):
    customer: list[CustomerDetails]


class GetCustomersResponse(msgspec.Struct, frozen=True):
    status: V1Status
    customers: FoundCustomers


class GetCustomersAnswer(msgspec.Struct, frozen=True):
    """Answer of 01-customer-v1/05."""

    response: GetCustomersResponse
