"""What an evaluation reads: one small record per profile, filled from the snapshot and the event.

Every field has a default that means "absent": None for numbers, strings and dates, False for booleans, empty for
collections. Numbers are Decimals (counts may be ints); dates are aware and shown in the context's `zone`, the store's or else
the organisation's. The keys of maps that are looked up by a name are casefolded, because names given as arguments compare
ignoring case (rules.md 5.3).

The records may change during a run (points issued so far, the current line). A field may also be overridden by a property of
a subclass: conditions only read attributes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

import msgspec

from earnest.engine.expression.values.numbers import Number, add, divide, percentage, subtract

FieldValue = str | Collection[str]
TypedValue = Decimal | int | str | datetime | bool


class Periods(msgspec.Struct, kw_only=True):
    """What was achieved per cycle (reference code -> value), the cycles started so far; `running` is the present one."""

    achieved: Mapping[str, Number] = {}
    running: str | None = None


class Streak(msgspec.Struct, kw_only=True):
    achieved: bool = False
    current: int | None = None


class Figures(msgspec.Struct, kw_only=True):
    """The figures that a member and a user group have alike, in the evaluated programme.

    `initial_…` are those before the event; the others follow what the event has brought so far. `stated` overrides the
    computed ones below, by their Python names.
    """

    exists: bool = True
    external_id: str | None = None
    current_points: Number | None = None
    initial_current_points: Number | None = None
    current_non_redeemable_points: Number | None = None
    initial_current_non_redeemable_points: Number | None = None
    lifetime_points: Number | None = None
    initial_lifetime_points: Number | None = None
    lifetime_non_redeemable_points: Number | None = None
    lifetime_purchase: Number | None = None
    initial_lifetime_purchase: Number | None = None
    number_of_txns: Number | None = None
    number_of_txns_today: Number | None = None
    number_of_visits: Number | None = None
    slab_name: str | None = None
    slab_number: Number | None = None
    initial_slab_name: str | None = None
    initial_slab_number: Number | None = None
    slab_changed_at: datetime | None = None
    slab_expires_at: datetime | None = None
    stated: Mapping[str, Any] = {}

    @property
    def current_all_points(self) -> Number | None:
        if "current_all_points" in self.stated:
            return self.stated["current_all_points"]  # type: ignore[no-any-return]
        return add(self.current_points, self.current_non_redeemable_points)

    @property
    def initial_current_all_points(self) -> Number | None:
        if "initial_current_all_points" in self.stated:
            return self.stated["initial_current_all_points"]  # type: ignore[no-any-return]
        return add(self.initial_current_points, self.initial_current_non_redeemable_points)

    @property
    def lifetime_all_points(self) -> Number | None:
        if "lifetime_all_points" in self.stated:
            return self.stated["lifetime_all_points"]  # type: ignore[no-any-return]
        return add(self.lifetime_points, self.lifetime_non_redeemable_points)


class Customer(Figures, kw_only=True):
    """currentCustomer and groupPrimaryCustomer (rules.md 6.1)."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    mobile: str | None = None
    joined_at: datetime | None = None
    is_loyal: bool = False
    is_test: bool = False
    is_control: bool = False
    is_group_member: bool = False
    is_primary: bool = False
    is_secondary: bool = False
    accounts: Collection[str] = ()
    custom_fields: Mapping[str, FieldValue] = {}
    extended: Mapping[str, TypedValue | None] = {}
    clusters: Mapping[str, FieldValue] = {}
    status: str | None = None
    label: str | None = None
    channels: Collection[str] = ()
    number_of_items: Number | None = None
    tracker_before: Mapping[tuple[str, str], Number] = {}
    tracker_now: Mapping[tuple[str, str], Number] = {}
    points_redeemed_today: Number | None = None
    points_redeemed_in_week: Number | None = None
    points_redeemed_in_month: Number | None = None
    points_redeemed_in_past_days: Mapping[int, Number] = {}
    redemptions_today: Number | None = None
    redemptions_in_week: Number | None = None
    redemptions_in_month: Number | None = None
    redemptions_in_past_days: Mapping[int, Number] = {}
    active_coupons: Mapping[int, int] = {}
    milestones: Mapping[str, Periods] = {}
    unified_targets: Mapping[str, Periods] = {}
    streaks: Mapping[str, Streak] = {}

    @property
    def name(self) -> str | None:
        """First and last name with a blank between, trimmed; null when both are absent."""
        if "name" in self.stated:
            return self.stated["name"]  # type: ignore[no-any-return]
        if self.first_name is None and self.last_name is None:
            return None
        return f"{self.first_name or ''} {self.last_name or ''}".strip()

    @property
    def avg_basket_size(self) -> Number | None:
        """Line items ever bought / transactions, truncated; null without transactions."""
        if "avg_basket_size" in self.stated:
            return self.stated["avg_basket_size"]  # type: ignore[no-any-return]
        if self.number_of_items is None or not self.number_of_txns:
            return None
        return int(self.number_of_items // self.number_of_txns)

    @property
    def avg_spend_per_visit(self) -> Number | None:
        """Lifetime purchase / visits, 2 decimals half up; null without visits."""
        if "avg_spend_per_visit" in self.stated:
            return self.stated["avg_spend_per_visit"]  # type: ignore[no-any-return]
        if self.lifetime_purchase is None or not self.number_of_visits:
            return None
        hundredfold = divide(self.lifetime_purchase * 100, self.number_of_visits)
        if hundredfold is None:
            return None
        return hundredfold.quantize(Decimal(1), rounding="ROUND_HALF_UP").scaleb(-2)


class UserGroup(Figures, kw_only=True):
    """currentUserGroup (rules.md 6.10)."""

    name: str | None = None
    created_at: datetime | None = None
    member_count: Number | None = None


class LineItem(msgspec.Struct, kw_only=True):
    """A line of a bill: `value` is gross (rate x qty), `amount` net. `attributes` are the product's inventory
    attributes."""

    code: str | None = None
    description: str | None = None
    rate: Number | None = None
    qty: Number | None = None
    value: Number | None = None
    discount: Number | None = None
    amount: Number | None = None
    brand: str | None = None
    category: str | None = None
    attributes: Mapping[str, str] = {}
    extended: Mapping[str, TypedValue | None] = {}
    is_return: bool = False

    @property
    def net(self) -> Number | None:
        """The net amount; value - discount where it is not known."""
        return subtract(self.value, self.discount) if self.amount is None else self.amount

    @property
    def discount_percentage(self) -> Number | None:
        """discount / net amount x 100; 0 without discount, 100 when nothing was left to pay."""
        if not self.discount:
            return self.discount
        net = self.net
        return Decimal(100) if net is not None and not net else percentage(self.discount, net)


class Transaction(msgspec.Struct, kw_only=True):
    """currentTxn, and with the returned lines returnBill (rules.md 6.3, 6.4). `value` is net. The points are the regular
    ones that this transaction has brought so far; `tenders` are the payment methods it resolves to."""

    exists: bool = True
    number: str | None = None
    date: datetime | None = None
    value: Number | None = None
    discount: Number | None = None
    notes: str | None = None
    lines: Sequence[LineItem] = ()
    custom_fields: Mapping[str, FieldValue] = {}
    extended: Mapping[str, TypedValue | None] = {}
    points_for_user: Number | None = None
    points_for_group: Number | None = None
    promised_for_user: Number | None = None
    promised_for_group: Number | None = None
    tenders: Collection[str] = ()
    stated: Mapping[str, Any] = {}

    @property
    def points(self) -> Number | None:
        if "points" in self.stated:
            return self.stated["points"]  # type: ignore[no-any-return]
        return _total(self.points_for_user, self.points_for_group)

    @property
    def promised_points(self) -> Number | None:
        if "promised_points" in self.stated:
            return self.stated["promised_points"]  # type: ignore[no-any-return]
        return _total(self.promised_for_user, self.promised_for_group)


class Tender(msgspec.Struct, kw_only=True):
    """tenderProfile (rules.md 6.6)."""

    amount: Number | None = None
    code: str | None = None
    notes: str | None = None


class EventProfile(msgspec.Struct, kw_only=True):
    """currentEvent (rules.md 6.7). What an activity does not set stays null or false."""

    event_type: str | None = None
    previous_mobile: str | None = None
    previous_email: str | None = None
    previous_external_id: str | None = None
    previous_name: str | None = None
    previous_first_name: str | None = None
    previous_last_name: str | None = None
    current_mobile: str | None = None
    current_email: str | None = None
    current_external_id: str | None = None
    current_name: str | None = None
    current_first_name: str | None = None
    current_last_name: str | None = None
    previous_fields: Mapping[str, FieldValue] = {}
    current_fields: Mapping[str, FieldValue] = {}
    previous_loyalty_type: str | None = None
    current_loyalty_type: str | None = None
    target_achieved: Mapping[str, Number] = {}
    target_defined: Mapping[str, Number] = {}
    target_name: str | None = None
    target_group: str | None = None
    target_period: str | None = None
    target_trigger: str | None = None
    milestone_value_defined: Number | None = None
    is_target_achieved: bool = False
    is_unified_target_achieved: bool = False
    is_streak_achieved: bool = False
    is_sub_target_achieved: bool = False
    streak_name: str | None = None
    streak_levels: Collection[str] = ()
    is_group_info_present: bool = False
    is_group_redemption: bool = False
    card_series: str | None = None
    attributes: Mapping[str, TypedValue | None] = {}


class Store(msgspec.Struct, kw_only=True):
    code: str | None = None
    name: str | None = None


class ProgramProfile(msgspec.Struct, kw_only=True):
    name: str | None = None
    id: Number | None = None
    is_default: bool = False


class Organization(msgspec.Struct, kw_only=True):
    name: str | None = None
    id: Number | None = None


class TrackerCondition(msgspec.Struct, kw_only=True):
    """currentTrackerCondition (rules.md 6.9): the figures of the contribution that is being evaluated."""

    number_of_visits: Number | None = None
    tracked_value: Number | None = None
    case_name: str | None = None
    period: Number | None = None
    current: Number | None = None
    previous: Number | None = None
    initial_previous: Number | None = None
    tracker_name: str | None = None


class Card(msgspec.Struct, kw_only=True):
    """The card presented with the event."""

    custom_fields: Mapping[str, FieldValue] = {}
    extended: Mapping[str, TypedValue | None] = {}


class PartnerLink(msgspec.Struct, kw_only=True):
    """An active link to a partner programme with the figures of its membership cycles."""

    linked_at: datetime | None = None
    additional_benefits_in_membership_cycle: Number | None = None
    benefits_in_active_membership: Number | None = None
    benefits_in_event_cycle: Number | None = None
    benefits_limit: Number | None = None
    bills_in_cycle: Number | None = None
    promotion_points_in_cycle: Number | None = None
    days_elapsed_in_cycle: Number | None = None
    purchases_in_cycle: Number | None = None


class Partner(msgspec.Struct, kw_only=True):
    """currentCustomerPartner: the member's active links by the partner programme's name."""

    links: Mapping[str, PartnerLink] = {}


class Referrer(msgspec.Struct, kw_only=True):
    registrations: Number | None = None
    transactions: Number | None = None


class Product(msgspec.Struct, kw_only=True):
    """currentProduct: the scanned article of a campaign."""

    code: str | None = None
    brand: str | None = None
    category: str | None = None


NO_CUSTOMER = Customer(exists=False)
NO_GROUP = UserGroup(exists=False)
NO_TRANSACTION = Transaction(exists=False)

_NO_EVENT = EventProfile()
_NO_STORE = Store()
_NO_PROGRAM = ProgramProfile()
_NO_ORGANIZATION = Organization()
_NO_LINE = LineItem()
_NO_TENDER = Tender()
_NO_TRACKER = TrackerCondition()
_NO_CARD = Card()
_NO_PARTNER = Partner()
_NO_REFERRER = Referrer()
_NO_PRODUCT = Product()


class Context(msgspec.Struct, kw_only=True):
    """Everything one evaluation can read. What nobody passes is absent; the shared defaults must not be written to."""

    zone: tzinfo = UTC
    customer: Customer = msgspec.field(default_factory=lambda: NO_CUSTOMER)
    event: EventProfile = msgspec.field(default_factory=lambda: _NO_EVENT)
    store: Store = msgspec.field(default_factory=lambda: _NO_STORE)
    program: ProgramProfile = msgspec.field(default_factory=lambda: _NO_PROGRAM)
    organization: Organization = msgspec.field(default_factory=lambda: _NO_ORGANIZATION)
    transaction: Transaction = msgspec.field(default_factory=lambda: NO_TRANSACTION)
    returned_bill: Transaction = msgspec.field(default_factory=lambda: NO_TRANSACTION)
    line_item: LineItem = msgspec.field(default_factory=lambda: _NO_LINE)
    tender: Tender = msgspec.field(default_factory=lambda: _NO_TENDER)
    tracker: TrackerCondition = msgspec.field(default_factory=lambda: _NO_TRACKER)
    primary: Customer = msgspec.field(default_factory=lambda: NO_CUSTOMER)
    user_group: UserGroup = msgspec.field(default_factory=lambda: NO_GROUP)
    card: Card = msgspec.field(default_factory=lambda: _NO_CARD)
    partner: Partner = msgspec.field(default_factory=lambda: _NO_PARTNER)
    referrer: Referrer = msgspec.field(default_factory=lambda: _NO_REFERRER)
    product: Product = msgspec.field(default_factory=lambda: _NO_PRODUCT)


def _total(of_member: Number | None, of_group: Number | None) -> Number | None:
    """Member and group together; a part that nobody knows counts as nothing, unless both are unknown."""
    if of_member is None:
        return of_group
    return of_member if of_group is None else of_member + of_group
