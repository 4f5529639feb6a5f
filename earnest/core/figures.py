"""Figures that the database has to be asked for, and the text that a Prometheus reads.

They are measured when somebody asks, at most every FRESH_S and never twice at once. Who asks waits a moment for them and
else gets those of before, with their age: an installation of many organisations, or a database that is slow, does not
make a scrape fail.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

import msgspec
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from earnest.core import logs, metrics
from earnest.core.db.pool import Database
from earnest.core.waiting import first_of

FRESH_S = 15.0
WAIT_S = 2.0
MEASURE_S_MAX = 60.0
# What could not be measured for so long is not shown any more.
STALE_S = 300.0
SAMPLE_S = 1.0


class Figure(msgspec.Struct, frozen=True):
    """One gauge; figures of one name have the same labels."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = {}


Measure = Callable[[], Awaitable[Sequence[Figure]]]


class _Measured:
    """The last answer of one measure. Times are on the monotonic clock."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.figures: Sequence[Figure] = ()
        self.at_s = float("-inf")
        self.asked_s = float("-inf")
        self.failures = 0
        self.task: asyncio.Task[None] | None = None


class Figures:
    """`measures` by name."""

    def __init__(
        self,
        measures: Mapping[str, Measure] | None = None,
        *,
        wait_s: float = WAIT_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wait_s = wait_s
        self._measured = {name: _Measured(measure) for name, measure in (measures or {}).items()}
        self._monotonic_s = monotonic_s

    async def current(self) -> list[Figure]:
        """The figures, and of each measure how old its figures are and how often it has failed."""
        now_s = self._monotonic_s()
        for name, measured in self._measured.items():
            if measured.task is None and now_s - measured.asked_s >= FRESH_S:
                measured.asked_s = now_s
                measured.task = asyncio.create_task(self._run(name, measured))
        running = [measured.task for measured in self._measured.values() if measured.task is not None]
        if running:
            await asyncio.wait(running, timeout=self._wait_s)
        now_s = self._monotonic_s()
        found: list[Figure] = []
        for name, measured in self._measured.items():
            age_s = now_s - measured.at_s
            labels = {"measure": name}
            if age_s <= STALE_S:
                found += measured.figures
                found.append(Figure("measure_age_seconds", "How old the figures of a measure are", age_s, labels))
            found.append(Figure("measure_failures", "Times that a measure has failed", measured.failures, labels))
        return found

    async def stop(self) -> None:
        """Ends what is being measured."""
        running = [measured.task for measured in self._measured.values() if measured.task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, name: str, measured: _Measured) -> None:
        try:
            async with asyncio.timeout(MEASURE_S_MAX):
                measured.figures = await measured.measure()
            measured.at_s = self._monotonic_s()
        except Exception as error:
            measured.failures += 1
            logs.logger("metrics").warning("not measured", measure=name, error=logs.describe(error))
        finally:
            measured.task = None


def sample(database: Database) -> None:
    """Brings the gauges of this process up to date."""
    metrics.REQUESTS_IN_PROGRESS.set(metrics.Running.requests)
    use = database.use()
    metrics.CONNECTIONS.labels("in_use").set(use.in_use)
    metrics.CONNECTIONS.labels("idle").set(use.idle)
    metrics.CONNECTIONS_MAX.set(use.connections_max)


async def keep_sampling(database: Database, stop: asyncio.Event) -> None:
    """For a process among several: whichever of them is asked sees gauges of it that are at most a second old."""
    while not stop.is_set():
        sample(database)
        await first_of(stop, timeout_s=SAMPLE_S)


def text(figures: Iterable[Figure]) -> bytes:
    """Everything in Prometheus' text format: what was counted by this process, or by all workers, and these figures."""
    counted = metrics.REGISTRY
    if metrics.SHARED_FOLDER:
        counted = CollectorRegistry()
        MultiProcessCollector(counted, metrics.SHARED_FOLDER)
    of_database = CollectorRegistry()
    of_database.register(_Collected(figures))
    return generate_latest(counted) + generate_latest(of_database)


class _Collected:
    """Figures as a collector of prometheus_client."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._figures = tuple(figures)

    def collect(self) -> Iterator[Metric]:
        by_name: dict[str, list[Figure]] = defaultdict(list)
        for figure in self._figures:
            by_name[figure.name].append(figure)
        for name, figures in by_name.items():
            family = GaugeMetricFamily(f"earnest_{name}", figures[0].help, labels=list(figures[0].labels))
            for figure in figures:
                family.add_metric(list(figure.labels.values()), figure.value)
            yield family
