"""`earnest doctor`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from earnest.cli.console import out, progress
from earnest.cli.databases import owned_database
from earnest.cli.parts import DataDir, settings_of
from earnest.cli.serving import Host, Port, Workers
from earnest.core.db.data_directory import DataDirectoryInUseError
from earnest.core.db.embedded import EmbeddedPostgres
from earnest.core.operator_error import OperatorError
from earnest.doctor.check import Check, Outcome
from earnest.settings import Settings

_COLOURS = {Outcome.OK: "green", Outcome.WARN: "yellow", Outcome.FAIL: "bold red"}


def doctor(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: DataDir = Path(".earnest"),
    workers: Workers = 1,
    json: Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")] = False,
) -> None:
    """Look whether everything is as a server needs it, and say what to do where it is not.

    Takes the same settings as `earnest serve`, and may run beside it. Changes nothing; an embedded database that does not
    run is started for it. Exit code 1 when something fails; a warning is none.
    """
    # Imported here: `earnest --help` does without what is looked at.
    from earnest.doctor.examine import examine

    settings = msgspec.structs.replace(settings_of(data_dir), host=host, port=port, workers=workers)
    checks = list(examine(settings, lambda: _database(settings)))
    if json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(checks)) + b"\n")
    else:
        out.print(_table(checks))
        out.print(_summary(checks))
    if any(check.outcome is Outcome.FAIL for check in checks):
        raise typer.Exit(1)


@contextmanager
def _database(settings: Settings) -> Iterator[Settings | None]:
    if settings.database_url:
        yield settings
        return
    postgres = EmbeddedPostgres(settings.data_path, postgres_bin=settings.postgres_bin)
    if not settings.database_admin_url:
        if not postgres.cluster.exists():
            yield None
            return
        if not postgres.is_running:
            progress("Starting the database for a moment.")
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(owned_database(settings))
        except DataDirectoryInUseError as error:
            raise OperatorError(
                f"An Earnest runs on {settings.data_path}, but its PostgreSQL does not: it starts or stops just now, or it was "
                f"killed. If that lasts, stop that Earnest and start it again: it recovers. Its log: {postgres.cluster / 'log'}."
            ) from error
        yield opened


def _table(checks: list[Check]) -> Table:
    table = Table("Subject", "", "Found", show_lines=False)
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    for check in checks:
        text = escape(check.found)
        if check.outcome is not Outcome.OK:
            text += f"\n→ {escape(check.advice)}"
        colour = _COLOURS[check.outcome]
        table.add_row(check.subject, f"[{colour}]{check.outcome.value}[/{colour}]", text)
    return table


def _summary(checks: list[Check]) -> str:
    counts = {outcome: sum(check.outcome is outcome for check in checks) for outcome in Outcome}
    if counts[Outcome.FAIL]:
        return f"{counts[Outcome.FAIL]} checks failed, {counts[Outcome.WARN]} warn."
    return f"Nothing failed; {counts[Outcome.WARN]} warn." if counts[Outcome.WARN] else "All is well."
