"""What an evaluation decides: effects to store, figures to answer with, and the decision record to keep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from earnest.engine.party import ZERO, Lot


class MovementType(StrEnum):
    """Kinds of movement (points.md 2)."""

    AWARD = "AWARD"
    REDEEMED = "REDEEMED"
    REDEMPTION_REVERTED = "REDEMPTION_REVERTED"
    EXPIRED = "EXPIRED"
    EXPIRY_REVERTED = "EXPIRY_REVERTED"
    RETURN = "RETURN"
    DEBT = "DEBT"
    DEBT_SETTLED = "DEBT_SETTLED"
    DEBT_REOPENED = "DEBT_REOPENED"


class Posting(msgspec.Struct, frozen=True):
    """What one unit of a movement does: the accounts, the lot's column, the wallet's counter, each with its sign.

    `MEMBER` is the member's own account; the others are the programme's counter-accounts.
    """

    debit: str
    credit: str
    lot_column: str | None
    lot_sign: int
    wallet_counter: str | None
    wallet_sign: int


POSTINGS: Mapping[MovementType, Posting] = {
    MovementType.AWARD: Posting("ISSUED", "MEMBER", None, 0, "earned", 1),
    MovementType.REDEEMED: Posting("MEMBER", "REDEEMED", "redeemed", 1, "redeemed", 1),
    MovementType.REDEMPTION_REVERTED: Posting("REDEEMED", "MEMBER", "redeemed", -1, "redeemed", -1),
    MovementType.EXPIRED: Posting("MEMBER", "EXPIRED", "expired", 1, "expired", 1),
    MovementType.EXPIRY_REVERTED: Posting("EXPIRED", "MEMBER", "expired", -1, "expired", -1),
    MovementType.RETURN: Posting("MEMBER", "RETURNED", "returned", 1, "returned", 1),
    # A return takes points back that a redemption has used and no other lot can carry: the lot gives them up
    # (REDEMPTION_REVERTED, RETURN) and the redemption holds them on a debt lot of quantity 0 instead. So DEBT counts as
    # redeemed; the wallet's `returned` has grown by the RETURN, its `redeemed` stays (points.md 10.4, cases
    # return-after-redemption-negative and return-after-transfer).
    MovementType.DEBT: Posting("MEMBER", "REDEEMED", "debt", 1, "redeemed", 1),
    # Paying a debt moves nothing between accounts: it is booked on the paying lot and on the debt lot, and changes no
    # wallet counter but the open debt, which the debt lot's own row lowers (points.md 21).
    MovementType.DEBT_SETTLED: Posting("MEMBER", "MEMBER", "settled", 1, None, 0),
    # The reverse, booked on both lots as well: the paying lot is returned, so what it paid is owed again.
    MovementType.DEBT_REOPENED: Posting("MEMBER", "MEMBER", "settled", -1, None, 0),
}


class OpenLot(msgspec.Struct, frozen=True, tag=True, tag_field="effect"):
    """A new lot; its id is negative until the store hands out a real one."""

    lot: Lot


class Move(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="effect"):
    """One movement of one lot. `quantity` > 0; `redemption_id` on REDEEMED, REDEMPTION_REVERTED and DEBT (None where
    the redemption is not known)."""

    lot_id: int
    program_id: int
    type: MovementType
    quantity: Decimal
    currency: str = "POINTS"
    redemption_id: int | None = None


class Enrol(msgspec.Struct, frozen=True, tag=True, tag_field="effect"):
    program_id: int
    at: datetime


class ChangeTier(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="effect"):
    """One tier change record (tiers.md 24), `values` are the criteria at that moment."""

    program_id: int
    from_tier: int
    to_tier: int
    type: str
    cause: str
    at: datetime
    expires_at: datetime | None = None
    old_expires_at: datetime | None = None
    bill_id: int | None = None
    values: dict[str, Decimal] = {}


class CountPurchase(msgspec.Struct, frozen=True, tag=True, tag_field="effect"):
    """Lifetime purchases of the member in the programme change by `amount` (negative on a return)."""

    program_id: int
    amount: Decimal


class MarkReturned(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="effect"):
    """The sale has now been returned by this much more; `lines` maps line id to (quantity, amount)."""

    bill_id: int
    kind: str
    amount: Decimal
    lines: dict[int, tuple[Decimal, Decimal]] = {}


Effect = OpenLot | Move | Enrol | ChangeTier | CountPurchase | MarkReturned


class Reason(StrEnum):
    """Why the engine refuses an event. Domains map a reason to the documented code of their endpoint."""

    NOT_ENROLLED = "NOT_ENROLLED"
    NOT_REDEEMABLE = "NOT_REDEEMABLE"
    POINTS_INVALID = "POINTS_INVALID"
    TOO_MANY_DECIMALS = "TOO_MANY_DECIMALS"
    CURRENT_POINTS_REQUIRED = "CURRENT_POINTS_REQUIRED"
    LIFETIME_POINTS_REQUIRED = "LIFETIME_POINTS_REQUIRED"
    LIFETIME_PURCHASES_REQUIRED = "LIFETIME_PURCHASES_REQUIRED"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    ABOVE_MAXIMUM = "ABOVE_MAXIMUM"
    NOT_A_MULTIPLE = "NOT_A_MULTIPLE"
    INSUFFICIENT_POINTS = "INSUFFICIENT_POINTS"
    TOO_MANY_LOTS = "TOO_MANY_LOTS"
    UNKNOWN_BILL = "UNKNOWN_BILL"
    RETURN_BEFORE_SALE = "RETURN_BEFORE_SALE"
    OUTLIER_BILL = "OUTLIER_BILL"
    FULLY_RETURNED = "FULLY_RETURNED"
    ALREADY_RETURNED_IN_PART = "ALREADY_RETURNED_IN_PART"
    RETURNED_BY_AMOUNT = "RETURNED_BY_AMOUNT"
    RETURNED_BY_LINE_ITEM = "RETURNED_BY_LINE_ITEM"
    RETURN_AMOUNT_TOO_LARGE = "RETURN_AMOUNT_TOO_LARGE"
    RETURN_QUANTITY_TOO_LARGE = "RETURN_QUANTITY_TOO_LARGE"
    UNKNOWN_LINE = "UNKNOWN_LINE"


class Why(StrEnum):
    """Why a programme gave nothing although the event was accepted."""

    NON_LOYALTY = "NON_LOYALTY"
    NOT_ENROLLED = "NOT_ENROLLED"
    ALREADY_ENROLLED = "ALREADY_ENROLLED"
    BILL_DOES_NOT_EARN = "BILL_DOES_NOT_EARN"
    POINTS_STAY_ON_RETURN = "POINTS_STAY_ON_RETURN"
    POINTS_IGNORED = "POINTS_IGNORED"


class AwardDecision(msgspec.Struct, frozen=True, kw_only=True):
    """One allocation action: base amount used, award before any rounding, points issued.

    Actions that came to 0 points are listed too; they have no lot (`lot_id` None). A DYNAMIC upgrade cuts one action
    into several decisions, one for each tier (tiers.md 4).
    """

    award_id: int
    name: str
    tier: int
    base: Decimal
    raw: Decimal
    points: Decimal
    line_id: int | None = None
    expires_at: datetime | None = None
    lot_id: int | None = None


class ProgramDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What one programme decided, in order, and the figures it saw: enough to replay and to explain.

    `seen` are the figures before the event (CURRENT_POINTS, LIFETIME_POINTS, LIFETIME_PURCHASES); `why` is one of `Why`
    when nothing was decided, or no award was to bring points.
    """

    program_id: int
    version: int
    tier_before: int
    tier_after: int
    awards: tuple[AwardDecision, ...] = ()
    seen: dict[str, Decimal] = {}
    why: str | None = None

    @property
    def points(self) -> Decimal:
        return sum((a.points for a in self.awards), ZERO)

    @property
    def raw(self) -> Decimal:
        return sum((a.raw for a in self.awards), ZERO)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Effects in the order in which they are applied. With `refusal` set there are no effects.

    `evaluated_at` is the `now` of the evaluation. `value` is the money value of a redemption; `taken_back` the points
    that a return took; `unrecovered` what it could not take (points.md 10.4); `expired` what a sweep expired.
    """

    effects: tuple[Effect, ...] = ()
    decisions: tuple[ProgramDecision, ...] = ()
    refusal: Reason | None = None
    evaluated_at: datetime | None = None
    value: Decimal = ZERO
    taken_back: Decimal = ZERO
    unrecovered: Decimal = ZERO
    expired: Decimal = ZERO
