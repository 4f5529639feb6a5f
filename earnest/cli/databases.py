"""The database that a command works on: the one of the environment, else the embedded one of the data directory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import msgspec

from earnest.cli.console import progress
from earnest.core.db.data_directory import DataDirectoryInUseError
from earnest.core.db.embedded import DatabaseUrls, EmbeddedPostgres
from earnest.core.db.migrate import check_up_to_date, extend_partitions, migrate
from earnest.core.db.roles import check_application_role
from earnest.core.operator_error import OperatorError
from earnest.settings import Settings


@contextmanager
def claimed_postgres(settings: Settings) -> Iterator[EmbeddedPostgres]:
    """The embedded PostgreSQL, not started yet, of a data directory that is ours until the block ends; then it is stopped."""
    postgres = EmbeddedPostgres(settings.data_path, postgres_bin=settings.postgres_bin, report=progress)
    postgres.directory.claim()
    try:
        yield postgres
    finally:
        postgres.stop()


def prepare_embedded(settings: Settings, postgres: EmbeddedPostgres) -> Settings:
    """Starts it and brings it up to date; the settings then lead to it."""
    prepared = _with_urls(settings, postgres.start())
    _bring_up_to_date(prepared.database_admin_url)
    return prepared


def prepare_external(settings: Settings) -> Settings:
    """Checks DATABASE_URL, and migrates if DATABASE_ADMIN_URL is there to do it with; otherwise nothing may be missing."""
    check_application_role(settings.database_url)
    if settings.database_admin_url:
        _bring_up_to_date(settings.database_admin_url)
    check_up_to_date(settings.database_url)
    return settings


@contextmanager
def owned_database(settings: Settings) -> Iterator[Settings]:
    """For commands: the settings with URLs that can be used while the block lasts, migrated or not.

    With DATABASE_ADMIN_URL that database; else the embedded one, started for this block or shared with the server that runs
    on the same data directory.
    """
    if settings.database_admin_url:
        yield settings
        return
    if settings.database_url:
        raise OperatorError("Set DATABASE_ADMIN_URL too: this command works as the owner of the database.")
    postgres = EmbeddedPostgres(settings.data_path, postgres_bin=settings.postgres_bin, report=progress)
    try:
        urls = postgres.start()
    except DataDirectoryInUseError:
        if not postgres.is_running:
            raise
        yield _with_urls(settings, postgres.urls())
        return
    try:
        yield _with_urls(settings, urls)
    finally:
        postgres.stop()


@contextmanager
def usable_database(settings: Settings) -> Iterator[Settings]:
    """For commands that work as the application: the settings with a DATABASE_URL that is up to date.

    That of the environment; else the embedded one, started and migrated for this block, or shared with the server that runs
    on the same data directory.
    """
    if settings.database_url:
        yield prepare_external(settings)
        return
    with ExitStack() as stack:
        try:
            postgres = stack.enter_context(claimed_postgres(settings))
        except DataDirectoryInUseError:
            postgres = EmbeddedPostgres(settings.data_path, postgres_bin=settings.postgres_bin, report=progress)
            if not postgres.is_running:
                raise
            usable = _with_urls(settings, postgres.urls())
            check_up_to_date(usable.database_url)
        else:
            usable = prepare_embedded(settings, postgres)
        yield usable


def _with_urls(settings: Settings, urls: DatabaseUrls) -> Settings:
    return msgspec.structs.replace(settings, database_url=urls.app, database_admin_url=urls.owner)


def _bring_up_to_date(owner_url: str) -> None:
    for name in migrate(owner_url, report=progress):
        progress(f"Applied the migration {name}.")
    extend_partitions(owner_url, datetime.now(UTC))
