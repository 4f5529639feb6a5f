"""The activities that a programme reacts to (rules.md 3), and the repetitions a set of rules may stand in."""

from __future__ import annotations

from enum import StrEnum


class Activity(StrEnum):
    """An activity by its code; `named` also knows the second names of the documentation."""

    TRANSACTION_ADD = "TransactionAdd"
    TRANSACTION_UPDATE = "TransactionUpdate"
    RETURN_TRANSACTION = "ReturnTransaction"
    CUSTOMER_REGISTRATION = "CustomerRegistration"
    CUSTOMER_UPDATE = "CustomerUpdate"
    POINTS_REDEMPTION = "PointsRedemption"
    POINTS_REDEMPTION_REVERSAL = "PointsRedemptionReversal"
    POINTS_TRANSFER = "PointsTransfer"
    POINTS_CONTRIBUTION_TO_GROUP = "PointsContributionToGroup"
    COUPON_REDEMPTION = "CouponRedemption"
    DELAYED_ACCRUAL = "DelayedAccrual"
    CONVERT_POINTS_TO_REWARD = "ConvertPointsToReward"
    SLAB_UPGRADE = "SlabUpgrade"
    TARGET_COMPLETED = "TargetCompleted"
    SOCIAL_CONNECT = "SocialConnect"
    GROUP_TRANSACTION_ADD = "GroupTransactionAdd"
    GROUP_TRANSACTION_UPDATE = "GroupTransactionUpdate"
    GROUP_RETURN_TRANSACTION = "GroupReturnTransaction"
    GROUP_MEMBER_JOIN = "GroupMemberJoin"
    GROUP_MEMBER_LEAVE = "GroupMemberLeave"
    GENERIC_EVENT = "GenericEvent"

    @classmethod
    def named(cls, name: str) -> Activity:
        """The activity of that name or synonym. ValueError when there is none."""
        return cls(_SYNONYMS.get(name, name))


_SYNONYMS = {"ReturnBill": "ReturnTransaction", "VoucherRedemption": "CouponRedemption"}

EVERY_ACTIVITY = frozenset(Activity)
GROUP_ACTIVITIES = frozenset(activity for activity in Activity if activity.startswith("Group"))


class Unrolled(StrEnum):
    """What a set is repeated for; a tracker's case set is a repetition, too: it binds the tracker's figures."""

    LINES = "LINES"
    TENDERS = "TENDERS"
    TRACKER = "TRACKER"
