"""`make bench`, or `python -m bench [bill|balance|budget|start …] [--quick]`.

Without a part all are measured, `results.json` is replaced and `RESULTS.md` gets a row; with parts, or --quick, the
figures are only printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec
from rich.console import Console

from bench import budget, measure, processes, report
from bench.budget import Budget
from bench.load import LoadError
from bench.measure import Bills, MeasureError, Ratio, Scale
from bench.reference import ReferenceError
from bench.server import Server, ServerError
from bench.stored import StoredDiffers
from bench.system import Prepared, prepared, reference_of
from earnest.core.operator_error import OperatorError
from earnest.reconcile import reconcile
from earnest.server.run import run_in_loop
from earnest.server.signals import StopRequestedError, stop_signals

PARTS = ("bill", "balance", "budget", "start")
MEMBERS = 100_000
console = Console(soft_wrap=True, highlight=False)


def say(message: str) -> None:
    console.print(message, markup=False)


class Found(msgspec.Struct, kw_only=True):
    """What the parts that were asked for gave."""

    origin: report.Origin | None = None
    bills: Bills | None = None
    balance: Ratio | None = None
    budget: Budget | None = None
    start_seconds: float | None = None
    rss_mb: float | None = None


async def run(parts: set[str], scale: Scale, history: int, found: Found) -> None:
    """Everything on one PostgreSQL in a temporary folder, and one server on it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="earnest-bench-")))
        folder.chmod(0o755)  # PostgreSQL's account passes through it when the bench runs as root
        async with prepared(folder, count=MEMBERS, history=history, say=say) as system:
            found.origin = report.origin(
                postgres=system.version,
                filesystem=system.filesystem,
                members=MEMBERS,
                history=history,
                seconds=scale.seconds,
                pairs=scale.pairs,
            )
            if parts & {"bill", "balance"}:
                await run_server(system, folder, parts, scale, found)
            if "bill" in parts:
                await check_ledger(system)
            if "budget" in parts:
                found.budget = await budget.measure(system.urls, system.members)
                say(f"budget in µs: {msgspec.json.encode(found.budget).decode()}")
        if "start" in parts:
            with Server(folder, {"EARNEST_DATA_DIR": str(folder / "data")}) as server:
                found.start_seconds = server.start_seconds
                say(f"`earnest serve` ready {found.start_seconds:.2f} s after its start, PostgreSQL included")


async def check_ledger(system: Prepared) -> None:
    """StoredDiffers when the ledger that the load left behind breaks an invariant."""
    say("reconciling the ledger …")
    if wrong := await reconcile(system.urls.owner, measure.ORG_ID):
        raise StoredDiffers(f"{len(wrong)} findings of `earnest reconcile`, such as {wrong[0]}")


async def run_server(system: Prepared, folder: Path, parts: set[str], scale: Scale, found: Found) -> None:
    """The parts that need the server under load."""
    urls = {"DATABASE_URL": system.urls.app, "DATABASE_ADMIN_URL": system.urls.owner}
    with Server(folder, urls) as server:
        tested = measure.System(
            server=server, admin_url=system.urls.owner, postgres_pid=system.postgres_pid, members=system.members
        )
        if "bill" in parts:
            found.bills = await measure.bills(tested, await reference_of(system, say), scale, say)
        if "balance" in parts:
            found.balance = measure.balance(tested, scale, say)
        found.rss_mb = processes.resident_mb(server.pid)
        say(f"server: {found.rss_mb:.0f} MiB resident")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="one pair of 2 s, one bill of history: a smoke test")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each run (default 10)")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each side (default 5)")
    parser.add_argument("--history", type=int, default=10, help="bills that each member has already (default 10)")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if options.seconds < 1 or options.pairs < 1 or options.history < 0:
        parser.error("--seconds and --pairs are at least 1, --history at least 0")
    scale = Scale(seconds=2.0, pairs=1) if options.quick else Scale(seconds=options.seconds, pairs=options.pairs)
    parts = set(options.parts) or set(PARTS)
    found = Found()
    try:
        with stop_signals():
            run_in_loop(run(parts, scale, 1 if options.quick else options.history, found))
    except StopRequestedError:
        return 130
    except (LoadError, MeasureError, OperatorError, ReferenceError, ServerError, StoredDiffers) as error:
        say(f"bench: {error}")
        return 1
    if (
        found.origin is not None
        and found.bills is not None
        and found.balance is not None
        and found.budget is not None
        and found.start_seconds is not None
        and found.rss_mb is not None
    ):
        results = report.results(
            found.origin,
            found.bills,
            found.balance,
            found.budget,
            start_seconds=found.start_seconds,
            rss_mb=found.rss_mb,
        )
        say(msgspec.json.format(msgspec.json.encode(results)).decode())
        if not options.quick:
            report.write(results)
    else:
        say(msgspec.json.format(msgspec.json.encode(found)).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
