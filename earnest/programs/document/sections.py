"""What a programme has besides tiers, rules and limits: its binding, its points, promotions, memberships, settings."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from earnest.programs.document.actions import Channels, Rule, RuleSet
from earnest.programs.document.earning import Formula
from earnest.programs.document.expiry import Expiry
from earnest.programs.document.limits import BillCaps
from earnest.programs.document.schema import Family, Range, Ref
from earnest.programs.document.scopes import Scope
from earnest.programs.document.tiers import TierName
from earnest.programs.document.values import Amounts, Duration


class Binding(msgspec.Struct, frozen=True):
    """What binds a further programme; the default programme has none (programs.md 1)."""


class OfZones(Binding, frozen=True):
    zones: tuple[str, ...]


class OfConcepts(Binding, frozen=True):
    concepts: tuple[str, ...]


class OfCardSeries(Binding, frozen=True):
    card_series: tuple[str, ...]


Family("binding", "kind", Binding, {"zones": OfZones, "concepts": OfConcepts, "card_series": OfCardSeries})


class Points(msgspec.Struct, frozen=True, kw_only=True):
    """`worth`: what one point is worth in the organisation's currency."""

    worth: Annotated[Decimal, Range(Decimal("0.000001"))] = Decimal(1)
    decimals: Annotated[int, Range(0, 3)] = 3
    rounding: Literal["ceiling", "floor", "half_up", "half_down", "half_even"] = "half_up"


class NamedFormula(msgspec.Struct, frozen=True):
    """An earning strategy that actions call by its name."""

    name: str
    strategy: Formula


class Redemption(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions of a redemption (points.md 8.1); what is not given does not restrict."""

    allowed: bool = True
    min_points: Amounts | None = None
    max_points: Amounts | None = None
    balance_required: Amounts | None = None
    multiple_of: Amounts | None = None
    lifetime_points_required: Amounts | None = None
    lifetime_purchases_required: Amounts | None = None


class Workflow(msgspec.Struct, frozen=True, kw_only=True):
    """The sets of an activity in the order of evaluation (rules.md 4); only TransactionAdd has more than `start`."""

    caps: BillCaps | None = None
    start: tuple[RuleSet, ...] = ()
    trackers: tuple[RuleSet, ...] = ()
    points_trackers: tuple[RuleSet, ...] = ()
    end: tuple[RuleSet, ...] = ()


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A loyalty promotion of the programme (points.md 18)."""

    name: str
    rules: tuple[Rule, ...]
    activity: str = "TransactionAdd"
    level: Literal["bill", "line"] = "bill"
    applies: Literal["always", "exclusive", "non_exclusive"] = "non_exclusive"
    scope: tuple[Scope, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    max_points: Decimal | None = None


class Stacking(msgspec.Struct, frozen=True, kw_only=True):
    bill: bool = False
    line: bool = False
    first: Literal["expiry", "max_points"] = "expiry"


class Currency(msgspec.Struct, frozen=True, kw_only=True):
    """An alternate currency (points.md 17)."""

    name: str
    active: bool = True
    redeemable: bool = True
    returnable: bool = True
    worth: Decimal | None = None
    first_day: date | None = None
    last_day: date | None = None


class GiveBack(msgspec.Struct, frozen=True):
    based_on: Literal["points_tender", "redemption_reference", "bill_number"]
    expires: Annotated[str, Ref("expiry")] | Expiry | None = None


class Returns(msgspec.Struct, frozen=True, kw_only=True):
    """What a return of a bill does (points.md 9, 10). The organisation's config keys of the same meaning win."""

    take_points: bool = True
    evaluate_again: bool = False
    allow_debt: bool = False
    give_back_used: GiveBack | None = None


class Promised(msgspec.Struct, frozen=True, kw_only=True):
    """From which day delays and the expiry of promised points count (points.md 5)."""

    delay_from: Literal["bill_date", "processing_date"] = "bill_date"
    expiry_from: Literal["bill_date", "conversion_date"] = "bill_date"


class Payments(msgspec.Struct, frozen=True, kw_only=True):
    """Payment methods whose amounts count for maximisation; `only_these`: nothing else earns."""

    eligible: tuple[str, ...]
    only_these: bool = False


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    before: Duration
    text: str = ""
    tiers: tuple[TierName, ...] = ()
    expiring_points_above: Decimal | None = None
    current_points_above: Decimal | None = None
    lifetime_points_above: Decimal | None = None
    lifetime_purchases_above: Decimal | None = None
    channels: Channels | None = None


class Communication(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of the programme (programs.md 14)."""

    tier_upgrade: dict[TierName, str] = {}
    before_renewal: tuple[Reminder, ...] = ()
    after_renewal: str | None = None
    after_downgrade: str | None = None
    points_expiry: tuple[Reminder, ...] = ()
    channels: Channels | None = None


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A partner or supplementary programme on top of this one (programs.md 6, 7)."""

    name: str
    tiers: tuple[str, ...] = ()
    tier_map: dict[str, TierName] = {}
    downgrade_to: TierName | None = None
    benefits: tuple[str, ...] = ()
    reminders: tuple[Reminder, ...] = ()


class Subscription(Membership, frozen=True, kw_only=True):
    lasts: Duration
    valid_until: date | None = None
    then: str | None = None


class Coalition(Membership, frozen=True, kw_only=True):
    exchange_rate: Decimal = Decimal(1)
    sync_on_downgrade: bool = False


Family("membership", "kind", Membership, {"subscription": Subscription, "coalition": Coalition})


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """User groups (programs.md 8)."""

    tier_sync: bool = False
    pool_for_primary: bool = False
    returns_after_leaving: bool = False
