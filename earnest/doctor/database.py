"""The database: who connects to it, how it is set up, whether its tables are as the code expects them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from earnest.core.db.migrate import read_status
from earnest.core.db.roles import (
    APP_ROLE,
    OWNER_ROLE,
    SERVER_VERSION_MIN,
    check_application_role,
    connected,
    read_standing,
    without_password,
)
from earnest.core.db.unscoped import UNSCOPED
from earnest.core.operator_error import OperatorError
from earnest.doctor.check import Check, fail, ok, warn
from earnest.settings import Settings

Connection = psycopg.Connection[tuple[Any, ...]]

# Of the database, when the commands and the administrators work on it beside the servers.
CONNECTIONS_BESIDE = 10
SKEW_WARN_S = 2.0
SKEW_FAIL_S = 30.0
TRANSACTION_IDS_WARN = 1_000_000_000
TRANSACTION_HOURS_MAX = 1.0
SLOT_BYTES_MAX = 5 << 30

# A table of an organisation that is not guarded as migration 0001 guards them.
_UNGUARDED = """
SELECT c.relname::text
FROM pg_class c
LEFT JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL (%s)
GROUP BY c.oid, c.relname, c.relrowsecurity
HAVING NOT c.relrowsecurity OR count(p.oid) <> 1
    OR bool_or(pg_get_expr(p.polqual, p.polrelid) NOT LIKE '%%org_id = (NULLIF(current_setting(''app.org_id''%%'
               OR NOT p.polpermissive OR p.polwithcheck IS NOT NULL)
