"""`earnest program`: programmes as files: what a change would do, publishing it, trying examples, going back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from earnest.cli.administration import administered
from earnest.cli.console import out
from earnest.cli.parts import DataDir, Org
from earnest.core.operator_error import OperatorError

if TYPE_CHECKING:
    from earnest.core.http.endpoint import AdminContext
    from earnest.core.http.own import Page
    from earnest.domains.programs import schemas
    from earnest.programs.reading import Read

app = typer.Typer(
    help="Programmes as files: see what a change would do, try it, publish it, go back. docs/programs.md teaches it.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="A programme document (YAML or JSON).", exists=True, dir_okay=False)]
Name = Annotated[str, typer.Argument(help="Name of the programme.")]
Note = Annotated[str, typer.Option("--note", help="Kept with the version.")]
Renames = Annotated[
    str | None, typer.Option("--renames", help="The name that the programme had, for a file that gives it another one.")
]
Key = Annotated[
    str,
    typer.Option(
        "--key",
        envvar="EARNEST_KEY",
        help="A key of the admin API, for the log to say who you are; needed where a second person approves.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be, and change nothing.")]


@app.command()
def plan(file: File, org: Org, renames: Renames = None, data_dir: DataDir = Path(".earnest")) -> None:
    """Say what publishing the file would change, and how many members that concerns."""
    text = _checked(file)

    async def work(ctx: AdminContext) -> schemas.Plan:
        from earnest.domains.programs import service

        return await service.plan(ctx, org, text, renames=renames)

    for one in administered(data_dir, work).programs:
        told = f"{one.name}, version {one.version}" if one.version else f"{one.name}, a new programme"
        out.print(told, style="bold", highlight=False, markup=False)
        _tell(one.changes)


@app.command()
def apply(
    file: File,
    org: Org,
    note: Note = "",
    base: Annotated[
        int | None,
        typer.Option("--base", min=0, help="The version of the plan: refuse if another is published."),
    ] = None,
    renames: Renames = None,
    key: Key = "",
    dry_run: DryRun = False,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Publish the file: from the next bill on it counts."""
    text = _checked(file)

    async def work(ctx: AdminContext) -> schemas.Applied:
        from earnest.domains.programs import schemas, service

        query = schemas.ApplyQuery(organization_id=org, note=note, base_version=base, renames=renames, dry_run=dry_run)
        return await service.apply(ctx, query, text)

    _tell_applied(administered(data_dir, work, key), dry_run)


