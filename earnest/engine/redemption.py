"""Spending points (points.md 8): whether a wish can be met, from which lots, and what it is worth."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from earnest.engine.draft import Draft
from earnest.engine.events import PointsRedemption
from earnest.engine.lots import spendable, spendable_lots
from earnest.engine.outcome import MovementType, ProgramDecision, Reason
from earnest.engine.party import ZERO, LoyaltyType, Party, Wallet
from earnest.engine.program.model import PerTier, Program
from earnest.engine.rounding import STORAGE_DECIMALS, has_more_decimals, round_money, round_points_up
from earnest.engine.tiers import criteria, named

LOTS_DRAWN_MAX = 2000
POINTS_MAX = Decimal(10) ** 15


def judge(program: Program, party: Party, points: Decimal, now: datetime) -> Reason | None:
    """Why `points` cannot be redeemed at `now`, or None when they can; the first failing check of points.md 8.2 counts.
    The party's wallets suffice; its lots are used where they know of more overdue points."""
    if not points.is_finite() or not ZERO < points < POINTS_MAX:
        return Reason.POINTS_INVALID
    if has_more_decimals(points, min(STORAGE_DECIMALS, program.rounding.decimals)):
        return Reason.TOO_MANY_DECIMALS
    enrolment = party.enrolments.get(program.id)
    if enrolment is None or party.loyalty_type is not LoyaltyType.LOYALTY:
        return Reason.NOT_ENROLLED
    terms = program.redemption
    if terms is None:
        return Reason.NOT_REDEEMABLE
    wallet = party.wallets.get(program.id) or Wallet(program_id=program.id)
    available = spendable(party, wallet, now)
    tier = enrolment.tier
    if _is_below(available, terms.balance_required, tier):
        return Reason.CURRENT_POINTS_REQUIRED
    if _is_below(wallet.lifetime, terms.lifetime_points_required, tier):
        return Reason.LIFETIME_POINTS_REQUIRED
    if _is_below(wallet.purchases, terms.lifetime_purchases_required, tier):
        return Reason.LIFETIME_PURCHASES_REQUIRED
    if _is_below(points, terms.min_points, tier):
        return Reason.BELOW_MINIMUM
    most = _value(terms.max_points, tier)
    if most is not None and points > most:
        return Reason.ABOVE_MAXIMUM
    multiple = _value(terms.multiple_of, tier)
    if multiple and points % multiple:
        return Reason.NOT_A_MULTIPLE
    if available < points:
        return Reason.INSUFFICIENT_POINTS
    return None


def money_value(program: Program, points: Decimal) -> Decimal:
    """What `points` are worth, half-up to the currency's decimals."""
    return round_money(points * program.points_currency_ratio, program.currency_decimals)


def points_for_value(program: Program, amount: Decimal) -> Decimal:
    """The points that are worth `amount` of money, rounded up to the programme's decimals."""
    return round_points_up(amount / program.points_currency_ratio, program.rounding)


def redeem(draft: Draft, program: Program, event: PointsRedemption) -> tuple[Reason | None, ProgramDecision | None]:
    """Draw the points from the member's lots, earliest expiry first. The party needs all open lots of the programme."""
    party = draft.party
    reason = judge(program, party, event.points, draft.now)
    if reason is not None:
        return reason, None
    left = event.points
    draws: list[tuple[int, Decimal]] = []
    for lot in spendable_lots(party.lots, program.id, draft.now):
        quantity = min(lot.remaining, left)
        draws.append((lot.id, quantity))
        left -= quantity
        if not left:
            break
    if left:
        return Reason.INSUFFICIENT_POINTS, None
    if len(draws) > LOTS_DRAWN_MAX:
        return Reason.TOO_MANY_LOTS, None
    for lot_id, quantity in draws:
        draft.move(MovementType.REDEEMED, lot_id, quantity, event.redemption_id)
    tier = party.enrolments[program.id].tier
    return None, ProgramDecision(
        program_id=program.id,
        version=program.version,
        tier_before=tier,
        tier_after=tier,
        seen=named(criteria(party, program.id, draft.now)),
    )


def _is_below(figure: Decimal, condition: PerTier | None, tier: int) -> bool:
    least = _value(condition, tier)
    return least is not None and figure < least


def _value(condition: PerTier | None, tier: int) -> Decimal | None:
    """The condition's value for the tier; a tier that has none is not restricted."""
    if condition is None:
        return None
    return condition.same if condition.same is not None else condition.by_tier.get(tier)
