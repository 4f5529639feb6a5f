"""`/earnest/v1/programs`: programmes as documents, what a change would do, publishing it and going back."""

from __future__ import annotations

from earnest.core.http.endpoint import Access, AdminContext, Answer, endpoint
from earnest.core.http.envelopes import Style
from earnest.core.http.example import BILL_NUMBER, ORGANIZATION_ID, Example
from earnest.core.http.own import Page
from earnest.domains.programs import explanation, service
from earnest.domains.programs import schemas as s
from earnest.domains.programs.examples import DEMO_NAME, DEMO_YAML

GROUP = "Programmes"
PROGRAMS = "/earnest/v1/programs"
PROGRAM = PROGRAMS + "/{name}"

_IN = {"organizationId": ORGANIZATION_ID}
_DEMO = {"name": DEMO_NAME}


@endpoint("GET", PROGRAMS, style=Style.OWN, group=GROUP, access=Access.ADMIN, example=Example(query=_IN))
async def list_programs(ctx: AdminContext, query: s.ProgramsQuery) -> Page[s.Program]:
    """Lists the programmes of an organisation with their published versions."""
    return await service.list_programs(ctx, query)


@endpoint(
    "POST",
    PROGRAMS + "/plan",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(query=_IN, body=DEMO_YAML),
)
async def plan_programs(ctx: AdminContext, query: s.PlanQuery, body: bytes) -> s.Plan:
    """Says in words what publishing a document would change, and how many members that concerns.

    The body is the document as YAML or JSON; several documents are parted by `---`. A document that cannot be published is
    refused with all its problems, each with line, column, path and the nearest known name.
    """
    return await service.plan(ctx, query.organization_id, body, renames=query.renames)


@endpoint(
    "PUT",
    PROGRAMS,
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(query=_IN, body=DEMO_YAML),
)
async def apply_programs(ctx: AdminContext, query: s.ApplyQuery, body: bytes) -> s.Applied:
    """Publishes documents as new versions, all of them or none; tills evaluate their next bill by them.

    A programme is known by its name; `renames` gives it another one. With `baseVersion`, nothing is published over a version
    that the plan has not seen. With EARNEST_PROGRAM_SECOND_APPROVER set, the change waits until another administrator
    approves it.
    """
    return await service.apply(ctx, query, body)


@endpoint("GET", PROGRAM, style=Style.OWN, group=GROUP, access=Access.ADMIN, example=Example(path=_DEMO, query=_IN))
async def get_program(ctx: AdminContext, path: s.OfProgram, query: s.VersionQuery) -> s.ProgramWithDocument:
    """Shows a programme with its document."""
    return await service.read_program(ctx, query.organization_id, path.name, query.version)


@endpoint(
    "GET",
    PROGRAM + "/export",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    media_type="application/yaml",
    example=Example(path=_DEMO, query=_IN),
)
async def export_program(ctx: AdminContext, path: s.OfProgram, query: s.VersionQuery) -> Answer[bytes]:
    """Gives the document as YAML in its canonical form: publishing it changes nothing."""
    text = await service.export(ctx, query.organization_id, (path.name,), query.version)
    return Answer(text.encode(), headers={"content-type": "application/yaml"})


@endpoint(
    "GET",
    PROGRAM + "/versions",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path=_DEMO, query=_IN),
)
async def list_program_versions(ctx: AdminContext, path: s.OfProgram, query: s.ProgramsQuery) -> Page[s.ProgramVersion]:
    """Lists the versions of a programme, the newest first."""
    return await service.list_versions(ctx, path.name, query)


@endpoint(
    "POST",
    PROGRAM + "/rollback",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path=_DEMO, query=_IN | {"version": 1}),
)
async def rollback_program(ctx: AdminContext, path: s.OfProgram, query: s.RollbackQuery) -> s.Applied:
    """Publishes an earlier version anew, as the newest one."""
    return await service.rollback(ctx, query.organization_id, path.name, query)


@endpoint(
    "GET",
    "/earnest/v1/program-proposals",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(query=_IN),
)
async def list_program_proposals(ctx: AdminContext, query: s.ProgramsQuery) -> Page[s.Proposal]:
    """Lists the changes that wait for a second administrator."""
    return await service.list_proposals(ctx, query)


@endpoint(
    "POST",
    "/earnest/v1/program-proposals/{name}/approve",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path=_DEMO, query=_IN),
)
async def approve_program_proposal(ctx: AdminContext, path: s.OfProgram, query: s.DecideQuery) -> s.Applied:
    """Publishes a change that another administrator has proposed."""
    return await service.approve(ctx, query.organization_id, path.name, dry_run=query.dry_run)


@endpoint(
    "DELETE",
    "/earnest/v1/program-proposals/{name}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(path=_DEMO, query=_IN),
)
async def reject_program_proposal(ctx: AdminContext, path: s.OfProgram, query: s.DecideQuery) -> s.Proposal:
    """Takes a proposed change away."""
    return await service.reject(ctx, query.organization_id, path.name, dry_run=query.dry_run)


@endpoint(
    "GET",
    "/earnest/v1/explanations/{billNumber}",
    style=Style.OWN,
    group=GROUP,
    access=Access.ADMIN,
    example=Example(after=["addTransactionV2"], path={"billNumber": BILL_NUMBER}, query=_IN),
)
async def explain_bill(ctx: AdminContext, path: s.OfBill, query: s.InOrganization) -> s.Explanations:
    """Shows why a bill brought what it brought: the stored decisions about the bills of this number, the newest first."""
    return s.Explanations(items=tuple(await explanation.explain(ctx, query.organization_id, path.bill_number)))
