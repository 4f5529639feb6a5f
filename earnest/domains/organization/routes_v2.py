"""HTTP of organisations, v2 (contract/27-organization-v2)."""

from __future__ import annotations

from earnest.core.context import RequestContext
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import Example
from earnest.domains.organization import schemas_v2 as schemas
from earnest.domains.organization.service import programs


@endpoint(
    "GET",
    "/v2/organization/programs",
    style=Style.V2,
    contract="27-organization-v2/07",
    group="Points",
    access=Access.READ,
    codes=(),
    example=Example(),
)
async def get_loyalty_programs(ctx: RequestContext) -> schemas.ProgramsAnswer:
    """The loyalty programmes of the organisation: what a point is worth in each, and its partner programmes."""
    return await programs.programs(ctx)
