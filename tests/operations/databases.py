"""Databases of the test's PostgreSQL for backups: one with something in it, and empty ones."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.roles import APP_ROLE, OWNER_ROLE, Login, ensure_roles, with_login


@contextmanager
def empty_database(urls: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A database without a table, of the two roles; gone when the block ends."""
    name = f"empty_{secrets.token_hex(6)}"
    try:
        ensure_roles(urls.superuser, Login(OWNER_ROLE), Login(APP_ROLE), database=name)
        yield DatabaseUrls(
            superuser=with_login(urls.superuser, database=name),
            owner=with_login(urls.owner, database=name),
            app=with_login(urls.app, database=name),
        )
    finally:
        with psycopg.connect(urls.superuser, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
