"""Wire structs of the v2 customer endpoints, named as the contract names them (contract/02-customer-v2, 03)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.messages import Message

Fields = dict[str, Any]


class Identifier(msgspec.Struct, frozen=True):
    type: str | None = None
    value: str | int | None = None


class ChannelMeta(msgspec.Struct, frozen=True, rename="camel", omit_defaults=False):
    residence: bool = False
    office: bool = False
    last_viewed_date: str | None = None


class CommChannel(msgspec.Struct, frozen=True):
    type: str | None = None
    value: str | int | None = None
    primary: bool = False
    verified: bool = False
    subscribed: bool | None = None
    meta: ChannelMeta | None = None
    attributes: Fields = {}


class Profile(msgspec.Struct, frozen=True, rename="camel"):
    first_name: str | None = None
    last_name: str | None = None
    identifiers: list[Identifier] = []
    comm_channels: list[CommChannel] = []
    fields: Fields = {}
    source: str | None = None
    account_id: str | None = None


class LoyaltyInfo(msgspec.Struct, frozen=True, rename="camel"):
    loyalty_type: str | None = None


class Enrollment(msgspec.Struct, frozen=True, rename="camel"):
    program_id: int | None = None
    tier_number: int | None = None
    loyalty_points: Decimal | None = None
    tier_expiry_date: str | None = None
    points_expiry_date: str | None = None


class AddCustomer(msgspec.Struct, frozen=True, rename="camel"):
    """Body of 02-customer-v2/01."""

    profiles: list[Profile] = []
    loyalty_info: LoyaltyInfo | None = None
    extended_fields: Fields = {}
    associated_with: str | None = None
    create_date: str | None = None
    loyalty_program_enrollments: list[Enrollment] = []
    referral_code: str | None = None
    status_label: str | None = None


class UpdateCustomer(msgspec.Struct, frozen=True, rename="camel"):
    """Body of 02-customer-v2/02 and 03-customer-lookup/01."""

    profiles: list[Profile] = []
    loyalty_info: LoyaltyInfo | None = None
    extended_fields: Fields = {}
    loyalty_program_enrollments: list[Enrollment] = []


class UpdateQuery(msgspec.Struct, frozen=True):
    """Query of 02-customer-v2/02."""

    source: str
    account_id: str | None = msgspec.field(default=None, name="accountId")
    use_async: bool = False
    mlp_single_enroll: bool = False


class UpdateByLookupQuery(UpdateQuery, frozen=True, kw_only=True):
    """Query of 03-customer-lookup/01."""

    source: str = ""
    identifier_name: str | None = msgspec.field(default=None, name="identifierName")
    identifier_value: str | None = msgspec.field(default=None, name="identifierValue")


class ChangeStatus(msgspec.Struct, frozen=True, rename="camel"):
    """Body of 03-customer-lookup/04."""

    label: str
    reason: str
    created_on: str | None = None


class ChangeStatusAnswer(msgspec.Struct, frozen=True):
    warnings: list[Message]
    error: list[Message]


class StatusLogRow(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A label that the customer had or, if `is_active`, has. `actions` is what it forbids."""

    created_by_user: str
    reason: str
    created_by: int
    actions: list[str]
    auto_update_time: str
    created_on: datetime
    entity_id: int
    is_active: bool
    label: str
    status: str


class StatusLogAnswer(msgspec.Struct, frozen=True):
    data: list[StatusLogRow]
    warnings: list[Message]
    errors: list[Message]


class CustomerStatus(msgspec.Struct, frozen=True):
    label: str
    status: str
    actions: list[str]


class AddCustomerQuery(msgspec.Struct, frozen=True):
    mlp_single_enroll: bool = False
    use_async: bool = False


