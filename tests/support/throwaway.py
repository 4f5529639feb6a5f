"""Databases of their own beside the one that the tests share: for tests that fill or damage one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.migrate import extend_partitions, migrate
from earnest.core.db.roles import APP_ROLE, OWNER_ROLE, Login, ensure_roles, with_login


@contextmanager
def throwaway_database(urls: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A migrated, empty database in the same PostgreSQL, gone when the block ends."""
    name = f"throwaway_{secrets.token_hex(6)}"
    try:
        ensure_roles(urls.superuser, Login(OWNER_ROLE), Login(APP_ROLE), database=name)
        fresh = DatabaseUrls(
            superuser=with_login(urls.superuser, database=name),
            owner=with_login(urls.owner, database=name),
            app=with_login(urls.app, database=name),
        )
        migrate(fresh.owner)
        extend_partitions(fresh.owner, datetime.now(UTC))
        yield fresh
    finally:
        with psycopg.connect(urls.superuser, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
