"""Somebody else at work on a member: a connection that holds the member's lock, and who waits for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.support.server import Server

WAIT_SECONDS_MAX = 20.0

Connection = psycopg.Connection[tuple[Any, ...]]


class Holding:
    """An open transaction of the owner role with the locks of some members."""

    def __init__(self, server: Server, connection: Connection, org_id: int) -> None:
        self._server = server
        self.connection = connection
        self.org_id = org_id

    def wait_for_waiters(self, count: int = 1) -> None:
        """Returns when `count` transactions of the server wait for a lock that this one holds."""
        _wait_for(
            self._server,
            "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))",
            self.connection.info.backend_pid,
            count,
        )


@contextmanager
def holding(server: Server, org_id: int, *holder_ids: int) -> Iterator[Holding]:
    """Locks the members as the server does; what the block writes is committed at its end, and the locks are free."""
    with psycopg.connect(server.owner_url) as connection:
        found = connection.execute(
            "SELECT id FROM holder WHERE org_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [org_id, list(holder_ids)],
        ).fetchall()
        assert len(found) == len(set(holder_ids)), f"members {holder_ids} are not all there"
        yield Holding(server, connection, org_id)


@contextmanager
def claiming(server: Server, org_id: int, number: str) -> Iterator[Holding]:
    """Claims a bill number without an end: who else asks for it waits until the block ends, then gets it."""
    with psycopg.connect(server.owner_url) as connection:
        connection.execute(
            "INSERT INTO natural_key (org_id, kind, scope_id, key, owner_id, claimed_at)"
            " VALUES (%s, 'BILL', 0, %s, 0, now())",
            [org_id, number],
        )
        yield Holding(server, connection, org_id)
        connection.rollback()


@contextmanager
def barring(server: Server, table: str) -> Iterator[Future[Connection]]:
    """Asks for a table alone, behind those who read it now and before all who come. The future is the connection that
    has the table; what it writes is committed, and the table free, when the block ends."""
    with psycopg.connect(server.owner_url) as connection, ThreadPoolExecutor(1) as thread:

        def bar() -> Connection:
            connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            return connection

        asked = thread.submit(bar)
        _wait_for(
            server,
            "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass AND mode = 'AccessExclusiveLock'",
            table,
        )
        yield asked


def _wait_for(server: Server, query: str, argument: object, count: int = 1) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    with psycopg.connect(server.owner_url, autocommit=True) as watching:
        while time.monotonic() < deadline:
            row = watching.execute(query, [argument]).fetchone()
            if row is not None and row[0] >= count:
                return
            time.sleep(0.005)
    raise AssertionError(f"not {count} after {WAIT_SECONDS_MAX:.0f} s: {query} ({argument})")
