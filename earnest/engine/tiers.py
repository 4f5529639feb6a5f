"""Which tier a member belongs to, how long it lasts, and how a bill is cut where it crosses a threshold (tiers.md 3-5,
20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from earnest.engine.calendar import add_months, end_of_day, month_end
from earnest.engine.lots import spendable
from earnest.engine.party import ZERO, Party, Wallet
from earnest.engine.program.model import BASE_TIER, CriterionKind, Program, TierUpgrade
from earnest.engine.rounding import round_money


def criteria(party: Party, program_id: int, now: datetime) -> dict[CriterionKind, Decimal]:
    """What the upgrade criteria read of a member at `now` (tiers.md 3.1)."""
    wallet = party.wallets.get(program_id) or Wallet(program_id=program_id)
    return {
        CriterionKind.CURRENT_POINTS: spendable(party, wallet, now),
        CriterionKind.LIFETIME_POINTS: wallet.lifetime,
        CriterionKind.LIFETIME_PURCHASES: wallet.purchases,
    }


def named(values: dict[CriterionKind, Decimal]) -> dict[str, Decimal]:
    """The values as decision records and tier changes keep them."""
    return {kind.value: value for kind, value in values.items()}


class Part(NamedTuple):
    """A piece of a base amount that earns at one tier."""

    tier: int
    amount: Decimal


def target_tier(upgrade: TierUpgrade, value: Decimal, from_tier: int) -> int:
    """The highest tier above `from_tier` whose threshold `value` reaches (>=), else `from_tier` (tiers.md 20.1)."""
    best = from_tier
    for serial, threshold in upgrade.thresholds.items():
        if serial > best and value >= threshold:
            best = serial
    return best


def tier_expiry(program: Program, tier: int, entered: date) -> datetime | None:
    """When a tier entered on the day `entered` is due for its check (tiers.md 5): end of the day some months later, in
    month-end mode (no daily check) end of that month. The base tier and tiers without validity never are: None."""
    months = program.validity.months.get(tier)
    if months is None or tier == BASE_TIER:
        return None
    day = add_months(entered, months)
    return end_of_day(day if program.validity.daily_check else month_end(day), program.time_zone)


def cut(
    program: Program,
    upgrade: TierUpgrade,
    tier: int,
    value: Decimal,
    amount: Decimal,
    points_per_unit: Callable[[int], Decimal] | None = None,
) -> tuple[list[Part], int]:
    """The parts of `amount` at the tiers it passes through, and the tier at its end (tiers.md 20.3, DYNAMIC upgrades).

    `value` is the criterion before the event. `points_per_unit` gives, for a criterion that counts points, the points
    that one unit of money earns at a tier; None for a criterion that grows with the amount itself. A threshold met
    exactly by the end of the amount gives the higher tier nothing to award.
    """
    parts: list[Part] = []
    tier = target_tier(upgrade, value, tier) if amount > 0 else tier
    left = amount
    while left > 0:
        threshold = min((t for serial, t in upgrade.thresholds.items() if serial > tier and t > value), default=None)
        needed = None if threshold is None else _needed(program, threshold - value, tier, points_per_unit)
        if threshold is None or needed is None or needed > left:
            parts.append(Part(tier, left))
            break
        if needed:
            parts.append(Part(tier, needed))
        value = threshold
        left -= needed
        tier = target_tier(upgrade, value, tier)
    return parts, tier


def _needed(
    program: Program, gap: Decimal, tier: int, points_per_unit: Callable[[int], Decimal] | None
) -> Decimal | None:
    """The amount that closes `gap`, or None when no amount does."""
    if points_per_unit is None:
        return gap
    rate = points_per_unit(tier)
    return round_money(gap / rate, program.currency_decimals) if rate > 0 else None


def parts_between(parts: Sequence[Part], tier_at_end: int, start: Decimal, amount: Decimal) -> list[Part]:
    """What `parts` say of the stretch [start, start + amount): lines share one running value with their bill. Whatever
    lies beyond the parts belongs to the tier at their end."""
    found: list[Part] = []
    position = ZERO
    end = start + amount
    for part in parts:
        upper = position + part.amount
        piece = min(upper, end) - max(position, start)
        if piece > 0:
            found.append(Part(part.tier, piece))
        position = upper
    rest = end - max(position, start)
    if rest > 0:
        found.append(Part(tier_at_end, rest))
    return found
