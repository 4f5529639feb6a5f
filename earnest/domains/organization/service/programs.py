"""The loyalty programmes of an organisation, as its tills see them (27-organization-v2/07)."""

from __future__ import annotations

from earnest.core.context import RequestContext
from earnest.domains.organization import schemas_v2 as schemas
from earnest.loyalty.look import check_configuration
from earnest.loyalty.programs import Programs


async def programs(ctx: RequestContext) -> schemas.ProgramsAnswer:
    """The active programmes in the order of their ids."""
    # No member is read that would tell of a newer configuration.
    await check_configuration(ctx)
    found = await ctx.resource(Programs).of(ctx.organization)
    return schemas.ProgramsAnswer(
        [
            schemas.LoyaltyProgram(
                program_id=program.id,
                program_name=program.name,
                points_to_currency_ratio=program.points_currency_ratio,
                program_description=program.description,
                partner_programs=[],
            )
            for _, program in sorted(found.items())
        ],
        [],
        [],
    )
