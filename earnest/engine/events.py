"""What can happen to a member. Events are facts with their own time (`at`), apart from the instant of processing.

Encoded, an event carries its name in `event`, so that a decision record can be read back and replayed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec


class BoughtLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a sale; `amount` is net."""

    id: int
    item_code: str
    quantity: Decimal
    amount: Decimal


class EnrolmentGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What a member brings along into a programme: a tier other than the base one, points. Dates None: the programme's
    own."""

    program_id: int
    tier: int = 1
    tier_expires_at: datetime | None = None
    points: Decimal = Decimal(0)
    points_expire_at: datetime | None = None


class CustomerRegistration(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="event"):
    """A customer became a member; `program_ids` are the programmes to enrol in, `grants` what some of them start
    with."""

    at: datetime
    program_ids: tuple[int, ...]
    grants: tuple[EnrolmentGrant, ...] = ()


class TransactionAdd(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="event"):
    """A sale. `amount` is net; `earns` False: stored, but of no account for loyalty (outlier, not interested);
    `issues_points` False: it counts, but no award brings points (points.md 4.9)."""

    at: datetime
    bill_id: int
    bill_number: str
    amount: Decimal
    lines: tuple[BoughtLine, ...] = ()
    earns: bool = True
    issues_points: bool = True


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True):
    line_id: int
    quantity: Decimal
    amount: Decimal


class ReturnTransaction(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="event"):
    """A return of the stored sale `bill_id` (which the snapshot holds). `amount` only for AMOUNT, `lines` only for
    LINE_ITEM."""

    at: datetime
    bill_id: int
    kind: Literal["FULL", "AMOUNT", "LINE_ITEM"]
    amount: Decimal | None = None
    lines: tuple[ReturnedLine, ...] = ()


class PointsRedemption(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="event"):
    """A wish to redeem `points` in `program_id`; `redemption_id` is the id that the redemption will have."""

    at: datetime
    program_id: int
    points: Decimal
    redemption_id: int


class PointsExpiry(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="event"):
    """The morning sweep of one member: open lots whose expiry has passed expire (points.md 7.3)."""

    at: datetime


Event = CustomerRegistration | TransactionAdd | ReturnTransaction | PointsRedemption | PointsExpiry
