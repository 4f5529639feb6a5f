"""Taking a backup beside servers that go on: one snapshot, dumped and described, then read back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from earnest import __version__
from earnest.backup.archive import FORMAT, Archive, DumpFile, Manifest, new_archive
from earnest.backup.contents import Connection, read_sequences, read_tables, settle
from earnest.backup.tools import Tools
from earnest.core.db.migrate import ADVISORY_LOCK, read_applied
from earnest.core.db.roles import connected
from earnest.core.operator_error import OperatorError

Report = Callable[[str], None]
REPORT_EVERY_S = 10.0


def take_backup(
    owner_url: str, target: Path, tools: Tools, *, now: datetime, secret_key: str, report: Report
) -> Archive:
    """Writes the database of `owner_url` to the new file `target` and reads that back.

    Nothing waits for it but migrations: everybody else reads and writes on. `secret_key` is the fingerprint of the secret
    key, or empty. OperatorError when the database cannot be read, is not Earnest's, or the file is not what it should be;
    then there is no file.
    """
    with connected(owner_url) as connection, new_archive(target) as write:
        _keep_migrations_out(connection, report)
        migrations = tuple(sorted(read_applied(connection)))
        if not migrations:
            raise OperatorError("There is nothing to back up: the database has no tables of Earnest.")
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            settle(connection)
            snapshot = str(_one(connection, "SELECT pg_export_snapshot()"))
            organizations = int(str(_one(connection, "SELECT count(*) FROM organization")))
            with ThreadPoolExecutor(1) as thread:
                # The same snapshot on another connection: the contents are read while pg_dump writes them.
                tables = thread.submit(read_tables, connection)

                def describe(dump: DumpFile) -> Manifest:
                    return Manifest(
                        format=FORMAT,
                        earnest=__version__,
                        postgres=str(connection.info.parameter_status("server_version")),
                        at=now,
                        organizations=organizations,
                        migrations=migrations,
                        secret_key=secret_key,
                        dump=dump,
                        tables=tuple(tables.result()),
                        sequences=read_sequences(connection),
                    )

                archive = write(_told(tools.dump(owner_url, snapshot), report), describe)
        report("Reading the backup back.")
        check_archive(archive, tools)
    return Archive(target)


def check_archive(archive: Archive, tools: Tools) -> None:
    """Reads all of it: the bytes are those that were written, pg_restore understands them, and no table is missing."""
    tools.read_archive(archive.chunks())
    listed = set(entries_of(tools.list_archive(archive.chunks()), "TABLE DATA"))
    missing = sorted({table.name for table in archive.manifest.tables} - listed)
    if missing:
        raise OperatorError(f"{archive.path} lacks the rows of {', '.join(missing)}.")


def entries_of(listed: str, kind: str) -> Iterator[str]:
    """The names of the entries of a kind in the schema public, from a table of contents of pg_restore."""
    mark = f" {kind} public "
    for line in listed.splitlines():
        if mark in line and not line.startswith(";"):
            # "3906; 0 16439 TABLE DATA public customer earnest_owner"
            yield line.split(mark, 1)[1].rsplit(" ", 1)[0]


def _keep_migrations_out(connection: Connection, report: Report) -> None:
    """Until the connection ends. The manifest and the dump have the same tables."""
    if not _one(connection, f"SELECT pg_try_advisory_lock_shared({ADVISORY_LOCK})"):
        report("The database is being migrated: waiting for it.")
        connection.execute(f"SELECT pg_advisory_lock_shared({ADVISORY_LOCK})")


def _told(chunks: Iterable[bytes], report: Report) -> Iterator[bytes]:
    size, noted = 0, time.monotonic()
    for chunk in chunks:
        size += len(chunk)
        if time.monotonic() - noted > REPORT_EVERY_S:
            noted = time.monotonic()
            report(f"{size / 2**20:.0f} MiB written.")
        yield chunk


def _one(connection: Connection, statement: str) -> object:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]
