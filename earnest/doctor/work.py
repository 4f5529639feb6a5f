"""What a server lives on: keys that can be opened, passwords that only one knows, work that is not left lying, a ledger
that is right."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import asyncpg

from earnest.app import Parts
from earnest.core.auth.passwords import Verifier, transmitted
from earnest.core.auth.signing_keys import PURPOSE, list_keys
from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from earnest.core.db.statements import load
from earnest.core.operator_error import OperatorError
from earnest.core.organization_index import list_organizations
from earnest.core.outbox.dispatcher import measure_backlog
from earnest.core.secret_key import known_fingerprint, secret_key
from earnest.demo.seed import CLIENT_KEY, CLIENT_SECRET, DEMO_STORES, OTHER_STORES
from earnest.doctor.check import Check, fail, ok, warn
from earnest.doctor.machine import is_reachable, status_of_server
from earnest.figures import deliveries, due_jobs
from earnest.reconcile import INVARIANTS, reconcile
from earnest.settings import Settings

T = TypeVar("T")

sql = load(Path(__file__).with_name("work.sql"))

CONNECTIONS_MAX = 4
BACKLOG_WARN_S = 60.0
JOBS_LAG_WARN_S = 900.0
TICK_AGE_MAX = timedelta(minutes=5)
RECONCILE_S = 20.0
FAILED_ATTEMPTS_MIN = 3
FAILING_SHOWN_MAX = 3


def work_checks(settings: Settings) -> Iterator[Check]:
    """On a database that is up to date; `settings` have its URLs."""
    for subject, check in (
        ("Signing keys", _signing_keys),
        ("Demo credentials", _demo_credentials),
        ("Outbox", _outbox),
        ("Webhooks", _webhooks),
        ("Worker", _worker),
        ("Jobs", _jobs),
        ("Ledger", _ledger),
    ):
        try:
            yield asyncio.run(_with_parts(settings, check))
        except (OSError, asyncpg.PostgresError, OperatorError) as error:
            yield fail(subject, f"could not be looked at: {error}", "See the checks above.")


async def _with_parts(settings: Settings, check: Callable[[Parts, Settings], Awaitable[T]]) -> T:
    database = Database(
        settings.database_url, connections_min=1, connections_max=CONNECTIONS_MAX, name="earnest doctor"
    )
    parts = Parts(database, Clock(test_clock=settings.test_clock))
    await database.open()
    try:
        return await check(parts, settings)
    finally:
        await database.close()


async def _signing_keys(parts: Parts, settings: Settings) -> Check:
    subject = "Signing keys"
    async with parts.database.unscoped() as connection:
        keys = await list_keys(connection)
    active = [key for key in keys if key.verifies_until is None]
    if not active:
        return ok(subject, "none yet: the first server makes one")
    if not known_fingerprint(settings.secret_key, settings.data_path):
        return warn(
            subject, f"{len(active)}, and no secret key here to open them", "Use the secret key of the servers."
        )
    seal = secret_key(settings.secret_key, settings.data_path).seal(PURPOSE)
    if not any(seal.open(key.private_key) is not None for key in active):
        advice = "Use the secret key that they were made with; a server with this one makes another signing key."
        return fail(subject, f"none of {len(active)} can be opened with this secret key", advice)
    newest = max(key.created_at for key in active)
    return ok(subject, f"{len(active)}, the newest of {newest:%Y-%m-%d}")


async def _demo_credentials(parts: Parts, settings: Settings) -> Check:
    subject = "Demo credentials"
    secrets = {CLIENT_KEY: CLIENT_SECRET}
    passwords = {
        name: transmitted(password)
        for organization in (DEMO_STORES, OTHER_STORES)
        for store in organization.stores
        for name, password in store.tills.items()
    }
    verifier = Verifier()
    usable: list[str] = []
    for given, kind in ((passwords, "username"), (secrets, "client")):
        for name, secret in given.items():
            stored = await _secret_hash(parts, kind, name)
            if stored is not None and await verifier.verify(stored, secret):
                usable.append(name)
    if not usable:
        return ok(subject, "none can be used")
    found = f"{', '.join(usable)} can be used with the passwords that everybody knows"
    advice = "Right for a demo. Where others reach the server, change these passwords or start with an empty database."
    return fail(subject, found, advice) if is_reachable(settings) else warn(subject, found, advice)


async def _secret_hash(parts: Parts, kind: str, name: str) -> str | None:
    async with parts.database.unscoped() as connection:
        org_id = await connection.fetchval(sql.text(f"find_org_of_{kind}"), name)
    if org_id is None:
        return None
    async with parts.database.tenant(org_id).transaction() as connection:
        found: str | None = await connection.fetchval(sql.text(f"find_hash_of_{kind}"), org_id, name)
    return found


async def _worker(parts: Parts, settings: Settings) -> Check:
    subject = "Worker"
    async with parts.database.unscoped() as connection:
        seen: datetime | None = await connection.fetchval(sql.text("read_last_tick"))
        connected: datetime | None = await connection.fetchval(sql.text("read_oldest_worker"))
    now = datetime.now(UTC)
    found = "none has been at work yet" if seen is None else f"one was at work at {seen:%Y-%m-%d %H:%M:%S} UTC"
    is_missed = seen is None or now - seen > TICK_AGE_MAX
    if connected is not None:
        found += f"; one has been connected since {connected:%Y-%m-%d %H:%M:%S} UTC"
        if is_missed and now - connected > TICK_AGE_MAX:
            return warn(subject, found, "It is there and does nothing: see its log, and start it again.")
        return ok(subject, found)
    # Without a server nobody misses it.
    if is_missed and status_of_server(settings) == 200:
        advice = "Start one (`earnest worker`, or `earnest serve --worker`): nothing expires and no event is delivered."
        return warn(subject, found, advice)
    return ok(subject, found)


async def _outbox(parts: Parts, settings: Settings) -> Check:
    backlog = await measure_backlog(parts.database, datetime.now(UTC))
    if backlog.oldest_s > BACKLOG_WARN_S:
        found = f"{backlog.events} events wait, the oldest for {_time(backlog.oldest_s)}"
        return warn("Outbox", found, "Start a worker (`earnest worker`, or `earnest serve --worker`), or see its log.")
    return ok("Outbox", f"{backlog.events} events wait")


async def _webhooks(parts: Parts, settings: Settings) -> Check:
    found = await deliveries(parts.database, parts.clock)
    said = f"{found.waiting} events wait for receivers, {found.dead} were given up"
    failing = await _failing_receivers(parts)
    if failing:
        advice = "Look at the receiver (`earnest webhooks list`, `earnest webhooks dead`); what waits is sent again by itself."
        return warn("Webhooks", f"{said}; {'; '.join(failing[:FAILING_SHOWN_MAX])}", advice)
    if found.dead:
        return warn("Webhooks", said, "See `earnest webhooks dead`, and send them again when the receiver is well.")
    if found.oldest_s > BACKLOG_WARN_S:
        said += f"; the oldest has been known for {_time(found.oldest_s)}"
        return warn("Webhooks", said, "Look at the receiver and at the worker's log.")
    return ok("Webhooks", said)


async def _failing_receivers(parts: Parts) -> list[str]:
    """In words; only those that have failed again and again, or said that they are gone."""
    said: list[str] = []
    for org_id in await list_organizations(parts.database):
        async with parts.database.tenant(org_id).transaction() as connection:
            rows = await connection.fetch(sql.text("list_failing_webhooks"), org_id, FAILED_ATTEMPTS_MIN)
        for row in rows:
            which = f"webhook {row['id']} of organisation {org_id}"
            if row["is_gone"]:
                said.append(f"{which} is off since its receiver answered 410 (`earnest webhooks activate`)")
            else:
                how = row["error"] if row["status"] is None else f"HTTP {row['status']}"
                said.append(f"{which} has failed {row['attempts']} times in a row ({how})")
    return said


async def _jobs(parts: Parts, settings: Settings) -> Check:
    found = await due_jobs(parts.database, parts.tenants, parts.clock, parts.runner.jobs)
    if found.held:
        return warn("Jobs", f"{found.held} have failed too often and are held", "See `earnest jobs list --failed`.")
    if found.oldest_s > JOBS_LAG_WARN_S:
        said = f"jobs of {found.due} organisations are due, the first for {_time(found.oldest_s)}"
        return warn("Jobs", said, "Start a worker (`earnest worker`, or `earnest serve --worker`), or see its log.")
    return ok("Jobs", f"due in {found.due} organisations, none of them late")


async def _ledger(parts: Parts, settings: Settings) -> Check:
    """As many organisations as fit into the time; `earnest reconcile` takes all."""
    subject = "Ledger"
    org_ids = await list_organizations(parts.database)
    until_s = time.monotonic() + RECONCILE_S
    checked = broken = 0
    for org_id in org_ids:
        try:
            async with asyncio.timeout(until_s - time.monotonic()):
                broken += len(await reconcile(settings.database_url, org_id))
        except TimeoutError:
            break
        checked += 1
    if broken:
        return fail(
            subject, f"{broken} findings in {checked} of {len(org_ids)} organisations", "See `earnest reconcile`."
        )
    if checked < len(org_ids):
        rest = "there was no time for the others: `earnest reconcile` takes all"
        return ok(subject, f"{len(INVARIANTS)} invariants hold in {checked} of {len(org_ids)} organisations; {rest}")
    return ok(subject, f"{len(INVARIANTS)} invariants hold in {checked} organisations")


def _time(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.0f} min"
