"""Wire structs of the history of redemptions (contract/01-customer-v1/07)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from earnest.core.http.envelopes import V1Status


class RedemptionsQuery(msgspec.Struct, frozen=True):
    """Whom, and which of the redemptions."""

    mobile: str = ""
    email: str = ""
    external_id: str = ""
    id: str = ""
    identifier_name: str = msgspec.field(name="identifierName", default="")
    identifier_value: str = msgspec.field(name="identifierValue", default="")
    type: Literal["POINTS", "COUPONS", "BOTH"] | None = None
    start_date: str | None = None
    end_date: str | None = None
    entity_code: str | None = None
    limit: int | None = None
    coupons_limit: int | None = None
    points_limit: int | None = None
    coupons_start_id: int | None = None
    coupons_end_id: int | None = None
    points_start_id: int | None = None
    points_end_id: int | None = None
    sort: Literal["redemption_id", "redeemed_time"] = "redeemed_time"
    order: Literal["asc", "desc"] = "desc"
    mlp: bool = False
    program_id: int | None = None
    merchant_store_id: int | None = None
    external_reference_number: str | None = None
    user_id: bool = False


class EntityName(msgspec.Struct, frozen=True):
    code: str
    name: str


class CustomField(msgspec.Struct, frozen=True):
    name: str
    value: Any


class CustomFieldList(msgspec.Struct, frozen=True):
    field: list[CustomField]


class ProgramShare(msgspec.Struct, frozen=True):
    """What a redemption drew in one programme."""

    program_id: int
    points_redeemed: Decimal
    program_name: str


class PointsRedemption(msgspec.Struct, frozen=True, kw_only=True):
    """One redemption of points. `bill_id` is "-1" while no bill is known."""

    id: int
    program_id: int
    points_redeemed: Decimal
    transaction_number: str
    bill_id: str
    validation_code: str
    redeemed_time: str
    redeemed_at: str
    redemption_purpose: str
    notes: str
    external_reference_number: str
    redemption_id: str
    redeemed_store: EntityName
    redeemed_till: EntityName
    custom_fields: CustomFieldList
    reversals: list[Any]
    redemption_breakup_by_program: list[ProgramShare]


class CouponRedemptions(msgspec.Struct, frozen=True):
    """`coupon` is null when there is none."""

    coupon: None


class PointsRedemptions(msgspec.Struct, frozen=True):
    point: list[PointsRedemption]


class Redemptions(msgspec.Struct, frozen=True):
    coupons: CouponRedemptions
    points: PointsRedemptions


class RedemptionsStatus(msgspec.Struct, frozen=True):
    """`item_status` with a code in text, as this call prints it."""

    success: str
    code: str
    message: str


class CustomerRedemptions(msgspec.Struct, frozen=True, kw_only=True):
    """Redemptions of one customer; of one who was not found, the identifier and the status."""

    user_id: int | UnsetType = UNSET
    mobile: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    external_id: str | UnsetType = UNSET
    firstname: str | UnsetType = UNSET
    lastname: str | UnsetType = UNSET
    user_groups2: list[Any] | UnsetType = UNSET
    rows: int | UnsetType = UNSET
    coupons_count: int | UnsetType = UNSET
    points_count: int | UnsetType = UNSET
    coupons_start_id: int | UnsetType = UNSET
    points_start_id: int | UnsetType = UNSET
    redemptions: Redemptions | UnsetType = UNSET
    item_status: RedemptionsStatus


class RedemptionsResponse(msgspec.Struct, frozen=True):
    status: V1Status
    customer: CustomerRedemptions | list[CustomerRedemptions]


class RedemptionsAnswer(msgspec.Struct, frozen=True):
    response: RedemptionsResponse
