"""Migrations: numbered SQL files, forward only, applied by yoyo-migrations as the owner role.

A file and the note that it was applied are committed together, so a process that is killed at any moment leaves a database
that the next one can go on with. Several processes may migrate at once: an advisory lock lets one after the other do it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from earnest.core.db.roles import APP_ROLE, connected
from earnest.core.operator_error import OperatorError

MIGRATIONS = Path(__file__).parent / "migrations"
# yoyo's table of what was applied, in the schema public.
APPLIED_TABLE = "_yoyo_migration"
# Any number that nothing else on this server locks: the letters of "earnest" as bytes.
ADVISORY_LOCK = int.from_bytes(b"earnest", "big")
# A table that is there while a backup is being restored.
RESTORE_UNFINISHED = "restore_unfinished"
PARTITION_MONTHS_AHEAD = 3
# Calls queue behind whoever waits for a table.
PARTITION_LOCK_TIMEOUT_MS = 500
PARTITION_ATTEMPTS = 3


class MigrationStatus(msgspec.Struct, frozen=True):
    """Names of files without their suffix, in order. `unknown` were applied by a newer Earnest than this one."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...]


def read_status(url: str, folder: Path = MIGRATIONS) -> MigrationStatus:
    """Compares the database with the files. Works as either role."""
    known = _names_of_files(folder)
    with connected(url) as connection:
        applied = read_applied(connection)
    return MigrationStatus(
        applied=tuple(name for name in known if name in applied),
        pending=tuple(name for name in known if name not in applied),
        unknown=tuple(sorted(applied.difference(known))),
    )


def check_up_to_date(url: str, folder: Path = MIGRATIONS) -> None:
    """Raises OperatorError unless the database is exactly as this code expects it."""
    status = read_status(url, folder)
    _refuse_newer(status)
    if status.pending:
        raise OperatorError(
            f"The database lacks {len(status.pending)} migrations, from {status.pending[0]} on: run `earnest db migrate`, or set "
            "DATABASE_ADMIN_URL so that the server migrates when it starts."
        )


def migrate(
    owner_url: str, folder: Path = MIGRATIONS, *, report: Callable[[str], None] = lambda message: None
) -> list[str]:
    """Applies what is missing and returns the names, in order; none if the database is up to date.

    Servers of the version before may serve meanwhile, if the files keep to docs/operations.md ("Upgrades"). `report` is
    told in words what is waited for. Raises OperatorError if the database is newer than the code, if a file comes before
    one that is applied already, or if a file fails: then that file has changed nothing, and those before it stay applied.
    """
    status = read_status(owner_url, folder)
    _refuse_newer(status)
    if not status.pending:
        return []
    with connected(owner_url) as lock:
        if lock.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone() == (False,):
            report("Another process migrates this database or backs it up: waiting for it.")
            lock.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        # Another process may have been at work until now.
        status = read_status(owner_url, folder)
        _refuse_newer(status)
        if status.applied and status.pending and status.pending[0] < status.applied[-1]:
            raise OperatorError(
                f"The migration {status.pending[0]} comes before {status.applied[-1]}, which is applied already: give it a "
                "higher number."
            )
        if status.pending:
            # Imported here: a start that has nothing to apply does without it.
            from earnest.core.db.yoyo_backend import apply_files

            apply_files(owner_url, folder, status.pending, report)
            _let_application_read(lock)
    return list(status.pending)


def extend_partitions(owner_url: str, now: datetime) -> int:
    """Creates the coming months' partitions where they are missing, and returns how many tables that were.

    A new partition needs its table for a moment alone. Where somebody else keeps that busy (a backup) nothing is made:
    there is time for it until the months begin, and every start and every day tries again.
    """
    with connected(owner_url) as connection:
        connection.execute(f"SET lock_timeout = {PARTITION_LOCK_TIMEOUT_MS}")
        for _ in range(PARTITION_ATTEMPTS):
            try:
                made = connection.execute("SELECT make_partitions(%s, %s)", [now, PARTITION_MONTHS_AHEAD]).fetchone()
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                continue
            return int(made[0]) if made else 0
    # Imported where it is needed: commands that print tables do without it.
    from earnest.core import logs

    logs.logger("database").warning("partitions not made", reason="their tables are busy")
    return 0


def _names_of_files(folder: Path) -> list[str]:
    """Names without suffix, in order. Raises OperatorError for a file that is not `NNNN_name.sql` or a number used twice."""
    names = sorted(file.stem for file in folder.glob("*.sql"))
    for name, before in zip(names, ["", *names], strict=False):
        if not re.fullmatch(r"\d{4}_[a-z0-9_]+", name):
            raise OperatorError(f"The migration {name}.sql is not named like 0001_what_it_does.sql.")
        if name[:4] == before[:4]:
            raise OperatorError(f"The migrations {before} and {name} have the same number.")
    if not names:
        raise OperatorError(f"There are no migrations in {folder}.")
    return names


def known_migrations(folder: Path = MIGRATIONS) -> list[str]:
    """Names of the files without suffix, in order."""
    return _names_of_files(folder)


def read_applied(connection: psycopg.Connection) -> set[str]:
    """The names of the migrations that the database has. OperatorError when it is not whole."""
    if connection.execute("SELECT to_regclass(%s)", [f"public.{RESTORE_UNFINISHED}"]).fetchone() != (None,):
        raise OperatorError(
            "A restore into this database did not come to its end: remove the database and restore the backup again."
        )
    if connection.execute("SELECT to_regclass(%s)", [f"public.{APPLIED_TABLE}"]).fetchone() == (None,):
        return set()
    statement = sql.SQL("SELECT migration_id FROM public.{}").format(sql.Identifier(APPLIED_TABLE))
    return {str(row[0]) for row in connection.execute(statement).fetchall()}


def _refuse_newer(status: MigrationStatus) -> None:
    if status.unknown:
        raise OperatorError(
            f"The database is newer than this Earnest: it has the migration {status.unknown[-1]}, which is unknown here. "
            "Start the newer version again, or restore a backup of the older database."
        )


def _let_application_read(connection: psycopg.Connection) -> None:
    """A server without the owner's login sees in that table whether it fits the database."""
    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone() is not None:
        connection.execute(
            sql.SQL("GRANT SELECT ON public.{} TO {}").format(sql.Identifier(APPLIED_TABLE), sql.Identifier(APP_ROLE))
        )