@app.command()
def test(
    file: File,
    examples: Annotated[
        Path | None, typer.Option("--examples", help="Other examples than FILE.test.yaml.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Try the examples beside the file: bills, and what each must bring. Needs no database."""
    from earnest.programs.document.problems import InvalidDocument
    from earnest.programs.rehearsal_file import run

    beside = examples or file.with_name(f"{file.stem}.test{file.suffix}")
    if not beside.exists():
        raise OperatorError(f"There is no {beside}: write examples there, or name them with --examples.")
    try:
        results = run(file.read_bytes(), beside.read_bytes())
    except InvalidDocument as invalid:
        raise OperatorError(_listed(file, invalid)) from None
    failed = 0
    for name, findings in results:
        failed += bool(findings)
        out.print(
            f"{'✗' if findings else '✓'} {name}", style="red" if findings else "green", highlight=False, markup=False
        )
        for one in findings:
            out.print(
                f"    step {one.step}: {one.what} is {one.found}, expected {one.expected}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
    if failed:
        raise OperatorError(f"{failed} of {len(results)} examples do not hold.")


@app.command()
def export(
    org: Org,
    name: Annotated[list[str] | None, typer.Argument(help="Names of programmes; all when none is given.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Not the published version, but this.")] = None,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Print the published document in its canonical form; applying it changes nothing."""

    async def work(ctx: AdminContext) -> str:
        from earnest.domains.programs import service

        return await service.export(ctx, org, tuple(name or ()), version)

    typer.echo(administered(data_dir, work), nl=False)


@app.command()
def versions(name: Name, org: Org, data_dir: DataDir = Path(".earnest")) -> None:
    """List the versions of a programme, the newest first."""

    async def work(ctx: AdminContext) -> Page[schemas.ProgramVersion]:
        from earnest.domains.programs import schemas, service

        return await service.list_versions(ctx, name, schemas.ProgramsQuery(organization_id=org, limit=100))

    table = Table("Version", "Published", "By", "Note")
    for one in administered(data_dir, work).items:
        mark = f"{one.version} *" if one.is_current else str(one.version)
        table.add_row(mark, f"{one.published_at:%Y-%m-%d %H:%M} UTC", one.published_by, one.note)
    out.print(table)


@app.command()
def rollback(
    name: Name,
    org: Org,
    to: Annotated[int, typer.Option("--to", min=1, help="The version to publish anew.")],
    note: Note = "",
    key: Key = "",
    dry_run: DryRun = False,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Publish an earlier version anew, as the newest one."""

    async def work(ctx: AdminContext) -> schemas.Applied:
        from earnest.domains.programs import schemas, service

        query = schemas.RollbackQuery(organization_id=org, version=to, note=note, dry_run=dry_run)
        return await service.rollback(ctx, org, name, query)

    _tell_applied(administered(data_dir, work, key), dry_run)


@app.command()
def approve(name: Name, org: Org, key: Key = "", data_dir: DataDir = Path(".earnest")) -> None:
    """Publish what another administrator has proposed."""

    async def work(ctx: AdminContext) -> schemas.Applied:
        from earnest.domains.programs import service

        return await service.approve(ctx, org, name, dry_run=False)

    _tell_applied(administered(data_dir, work, key), False)


@app.command()
def reject(name: Name, org: Org, key: Key = "", data_dir: DataDir = Path(".earnest")) -> None:
    """Take a proposal away, one's own or another's; nothing is published."""

    async def work(ctx: AdminContext) -> schemas.Proposal:
        from earnest.domains.programs import service

        return await service.reject(ctx, org, name, dry_run=False)

    taken = administered(data_dir, work, key)
    out.print(f"{taken.name}: the proposal of {taken.proposed_by} is rejected", highlight=False, markup=False)


@app.command()
def explain(
    org: Org,
    bill: Annotated[str, typer.Option("--bill", help="Number of the bill.")],
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Show why a bill brought what it brought: the stored decision, for a person."""

    async def work(ctx: AdminContext) -> list[schemas.Explained]:
        from earnest.domains.programs import explanation

        return await explanation.explain(ctx, org, bill)

    from earnest.cli.explanation import show

    for one in administered(data_dir, work):
        show(one, out)


def _checked(file: Path) -> bytes:
    """The bytes of a file whose text is right in itself; warnings are told."""
    from earnest.programs.document.problems import InvalidDocument
    from earnest.programs.reading import read_text

    raw = file.read_bytes()
    try:
        found: list[Read] = read_text(raw)
    except InvalidDocument as invalid:
        raise OperatorError(_listed(file, invalid)) from None
    for one in found:
        for problem in one.warnings:
            out.print(problem.located(str(file)), style="yellow", highlight=False, markup=False, soft_wrap=True)
    return raw


def _listed(file: Path, invalid: Exception) -> str:
    from earnest.programs.document.problems import InvalidDocument

    assert isinstance(invalid, InvalidDocument)
    lines = "\n".join(one.located(str(file)) for one in invalid.problems)
    return f"The programme cannot be used.\n{lines}"


def _tell(changes: tuple[schemas.PlannedChange, ...]) -> None:
    if not changes:
        out.print("  no change", highlight=False)
    for change in changes:
        counted = "" if change.members is None else f"; {change.members:,} {change.effect}"
        out.print(f"  {change.text}{counted}", highlight=False, markup=False, soft_wrap=True)


def _tell_applied(applied: schemas.Applied, dry_run: bool) -> None:
    for one in applied.programs:
        word = {"published": "is published", "proposed": "waits for approval"}.get(one.state, "stays as it is")
        told = f"{one.name}: version {one.version} {word}" + (" (dry run: nothing was stored)" if dry_run else "")
        out.print(told, style="bold", highlight=False, markup=False)
        if one.changes:
            _tell(one.changes)
