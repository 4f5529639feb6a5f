"""The worker as a process, and the commands around it."""

from __future__ import annotations

import re
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from earnest.cli import app
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.operator_error import OperatorError
from earnest.domains.webhooks.lanes import CLAIM_TIME
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.waiting import DEADLINE_SECONDS, wait_until
from tests.worker.conftest import Outgoing
from tests.worker.processes import earnest, environment, worker_process
from tests.worker.receiving import Receiver, Reply


def add_webhook(urls: DatabaseUrls, folder: Path, organization: Organization, url: str) -> int:
    added = earnest(urls, folder, "webhooks", "add", url, "--org", str(organization.org_id))
    assert added.returncode == 0, added.stderr
    assert "whsec_" in added.stdout
    found = re.search(r"Webhook (\d+)", added.stdout)
    assert found is not None
    return int(found[1])


def test_a_worker_delivers_what_happens_and_finishes_its_call_when_it_is_told_to_stop(
    database: DatabaseUrls, tmp_path: Path, organization: Organization, receiver: Receiver
) -> None:
    webhook = add_webhook(database, tmp_path, organization, receiver.url)
    with worker_process(database, tmp_path) as worker:
        member = shop.register(organization.till)
        shop.sell(organization.till, member, 100)
        wait_until(lambda: len(receiver.calls) == 2, worker.log)

        gate, arrived = threading.Event(), threading.Event()
        receiver.answer = lambda _: Reply(gate=gate, arrived=arrived)
        shop.sell(organization.till, member, 200)
        shop.sell(organization.till, member, 300)
        assert arrived.wait(DEADLINE_SECONDS)
        worker.send(signal.SIGTERM)
        time.sleep(0.3)
        assert worker.is_running, "the call has not been answered yet"
        gate.set()
        assert worker.ended() == 0
    assert len(receiver.calls) == 3
    assert "error" not in worker.log()
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute(
            "SELECT state, count(*) FROM webhook_delivery WHERE org_id = %s GROUP BY state", [organization.org_id]
        ).fetchall()
        undispatched = connection.execute(
            "SELECT count(*) FROM outbox WHERE org_id = %s AND state = 'new'", [organization.org_id]
        ).fetchall()[0][0]
    states = dict(rows)
    # The last one had been noted for delivery by then, or still lies in the outbox: nothing of it is lost.
    assert states.pop("delivered") == 3
    assert states.get("waiting", 0) + undispatched == 1

    listed = earnest(database, tmp_path, "webhooks", "list", "--org", str(organization.org_id))
    assert receiver.url in listed.stdout and "active" in listed.stdout
    removed = earnest(database, tmp_path, "webhooks", "remove", str(webhook), "--org", str(organization.org_id))
    assert removed.returncode == 0, removed.stderr


async def test_what_a_worker_that_was_killed_was_sending_is_sent_again_when_its_claim_has_run_out(
    database: DatabaseUrls, tmp_path: Path, organization: Organization, receiver: Receiver, outgoing: Outgoing
) -> None:
    await outgoing.subscribe(organization.org_id, receiver.url)
    gate, arrived = threading.Event(), threading.Event()
    receiver.answer = lambda _: Reply(gate=gate, arrived=arrived)
    with worker_process(database, tmp_path) as worker:
        member = shop.register(organization.till)
        shop.sell(organization.till, member, 100)
        assert arrived.wait(DEADLINE_SECONDS)
        worker.send(signal.SIGKILL)
        assert worker.ended() == -signal.SIGKILL
    gate.set()
    receiver.answer = lambda _: Reply()

    await outgoing.settle(organization.org_id)
    assert len(receiver.calls) == 1, "the claim still holds"
    await outgoing.pass_and_deliver(organization.org_id, CLAIM_TIME)
    assert [call.name for call in receiver.calls] == ["customerAdded", "customerAdded", "transactionAdded"]
    assert receiver.calls[0].id == receiver.calls[1].id


