"""What a bill did, as the answer prints it (contract/06-transaction-v2/01: sideEffects, rawSideEffects)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from earnest.core.context import RequestContext
from earnest.domains.transactions import schemas
from earnest.domains.transactions.activities import Booked
from earnest.engine.outcome import AwardDecision, ChangeTier, ProgramDecision
from earnest.loyalty.programs import ProgramSet

SideEffect = schemas.PointsSideEffect | schemas.SlabSideEffect


def long_date(at: datetime) -> str:
    """A day as the documented answers write it: 30th Nov, 2025."""
    suffix = "th" if 11 <= at.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(at.day % 10, "th")
    return f"{at.day}{suffix} {at:%b}, {at.year}"


def side_effects(ctx: RequestContext, programs: ProgramSet, booked: Booked) -> list[SideEffect]:
    """Points awarded per programme (negative: taken back by a return) and changes of tier."""
    effects: list[SideEffect] = [
        schemas.PointsSideEffect(raw_awarded_points=decision.raw, awarded_points=decision.points)
        for decision in booked.outcome.decisions
        if decision.awards
    ]
    if booked.outcome.taken_back:
        back = -booked.outcome.taken_back
        effects.append(schemas.PointsSideEffect(raw_awarded_points=back, awarded_points=back))
    for effect in booked.outcome.effects:
        if isinstance(effect, ChangeTier):
            program = programs[effect.program_id]
            expires_at = effect.expires_at
            effects.append(
                schemas.SlabSideEffect(
                    previous_slab_name=program.tier(effect.from_tier).name,
                    previous_slab_number=effect.from_tier,
                    upgraded_slab_name=program.tier(effect.to_tier).name,
                    upgraded_slab_number=effect.to_tier,
                    slab_expiry_date=None
                    if expires_at is None
                    else long_date(expires_at.astimezone(ctx.organization.zone)),
                )
            )
    return effects


def raw_awards(ctx: RequestContext, programs: ProgramSet, booked: Booked) -> list[schemas.RawAward]:
    """Every award in full."""
    return [
        _raw_award(ctx, programs, booked, decision, award)
        for decision in booked.outcome.decisions
        for award in decision.awards
    ]


def _raw_award(
    ctx: RequestContext, programs: ProgramSet, booked: Booked, decision: ProgramDecision, award: AwardDecision
) -> schemas.RawAward:
    zone = ctx.organization.zone
    program = programs[decision.program_id]
    source_value = award.base.quantize(Decimal("0.0"))
    expiry = award.expires_at
    strategy = next((a.expiry for a in program.awards if a.id == award.award_id and a.expiry), program.expiry)
    return schemas.RawAward(
        award_on="BILL" if award.line_id is None else "BILL_LINEITEM",
        award_strategy_id=str(award.award_id),
        awarded_on=long_date(ctx.now.astimezone(zone)),
        awarded_on_millis=str(int(ctx.now.timestamp() * 1000)),
        bill_number=booked.bill.number,
        customer_id=str(booked.customer_id),
        expiry_date="null" if expiry is None else long_date(expiry.astimezone(zone)),
        expiry_date_millis="-1" if expiry is None else str(int(expiry.timestamp() * 1000) + 999),
        expiry_strategy_id=str(strategy.id),
        initial_source_value=str(source_value),
        is_default_program=str(program.is_default).lower(),
        line_item_id="-1" if award.line_id is None else str(award.line_id),
        point_type_id=str(program.id),
        points=str(award.points.quantize(Decimal("0.001"))),
        points_before_capping=str(award.raw.quantize(Decimal("0.001"))),
        program_id=str(program.id),
        rule_id=str(award.award_id),
        rule_set_id=str(program.version),
        source_id=str(booked.bill.id),
        source_value=str(source_value),
    )
