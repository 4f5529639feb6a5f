"""Months of events and decisions that an operator has dropped are missed by nobody."""

from __future__ import annotations

import psycopg

from earnest.core.db.embedded import DatabaseUrls
from earnest.demo.seed import seed
from earnest.reconcile import reconcile
from tests.support.blocking import finish
from tests.support.throwaway import throwaway_database

MISSED = {"an_event_has_its_decision", "an_event_is_announced"}


def missed(urls: DatabaseUrls) -> set[str]:
    return MISSED & {finding.invariant for finding in finish(reconcile(urls.app, 100))}


def test_events_of_a_month_that_was_dropped_need_no_decision_and_no_announcement(database: DatabaseUrls) -> None:
    with throwaway_database(database) as urls:
        seed(urls.owner)
        with psycopg.connect(urls.owner, autocommit=True) as connection:
            connection.execute("UPDATE organization SET created_at = now() - interval '1 year'")
            connection.execute("SELECT make_partitions(now() - interval '3 months', 3)")
            connection.execute("INSERT INTO holder (org_id, id, kind, seq) VALUES (100, 999, 'CUSTOMER', 1)")
            connection.execute(
                "INSERT INTO loyalty_event (org_id, holder_id, seq, id, type, till_id, at, recorded_at)"
                " VALUES (100, 999, 1, 999, 'CustomerUpdate', 0, now(), now() - interval '3 months')"
            )
            assert missed(urls) == MISSED
            months = connection.execute("SELECT to_char(now() - interval '3 months', 'YYYYMM')").fetchone()
            assert months is not None
            connection.execute(f"DROP TABLE decision_{months[0]}, outbox_{months[0]}, webhook_delivery_{months[0]}")
            assert missed(urls) == set()
            connection.execute("UPDATE loyalty_event SET recorded_at = now() WHERE id = 999")
            assert missed(urls) == MISSED, "what is kept is still looked at"
