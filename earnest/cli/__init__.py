"""The command `earnest`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from earnest.cli import database, serving
from earnest.cli.console import complain
from earnest.core.operator_error import OperatorError
from earnest.server.signals import StopRequestedError

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
app.add_typer(database.app, name="db")


def main() -> None:
    """The console script."""
    run_command(app)


def run_command(command: Callable[[], None]) -> None:
    """Exit code 0 also when a signal stopped the program; 1 with one clear sentence for what the operator can mend."""
    try:
        command()
    except OperatorError as error:
        complain(str(error))
        sys.exit(1)
    except StopRequestedError:
        sys.exit(0)