class PointsSideEffect(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Points awarded. Updates print neither the customer nor whether a referrer got them."""

    entity_type: str = "USER"
    raw_awarded_points: Decimal
    customer_id: int | UnsetType = UNSET
    awarded_points: Decimal
    is_referrer: bool | UnsetType = UNSET
    type: str = "points"


class AddCustomerAnswer(msgspec.Struct, frozen=True, rename="camel"):
    created_id: int
    warnings: list[Message]
    side_effects: list[PointsSideEffect]


class UpdateCustomerAnswer(msgspec.Struct, frozen=True, rename="camel"):
    created_id: int
    warnings: list[Message]
    side_effects: list[PointsSideEffect]


class LookupQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Query of 03-customer-lookup/03."""

    source: str | None = None
    account_id: str | None = None
    identifier_name: str | None = None
    identifier_value: str | None = None


class LookupAnswer(msgspec.Struct, frozen=True):
    entity: int
    warnings: list[Message]


class CustomerPath(msgspec.Struct, frozen=True, rename="camel"):
    customer_id: int


class GetCustomerQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Query of 02-customer-v2/05 as far as it is served."""

    source: str | None = None
    account_id: str | None = None
    embed: str = ""
    included_only_current_profile: bool = False
    included_fraud_details: bool = False
    ug2_offset: int = 0
    ug2_limit: int = 10
    ug2_pagination_details: bool = False
    gap_to_upgrade: int | None = None


class DetailsByLookupQuery(GetCustomerQuery, frozen=True, rename="camel"):
    """Query of 03-customer-lookup/02."""

    identifier_name: str | None = None
    identifier_value: str | None = None


class EntityRef(msgspec.Struct, frozen=True, rename="camel"):
    """Who made or changed something: the till of the call."""

    id: int
    code: str
    name: str
    type: str
    reference_id: int = -1
    default: bool = False


class Nobody(msgspec.Struct, frozen=True):
    """`{}`"""


class Attribution(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    create_date: datetime
    created_by: EntityRef
    modified_by: EntityRef
    modified_date: datetime
    created_from_source: str | None = None


class IdentifierView(msgspec.Struct, frozen=True):
    type: str
    value: str


class ProfileView(msgspec.Struct, frozen=True, rename="camel"):
    first_name: str
    last_name: str
    attribution: Attribution
    fields: Fields
    all_fields: Fields
    identifiers: list[IdentifierView]
    comm_channels: list[Fields]
    source: str
    user_id: int
    account_id: str
    conflicting_profile_list: list[Any]
    auto_update_time: datetime
    identifiers_all: list[IdentifierView]


class LoyaltyInfoView(msgspec.Struct, frozen=True):
    loyaltyType: str
    attributionV2: Attribution
    lifetimePurchases: Decimal


class PointsSummary(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Balance and tier of one programme (points.md 15, tiers.md 11). Top tier: serial -1 and no next name."""

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
    slab_s_no: int = msgspec.field(name="slabSNo")
    slab_expiry_date: datetime


class UpgradeValues(msgspec.Struct, frozen=True, rename="camel"):
    current_value: Decimal
    gap_to_upgrade: Decimal
    value_valid_upto: str


class UpgradeStrategy(msgspec.Struct, frozen=True, rename="camel"):
    upgrade_based_on: str
    upgrade_threshold: Decimal
    customer_upgrade_entity_values: UpgradeValues


class LoyaltyProgramDetails(PointsSummary, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    program_id: int
    delayed_points: Decimal
    delayed_returned_points: Decimal
    delayed_expired_points: Decimal
    total_available_points: Decimal
    total_returned_points: Decimal
    linked_partner_programs: list[Any]
    program_title: str
    program_description: str
    program_points_to_currency_ratio: Decimal
    upgrade_strategies: list[UpgradeStrategy] | None = None


class SubscriptionState(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """One channel and priority: OPTIN or OPTOUT."""

    channel: str
    priority: str
    type: str
    account_id: str | None = None
    org_unit_id: int | None = None
    source_name: str | None = None


class SubscriptionInfo(msgspec.Struct, frozen=True):
    subscriptions: list[SubscriptionState]


class FraudDetails(msgspec.Struct, frozen=True, rename="camel"):
    """`marked_by` is `{}` of a customer whom nobody has marked; `modified_on` is null then."""

    marked_by: EntityRef | Nobody
    modified_on: datetime | None
    status: str


class Ug2Pagination(msgspec.Struct, frozen=True):
    limit: int
    offset: int
    total: int


class GetCustomerAnswer(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    id: int
    profiles: list[ProfileView]
    loyalty_info: LoyaltyInfoView
    points_summary: PointsSummary | None = None
    subscription_info: SubscriptionInfo | None = None
    fraud_details: FraudDetails | None = None
    customer_status: CustomerStatus | None = None
    segments: Fields
    loyalty_program_details: list[LoyaltyProgramDetails] | None = None
    ug2_pagination: Ug2Pagination | None = None
    card_details: list[Any]
    associated_with: str
    extended_fields: Fields
    alternate_currency_details: list[Any] | None = None
    warnings: list[Message]
