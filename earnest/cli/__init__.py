"""The command `earnest`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from earnest.cli import (
    backup,
    clock,
    config,
    database,
    doctor,
    jobs,
    keys,
    openapi,
    organizations,
    programs,
    reconcile,
    serving,
    webhooks,
    worker,
)
from earnest.cli.console import complain
from earnest.core.operator_error import OperatorError

app = typer.Typer(
    name="earnest",
    help="Earnest: an open, self-hosted loyalty and customer-engagement platform.",
    epilog="Begin with `earnest demo`: it needs nothing else, and everything it stores is in one folder.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    # A trace with the values of variables would show passwords.
    pretty_exceptions_enable=False,
)
app.command()(serving.demo)
app.command()(serving.serve)
app.command()(worker.worker)
app.add_typer(organizations.app, name="organizations")
app.add_typer(config.app, name="config")
app.add_typer(programs.app, name="program")
app.add_typer(clock.app, name="clock")
app.add_typer(jobs.app, name="jobs")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(database.app, name="db")
app.add_typer(keys.app, name="keys")
app.command()(doctor.doctor)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(reconcile.reconcile)
app.command()(openapi.openapi)


def main() -> None:
    """The console script."""
    run_command(app)


def run_command(command: Callable[[], None]) -> None:
    """What the operator can mend ends with exit code 1 and one clear sentence."""
    try:
        command()
    except OperatorError as error:
        complain(str(error))
        sys.exit(1)