def test_a_worker_outlives_the_loss_of_its_connections(
    database: DatabaseUrls, tmp_path: Path, organization: Organization, receiver: Receiver
) -> None:
    add_webhook(database, tmp_path, organization, receiver.url)
    with worker_process(database, tmp_path) as worker:
        member = shop.register(organization.till)
        wait_until(lambda: len(receiver.calls) == 1, worker.log)
        with psycopg.connect(database.app, autocommit=True) as connection:
            ended = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'earnest worker'"
            ).fetchone()
        assert ended is not None and ended[0] >= 3
        shop.sell(organization.till, member, 100)
        # What could not be noted in that moment may arrive once more.
        wait_until(lambda: len({call.id for call in receiver.calls}) == 2, worker.log)
        moved = earnest(database, tmp_path, "clock", "advance", "800d", "--org", str(organization.org_id))
        assert moved.returncode == 0, moved.stderr
        wait_until(lambda: shop.summary_of(organization.till, member)["expired"] == 10, worker.log)
        worker.send(signal.SIGTERM)
        assert worker.ended() == 0


def test_a_worker_runs_what_becomes_due_when_the_clock_is_moved(
    database: DatabaseUrls, tmp_path: Path, organization: Organization
) -> None:
    member = shop.register(organization.till)
    shop.sell(organization.till, member, 1_000)
    assert shop.points_of(organization.till, member) == 100
    org = str(organization.org_id)
    with worker_process(database, tmp_path) as worker:
        moved = earnest(database, tmp_path, "clock", "advance", "800d", "--org", org)
        assert moved.returncode == 0 and "running time" in moved.stdout, moved.stderr
        then = datetime.now(UTC) + timedelta(days=800)
        assert f"{then:%Y-%m-%d}" in moved.stdout
        wait_until(lambda: shop.summary_of(organization.till, member)["expired"] == 100, worker.log)
        worker.send(signal.SIGTERM)
        assert worker.ended() == 0
    listed = earnest(database, tmp_path, "jobs", "list", "--org", org)
    assert "points-expiry" in listed.stdout and "waits" in listed.stdout
    shown = earnest(database, tmp_path, "clock", "show", "--org", org)
    assert f"{then:%Y-%m-%d}" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("clock", "set", "2020-01-01T00:00:00Z", "--org", "{org}"), "forward only"),
        (("clock", "set", "tomorrow", "--org", "{org}"), "no date-time"),
        (("clock", "advance", "1 week", "--org", "{org}"), "no duration"),
        (("clock", "show", "--org", "999999999"), "no organisation"),
        (("jobs", "run-due", "--org", "{org}", "--as-of", "2020-01-01"), "no date-time"),
        (("jobs", "retry", "--org", "{org}", "--job", "nothing"), "no job"),
        (("webhooks", "add", "ftp://example.com", "--org", "{org}"), "http or https"),
        (("webhooks", "remove", "123456789", "--org", "{org}"), "no webhook"),
        (("webhooks", "replay", "1", "--org", "{org}"), "--event ID"),
        (("webhooks", "list", "--org", "999999999"), "does not exist"),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why(
    database: DatabaseUrls, organization: Organization, arguments: tuple[str, ...], told: str
) -> None:
    given = [argument.format(org=organization.org_id) for argument in arguments]
    ended = CliRunner().invoke(app, given, env=environment(database))
    assert isinstance(ended.exception, OperatorError), ended.output
    assert told in str(ended.exception)


def test_without_the_test_clock_no_command_moves_time(database: DatabaseUrls, organization: Organization) -> None:
    org = str(organization.org_id)
    without = environment(database, EARNEST_TEST_CLOCK="0")
    for arguments in (
        ("clock", "show", "--org", org),
        ("clock", "advance", "1d", "--org", org),
        ("clock", "set", "2090-01-01T00:00:00Z", "--org", org),
        ("jobs", "run-due", "--org", org, "--as-of", "2090-01-01T00:00:00Z"),
    ):
        refused = CliRunner().invoke(app, arguments, env=without)
        assert isinstance(refused.exception, OperatorError), refused.output
        assert "EARNEST_TEST_CLOCK=1" in str(refused.exception)
    due = CliRunner().invoke(app, ("jobs", "run-due", "--org", org), env=without)
    assert due.exit_code == 0, due.output
