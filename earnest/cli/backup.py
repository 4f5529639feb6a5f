"""`earnest backup` and `earnest restore`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from earnest.backup.archive import Archive
from earnest.backup.restoring import restore_backup
from earnest.backup.taking import check_archive, take_backup
from earnest.backup.tools import Tools
from earnest.cli.console import complain, out, progress
from earnest.cli.database import initialise_external
from earnest.cli.databases import owned_database
from earnest.cli.parts import DataDir, settings_of
from earnest.core.db.data_directory import write_atomically
from earnest.core.db.embedded import EmbeddedPostgres
from earnest.core.db.migrate import extend_partitions, migrate
from earnest.core.operator_error import OperatorError
from earnest.core.secret_key import CHARACTERS_MIN, FILE, VARIABLE, SecretKey, known_fingerprint
from earnest.reconcile import INVARIANTS
from earnest.reconcile import reconcile as find
from earnest.settings import Settings

# What a new file system may have of its own.
_NOBODYS = frozenset({"lost+found"})


def backup(
    target: Annotated[
        Path, typer.Argument(metavar="DIR|FILE", help="A folder (the file is named by the time) or a new file.")
    ],
    data_dir: DataDir = Path(".earnest"),
) -> None:
    """Write everything that the database holds to one file, and read that back.

    Servers go on meanwhile. Works on the database of DATABASE_ADMIN_URL, or else on the embedded one of the data directory,
    beside the server that runs there. The secret key is not in the file: keep a copy of it elsewhere. The file holds
    personal data; only its owner can read it.
    """
    settings = settings_of(data_dir)
    now = datetime.now(UTC)
    file = target / f"earnest-{now:%Y%m%dT%H%M%SZ}.tar" if target.is_dir() else target
    fingerprint = known_fingerprint(settings.secret_key, settings.data_path)
    with owned_database(settings) as opened:
        tools = Tools(settings.postgres_bin)
        archive = take_backup(opened.database_admin_url, file, tools, now=now, secret_key=fingerprint, report=progress)
    rows = sum(table.rows for table in archive.manifest.tables)
    size = archive.manifest.dump.bytes
    out.print(
        f"{file}: {archive.manifest.organizations} organisations, {rows} rows in {len(archive.manifest.tables)} tables, "
        f"{size / 2**20:.1f} MiB; read back and found whole.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    where = VARIABLE if settings.secret_key else f"{settings.data_path / FILE}"
    if fingerprint:
        progress(f"The secret key ({where}) is not in it: keep a copy apart from the backups.")
    else:
        progress(f"The secret key is not known here: keep a copy of {VARIABLE} or {FILE} apart from the backups.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    data_dir: DataDir = Path(".earnest"),
    secret_key_file: Annotated[
        Path | None, typer.Option("--secret-key-file", help=f"The copy of the {FILE} that belongs to the backup.")
    ] = None,
    without_secret_key: Annotated[
        bool,
        typer.Option(
            "--without-secret-key", help="Restore although the secret key is lost; what it encrypted is lost."
        ),
    ] = False,
    pause_webhooks: Annotated[
        bool,
        typer.Option("--pause-webhooks", help="Deactivate all webhooks: for a copy beside the original."),
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only read the file and tell whether it is whole.")] = False,
    reconcile: Annotated[
        bool, typer.Option("--reconcile/--no-reconcile", help="Check all invariants of the restored data.")
    ] = True,
) -> None:
    """Make a new database of a backup, and compare it with what the backup says it holds.

    Nothing is overwritten: the data directory has to be empty or missing. With DATABASE_ADMIN_URL that PostgreSQL is used
    and its database has to be empty; a role that may create roles and databases makes it, as `earnest db init` does. A
    backup of an older Earnest is migrated. Until everything is there and right, no server starts on it.
    """
    archive = Archive(file)
    settings = settings_of(data_dir)
    tools = Tools(settings.postgres_bin)
    if check:
        check_archive(archive, tools)
        out.print(f"{file} is whole: {_described(archive)}.", markup=False, highlight=False, soft_wrap=True)
        return
    secret = _secret(archive, settings, secret_key_file, without_secret_key)
    with _new_database(settings) as opened:
        with _scratch(settings.data_path) as scratch:
            restore_backup(
                archive,
                opened.database_admin_url,
                tools,
                scratch=scratch,
                pause_webhooks=pause_webhooks,
                report=progress,
            )
        for name in migrate(opened.database_admin_url, report=progress):
            progress(f"Applied the migration {name}.")
        extend_partitions(opened.database_admin_url, datetime.now(UTC))
        if secret is not None:
            settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(settings.data_path / FILE, secret)
        broken = asyncio.run(find(opened.database_admin_url)) if reconcile else []
    out.print(f"Restored {file}: {_described(archive)}.", markup=False, highlight=False, soft_wrap=True)
    if broken:
        complain(f"{len(broken)} invariants are broken in it, as they were in the original: see `earnest reconcile`.")
        raise typer.Exit(1)
    if reconcile:
        out.print(f"Every table is that of the backup, and {len(INVARIANTS)} invariants hold.", highlight=False)


def _described(archive: Archive) -> str:
    manifest = archive.manifest
    rows = sum(table.rows for table in manifest.tables)
    return f"{manifest.organizations} organisations, {rows} rows, as of {manifest.at:%Y-%m-%d %H:%M:%S} UTC"


def _secret(archive: Archive, settings: Settings, file: Path | None, without: bool) -> bytes | None:
    """The content of a new secret.key, None when there is nothing to write. OperatorError when it is not the right one."""
    content = None
    if file is not None:
        try:
            content = file.read_bytes().strip()
        except OSError as error:
            raise OperatorError(f"{file} cannot be read: {error.strerror or error}.") from None
        if len(content) < CHARACTERS_MIN:
            raise OperatorError(f"{file} is no secret key: it has {len(content)} characters.")
    wanted = archive.manifest.secret_key
    given = SecretKey(content).fingerprint if content else known_fingerprint(settings.secret_key, settings.data_path)
    if without or not wanted or given == wanted:
        return None if content is None or settings.secret_key else content + b"\n"
    raise OperatorError(
        (f"{file or VARIABLE} is another secret key than the one of the backup. " if given else "")
        + f"Give the one of the backup with --secret-key-file or {VARIABLE}. Without it signing keys, secrets of webhooks and "
        "kept answers cannot be opened: if it is lost, add --without-secret-key and give each webhook a new secret."
    )


@contextmanager
def _scratch(data_path: Path) -> Iterator[Path]:
    """A folder with room for the dump; /tmp is often small. Gone afterwards if it was made for this."""
    is_new = not data_path.exists()
    data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        yield data_path
    finally:
        if is_new:
            data_path.rmdir()


@contextmanager
def _new_database(settings: Settings) -> Iterator[Settings]:
    """An empty database for the block; an embedded one is removed again when the block raises."""
    if settings.database_admin_url:
        yield initialise_external(settings)
        return
    if settings.database_url:
        raise OperatorError("Set DATABASE_ADMIN_URL too: a backup is restored as the owner of the database.")
    _check_vacant(settings.data_path)
    postgres = EmbeddedPostgres(settings.data_path, postgres_bin=settings.postgres_bin, report=progress)
    # Ours from here on: what is removed below is nobody else's.
    postgres.directory.claim()
    try:
        urls = postgres.start()
        yield msgspec.structs.replace(settings, database_url=urls.app, database_admin_url=urls.owner)
    except BaseException:
        postgres.stop()
        postgres.remove()
        raise
    postgres.stop()


def _check_vacant(folder: Path) -> None:
    if folder.is_dir():
        found = sorted({path.name for path in folder.iterdir()} - _NOBODYS)
    else:
        found = [folder.name] if folder.exists() else []
    if found:
        raise OperatorError(
            f"{folder} is not empty (it has {found[0]}): nothing is overwritten. Name a new --data-dir."
        )
