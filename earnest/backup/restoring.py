"""Making a database of a backup. Until it is whole and verified no server starts on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from psycopg import sql

from earnest.backup.archive import Archive
from earnest.backup.contents import Connection, read_sequences, read_table, settle, table_names
from earnest.backup.tools import Tools
from earnest.core.db.migrate import RESTORE_UNFINISHED, known_migrations
from earnest.core.db.roles import connected, read_standing
from earnest.core.operator_error import OperatorError

Report = Callable[[str], None]

JOBS_MAX = 4
# Ids that were given after the backup was taken are not given to anybody else.
ID_GAP = 10_000_000
ID_SEQUENCES = "id_"


def restore_backup(
    archive: Archive, owner_url: str, tools: Tools, *, scratch: Path, pause_webhooks: bool = False, report: Report
) -> None:
    """Fills the empty database of `owner_url` and compares it with the manifest.

    `scratch` is a folder with room for the dump. With `pause_webhooks` no webhook is active afterwards: a copy must not
    send what the original sends. OperatorError when the backup is newer than this Earnest, the database is not empty or
    anything differs; what was written by then is of no use, and no server starts on it.
    """
    _check_known(archive)
    with connected(owner_url) as connection:
        _check_empty(connection)
        connection.execute(sql.SQL("CREATE TABLE public.{} ()").format(sql.Identifier(RESTORE_UNFINISHED)))
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=scratch) as folder:
            version = read_standing(connection).server_version
            _fill(archive, owner_url, version, tools, Path(folder), report)
            report("Comparing every table with the backup.")
            connection.execute("ANALYZE")
            _check_content(connection, archive)
            _leave_gap(connection)
            if pause_webhooks:
                connection.execute(
                    "UPDATE webhook_subscription SET is_active = false, inactive_reason = 'restored' WHERE is_active"
                )
        connection.execute(sql.SQL("DROP TABLE public.{}").format(sql.Identifier(RESTORE_UNFINISHED)))


def _check_known(archive: Archive) -> None:
    unknown = sorted(set(archive.manifest.migrations) - set(known_migrations()))
    if unknown:
        raise OperatorError(
            f"{archive.path} was made by a newer Earnest ({archive.manifest.earnest}): it has the migration {unknown[-1]}, which "
            "is unknown here."
        )


def _check_empty(connection: Connection) -> None:
    names = table_names(connection)
    if RESTORE_UNFINISHED in names:
        raise OperatorError(
            "A restore into this database was interrupted: drop the database, make it anew and restore."
        )
    if names:
        raise OperatorError(
            f"The database is not empty: it has the table {names[0]} and {len(names) - 1} others. Nothing is overwritten."
        )


def _fill(archive: Archive, owner_url: str, server_version: int, tools: Tools, folder: Path, report: Report) -> None:
    dump, entries = folder / "database.dump", folder / "entries"
    report(f"Unpacking {archive.manifest.dump.bytes / 2**20:.0f} MiB.")
    with dump.open("wb") as stream:
        for chunk in archive.chunks():
            stream.write(chunk)
    entries.write_text(tools.list_archive(archive.chunks()))
    report("Restoring tables, rows and indexes.")
    jobs = min(JOBS_MAX, os.cpu_count() or 1)
    tools.restore(owner_url, dump, entries, server_version=server_version, jobs=jobs)


def _check_content(connection: Connection, archive: Archive) -> None:
    wanted = {table.name: table for table in archive.manifest.tables}
    with connection.transaction():
        settle(connection)
        names = set(table_names(connection)) - {RESTORE_UNFINISHED}
        if names != set(wanted):
            raise OperatorError(f"The restored tables are not those of the backup: {sorted(names ^ set(wanted))}.")
        for name, table in wanted.items():
            found = read_table(connection, name)
            if found != table:
                raise OperatorError(
                    f"The restored table {name} is not that of the backup: {found.rows} rows with checksum {found.checksum}, "
                    f"not {table.rows} with {table.checksum}."
                )
        for name, last in read_sequences(connection).items():
            if last < archive.manifest.sequences.get(name, 0):
                raise OperatorError(f"The sequence {name} is behind that of the backup: {last}.")


def _leave_gap(connection: Connection) -> None:
    for name, last in read_sequences(connection).items():
        if name.startswith(ID_SEQUENCES):
            connection.execute("SELECT setval(%s::regclass, %s)", [f"public.{name}", last + ID_GAP])