ORDER BY 1
"""
_OPEN_PARTITIONS = """
SELECT c.relname::text FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relispartition AND c.relkind = 'r'
  AND (NOT c.relrowsecurity OR has_table_privilege(%s, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE'))
ORDER BY 1
"""
_OWNED = """
SELECT pg_describe_object(classid, objid, objsubid) FROM pg_shdepend
WHERE refobjid = %s::regrole AND deptype = 'o'
  AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
_PARTITIONED = """
SELECT relname::text FROM pg_class WHERE relkind = 'p' AND relnamespace = 'public'::regnamespace ORDER BY 1
"""


def database_checks(settings: Settings) -> Iterator[Check]:
    """`settings` have the URLs that are known; nothing is changed. Ends early when nothing can be reached."""
    yield from _as_application(settings)
    if not settings.database_admin_url:
        advice = f"Set DATABASE_ADMIN_URL to the role {OWNER_ROLE} where you migrate, back up and run the worker."
        yield warn("Owner role", "DATABASE_ADMIN_URL is not set", advice)
    url = settings.database_admin_url or settings.database_url
    try:
        with connected(url) as connection:
            if settings.database_admin_url:
                yield _as_owner(connection, settings)
            yield from _server(connection, settings)
            yield from _tables(connection, url)
    except OperatorError as error:
        yield fail("Database", str(error), "Start it, or correct the URL.")


def _as_application(settings: Settings) -> Iterator[Check]:
    subject = "Application role"
    try:
        check_application_role(settings.database_url)
    except OperatorError as error:
        yield fail(subject, str(error), "Start the database, or correct DATABASE_URL.")
        return
    yield ok(subject, f"connects to {without_password(settings.database_url)}")
    with connected(settings.database_url) as connection:
        yield from _transactions(connection)


def _transactions(connection: Connection) -> Iterator[Check]:
    """Of the application: those of others are not shown to it."""
    row = connection.execute(
        "SELECT max(extract(epoch FROM now() - xact_start)) FROM pg_stat_activity "
        "WHERE datname = current_database() AND usename = current_user"
    ).fetchone()
    oldest_s = float(row[0] or 0) if row is not None else 0.0
    if oldest_s > TRANSACTION_HOURS_MAX * 3600:
        advice = "Look for it in pg_stat_activity: it keeps migrations waiting and dead rows in place."
        yield warn("Transactions", f"one has been open for {oldest_s / 3600:.1f} hours", advice)


def _as_owner(connection: Connection, settings: Settings) -> Check:
    subject = "Owner role"
    standing = read_standing(connection)
    row = connection.execute(
        "SELECT count(*) FILTER (WHERE NOT pg_has_role(relowner, 'MEMBER')) FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    ).fetchone()
    if row is not None and row[0]:
        advice = f"Let DATABASE_ADMIN_URL connect as {OWNER_ROLE}."
        return fail(subject, f"{standing.role} does not own {row[0]} of the tables", advice)
    if _identity(settings.database_url) != _identity(settings.database_admin_url):
        advice = "Correct one of the URLs: what is migrated and backed up is not what is served."
        return fail(subject, "DATABASE_URL and DATABASE_ADMIN_URL lead to different databases", advice)
    return ok(subject, f"{standing.role} owns the tables")


def _identity(url: str) -> object:
    """Of a database on a running server."""
    try:
        with connected(url) as connection:
            return connection.execute("SELECT current_database(), pg_postmaster_start_time()").fetchone()
    except OperatorError:
        # Told by the check of that URL.
        return None


def _server(connection: Connection, settings: Settings) -> Iterator[Check]:
    version = read_standing(connection).server_version
    shown = f"PostgreSQL {connection.info.parameter_status('server_version')}"
    if version < SERVER_VERSION_MIN:
        yield fail("PostgreSQL", shown, f"Earnest needs {SERVER_VERSION_MIN} or newer.")
    else:
        yield ok("PostgreSQL", shown)
    values = {str(name): str(value) for name, value in connection.execute("SELECT name, setting FROM pg_settings")}
    yield from _durability(values)
    yield from _meaning(values)
    yield _connections(connection, values, settings)
    yield _skew(connection)
    yield from _health(connection, values)


def _durability(values: dict[str, str]) -> Iterator[Check]:
    subject = "Durability"
    off = [name for name in ("fsync", "full_page_writes") if values[name] == "off"]
    if off:
        yield fail(
            subject, f"{' and '.join(off)} off: a power cut can destroy the database", "Turn it on (ALTER SYSTEM)."
        )
    elif values["synchronous_commit"] == "off":
        advice = "Turn it on: a crash can lose bills that tills were told are stored."
        yield warn(subject, "synchronous_commit is off", advice)
    else:
        yield ok(subject, f"fsync on, synchronous_commit {values['synchronous_commit']}")


def _meaning(values: dict[str, str]) -> Iterator[Check]:
    """Settings that statements rely on."""
    wanted = {"server_encoding": "UTF8", "default_transaction_isolation": "read committed"}
    wrong = [f"{name} is {values[name]}" for name, value in wanted.items() if values[name] != value]
    if values["autovacuum"] == "off":
        wrong.append("autovacuum is off")
    if wrong:
        advice = "Needed: UTF8, read committed, autovacuum on."
        yield fail("Settings", ", ".join(wrong), advice)
    else:
        yield ok("Settings", "UTF8, read committed, autovacuum on")


def connections_needed(settings: Settings) -> int:
    """What the processes of one `earnest serve` and a worker may open together."""
    # Imported where it is needed: it brings the whole application.
    from earnest.work import CONNECTIONS_MIN

    # Each process keeps one connection beside its pool to hear of changes.
    worker = max(settings.database_connections_max, CONNECTIONS_MIN) + 2
    workers = settings.workers if settings.run_worker else 1
    return settings.workers * (settings.database_connections_max + 1) + workers * worker


def _connections(connection: Connection, values: dict[str, str], settings: Settings) -> Check:
    reserved = int(values["superuser_reserved_connections"]) + int(values.get("reserved_connections", "0"))
    available = int(values["max_connections"]) - reserved
    # Sessions of other roles are not shown to this one, their number is.
    row = connection.execute("SELECT sum(numbackends) FROM pg_stat_database").fetchone()
    used = int(row[0]) if row is not None else 0
    needed = connections_needed(settings)
    found = f"{used} of {available} in use; {settings.workers} serving processes and a worker may open {needed}"
    advice = "Raise max_connections, or lower EARNEST_DATABASE_CONNECTIONS_MAX or EARNEST_WORKERS."
    if needed > available:
        return fail("Connections", found, advice)
    return warn("Connections", found, advice) if needed + CONNECTIONS_BESIDE > available else ok("Connections", found)


def _skew(connection: Connection) -> Check:
    before = datetime.now(UTC)
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    after = datetime.now(UTC)
    assert row is not None
    theirs: datetime = row[0]
    # What the round trip took is nobody's error.
    skew = max(theirs - after, before - theirs, timedelta()).total_seconds()
    found = f"the database's clock differs by {skew:.1f} s" if skew >= 0.05 else "the database has the same"
    advice = "Synchronise the clocks of both machines (NTP)."
    if skew > SKEW_FAIL_S:
        return fail("Time", found, advice)
    return warn("Time", found, advice) if skew > SKEW_WARN_S else ok("Time", found)


def _health(connection: Connection, values: dict[str, str]) -> Iterator[Check]:
    row = connection.execute("SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()").fetchone()
    age = int(row[0]) if row is not None else 0
    if age > TRANSACTION_IDS_WARN:
        advice = "Let autovacuum work: look for old transactions and replication slots; run VACUUM as the owner."
        yield warn("Transaction ids", f"{age} since the last freeze", advice)
    if values["archive_mode"] != "off":
        row = connection.execute(
            "SELECT last_failed_time > coalesce(last_archived_time, '-infinity'), failed_count FROM pg_stat_archiver"
        ).fetchone()
        if row is not None and row[0]:
            advice = "Repair archive_command: the log of changes is kept until it succeeds, and fills the disk."
            yield fail("WAL archiving", f"it fails; {row[1]} failures so far", advice)
        else:
            yield ok("WAL archiving", "on")
    slots = connection.execute(
        "SELECT slot_name::text FROM pg_replication_slots "
        "WHERE NOT active AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > %s",
        [SLOT_BYTES_MAX],
    ).fetchall()
    if slots:
        names = ", ".join(str(slot[0]) for slot in slots)
        yield warn("Replication slots", f"nobody reads {names}", "Drop them: the log of changes is kept for them.")


def _tables(connection: Connection, url: str) -> Iterator[Check]:
    status = read_status(url)
    if status.unknown:
        advice = "Start the newer Earnest, or restore a backup of the older database."
        yield fail("Migrations", f"the database is newer: it has {status.unknown[-1]}", advice)
        return
    if status.pending:
        found = f"{len(status.pending)} are missing, from {status.pending[0]} on"
        yield fail("Migrations", found, "Run `earnest db migrate`.")
        return
    yield ok("Migrations", f"all {len(status.applied)}, to {status.applied[-1]}")
    yield _guarded(connection)
    yield _partitions(connection, datetime.now(UTC))


def _guarded(connection: Connection) -> Check:
    """Organisations are kept apart by the database itself."""
    subject = "Row-level security"
    unguarded = [str(row[0]) for row in connection.execute(_UNGUARDED, [list(UNSCOPED)]).fetchall()]
    unguarded += [str(row[0]) for row in connection.execute(_OPEN_PARTITIONS, [APP_ROLE]).fetchall()]
    owned = [str(row[0]) for row in connection.execute(_OWNED, [APP_ROLE]).fetchall()]
    if unguarded or owned:
        parts = [f"no policy guards {', '.join(unguarded)}"] if unguarded else []
        parts += [f"{APP_ROLE} owns {', '.join(owned)}"] if owned else []
        return fail(
            subject, "; ".join(parts), "Undo what was changed by hand: organisations could see each other's data."
        )
    row = connection.execute("SELECT count(*) FROM pg_policy").fetchone()
    return ok(subject, f"{row[0] if row else 0} tables are guarded, and {APP_ROLE} owns nothing")


def _partitions(connection: Connection, now: datetime) -> Check:
    subject = "Partitions"
    tables = [str(row[0]) for row in connection.execute(_PARTITIONED).fetchall()]
    months = [f"{now:%Y%m}", f"{(now.replace(day=1) + timedelta(days=32)):%Y%m}"]
    missing = [
        f"{table}_{month}" for table in tables for month in months if not _exists(connection, f"{table}_{month}")
    ]
    filled = [
        table
        for table in tables
        if _exists(connection, f"{table}_default")
        and connection.execute(
            psycopg.sql.SQL("SELECT FROM public.{} LIMIT 1").format(psycopg.sql.Identifier(f"{table}_default"))
        ).fetchone()
        is not None
    ]
    if missing:
        advice = "Restart the server with DATABASE_ADMIN_URL, or run a worker with it: it makes them every day."
        return warn(subject, f"{', '.join(missing)} are not there", advice)
    if filled:
        advice = "It works, but these rows are not dropped with their month: see docs/operations.md."
        return warn(subject, f"the default partitions of {', '.join(filled)} have rows", advice)
    return ok(subject, f"of {len(tables)} tables, for this and the coming months")


def _exists(connection: Connection, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"]).fetchone()
    return row is not None and bool(row[0])
