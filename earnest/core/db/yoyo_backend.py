"""yoyo-migrations, made safe against a process that ends between a migration and the note that it was applied."""

from __future__ import annotations

import contextlib
import io
import platform
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.migrations import Migration

from earnest.core.operator_error import OperatorError

# Calls of tills queue behind a migration that waits for a table: it waits for less than they do.
LOCK_TIMEOUT_MS = 1_000
ATTEMPTS_MAX = 40
PAUSE_S_MAX = 5.0
_BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


class AtomicBackend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo is untyped
    """Commits a migration together with its note. To be used by one process at a time: the caller holds a lock.

    A file that begins with `-- transactional: false` (CREATE INDEX CONCURRENTLY) runs outside a transaction, so that one
    has to be written to be repeatable, and has no limit of time: it must not take locks that calls wait for. All others
    wait for a lock LOCK_TIMEOUT_MS at the longest.
    """

    create_lock_table_sql = PostgresqlPsycopgBackend.create_lock_table_sql.replace(
        "CREATE TABLE", "CREATE TABLE IF NOT EXISTS"
    )

    def prepare(self) -> None:
        """yoyo's own tables."""
        self.create_lock_table()
        # Left by a process that was killed: the caller's lock is the one that counts.
        self.break_lock()
        self.ensure_internal_schema_updated()

    def apply_one(self, migration: Migration, force: bool = False, mark: bool = True) -> None:
        migration.load()
        if migration.use_transactions:
            with self.transaction():
                self.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
                migration.process_steps(self, "apply", force=force)
                self.mark_one(migration)
        else:
            migration.process_steps(self, "apply", force=force)
            with self.transaction():
                self.mark_one(migration)

    def get_log_data(self, migration: Migration | None = None, operation: str = "apply") -> dict[str, Any]:
        # yoyo's own asks the system for the user's and the host's full name, and fails or waits where it has none.
        return {
            "id": str(uuid.uuid4()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": "",
            "hostname": platform.node(),
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }


def apply_files(
    owner_url: str, folder: Path, names: tuple[str, ...], report: Callable[[str], None] = lambda message: None
) -> None:
    """Applies these migrations of the folder, in the order of their numbers.

    One that does not get its locks in time is undone and tried again, for some minutes; `report` is told.
    """
    scheme, _, rest = owner_url.partition("://")
    with AtomicBackend(parse_uri(f"{scheme}+psycopg://{rest}"), "_yoyo_migration") as backend:
        backend.prepare()
        for migration in sorted(read_migrations(str(folder)), key=lambda migration: str(migration.id)):
            if migration.id not in names:
                continue
            try:
                _apply(backend, migration, report)
            except _BUSY as error:
                raise OperatorError(
                    f"The migration {migration.id} was undone: in {ATTEMPTS_MAX} attempts it did not get a lock that others "
                    f"hold ({str(error).strip()}). Look for long transactions in pg_stat_activity, a backup for example, and "
                    "run `earnest db migrate` again."
                ) from error
            except psycopg.Error as error:
                raise OperatorError(
                    f"The migration {migration.id} failed and was undone: {str(error).strip()}"
                ) from error


def _apply(backend: AtomicBackend, migration: Migration, report: Callable[[str], None]) -> None:
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            # yoyo prints the rows of a migration that selects something.
            with contextlib.redirect_stdout(io.StringIO()):
                backend.apply_one(migration)
            return
        except _BUSY:
            if attempt == ATTEMPTS_MAX or not migration.use_transactions:
                raise
            report(f"The migration {migration.id} waits for a lock that others hold; attempt {attempt} was undone.")
            # Calls that stood behind the migration go on meanwhile.
            time.sleep(min(attempt, PAUSE_S_MAX))
