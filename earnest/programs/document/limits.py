"""Limits on issuing (points.md 13): caps of a set, caps of a bill, limits of the programme."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from earnest.programs.document.schema import Family, Range, Ref


class Cap(msgspec.Struct, frozen=True):
    """A cap of a set and its subsets."""

    at_most: Decimal


class TotalPoints(Cap, frozen=True):
    pass


class SourceValue(Cap, frozen=True):
    pass


class TenderSum(Cap, frozen=True, kw_only=True):
    tenders: tuple[str, ...]
    all_but: bool = False


class TrackerSource(Cap, frozen=True, kw_only=True):
    tracker: Annotated[str, Ref("tracker")]


Family("cap", "kind", Cap, {
    "total_points": TotalPoints, "source_value": SourceValue, "tender_sum": TenderSum, "tracker_source": TrackerSource,
})  # fmt: skip


class BillCaps(msgspec.Struct, frozen=True):
    """Most points of one bill."""

    regular: Decimal | None = None
    promotional: Decimal | None = None
    both: Decimal | None = None


class LimitScope(msgspec.Struct, frozen=True):
    of: Literal["brands", "categories", "attributes", "skus", "stores", "zones"]
    values: tuple[str, ...]
    attribute: str | None = None


class PromotionFilter(msgspec.Struct, frozen=True):
    only: tuple[Annotated[str, Ref("promotion")], ...] = ()
    all_but: tuple[Annotated[str, Ref("promotion")], ...] = ()


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What may be issued: by KPI, for each bill or, in cycles, for each member."""

    name: str
    at_most: Decimal
    points: Literal["regular", "promotional", "both"] = "both"
    scope: LimitScope | None = None
    activity: Literal["all", "TransactionAdd"] = "all"
    currency: Annotated[str, Ref("currency")] | None = None
    promotions: PromotionFilter | None = None
    counts: Literal["points", "line_amount", "line_quantity", "bill_amount", "bills"] = "points"


class OfBill(Limit, frozen=True, kw_only=True):
    pass


class OfCustomer(Limit, frozen=True, kw_only=True):
    every: Literal["day", "month", "quarter", "half_year", "year"]
    first_cycle: date
    cycles: Annotated[int, Range(1, 10)] = 1
    audience: Literal["all", "audience", "enrolled_by_api"] = "all"
    audience_group: str | None = None


Family("limit", "kind", Limit, {"bill": OfBill, "customer": OfCustomer})
