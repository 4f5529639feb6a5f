"""What a process counts, for `GET /metrics` (docs/operations.md lists it).

Counting a request costs about a microsecond. No label says anything of an organisation, a till or a member: labels are
templates of routes, methods, classes of statuses and names that stand in this code.

With several serving processes prometheus_client keeps the values in files of a folder that they share: the supervisor
names it in the environment before a worker imports this module, and any worker then answers for all of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.process_collector import ProcessCollector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SHARED_FOLDER = os.environ.get(FOLDER_VARIABLE, "")
"""The folder of the values of all workers; empty when this process serves alone."""

UNMATCHED = "unmatched"
"""The route of a request that no route has."""

# Series of the time at which each series began: nobody reads them, and there would be one for each route.
disable_created_metrics()

REGISTRY = CollectorRegistry()
if not SHARED_FOLDER:
    ProcessCollector(registry=REGISTRY)

_LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_WAIT = (0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 3.0, 6.0)


def _counter(name: str, help_: str, labels: Sequence[str] = ()) -> Counter:
    return Counter(f"earnest_{name}", help_, labels, registry=REGISTRY)


def _gauge(name: str, help_: str, labels: Sequence[str] = ()) -> Gauge:
    mode: Literal["livesum"] = "livesum"
    return Gauge(f"earnest_{name}", help_, labels, registry=REGISTRY, multiprocess_mode=mode)


def _histogram(name: str, help_: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> Histogram:
    return Histogram(f"earnest_{name}", help_, labels, registry=REGISTRY, buckets=buckets)


REQUEST_SECONDS = _histogram(
    "http_request_duration_seconds",
    "Time from a request to its answer, by template of the route, method and class of the status",
    _LATENCY,
    ("route", "method", "status"),
)
SERVER_ERRORS = _counter(
    "http_server_errors",
    "Answers with a status from 500 on: those that the API documents, and those that are a fault of ours",
    ("route", "method", "status", "documented"),
)
REQUESTS_IN_PROGRESS = _gauge("http_requests_in_progress", "Requests that have begun and are not answered yet")
CONFIGURATION_RESTARTS = _counter(
    "configuration_restarts", "Calls that started over because the configuration had changed meanwhile"
)
GROUP_CALLS = _histogram(
    "group_calls", "Calls that went together into one database transaction", (1, 2, 4, 8, 16, 32, 64), ("kind",)
)
GROUP_SECONDS = _histogram("group_duration_seconds", "Time that a group of calls took", _LATENCY, ("kind",))
GROUPS_REFUSED = _counter("groups_refused", "Groups that PostgreSQL refused: each call was then tried alone")
LOCK_WAITS = _counter("lock_waits", "Calls that had to wait because their member was locked by somebody else")
LOCK_WAIT_SECONDS = _histogram(
    "lock_wait_seconds", "Time that a call apart from its group took, waiting for the lock included", _WAIT
)
TRANSACTION_RETRIES = _counter(
    "transaction_retries", "Calls tried a second time after a deadlock, a lock timeout or a conflict", ("sqlstate",)
)
CUSTOMER_BUSY = _counter("customer_busy", "Calls given up because their member stayed locked (the documented code 521)")
CONNECTION_WAIT_SECONDS = _histogram(
    "database_connection_wait_seconds", "Time that a transaction waited for a connection of the pool", _WAIT
)
CONNECTIONS = _gauge("database_connections", "Connections of the pool that are open, by state", ("state",))
CONNECTIONS_MAX = _gauge("database_connections_max", "Connections that the pool may open")
ID_REFILLS = _counter("id_refills", "Times that ids were fetched from a sequence", ("family",))

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_of_requests: dict[tuple[str, str, int], Histogram] = {}


class Running:
    """Requests that this process is at work on; counted here because a gauge would cost more than all the rest."""

    requests = 0


def request_ended(route: str, method: str, status: int, seconds: float, *, is_unexpected: bool) -> None:
    """`route` is the template, empty for a path that no route has; `is_unexpected` marks a mistake of ours."""
    key = (route, method, status // 100)
    found = _of_requests.get(key)
    if found is None:
        found = _of_requests[key] = REQUEST_SECONDS.labels(*_named(route, method), f"{status // 100}xx")
    found.observe(seconds)
    if status >= 500:
        SERVER_ERRORS.labels(*_named(route, method), str(status), "false" if is_unexpected else "true").inc()


def _named(route: str, method: str) -> tuple[str, str]:
    # Methods that nobody knows are the caller's to invent: one series for all.
    return route or UNMATCHED, method if method in _METHODS else "OTHER"
