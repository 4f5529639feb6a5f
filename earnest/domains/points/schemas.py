"""Wire structs of points (contract/13-points-v2/03, 14-points-v1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from earnest.core.http.v1_batch import ItemStatus
from earnest.core.http.v1_body import BatchItem
from earnest.core.messages import Message


class BalancePath(msgspec.Struct, frozen=True, rename="camel"):
    user_id: int


class BalanceQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Query of 13-points-v2/03; the identifier parameters only by lookup."""

    program_id: int | None = None
    fetch_data_for_all_programs: bool = False
    entity_type: str = "CUSTOMER"


class BalanceLookupQuery(BalanceQuery, frozen=True, rename="camel"):
    source: str | None = None
    account_id: str | None = None
    identifier_name: str | None = None
    identifier_value: str | None = None


class PromisedBreakup(msgspec.Struct, frozen=True, rename="camel"):
    delayed_accrual_points: Decimal
    external_trigger_based_points: Decimal


class BalanceAnswer(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """`programId` only where a single programme is reported."""

    entity_id: int
    entity_type: str
    program_id: int | None = None
    total_points: Decimal
    main_points: Decimal
    promised_points: Decimal
    promised_points_breakup: PromisedBreakup
    warnings: list[Message]


class RedeemQuery(msgspec.Struct, frozen=True):
    """Query of 14-points-v1/03."""

    skip_validation: bool = False
    program_id: int | None = None
    validation_type: str | None = None
    user_group2_id: str | None = None
    user_group2_external_id: str | None = None
    user_group2_primary_user_id: str | None = None
    user_group2_primary_user_source: str | None = None
    user_group2_primary_user_account_id: str | None = msgspec.field(
        name="user_group2_primary_user_accountId", default=None
    )
    user_group2_primary_user_identifier_type: str | None = None
    user_group2_primary_user_identifier_value: str | None = None
    use_default_user_group2: bool = False


class RedeemableQuery(RedeemQuery, frozen=True):
    """Query of 14-points-v1/01: whom, how much."""

    mobile: str | None = None
    email: str | None = None
    external_id: str | None = None
    id: str | None = None
    card_number: str | None = None
    card_external_id: str | None = None
    points: str | None = None
    currency_input: bool = False
    currency_value: str | None = None
    group_redemption: bool = False
    issue_otp: bool = False
    validation_code: str | None = None


class RedeemCustomer(msgspec.Struct, frozen=True):
    mobile: str | int | None = None
    email: str | None = None
    external_id: str | int | None = None
    id: str | int | None = None
    card_number: str | int | None = None
    card_external_id: str | int | None = None


class CodeQuery(msgspec.Struct, frozen=True):
    """Query of 14-points-v1/02."""

    mobile: str | None = None
    email: str | None = None
    external_id: str | None = None
    id: str | None = None
    card_number: str | None = None
    card_external_id: str | None = None
    points: str | None = None

    @property
    def customer(self) -> RedeemCustomer:
        return RedeemCustomer(
            self.mobile, self.email, self.external_id, self.id, self.card_number, self.card_external_id
        )


class Field(msgspec.Struct, frozen=True):
    name: str
    value: Any = None


class CustomFields(msgspec.Struct, frozen=True):
    field: list[Field] = []


class RedeemItem(BatchItem, frozen=True):
    points_redeemed: Any = None
    customer: RedeemCustomer | None = None
    transaction_number: str | int | None = None
    external_reference_number: str | int | None = None
    validation_code: str | None = None
    redemption_time: str | None = None
    redemption_purpose: str | None = None
    notes: str | None = None
    till_id: str | None = None
    group_redemption: bool = False
    custom_fields: CustomFields | None = None


class RedeemRoot(msgspec.Struct, frozen=True):
    redeem: list[RedeemItem] = []


class Redeem(msgspec.Struct, frozen=True):
    """Body of 14-points-v1/03."""

    root: RedeemRoot


class Redeemable(msgspec.Struct, frozen=True):
    mobile: str | None
    email: str | None
    external_id: str | None
    points: Any
    is_redeemable: str
    points_redeem_value: Decimal
    points_redeem_local_value: Decimal
    input_type: str
    points_currency_ratio: str
    item_status: ItemStatus


class RedemptionEffect(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    case_value: str = "false"
    num_points: Decimal
    currency_value: Decimal
    validation_code: str
    points_redemption_summary_id: str
    redeemed_on_bill_number: str
    redeemed_on_bill_id: int
    type: str = "points"


class RedemptionEffects(msgspec.Struct, frozen=True):
    effect: list[RedemptionEffect]


class RedeemedPoints(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One redemption of the answer; a refused one has only the customer's identifiers and the status."""

    mobile: str | None
    email: str | None
    external_id: str | None
    user_id: str | None
    redemption_id: str | None = None
    points_redeemed: str
    redemption_purpose: str | None = None
    redeemed_value: Decimal | None = None
    redeemed_local_value: Decimal | None = None
    balance: Decimal | None = None
    side_effects: RedemptionEffects | None = None
    item_status: ItemStatus


class PointsRedeemed(msgspec.Struct, frozen=True, rename="camel"):
    """Outbox body of a redemption."""

    customer_id: int
    program_id: int
    redemption_id: str
    points: Decimal
    value: Decimal
    balance: Decimal


class IssuedCode(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom a code was sent to; a refusal has what was asked for."""

    user_id: str | None
    mobile: str
    email: str
    external_id: str
    points: Any
    item_status: ItemStatus
