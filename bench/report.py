"""Where figures go: `results.json` holds the last full run, `RESULTS.md` one row for each."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import msgspec

from bench.budget import Budget
from bench.measure import Bills, Ratio

FOLDER = Path(__file__).resolve().parent
RESULTS_JSON = FOLDER / "results.json"
RESULTS_TABLE = FOLDER / "RESULTS.md"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured and on what; nothing that names the machine. `commit` ends in + when the tree was changed."""

    commit: str
    commit_date: str
    python: str
    postgres: str
    cores: int
    filesystem: str
    members: int
    history: int
    seconds: float
    pairs: int


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One full run. Ratios are shares of the yardstick; `*_us` are CPU µs per bill at 32 connections."""

    origin: Origin
    bill_ratio_32: float | None
    bill_ratio_32_low: float | None
    bill_ratio_32_high: float | None
    bill_per_second_32: float
    reference_per_second_32: float | None
    balance_ratio_32: float
    balance_ratio_32_low: float
    balance_ratio_32_high: float
    balance_per_second_32: float
    live_per_second_32: float
    bill_ms_p50_1: float
    bill_ms_p99_1: float
    bill_us_server: float
    bill_us_postgres: float
    bill_us_load: float
    budget_us: Budget
    start_seconds: float
    rss_mb: float


def results(
    origin: Origin, bills: Bills, balance: Ratio, budget: Budget, *, start_seconds: float, rss_mb: float
) -> Results:
    """Rounded to what repeats: ratios to three decimals, rates and µs to whole numbers."""
    bill = bills.ratio
    return Results(
        origin=origin,
        bill_ratio_32=round(bill.median, 3) if bill else None,
        bill_ratio_32_low=round(bill.low, 3) if bill else None,
        bill_ratio_32_high=round(bill.high, 3) if bill else None,
        bill_per_second_32=round(bills.per_second),
        reference_per_second_32=round(bill.yardstick_per_second) if bill else None,
        balance_ratio_32=round(balance.median, 3),
        balance_ratio_32_low=round(balance.low, 3),
        balance_ratio_32_high=round(balance.high, 3),
        balance_per_second_32=round(balance.per_second),
        live_per_second_32=round(balance.yardstick_per_second),
        bill_ms_p50_1=round(bills.latency_ms_p50, 2),
        bill_ms_p99_1=round(bills.latency_ms_p99, 2),
        bill_us_server=round(bills.cpu_us.server),
        bill_us_postgres=round(bills.cpu_us.postgres),
        bill_us_load=round(bills.cpu_us.load),
        budget_us=budget,
        start_seconds=round(start_seconds, 2),
        rss_mb=round(rss_mb),
    )


def write(found: Results) -> None:
    """Replace `results.json` and add a row to the table, which ends `RESULTS.md`."""
    RESULTS_JSON.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    with RESULTS_TABLE.open("a", encoding="utf-8") as table:
        table.write(row(found) + "\n")


def row(found: Results) -> str:
    """One line of the table in RESULTS.md; its columns are named there."""
    budget = found.budget_us
    cells = (
        f"{found.origin.commit_date} {found.origin.commit}",
        spread(found.bill_ratio_32, found.bill_ratio_32_low, found.bill_ratio_32_high),
        f"{found.bill_per_second_32:.0f} / {found.reference_per_second_32 or 0:.0f}",
        spread(found.balance_ratio_32, found.balance_ratio_32_low, found.balance_ratio_32_high),
        f"{found.balance_per_second_32:.0f} / {found.live_per_second_32:.0f}",
        f"{found.bill_ms_p50_1:.1f} / {found.bill_ms_p99_1:.1f}",
        f"{found.bill_us_server:.0f} / {found.bill_us_postgres:.0f} / {found.bill_us_load:.0f}",
        f"{budget.decode:.0f} / {budget.auth:.0f} / {budget.engine:.0f} / {budget.encode:.0f} / {budget.driver:.0f}",
        f"{found.start_seconds:.1f}",
        f"{found.rss_mb:.0f}",
    )
    return "| " + " | ".join(cells) + " |"


def spread(median: float | None, low: float | None, high: float | None) -> str:
    """A ratio with its range; a dash when it was not measured."""
    return "-" if median is None else f"{median:.2f} ({low:.2f} to {high:.2f})"


def origin(*, postgres: str, filesystem: str, members: int, history: int, seconds: float, pairs: int) -> Origin:
    """The commit comes from git; without one it is "uncommitted"."""
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!bench")
    commit = git("rev-parse", "--short=9", "HEAD")
    return Origin(
        commit=(commit or "uncommitted") + ("+" if commit and changed else ""),
        commit_date=git("show", "--no-patch", "--format=%cs", "HEAD") or "-",
        python=platform.python_version(),
        postgres=postgres,
        cores=os.cpu_count() or 0,
        filesystem=filesystem,
        members=members,
        history=history,
        seconds=seconds,
        pairs=pairs,
    )


def git(*arguments: str) -> str:
    """What a git command prints; empty when it fails."""
    run = subprocess.run(
        ["git", *arguments], cwd=FOLDER.parent, capture_output=True, text=True, timeout=60, check=False
    )
    return run.stdout.strip() if run.returncode == 0 else ""
