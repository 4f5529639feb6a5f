"""Which programmes a call enrols a customer in, and what the customer brings along (programs.md 4)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from earnest.core.context import RequestContext
from earnest.core.instants import parse_instant
from earnest.domains.customers import errors, schemas
from earnest.engine.events import EnrolmentGrant
from earnest.engine.program.model import Program
from earnest.loyalty.look import check_configuration
from earnest.loyalty.programs import Programs, default_program


async def grants_of(
    ctx: RequestContext,
    body: schemas.AddCustomer | schemas.UpdateCustomer,
    all_programs: bool,
    *,
    with_default: bool,
) -> tuple[EnrolmentGrant, ...]:
    """What to enrol in: the programmes asked for, all of them with mlp_single_enroll, else the default one if wanted.

    ApiError 1213 for an unknown programme, 8923 for an unknown tier, 1010 for negative points, 8017 for a wrong date.
    """
    programs = await ctx.resource(Programs).of(ctx.organization)
    grants: dict[int, EnrolmentGrant] = {}
    for enrollment in body.loyalty_program_enrollments:
        program = programs.get(enrollment.program_id or 0)
        if program is None:
            await check_configuration(ctx)
            raise errors.INVALID_PROGRAM.error()
        grants[program.id] = _grant(ctx, program, enrollment)
    if all_programs:
        for program_id in programs:
            grants.setdefault(program_id, EnrolmentGrant(program_id=program_id))
    if not grants and with_default:
        default = default_program(programs)
        if default is not None:
            grants[default.id] = EnrolmentGrant(program_id=default.id)
    return tuple(grants[program_id] for program_id in sorted(grants))


def _grant(ctx: RequestContext, program: Program, enrollment: schemas.Enrollment) -> EnrolmentGrant:
    tier = 1 if enrollment.tier_number is None else enrollment.tier_number
    if not 1 <= tier <= len(program.tiers):
        raise errors.INVALID_TIER.error()
    points = enrollment.loyalty_points or Decimal(0)
    if points < 0:
        raise errors.INVALID_INPUT_POINTS.error()
    return EnrolmentGrant(
        program_id=program.id,
        tier=tier,
        tier_expires_at=_date(ctx, enrollment.tier_expiry_date),
        points=points,
        points_expire_at=_date(ctx, enrollment.points_expiry_date),
    )


def _date(ctx: RequestContext, text: str | None) -> datetime | None:
    if not text:
        return None
    at = parse_instant(text, ctx.organization.zone)
    if at is None:
        raise errors.INVALID_REGISTRATION_DATE.error()
    return at
