"""The one door of the engine: what an event means for a party under its programmes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from earnest.engine import activity, redemption, returns
from earnest.engine.draft import Draft
from earnest.engine.events import (
    CustomerRegistration,
    Event,
    PointsExpiry,
    PointsRedemption,
    ReturnTransaction,
    TransactionAdd,
)
from earnest.engine.expiry import sweep
from earnest.engine.outcome import CountPurchase, Outcome, ProgramDecision, Reason, Why
from earnest.engine.party import ZERO, Enrolment, LoyaltyType, Party
from earnest.engine.program.model import BASE_TIER, Program
from earnest.engine.take_back import take_back
from earnest.engine.tiers import criteria, named


def evaluate(programs: Mapping[int, Program], party: Party, event: Event, now: datetime) -> Outcome:
    """Judge one event. `programs` are those that the event reaches, by id; `now` is the instant of processing (UTC).

    Pure: the same arguments give the same outcome. Programmes are evaluated in id order, the default programme last
    (programs.md 3); none sees the points of another. A refused event has a `refusal` and no effects.
    """
    draft = Draft(party, now)
    if isinstance(event, TransactionAdd):
        return _outcome(draft, [_sale(draft, program, event) for program in _in_order(programs)])
    if isinstance(event, PointsRedemption):
        return _redemption(draft, programs[event.program_id], event)
    if isinstance(event, ReturnTransaction):
        return _return(draft, programs, event)
    if isinstance(event, CustomerRegistration):
        reached = [program for program in _in_order(programs) if program.id in event.program_ids]
        return _outcome(draft, [_registration(draft, program, event) for program in reached])
    return _sweep(draft, programs, event)


def _in_order(programs: Mapping[int, Program]) -> list[Program]:
    if len(programs) == 1:
        return list(programs.values())
    return sorted(programs.values(), key=lambda program: (program.is_default, program.id))


def _sale(draft: Draft, program: Program, event: TransactionAdd) -> ProgramDecision:
    enrolment = _membership(draft.party, program)
    if not isinstance(enrolment, Enrolment):
        return _nothing(draft, program, enrolment)
    if not event.earns:
        return _nothing(draft, program, Why.BILL_DOES_NOT_EARN)
    return activity.sale(draft, program, enrolment, event)


def _registration(draft: Draft, program: Program, event: CustomerRegistration) -> ProgramDecision:
    """Enrolling twice changes nothing (programs.md 4)."""
    if draft.party.loyalty_type is not LoyaltyType.LOYALTY:
        return _nothing(draft, program, Why.NON_LOYALTY)
    if program.id in draft.party.enrolments:
        return _nothing(draft, program, Why.ALREADY_ENROLLED)
    return activity.registration(draft, program, event)


def _redemption(draft: Draft, program: Program, event: PointsRedemption) -> Outcome:
    reason, decision = redemption.redeem(draft, program, event)
    if decision is None:
        return _refusal(draft, reason)
    return _outcome(draft, [decision], value=redemption.money_value(program, event.points))


def _return(draft: Draft, programs: Mapping[int, Program], event: ReturnTransaction) -> Outcome:
    returned = returns.accept(draft.party, event)
    if isinstance(returned, Reason):
        return _refusal(draft, returned)
    draft.effects.append(returned.mark)
    taken_back = unrecovered = ZERO
    decisions = []
    for program in _in_order(programs):
        membership = _membership(draft.party, program)
        why = None if isinstance(membership, Enrolment) else membership
        if why is None:
            _uncount_purchase(draft, program, returned.mark.amount)
        if program.points_return_enabled:
            taken = take_back(draft, program, returned)
            taken_back += taken.points
            unrecovered += taken.unrecovered
        elif why is None:
            why = Why.POINTS_STAY_ON_RETURN
        decisions.append(_nothing(draft, program, why))
    return _outcome(draft, decisions, taken_back=taken_back, unrecovered=unrecovered)


def _uncount_purchase(draft: Draft, program: Program, amount: Decimal) -> None:
    """Purchases fall by what is returned, but not below zero: the bill may be older than the membership."""
    wallet = draft.party.wallets.get(program.id)
    counted = ZERO if wallet is None else max(wallet.purchases, ZERO)
    fall = min(amount, counted)
    if fall:
        draft.effects.append(CountPurchase(program.id, -fall))


def _sweep(draft: Draft, programs: Mapping[int, Program], event: PointsExpiry) -> Outcome:
    decisions = []
    expired = ZERO
    for program in _in_order(programs):
        expired += sweep(draft, program.id)
        decisions.append(_nothing(draft, program, None))
    return _outcome(draft, decisions, expired=expired)


def _membership(party: Party, program: Program) -> Enrolment | Why:
    if party.loyalty_type is not LoyaltyType.LOYALTY:
        return Why.NON_LOYALTY
    return party.enrolments.get(program.id) or Why.NOT_ENROLLED


def _nothing(draft: Draft, program: Program, why: Why | None) -> ProgramDecision:
    """The record of a programme that awards nothing and moves no tier."""
    enrolment = draft.party.enrolments.get(program.id)
    tier = BASE_TIER if enrolment is None else enrolment.tier
    return ProgramDecision(
        program_id=program.id,
        version=program.version,
        tier_before=tier,
        tier_after=tier,
        seen={} if enrolment is None else named(criteria(draft.party, program.id, draft.now)),
        why=why,
    )


def _refusal(draft: Draft, reason: Reason | None) -> Outcome:
    return Outcome(refusal=reason, evaluated_at=draft.now)


def _outcome(
    draft: Draft,
    decisions: list[ProgramDecision],
    value: Decimal = ZERO,
    taken_back: Decimal = ZERO,
    unrecovered: Decimal = ZERO,
    expired: Decimal = ZERO,
) -> Outcome:
    return Outcome(
        effects=tuple(draft.effects),
        decisions=tuple(decisions),
        evaluated_at=draft.now,
        value=value,
        taken_back=taken_back,
        unrecovered=unrecovered,
        expired=expired,
    )
