"""When a lot expires (points.md 7.2), and the sweep that books what has expired (points.md 7.3)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from earnest.engine.calendar import add_days, add_months, end_of_day, local_day, month_end, next_yearly
from earnest.engine.draft import Draft
from earnest.engine.lots import draw_key, is_overdue, main_lots
from earnest.engine.outcome import MovementType
from earnest.engine.party import ZERO, Enrolment
from earnest.engine.program.model import Expiry, ExpiryBase, ExpiryUnit

PAST_DATE_GRACE_DAYS = 7


def expires_at(
    expiry: Expiry,
    *,
    zone: str,
    tier: int,
    event_day: date,
    processing_day: date,
    enrolment: Enrolment,
    tier_expires_at: datetime | None,
) -> datetime | None:
    """The last instant (UTC) at which a lot awarded now is usable, or None when it never expires.

    `event_day` is the bill's day; a bill dated in the future counts from the processing day (programs.md 22).
    `tier_expires_at` is the expiry of the tier `tier` of the member.
    """
    base = expiry.base
    if base is ExpiryBase.MEMBERSHIP:
        return tier_expires_at
    start = min(event_day, processing_day)
    if base is ExpiryBase.REGISTRATION_DATE:
        enrolled = local_day(enrolment.enrolled_at, zone)
        return end_of_day(next_yearly(enrolled.month, enrolled.day, start), zone)
    length = int(expiry.value.of(tier))
    day = _last_day(base, expiry.unit, length, expiry.date, start, processing_day)
    return None if day is None else end_of_day(day, zone)


@lru_cache(maxsize=16384)
def _last_day(
    base: ExpiryBase, unit: ExpiryUnit, length: int, text: str | None, start: date, processing_day: date
) -> date | None:
    if base is ExpiryBase.FIXED_DATE:
        month, day = (int(part) for part in _required(text).split("-"))
        return next_yearly(month, day, start)
    if unit is ExpiryUnit.NEVER:
        return None
    if unit is ExpiryUnit.DATE:
        last = date.fromisoformat(_required(text))
        return last if last >= processing_day else add_days(processing_day, PAST_DATE_GRACE_DAYS)
    if unit is ExpiryUnit.DAYS:
        return add_days(start, length)
    # Only rolling points keep the day of the month; all others last to the end of theirs.
    last = add_months(start, length)
    return last if base is ExpiryBase.ROLLING_EVENT_DATE else month_end(last)


def _required(text: str | None) -> str:
    if text is None:
        raise ValueError("an expiry with unit DATE or base FIXED_DATE needs its date")
    return text


def sweep(draft: Draft, program_id: int) -> Decimal:
    """Expire what is overdue at the draft's `now`, in draw order, after open debts were paid from it. Returns what
    expired."""
    expired = ZERO
    overdue = [lot for lot in main_lots(draft.party.lots, program_id) if lot.remaining and is_overdue(lot, draft.now)]
    for lot in sorted(overdue, key=draw_key):
        draft.settle_debts(program_id, lot.id)
        rest = draft.lots[lot.id].remaining
        if rest:
            draft.move(MovementType.EXPIRED, lot.id, rest)
            expired += rest
    return expired
