"""`earnest clock`: the clock of an organisation under test."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from earnest.cli.administration import administered
from earnest.cli.console import out
from earnest.cli.parts import DataDir, Org, instant, with_parts
from earnest.core.operator_error import OperatorError

if TYPE_CHECKING:
    from earnest.core.http.endpoint import AdminContext
    from earnest.domains.clock.schemas import Reading

app = typer.Typer(
    help="Set the clock of an organisation, forward only, to see what time does to it.\n\n"
    "Only with EARNEST_TEST_CLOCK=1, here and at the servers and workers of the database. What becomes due is run by the "
    "worker, or at once by `earnest jobs run-due`.",
    no_args_is_help=True,
)

_DURATION = re.compile(r"(\d{1,7})([dhms])")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@app.command()
def show(org: Org, data_dir: DataDir = Path(".earnest")) -> None:
    """Show what the clock of the organisation shows."""
    _tell(with_parts(data_dir, lambda parts, _: parts.clocks.show(org)))


@app.command("set")
def set_(
    at: Annotated[str, typer.Argument(help="RFC 3339 date-time with offset: 2030-01-31T09:00:00+05:30.")],
    org: Org,
    standing: Annotated[bool, typer.Option("--standing", help="Let it stand there until it is moved again.")] = False,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Set the clock to an instant; it runs on from there, unless --standing is given."""
    to: datetime = instant(at)

    async def work(ctx: AdminContext) -> Reading:
        from earnest.domains.clock.service import Clocks

        return await ctx.resource(Clocks).set(ctx, org, to, standing=standing)

    _tell(administered(data_dir, work))


@app.command()
def advance(
    by: Annotated[str, typer.Argument(help="How far: 30d, 12h, 90m, 45s, or several of them: 1d12h.")],
    org: Org,
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Move the clock on."""
    duration = _duration(by)

    async def work(ctx: AdminContext) -> Reading:
        from earnest.domains.clock.service import Clocks

        return await ctx.resource(Clocks).advance(ctx, org, duration)

    _tell(administered(data_dir, work))


def _duration(text: str) -> timedelta:
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise OperatorError(f"{text!r} is no duration: write 30d, 12h, 90m, 45s or 1d12h.")
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def _tell(reading: Reading) -> None:
    out.print(
        f"Organisation {reading.organization_id}: {reading.now.isoformat(timespec='seconds')} ({reading.kind.value} time)",
        highlight=False,
    )
