"""The snapshot that an evaluation reads: the acting member with wallets, enrolments and the lots that the event needs.

All instants are timezone-aware UTC; quantities are Decimals with at most 3 decimals.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

ZERO = Decimal(0)


class HolderKind(StrEnum):
    CUSTOMER = "CUSTOMER"
    USERGROUP2 = "USERGROUP2"


class LoyaltyType(StrEnum):
    LOYALTY = "loyalty"
    NON_LOYALTY = "non_loyalty"


class Category(StrEnum):
    MAIN = "MAIN"
    PROMISED = "PROMISED"
    TRIGGER = "TRIGGER"


class LotKind(StrEnum):
    BILL_REGULAR = "BILL_REGULAR"
    BILL_PROMOTION = "BILL_PROMOTION"
    LINE_REGULAR = "LINE_REGULAR"
    LINE_PROMOTION = "LINE_PROMOTION"
    CUSTOMER_PROMOTION = "CUSTOMER_PROMOTION"


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """One award (points.md 2). `id` is negative while the lot exists only in an outcome that is not stored yet.

    A debt lot has `quantity` 0 and `debt` > 0; `settled` is what was paid out of this lot towards a debt or, on the
    debt lot itself, what was paid of it.
    """

    id: int
    program_id: int
    kind: LotKind
    quantity: Decimal
    awarded_at: datetime
    currency: str = "POINTS"
    category: Category = Category.MAIN
    bill_id: int | None = None
    line_id: int | None = None
    award_id: int | None = None
    tier_at_award: int | None = None
    expires_at: datetime | None = None
    expiry_type: str = "FIXED"
    transferable: bool = True
    redeemed: Decimal = ZERO
    expired: Decimal = ZERO
    returned: Decimal = ZERO
    converted: Decimal = ZERO
    transferred: Decimal = ZERO
    settled: Decimal = ZERO
    debt: Decimal = ZERO

    @property
    def remaining(self) -> Decimal:
        if self.debt:
            return ZERO
        return (
            self.quantity
            - self.redeemed
            - self.expired
            - self.returned
            - self.converted
            - self.transferred
            - self.settled
        )

    @property
    def open_debt(self) -> Decimal:
        return self.debt - self.settled if self.debt else ZERO


class Wallet(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of one (holder, programme, currency) over MAIN lots (points.md 15), and the member's purchases there.

    `next_expiry_at` is never later than the earliest expiry among open lots (None: no open lot expires): while
    now <= next_expiry_at, `current` is all spendable. Later than that the reader sets `overdue`, the points that are
    past their expiry and not swept yet. `promised` holds PROMISED and TRIGGER points.
    """

    program_id: int
    currency: str = "POINTS"
    earned: Decimal = ZERO
    redeemed: Decimal = ZERO
    expired: Decimal = ZERO
    returned: Decimal = ZERO
    debt: Decimal = ZERO
    promised: Decimal = ZERO
    purchases: Decimal = ZERO
    next_expiry_at: datetime | None = None
    overdue: Decimal = ZERO

    @property
    def current(self) -> Decimal:
        """Available points, negative under an open debt."""
        return self.earned - self.redeemed - self.expired - self.returned

    @property
    def spendable(self) -> Decimal:
        """What can be redeemed now: `current` less what is past its expiry and not swept yet (`overdue`)."""
        return self.current - self.overdue

    @property
    def lifetime(self) -> Decimal:
        return self.earned - self.returned


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """Membership of one programme with its tier (tiers.md 2, MemberTier)."""

    program_id: int
    enrolled_at: datetime
    tier: int = 1
    tier_since: datetime | None = None
    tier_expires_at: datetime | None = None
    previous_tier: int | None = None
    upgraded_by_bill: int | None = None


class BillLine(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    item_code: str
    quantity: Decimal
    amount: Decimal
    returned_quantity: Decimal = ZERO
    returned_amount: Decimal = ZERO


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """A stored sale as a return sees it. `return_kind` is the kind of the first return (FULL, AMOUNT, LINE_ITEM) or
    None."""

    id: int
    number: str
    amount: Decimal
    billed_at: datetime
    lines: tuple[BillLine, ...] = ()
    returned_amount: Decimal = ZERO
    return_kind: str | None = None
    earns: bool = True


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a lot a redemption holds at present (net of what was moved or reversed)."""

    redemption_id: int
    lot_id: int
    quantity: Decimal


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A holder with what one event needs to know of him.

    `lots` holds the lots that the event's readers brought: open debts for an award; all open lots, debts too, for a
    redemption or a sweep (or as many of the first of them in draw order as a redemption may draw); for a return also
    the returned bill's lots, whatever is left of them, and the debt lots, settled ones too (a returned lot may have
    paid them). `draws` belong to the lots of the returned bill, oldest first.
    """

    holder_id: int
    kind: HolderKind = HolderKind.CUSTOMER
    loyalty_type: LoyaltyType = LoyaltyType.LOYALTY
    registered_at: datetime
    enrolments: dict[int, Enrolment] = {}
    wallets: dict[int, Wallet] = {}
    lots: tuple[Lot, ...] = ()
    bills: tuple[Bill, ...] = ()
    draws: tuple[Draw, ...] = ()
