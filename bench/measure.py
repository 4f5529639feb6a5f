"""The measurements: each drives the load generator against the server, beside pgbench, and gives plain figures."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench import load, processes, stored
from bench.members import Members
from bench.reference import Reference
from bench.server import Server

ORG_ID = 100
CONNECTIONS = 32
WARM_UP_SECONDS = 2.0
GRACE_SECONDS = 60

Say = Callable[[str], None]


class MeasureError(Exception):
    """A run does not count; the message says why."""


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often: `seconds` a run, `pairs` runs of each side."""

    seconds: float
    pairs: int


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """Median and range of the pairs' ratios, and the medians of both sides' rates a second."""

    median: float
    low: float
    high: float
    per_second: float
    yardstick_per_second: float


class BillCpu(msgspec.Struct, frozen=True, kw_only=True):
    """CPU time per bill in µs at CONNECTIONS connections, over all runs of the pairs."""

    server: float
    postgres: float
    load: float


class Bills(msgspec.Struct, frozen=True, kw_only=True):
    """`ratio` is None without a reference. Latencies are those of a single connection, in ms."""

    ratio: Ratio | None
    per_second: float
    warnings: int
    cpu_us: BillCpu
    latency_ms_p50: float
    latency_ms_p99: float


class BillRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of bills that counts, and the CPU seconds that server and PostgreSQL used during it."""

    result: load.Result
    server_cpu: float
    postgres_cpu: float


class System(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured: a running server on a running PostgreSQL with seeded members."""

    server: Server
    admin_url: str
    postgres_pid: int
    members: Members


class Driver:
    """Runs the load generator in a process of its own; each run has its own seed and its own bill numbers."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._runs = 0
        self._prefix = f"{int(time.time()):x}"

    def drive(self, kind: load.Kind, seconds: float, connections: int = CONNECTIONS) -> load.Result:
        """One run that may hold failures. MeasureError when it could not be carried out."""
        self._runs += 1
        plan = load.Plan(
            kind=kind,
            port=self._system.server.port,
            seconds=seconds,
            connections=connections,
            seed=self._runs,
            run=f"{self._prefix}-{self._runs}",
            members=self._system.members.count,
            first_mobile=self._system.members.first_mobile,
            first_customer_id=self._system.members.first_id,
        )
        run = subprocess.run(
            [sys.executable, "-m", "bench.load", msgspec.json.encode(plan).decode()],
            cwd=Path(__file__).resolve().parent.parent,
            env=os.environ,
            capture_output=True,
            text=True,
            timeout=seconds + GRACE_SECONDS,
            check=False,
        )
        if run.returncode not in (0, 1) or not run.stdout:
            raise MeasureError(run.stderr.strip() or f"the load generator ended with {run.returncode}")
        return msgspec.json.decode(run.stdout, type=load.Result)

    def reads(self, kind: load.Kind, seconds: float) -> load.Result:
        """A run of reads; MeasureError when an answer was no success."""
        result = self.drive(kind, seconds)
        if result.failures:
            raise MeasureError(f"{kind}: {result.failures} answers failed, such as {result.failure_examples[0]}")
        return result

    async def bills(self, seconds: float, connections: int = CONNECTIONS) -> BillRun:
        """A run of bills that counts: all answers succeeded, and the rows stored equal the answers."""
        rows_before = await stored.read(self._system.admin_url, ORG_ID)
        server_before, postgres_before = cpu_of(self._system)
        result = self.drive("bill", seconds, connections)
        server_after, postgres_after = cpu_of(self._system)
        stored.check(rows_before, await stored.read(self._system.admin_url, ORG_ID), result)
        return BillRun(
            result=result, server_cpu=server_after - server_before, postgres_cpu=postgres_after - postgres_before
        )


async def bills(system: System, reference: Reference | None, scale: Scale, say: Say) -> Bills:
    """Alternating pairs of server and pgbench, then the latency of a single connection."""
    driver = Driver(system)
    await driver.bills(WARM_UP_SECONDS)
    if reference:
        reference.bills(WARM_UP_SECONDS)
    runs: list[BillRun] = []
    yardsticks: list[float] = []
    for pair in range(1, scale.pairs + 1):
        runs.append(await driver.bills(scale.seconds))
        rate = runs[-1].result.per_second
        shown = f"pair {pair}: {rate:.0f} bills/s"
        if reference:
            yardsticks.append(reference.bills(scale.seconds, CONNECTIONS))
            shown += f", pgbench {yardsticks[-1]:.0f}/s, ratio {rate / yardsticks[-1]:.3f}"
        say(shown)
    alone = (await driver.bills(scale.seconds, connections=1)).result
    say(f"one connection: p50 {alone.latency_ms_p50:.2f} ms, p99 {alone.latency_ms_p99:.2f} ms")
    rates = [run.result.per_second for run in runs]
    answers = sum(run.result.answers for run in runs)
    return Bills(
        ratio=ratio(rates, yardsticks) if reference else None,
        per_second=statistics.median(rates),
        warnings=sum(run.result.warnings for run in runs),
        cpu_us=BillCpu(
            server=sum(run.server_cpu for run in runs) / answers * 1e6,
            postgres=sum(run.postgres_cpu for run in runs) / answers * 1e6,
            load=sum(run.result.cpu_us_per_request * run.result.answers for run in runs) / answers,
        ),
        latency_ms_p50=alone.latency_ms_p50,
        latency_ms_p99=alone.latency_ms_p99,
    )


def balance(system: System, scale: Scale, say: Say) -> Ratio:
    """Alternating pairs of the balance read and the same server's constant-JSON route."""
    driver = Driver(system)
    driver.reads("balance", WARM_UP_SECONDS)
    driver.reads("live", WARM_UP_SECONDS)
    balances: list[float] = []
    lives: list[float] = []
    for pair in range(1, scale.pairs + 1):
        balances.append(driver.reads("balance", scale.seconds).per_second)
        lives.append(driver.reads("live", scale.seconds).per_second)
        share = balances[-1] / lives[-1]
        say(f"pair {pair}: {balances[-1]:.0f} balances/s, constant JSON {lives[-1]:.0f}/s, ratio {share:.3f}")
    return ratio(balances, lives)


def ratio(rates: list[float], yardsticks: list[float]) -> Ratio:
    """Pair by pair, so that what slows the machine for a while slows both sides of a ratio."""
    shares = [rate / yardstick for rate, yardstick in zip(rates, yardsticks, strict=True)]
    return Ratio(
        median=statistics.median(shares),
        low=min(shares),
        high=max(shares),
        per_second=statistics.median(rates),
        yardstick_per_second=statistics.median(yardsticks),
    )


def cpu_of(system: System) -> tuple[float, float]:
    """CPU seconds so far of the server's processes and of PostgreSQL's."""
    return processes.cpu_seconds(system.server.pid), processes.cpu_seconds(system.postgres_pid)
