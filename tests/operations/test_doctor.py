"""`earnest doctor` on a database that is well, and on what an accident or a hand can do to one."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import msgspec
import psycopg
import pytest

from earnest.core.auth.signing_keys import PURPOSE, add_key
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Database
from earnest.core.secret_key import SecretKey
from earnest.demo import ADMIN_KEY
from earnest.demo.seed import seed
from earnest.doctor import machine
from earnest.doctor.check import Check, Outcome
from earnest.doctor.database import database_checks
from earnest.doctor.examine import examine
from earnest.doctor.machine import machine_checks
from earnest.doctor.work import work_checks
from earnest.settings import Settings
from tests.cli.conftest import Operator, free_port
from tests.support.blocking import finish
from tests.support.throwaway import throwaway_database

SECRET_KEY = "the secret key of these tests, forty characters"


@pytest.fixture(scope="module")
def shared(database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    with throwaway_database(database) as urls:
        yield urls


@pytest.fixture
def fresh(database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """For tests that damage it."""
    with throwaway_database(database) as urls:
        yield urls


def settings_of(urls: DatabaseUrls, tmp_path: Path, **changes: object) -> Settings:
    settings = Settings(
        port=free_port(),
        data_dir=str(tmp_path / "data"),
        database_url=urls.app,
        database_admin_url=urls.owner,
        secret_key=SECRET_KEY,
    )
    return msgspec.structs.replace(settings, **changes)  # type: ignore[arg-type]


def check_of(checks: Iterator[Check], subject: str) -> Check:
    return next(check for check in checks if check.subject == subject)


def test_a_new_installation_is_well(shared: DatabaseUrls, tmp_path: Path) -> None:
    settings = settings_of(shared, tmp_path)
    checks = list(examine(settings, lambda: nullcontext(settings)))
    # The tests' own PostgreSQL is fast and forgets everything in a power cut, and that is found.
    (failed,) = [check for check in checks if check.outcome is Outcome.FAIL]
    assert (failed.subject, "fsync and full_page_writes off" in failed.found) == ("Durability", True)
    assert {"Python", "Libraries", "Port", "Migrations", "Row-level security", "Partitions", "Ledger"} <= {
        check.subject for check in checks if check.outcome is Outcome.OK
    }
    assert all(check.advice for check in checks if check.outcome is not Outcome.OK)
    assert not settings.data_path.exists()


@pytest.mark.parametrize(
    ("statement", "subject", "outcome", "found"),
    [
        ("ALTER TABLE lot DISABLE ROW LEVEL SECURITY", "Row-level security", "fail", "no policy guards lot"),
        ("DROP POLICY tenant ON movement", "Row-level security", "fail", "no policy guards movement"),
        ("CREATE TABLE sheet (org_id int)", "Row-level security", "fail", "no policy guards sheet"),
        ("CREATE POLICY all_of_it ON bill TO earnest_app USING (true)", "Row-level security", "fail", "guards bill"),
        ("GRANT SELECT ON outbox_default TO earnest_app", "Row-level security", "fail", "guards outbox_default"),
        ("ALTER TABLE lot OWNER TO earnest_app", "Row-level security", "fail", "earnest_app owns table lot"),
        (
            "DO $$ BEGIN EXECUTE format('DROP TABLE outbox_%s', to_char(now() + interval '1 month', 'YYYYMM')); END $$",
            "Partitions",
            "warn",
            "are not there",
        ),
        (
            "INSERT INTO outbox (org_id, holder_id, seq, id, state, kind, body, recorded_at)"
            " VALUES (1, 1, 1, 1, 'done', 'x', '{}', '2001-01-01')",
            "Partitions",
            "warn",
            "the default partitions of outbox have rows",
        ),
        (
            "DELETE FROM _yoyo_migration WHERE migration_id LIKE '0003%'",
            "Migrations",
            "fail",
            "1 are missing, from 0003",
        ),
        (
            "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '9999_future')",
            "Migrations",
            "fail",
            "the database is newer: it has 9999_future",
        ),
    ],
)
def test_what_was_changed_by_hand_is_found(
    fresh: DatabaseUrls, tmp_path: Path, statement: str, subject: str, outcome: str, found: str
) -> None:
    with psycopg.connect(fresh.superuser) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
    check = check_of(database_checks(settings_of(fresh, tmp_path)), subject)
    assert (check.outcome.value, found in check.found) == (outcome, True), check


def test_urls_that_lead_to_the_wrong_place_are_found(shared: DatabaseUrls, fresh: DatabaseUrls, tmp_path: Path) -> None:
    settings = settings_of(shared, tmp_path)

    def of(subject: str, **changes: str) -> Check:
        return check_of(database_checks(msgspec.structs.replace(settings, **changes)), subject)

    elsewhere = of("Owner role", database_admin_url=fresh.owner)
    assert (elsewhere.outcome, "lead to different databases" in elsewhere.found) == (Outcome.FAIL, True)
    powerful = of("Application role", database_url=shared.owner)
    assert (powerful.outcome, "owns the tables" in powerful.found) == (Outcome.FAIL, True)
    powerless = of("Owner role", database_admin_url=shared.app)
    assert (powerless.outcome, "does not own" in powerless.found) == (Outcome.FAIL, True)
    assert of("Owner role", database_admin_url="").outcome is Outcome.WARN
    gone = "postgresql://earnest_app:secret-word@127.0.0.1:1/earnest"
    unreachable = list(database_checks(msgspec.structs.replace(settings, database_url=gone, database_admin_url=gone)))
    assert [check.outcome for check in unreachable] == [Outcome.FAIL, Outcome.FAIL]
    assert not any("secret-word" in check.found for check in unreachable)


def test_more_connections_than_the_database_gives_are_found(shared: DatabaseUrls, tmp_path: Path) -> None:
    for workers, outcome in ((1, Outcome.OK), (3, Outcome.WARN), (16, Outcome.FAIL)):
        check = check_of(database_checks(settings_of(shared, tmp_path, workers=workers)), "Connections")
        assert check.outcome is outcome, check


def add_signing_key(urls: DatabaseUrls) -> None:
    """As another installation would have made it."""

    async def add() -> None:
        database = Database(urls.owner, connections_max=2)
        await database.open()
        async with database.unscoped() as connection:
            await add_key(connection, SecretKey(b"another secret key, of forty characters").seal(PURPOSE))
        await database.close()

    finish(add())


def execute(*statements: str) -> Callable[[DatabaseUrls], None]:
    def run(urls: DatabaseUrls) -> None:
        with psycopg.connect(urls.owner) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    return run


def seeded(urls: DatabaseUrls) -> None:
    seed(urls.owner)


def broken(urls: DatabaseUrls) -> None:
    seed(urls.owner)
    execute("INSERT INTO holder (org_id, id, kind) VALUES (100, 1, 'CUSTOMER')")(urls)


def late(urls: DatabaseUrls) -> None:
    seed(urls.owner)
    execute(
        "INSERT INTO outbox (org_id, holder_id, seq, id, state, kind, body, recorded_at)"
        " VALUES (100, 1, 1, 1, 'new', 'x', '{}', now() - interval '10 minutes')"
    )(urls)


def held(urls: DatabaseUrls) -> None:
    seed(urls.owner)
    execute(
        "INSERT INTO schedule (org_id, job, due_at, attempts, is_held) VALUES (100, 'points_expiry', now(), 20, true)"
    )(urls)


def failing_receivers(urls: DatabaseUrls) -> None:
    seed(urls.owner)
    execute(
        "INSERT INTO webhook_subscription (org_id, id, url, event_names, secret, connections_max, is_active, inactive_reason,"
        " created_at, changed_at) VALUES (100, 1, 'http://a.example', '{}', '', 1, true, '', now(), now()),"
        " (100, 2, 'http://b.example', '{}', '', 1, false, 'gone', now(), now())",
        "INSERT INTO webhook_delivery (org_id, subscription_id, holder_id, seq, event_id, recorded_at, state, attempts,"
        " taken_at, status) VALUES (100, 1, 1, 1, 1, now(), 'waiting', 4, now(), 503)",
    )(urls)


@pytest.mark.parametrize(
    ("happen", "subject", "outcome", "found"),
    [
        (failing_receivers, "Webhooks", "warn", "webhook 1 of organisation 100 has failed 4 times in a row (HTTP 503)"),
        (failing_receivers, "Webhooks", "warn", "webhook 2 of organisation 100 is off since its receiver answered 410"),
        (seeded, "Demo credentials", "warn", "demo.till.1, demo.till.2, other.till.1, demo-key can be used"),
        (broken, "Ledger", "fail", "findings in 2 of 2 organisations"),
        (late, "Outbox", "warn", "1 events wait, the oldest for 10 min"),
        (held, "Jobs", "warn", "1 have failed too often and are held"),
        (add_signing_key, "Signing keys", "fail", "none of 1 can be opened with this secret key"),
    ],
)
def test_work_that_needs_somebody_is_found(
    fresh: DatabaseUrls,
    tmp_path: Path,
    happen: Callable[[DatabaseUrls], None],
    subject: str,
    outcome: str,
    found: str,
) -> None:
    happen(fresh)
    check = check_of(work_checks(settings_of(fresh, tmp_path)), subject)
    assert (check.outcome.value, found in check.found) == (outcome, True), check


def test_what_is_right_for_a_demo_is_wrong_where_others_reach_the_server(fresh: DatabaseUrls, tmp_path: Path) -> None:
    seed(fresh.owner)
    for host, outcome in (("127.0.0.1", Outcome.WARN), ("0.0.0.0", Outcome.FAIL)):
        settings = settings_of(fresh, tmp_path, host=host, admin_key=ADMIN_KEY)
        assert check_of(machine_checks(settings), "Admin API").outcome is outcome
        assert check_of(work_checks(settings), "Demo credentials").outcome is outcome


@pytest.mark.parametrize(
    ("changes", "subject", "outcome", "found"),
    [
        ({"admin_key": "a key of its own"}, "Admin API", "ok", "on"),
        ({"test_clock": True}, "Clock", "warn", "EARNEST_TEST_CLOCK"),
        ({"webhook_allow_private": True}, "Webhooks", "warn", "addresses of this network"),
        ({"secret_key": "short"}, "Secret key", "fail", "fewer than 32 characters"),
        ({"secret_key": ""}, "Secret key", "warn", "neither EARNEST_SECRET_KEY nor"),
        ({"workers": 2}, "Rate limits", "warn", "each of the 2 processes counts for itself"),
        ({"rate_limit_url": "redis://127.0.0.1:1"}, "Rate limits", "fail", "not answer"),
        ({"rate_limit_url": "nonsense"}, "Rate limits", "fail", "not usable"),
    ],
)
def test_settings_are_looked_at(
    shared: DatabaseUrls, tmp_path: Path, changes: dict[str, object], subject: str, outcome: str, found: str
) -> None:
    check = check_of(machine_checks(settings_of(shared, tmp_path, **changes)), subject)
    assert (check.outcome.value, found in check.found) == (outcome, True), check


@pytest.mark.parametrize(("free", "outcome"), [(1 << 20, "fail"), (3 << 30, "warn"), (50 << 30, "ok")])
def test_a_disk_without_room_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, outcome: str) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    check = check_of(machine_checks(Settings(port=free_port(), data_dir=str(tmp_path / "data"))), "Disk")
    assert check.outcome.value == outcome, check


def test_a_worker_that_is_connected_is_not_missed_before_its_first_tick(fresh: DatabaseUrls, tmp_path: Path) -> None:
    async def look() -> Check:
        worker = Database(fresh.app, connections_max=1, name="earnest worker")
        await worker.open()
        try:
            return await asyncio.to_thread(check_of, work_checks(settings_of(fresh, tmp_path)), "Worker")
        finally:
            await worker.close()

    check = finish(look())
    assert (check.outcome, "one has been connected since" in check.found) == (Outcome.OK, True), check


def test_a_port_that_another_program_has_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "PROBE_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0)
        settings = Settings(port=other.getsockname()[1], data_dir=str(tmp_path / "data"))
        check = check_of(machine_checks(settings), "Port")
    assert (check.outcome, "is taken by another program" in check.found) == (Outcome.FAIL, True)


def test_secrets_that_others_can_read_are_found(tmp_path: Path) -> None:
    settings = Settings(port=free_port(), data_dir=str(tmp_path))
    key = tmp_path / "secret.key"
    key.write_text("x" * 40)
    key.chmod(0o644)
    check = check_of(machine_checks(settings), "Data directory")
    assert (check.outcome, "others can read secret.key" in check.found) == (Outcome.FAIL, True)
    key.chmod(0o600)
    assert check_of(machine_checks(settings), "Data directory").outcome is Outcome.OK
    key.write_text("damaged")
    assert check_of(machine_checks(settings), "Secret key").outcome is Outcome.FAIL


def test_the_command_says_what_to_do_and_ends_with_one_when_something_fails(operator: Operator) -> None:
    data_dir = str(operator.data_dir)
    well = operator.command("doctor", "--data-dir", data_dir, "--port", str(free_port()), COLUMNS="150").ended()
    assert well.code == 0, well.out
    assert "none yet: the first start makes it" in well.out
    assert not operator.data_dir.exists()

    gone = {
        "DATABASE_URL": "postgresql://earnest_app:secret-word@127.0.0.1:1/earnest",
        "EARNEST_SECRET_KEY": SECRET_KEY,
    }
    failing = operator.command("doctor", "--json", "--port", str(free_port()), **gone).ended()
    assert failing.code == 1
    checks = {check["subject"]: check for check in json.loads(failing.out)}
    assert checks["Application role"]["outcome"] == "fail"
    assert checks["Application role"]["advice"]
    assert "secret-word" not in failing.out + failing.err
