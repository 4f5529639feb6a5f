"""What a rule does (rules.md 8). Adding an action: its struct here and a line in the family at the end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from earnest.programs.document.earning import ActionRounding, Delay, Formula, Lookup
from earnest.programs.document.expiry import Expiry
from earnest.programs.document.limits import Cap
from earnest.programs.document.schema import Family, Range, Ref
from earnest.programs.document.scopes import Scope
from earnest.programs.document.values import Amounts

Earn = Annotated[str, Ref("earning")] | Formula
Expires = Annotated[str, Ref("expiry")] | Expiry
TierName = Annotated[str, Ref("tier")]


class Channels(msgspec.Struct, frozen=True):
    mandatory: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()


class Action(msgspec.Struct, frozen=True):
    """One step of a branch."""


class Awarding(Action, frozen=True, kw_only=True):
    """What every action that issues has in common; `name` is the rule's where it is not given."""

    name: str | None = None
    earn: Earn
    on: Literal[
        "amount", "current_aggregate", "previous_aggregate", "defined", "achieved", "excess", "qualifying",
        "event_attribute",
    ] = "amount"  # fmt: skip
    attribute: str | None = None
    expires: Expires | None = None
    rounding: ActionRounding = ActionRounding()
    amount_rounding: ActionRounding = ActionRounding()
    delay: Delay | None = None
    lookup: Lookup | None = None
    to: Literal["member", "group"] = "member"
    channels: Channels | None = None


class Award(Awarding, frozen=True, kw_only=True):
    """Transaction point allocation; allocate points."""


class AwardCurrency(Awarding, frozen=True, kw_only=True):
    currency: Annotated[str, Ref("currency")]


class AwardTarget(Awarding, frozen=True, kw_only=True):
    milestone: str


class AwardReferrer(Awarding, frozen=True, kw_only=True):
    pass


class AwardReferee(Awarding, frozen=True, kw_only=True):
    pass


class Rule(msgspec.Struct, frozen=True, kw_only=True, rename={"condition": "if", "then": "then", "else_": "else"}):
    """`if` is a condition of the rule language (rules.md 5)."""

    name: str
    condition: str = "true"
    then: tuple[Action, ...] = ()
    else_: tuple[Action, ...] = ()
    priority: int = 0
    active: bool = True
    starts_at: str | None = None
    ends_at: str | None = None


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    rules: tuple[Rule, ...] = ()
    scope: tuple[Scope, ...] = ()
    caps: tuple[Cap, ...] = ()
    active: bool = True
    starts_at: str | None = None
    ends_at: str | None = None


class TenderPercent(msgspec.Struct, frozen=True):
    default: Decimal
    tenders: dict[str, Decimal] = {}


class Forward(Action, frozen=True, kw_only=True):
    """Runs the set: once, or for every line, for every tender, or for both."""

    set: RuleSet
    for_each: tuple[Literal["line", "tender"], ...] = ()
    proportions: bool = False
    maximise: bool = False
    tender_percent: TenderPercent | None = None


class CaseRules(msgspec.Struct, frozen=True):
    case: str
    rules: tuple[Rule, ...]


class Track(Action, frozen=True, kw_only=True):
    tracker: Annotated[str, Ref("tracker")]
    cases: tuple[CaseRules, ...] = ()


class DelayedAccrual(Action, frozen=True):
    pass


class ConvertPromised(Action, frozen=True):
    when: Literal["now", "item_return_period"] = "now"
    currency: Annotated[str, Ref("currency")] | None = None


class RedeemPoints(Action, frozen=True):
    of_group: bool = False


class TransferPoints(Action, frozen=True):
    kind: Literal["transfer", "group_transfer", "contribution"] = "transfer"


class ReverseRedemption(Action, frozen=True):
    expires: Expires | None = None


class UpgradeToTier(Action, frozen=True, kw_only=True):
    tier: TierName
    until: date | None = None
    days: Annotated[int, Range(1, 36600)] | None = None
    days_from_field: str | None = None
    award: Award | None = None


class UpgradeUsingTier(Action, frozen=True, kw_only=True):
    award: Award | None = None


class RenewTier(Action, frozen=True):
    pass


class DowngradeTier(Action, frozen=True):
    tier: TierName
    reason: str = ""


class IssueCoupon(Action, frozen=True, kw_only=True):
    series: str
    quantity: Amounts = Amounts(same=Decimal(1))
    each: Decimal | None = None
    channels: Channels | None = None


class IssueReward(Action, frozen=True, kw_only=True):
    reward: str
    quantity: Decimal = Decimal(1)
    quantity_from: Literal["points_issued"] | None = None
    quantity_field: str | None = None
    fulfilment_status: str | None = None
    notes: str | None = None
    fields: dict[str, str] = {}


class PointsToReward(Action, frozen=True, kw_only=True):
    reward: str
    threshold: Decimal


class IssueBadge(Action, frozen=True, kw_only=True):
    badge: str
    channels: Channels | None = None


class RevokeBadge(Action, frozen=True):
    badge: str


class IssuePromotion(Action, frozen=True):
    promotion: str


class EarnPromotion(Action, frozen=True):
    promotion: str


class StartMembership(Action, frozen=True, kw_only=True):
    membership: str
    tier_action: Literal["upgrade", "renew", "none"] = "none"
    cycle: str | None = None


class EndMembership(Action, frozen=True, kw_only=True):
    membership: str


class SetStatusLabel(Action, frozen=True):
    status: str
    label: str


class EnrolInMilestone(Action, frozen=True, kw_only=True):
    milestone: str
    cycle: str | None = None


class TagCustomer(Action, frozen=True):
    tags: tuple[str, ...]


class SendMessage(Action, frozen=True, kw_only=True):
    text: str
    channel: str | None = None
    channels: Channels | None = None
    sender: str | None = None
    delay_seconds: Annotated[int, Range(0, 31_536_000)] = 0


Family("action", "do", Action, {
    "award": Award, "award_currency": AwardCurrency, "award_target": AwardTarget, "award_referrer": AwardReferrer,
    "award_referee": AwardReferee, "forward": Forward, "track": Track, "delayed_accrual": DelayedAccrual,
    "convert_promised": ConvertPromised, "redeem_points": RedeemPoints, "transfer_points": TransferPoints,
    "reverse_redemption": ReverseRedemption, "upgrade_to_tier": UpgradeToTier, "upgrade_using_tier": UpgradeUsingTier,
    "renew_tier": RenewTier, "downgrade_tier": DowngradeTier, "issue_coupon": IssueCoupon, "issue_reward": IssueReward,
    "points_to_reward": PointsToReward, "issue_badge": IssueBadge, "revoke_badge": RevokeBadge,
    "issue_promotion": IssuePromotion, "earn_promotion": EarnPromotion, "start_membership": StartMembership,
    "end_membership": EndMembership, "set_status_label": SetStatusLabel, "enrol_in_milestone": EnrolInMilestone,
    "tag_customer": TagCustomer, "send_message": SendMessage,
})  # fmt: skip
