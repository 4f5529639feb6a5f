"""The migrations runner, on folders of its own."""

from __future__ import annotations

import itertools
import multiprocessing
from pathlib import Path

import psycopg
import pytest

from earnest.core.db.embedded import MAINTENANCE_DATABASE, DatabaseUrls, EmbeddedPostgres
from earnest.core.db.migrate import check_up_to_date, migrate, read_status
from earnest.core.operator_error import OperatorError

NUMBERS = itertools.count()

MEMBERS = """\
-- Semicolons in comments; and in strings, and in functions, end nothing.
CREATE TABLE member (id int PRIMARY KEY, note text NOT NULL DEFAULT 'a;b 100%');
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
    -- a comment; inside
    RETURN n * 2;
END $$;
DO $$ BEGIN PERFORM twice(1); END $$;
SELECT twice(2);
"""
ADDS_ONE = "INSERT INTO member (id) SELECT count(*) + 1 FROM member;\n"


@pytest.fixture
def urls(postgres: EmbeddedPostgres) -> DatabaseUrls:
    """An empty database of the owner."""
    name = f"migrations_{next(NUMBERS)}"
    with psycopg.connect(postgres.urls(MAINTENANCE_DATABASE).superuser, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" OWNER earnest_owner TEMPLATE template0')
    return postgres.urls(name)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write(tmp_path, "0001_members", MEMBERS)
    write(tmp_path, "0002_first_member", ADDS_ONE)
    return tmp_path


def test_migrations_are_applied_in_order_and_once(urls: DatabaseUrls, files: Path) -> None:
    assert migrate(urls.owner, files) == ["0001_members", "0002_first_member"]
    assert migrate(urls.owner, files) == []
    assert members(urls) == [(1, "a;b 100%")]

    write(files, "0003_second_member", ADDS_ONE)
    assert migrate(urls.owner, files) == ["0003_second_member"]
    assert len(members(urls)) == 2


def test_migrations_print_nothing(urls: DatabaseUrls, files: Path, capfd: pytest.CaptureFixture[str]) -> None:
    migrate(urls.owner, files)
    assert capfd.readouterr() == ("", "")


def test_processes_that_migrate_at_once_apply_each_file_once(urls: DatabaseUrls, files: Path) -> None:
    write(files, "0003_slow", "SELECT pg_sleep(0.3);\n" + ADDS_ONE)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        applied = pool.starmap(migrate, [(urls.owner, files)] * 4, chunksize=1)

    assert sorted(applied, key=len) == [[], [], [], ["0001_members", "0002_first_member", "0003_slow"]]
    assert len(members(urls)) == 2


def test_a_file_that_fails_changes_nothing_and_those_before_it_stay(urls: DatabaseUrls, files: Path) -> None:
    write(files, "0003_wrong", ADDS_ONE + "SELECT 1 / 0;\n")
    with pytest.raises(OperatorError, match=r"0003_wrong failed and was undone: division by zero"):
        migrate(urls.owner, files)

    assert len(members(urls)) == 1
    assert read_status(urls.owner, files).pending == ("0003_wrong",)
    write(files, "0003_wrong", ADDS_ONE)
    assert migrate(urls.owner, files) == ["0003_wrong"]


def test_a_process_killed_in_a_migration_leaves_it_to_the_next(urls: DatabaseUrls, files: Path) -> None:
    write(files, "0003_slow", ADDS_ONE + "SELECT pg_sleep(60);\n")
    process = multiprocessing.get_context("spawn").Process(target=migrate, args=(urls.owner, files))
    process.start()
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        while not (sleeping := connection.execute(query).fetchall()):
            assert process.is_alive()
        process.kill()
        process.join()
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", sleeping[0])

    write(files, "0003_slow", ADDS_ONE)
    assert migrate(urls.owner, files) == ["0003_slow"]
    assert len(members(urls)) == 2


def test_a_database_of_a_newer_version_is_refused(urls: DatabaseUrls, files: Path) -> None:
    migrate(urls.owner, files)
    (files / "0002_first_member.sql").unlink()

    for attempt in (migrate, check_up_to_date):
        with pytest.raises(OperatorError, match="newer than this Earnest: it has the migration 0002_first_member"):
            attempt(urls.owner, files)
    assert len(members(urls)) == 1


def test_a_file_with_a_number_below_an_applied_one_is_refused(urls: DatabaseUrls, files: Path) -> None:
    (files / "0001_members.sql").rename(files / "0005_members.sql")
    (files / "0002_first_member.sql").unlink()
    migrate(urls.owner, files)
    write(files, "0004_late", ADDS_ONE)

    with pytest.raises(OperatorError, match="0004_late comes before 0005_members"):
        migrate(urls.owner, files)
    assert members(urls) == []


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("3_third", "not named like"), ("0003_Third", "not named like"), ("0002_other", "have the same number")],
)
def test_a_file_with_a_wrong_name_is_refused(urls: DatabaseUrls, files: Path, name: str, complaint: str) -> None:
    write(files, name, ADDS_ONE)
    with pytest.raises(OperatorError, match=complaint):
        migrate(urls.owner, files)


def test_the_application_sees_whether_the_database_fits_it(urls: DatabaseUrls, files: Path) -> None:
    migrate(urls.owner, files)
    check_up_to_date(urls.app, files)

    write(files, "0003_second_member", ADDS_ONE)
    with pytest.raises(OperatorError, match="lacks 1 migrations, from 0003_second_member on"):
        check_up_to_date(urls.app, files)


def write(folder: Path, name: str, sql: str) -> None:
    (folder / f"{name}.sql").write_text(sql)


def members(urls: DatabaseUrls) -> list[tuple[int, str]]:
    with psycopg.connect(urls.owner) as connection:
        return connection.execute("SELECT id, note FROM member ORDER BY id").fetchall()
