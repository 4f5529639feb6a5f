"""What `GET /metrics` asks the database: how far outbox, webhooks and jobs are behind, and how the database is."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from earnest import __version__
from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from earnest.core.db.statements import load
from earnest.core.figures import Figure, Measure
from earnest.core.jobs.registry import Jobs
from earnest.core.outbox.dispatcher import measure_backlog
from earnest.core.tenancy import Tenants

if TYPE_CHECKING:
    from earnest.core.jobs.queue import JobFigures
    from earnest.domains.webhooks.delivering import DeliveryFigures

sql = load(Path(__file__).with_name("figures.sql"))

SESSION_STATES = ("active", "idle", "idle in transaction", "waiting for a lock")
"""What sessions are counted by; all other states together are "other"."""


def measures(database: Database, tenants: Tenants, clock: Clock, jobs: Jobs) -> Mapping[str, Measure]:
    """The measures by name; each is a few short statements, most of them one for each organisation."""

    async def of_outbox() -> Sequence[Figure]:
        backlog = await measure_backlog(database, clock.real())
        return (
            Figure("outbox_events_new", "Events that nobody has taken from the outbox yet", backlog.events),
            Figure("outbox_oldest_seconds", "How long the oldest of them has been waiting", backlog.oldest_s),
        )

    async def of_deliveries() -> Sequence[Figure]:
        found = await deliveries(database, clock)
        help_ = "Events for webhooks: waiting for active ones, or given up"
        return (
            Figure("webhook_deliveries", help_, found.waiting, {"state": "waiting"}),
            Figure("webhook_deliveries", help_, found.dead, {"state": "dead"}),
            Figure("webhook_oldest_seconds", "How long the oldest waiting event has been known", found.oldest_s),
        )

    async def of_jobs() -> Sequence[Figure]:
        found = await due_jobs(database, tenants, clock, jobs)
        return (
            Figure("jobs_due_organizations", "Organisations in which a job is due and has not run", found.due),
            Figure("jobs_lag_seconds", "How long the first of these jobs has been due", found.oldest_s),
            Figure("jobs_held", "Jobs that have failed too often and wait for somebody to release them", found.held),
        )

    async def of_database() -> Sequence[Figure]:
        async with database.unscoped() as connection:
            rows = await connection.fetch(sql.text("read_sessions"))
            size = await connection.fetchval(sql.text("read_database_size"))
        sessions = dict.fromkeys((*SESSION_STATES, "other"), 0)
        for row in rows:
            sessions[row["state"] if row["state"] in sessions else "other"] += row["sessions"]
        oldest_s = max((float(row["oldest_s"]) for row in rows if row["oldest_s"] is not None), default=0.0)
        help_ = "Connections of all servers and workers to the database, by what they do"
        return (
            *(Figure("database_sessions", help_, count, {"state": state}) for state, count in sessions.items()),
            Figure("database_oldest_transaction_seconds", "Age of the oldest transaction of these", oldest_s),
            Figure("database_size_bytes", "Size of the database", size),
        )

    async def of_build() -> Sequence[Figure]:
        labels = {"version": __version__, "python": platform.python_version()}
        return (Figure("build_info", "Which Earnest this is", 1, labels),)

    return {
        "build": of_build,
        "database": of_database,
        "outbox": of_outbox,
        "webhooks": of_deliveries,
        "jobs": of_jobs,
    }


async def deliveries(database: Database, clock: Clock) -> DeliveryFigures:
    """How far the webhooks of all organisations are behind."""
    # A server without a worker starts without these modules; loading them must not keep its event loop.
    await asyncio.to_thread(import_module, "earnest.domains.webhooks.delivering")
    from earnest.domains.webhooks.delivering import measure_deliveries

    return await measure_deliveries(database, clock.real())


async def due_jobs(database: Database, tenants: Tenants, clock: Clock, jobs: Jobs) -> JobFigures:
    """How far the jobs of all organisations are behind."""
    await asyncio.to_thread(import_module, "earnest.core.jobs.queue")
    from earnest.core.jobs.queue import measure_jobs

    return await measure_jobs(database, tenants, clock, jobs)
