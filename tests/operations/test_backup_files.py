"""What a backup holds, what is refused, and what a restored database is, on databases beside each other."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import pytest

from earnest.backup.archive import Archive, DumpFile, Manifest, new_archive
from earnest.backup.restoring import ID_GAP, restore_backup
from earnest.backup.taking import check_archive, take_backup
from earnest.backup.tools import Tools
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.migrate import MIGRATIONS, RESTORE_UNFINISHED, check_up_to_date, extend_partitions, migrate
from earnest.core.operator_error import OperatorError
from earnest.demo.seed import seed
from earnest.reconcile import reconcile
from tests.operations.databases import empty_database
from tests.support.blocking import finish
from tests.support.throwaway import throwaway_database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def silent(message: str) -> None:
    pass


@pytest.fixture(scope="module")
def tools() -> Tools:
    return Tools("")


@pytest.fixture(scope="module")
def original(database: DatabaseUrls) -> Iterator[DatabaseUrls]:
    """A database with the two organisations of the demo and a webhook."""
    with throwaway_database(database) as urls:
        seed(urls.owner)
        with psycopg.connect(urls.owner) as connection:
            connection.execute(
                "INSERT INTO webhook_subscription (org_id, id, url, event_names, secret, connections_max, created_at, changed_at)"
                " VALUES (100, 1, 'https://example.com/', '{}', 'sealed', 1, now(), now())"
            )
            connection.execute("SELECT nextval('id_bill') FROM generate_series(1, 7)")
        yield urls


@pytest.fixture(scope="module")
def taken(original: DatabaseUrls, tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    file = tmp_path_factory.mktemp("backups") / "one.tar"
    return take_backup(original.owner, file, tools, now=NOW, secret_key="of-the-key", report=silent)


def changed(archive: Archive, path: Path, tools: Tools, change: Callable[[Manifest], Manifest]) -> Archive:
    """The same dump under another manifest."""

    def describe(dump: DumpFile) -> Manifest:
        return change(archive.manifest)

    with new_archive(path) as write:
        write(archive.chunks(), describe)
    return Archive(path)


def test_the_file_is_a_tar_archive_that_only_its_owner_reads_and_says_what_it_holds(
    taken: Archive, original: DatabaseUrls
) -> None:
    assert taken.path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(taken.path) as tar:
        assert tar.getnames() == ["database.dump", "manifest.json"]
    manifest = taken.manifest
    assert (manifest.at, manifest.organizations, manifest.secret_key) == (NOW, 2, "of-the-key")
    assert list(manifest.migrations) == [file.stem for file in sorted(MIGRATIONS.glob("*.sql"))]
    with psycopg.connect(original.owner) as connection:
        tills = connection.execute("SELECT count(*) FROM credential").fetchone()
    rows = {table.name: table.rows for table in manifest.tables}
    assert tills == (rows["credential"],)
    assert rows["credential"] > 0
    assert manifest.sequences["id_bill"] == 601
    assert [file.name for file in taken.path.parent.iterdir()] == [taken.path.name]


def test_a_restored_database_has_every_row_and_right_and_gives_ids_beyond_the_old_ones(
    database: DatabaseUrls, original: DatabaseUrls, taken: Archive, tools: Tools, tmp_path: Path
) -> None:
    with empty_database(database) as copy:
        restore_backup(taken, copy.owner, tools, scratch=tmp_path, report=silent)

        check_up_to_date(copy.app)
        assert finish(reconcile(copy.owner)) == []
        assert rights_of(copy) == rights_of(original)
        with psycopg.connect(copy.app) as connection:
            # The policies are there: without an organisation nothing is seen.
            assert connection.execute("SELECT count(*) FROM credential").fetchone() == (0,)
            connection.execute("SET LOCAL app.org_id = 100")
            assert connection.execute("SELECT count(*) FROM credential").fetchone() == (2,)
            assert connection.execute("SELECT nextval('id_bill')").fetchone() == (601 + ID_GAP + 100,)
        with psycopg.connect(copy.owner) as connection:
            assert connection.execute("SELECT is_active FROM webhook_subscription").fetchall() == [(True,)]
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_older_than_the_programs_gets_the_same(
    database: DatabaseUrls, taken: Archive, tmp_path: Path
) -> None:
    class BesideAnOlderServer(Tools):
        def restore(self, url: str, dump: Path, entries: Path, *, server_version: int, jobs: int = 1) -> None:
            super().restore(url, dump, entries, server_version=15, jobs=jobs)

    with empty_database(database) as copy:
        restore_backup(taken, copy.owner, BesideAnOlderServer(""), scratch=tmp_path, report=silent)
        check_up_to_date(copy.app)
    with empty_database(database) as broken:
        with psycopg.connect(broken.superuser) as connection:
            connection.execute(
                "CREATE FUNCTION make_partitions(timestamptz, int) RETURNS int LANGUAGE sql AS 'SELECT 1'"
            )
        with pytest.raises(OperatorError, match=r'psql failed: .*function "make_partitions" already exists'):
            restore_backup(taken, broken.owner, BesideAnOlderServer(""), scratch=tmp_path, report=silent)


def test_a_copy_beside_the_original_sends_nothing_when_its_webhooks_are_paused(
    database: DatabaseUrls, taken: Archive, tools: Tools, tmp_path: Path
) -> None:
    with empty_database(database) as copy:
        restore_backup(taken, copy.owner, tools, scratch=tmp_path, pause_webhooks=True, report=silent)
        with psycopg.connect(copy.owner) as connection:
            webhooks = connection.execute("SELECT is_active, inactive_reason FROM webhook_subscription").fetchall()
    assert webhooks == [(False, "restored")]


def test_a_database_that_is_not_empty_is_left_alone(
    original: DatabaseUrls, taken: Archive, tools: Tools, tmp_path: Path
) -> None:
    with pytest.raises(OperatorError, match=r"not empty: it has the table .* Nothing is overwritten"):
        restore_backup(taken, original.owner, tools, scratch=tmp_path, report=silent)
    check_up_to_date(original.app)


def test_a_file_that_exists_is_left_alone(original: DatabaseUrls, tools: Tools, tmp_path: Path) -> None:
    file = tmp_path / "mine.tar"
    file.write_text("mine")
    with pytest.raises(OperatorError, match="exists: nothing is overwritten"):
        take_backup(original.owner, file, tools, now=NOW, secret_key="", report=silent)
    assert file.read_text() == "mine"


def test_a_database_without_tables_of_earnest_is_no_backup(
    database: DatabaseUrls, tools: Tools, tmp_path: Path
) -> None:
    with empty_database(database) as nothing, pytest.raises(OperatorError, match="nothing to back up"):
        take_backup(nothing.owner, tmp_path / "nothing.tar", tools, now=NOW, secret_key="", report=silent)
    assert list(tmp_path.iterdir()) == []


def test_a_backup_that_fails_half_way_leaves_no_file(original: DatabaseUrls, tools: Tools, tmp_path: Path) -> None:
    class Failing(Tools):
        def dump(self, url: str, snapshot: str) -> Iterator[bytes]:
            yield next(super().dump(url, snapshot))
            raise OperatorError("the disk went away")

    with pytest.raises(OperatorError, match="the disk went away"):
        take_backup(original.owner, tmp_path / "half.tar", Failing(""), now=NOW, secret_key="", report=silent)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", [0.2, 0.6, 0.95])
def test_a_changed_byte_is_noticed(taken: Archive, tools: Tools, tmp_path: Path, place: float) -> None:
    content = bytearray(taken.path.read_bytes())
    position = 512 + int(taken.manifest.dump.bytes * place)
    content[position] ^= 0xFF
    file = tmp_path / "damaged.tar"
    file.write_bytes(content)
    with pytest.raises(OperatorError, match=r"is damaged|pg_restore failed"):
        check_archive(Archive(file), tools)


def test_a_damaged_file_is_refused_before_anything_is_restored(
    database: DatabaseUrls, taken: Archive, tools: Tools, tmp_path: Path
) -> None:
    content = bytearray(taken.path.read_bytes())
    content[512 + taken.manifest.dump.bytes // 2] ^= 0xFF
    (tmp_path / "damaged.tar").write_bytes(content)
    with empty_database(database) as copy, pytest.raises(OperatorError, match="is damaged"):
        restore_backup(Archive(tmp_path / "damaged.tar"), copy.owner, tools, scratch=tmp_path, report=silent)


@pytest.mark.parametrize("length", [0, 100, 512, 100_000, -20_000])
def test_a_file_that_is_cut_off_is_no_backup(taken: Archive, tmp_path: Path, length: int) -> None:
    file = tmp_path / "cut.tar"
    file.write_bytes(taken.path.read_bytes()[:length])
    with pytest.raises(OperatorError, match="is not a backup of Earnest, or is not whole"):
        Archive(file)


def test_other_files_are_no_backups(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.tar"
    with tarfile.open(foreign, "w") as tar:
        member = tarfile.TarInfo("database.dump")
        tar.addfile(member, io.BytesIO())
    for file in (foreign, tmp_path):
        with pytest.raises(OperatorError):
            Archive(file)
    with pytest.raises(OperatorError, match="cannot be read: No such file"):
        Archive(tmp_path / "nothing.tar")


def test_a_table_that_came_back_differently_is_found_and_no_server_starts_on_it(
    database: DatabaseUrls, taken: Archive, tools: Tools, tmp_path: Path
) -> None:
    def lie(manifest: Manifest) -> Manifest:
        tables = tuple(
            msgspec.structs.replace(table, checksum="1") if table.name == "credential" else table
            for table in manifest.tables
        )
        return msgspec.structs.replace(manifest, tables=tables)

    file = changed(taken, tmp_path / "lie.tar", tools, lie)
    with empty_database(database) as copy:
        with pytest.raises(OperatorError, match="The restored table credential is not that of the backup"):
            restore_backup(file, copy.owner, tools, scratch=tmp_path, report=silent)
        for attempt in (migrate, check_up_to_date):
            with pytest.raises(OperatorError, match="restore into this database did not come to its end"):
                attempt(copy.owner)
        with pytest.raises(OperatorError, match="interrupted: drop the database"):
            restore_backup(taken, copy.owner, tools, scratch=tmp_path, report=silent)
        with psycopg.connect(copy.owner) as connection:
            assert connection.execute(f"SELECT to_regclass('{RESTORE_UNFINISHED}') IS NOT NULL").fetchone() == (True,)


def test_a_backup_of_a_newer_version_is_refused(
    database: DatabaseUrls, taken: Archive, tools: Tools, tmp_path: Path
) -> None:
    def newer(manifest: Manifest) -> Manifest:
        return msgspec.structs.replace(manifest, migrations=(*manifest.migrations, "9999_future"), earnest="99.0")

    file = changed(taken, tmp_path / "newer.tar", tools, newer)
    with (
        empty_database(database) as copy,
        pytest.raises(OperatorError, match=r"newer Earnest \(99.0\): it has the migration 9999_future"),
    ):
        restore_backup(file, copy.owner, tools, scratch=tmp_path, report=silent)


def test_a_backup_of_an_older_version_is_restored_as_it_was_and_migrated(
    database: DatabaseUrls, tools: Tools, tmp_path: Path
) -> None:
    older = tmp_path / "older"
    older.mkdir()
    files = sorted(MIGRATIONS.glob("*.sql"))
    for file in files[:-1]:
        (older / file.name).write_bytes(file.read_bytes())
    with empty_database(database) as then, empty_database(database) as now:
        migrate(then.owner, older)
        archive = take_backup(then.owner, tmp_path / "older.tar", tools, now=NOW, secret_key="", report=silent)
        restore_backup(archive, now.owner, tools, scratch=tmp_path, report=silent)
        assert migrate(now.owner) == [files[-1].stem]
        extend_partitions(now.owner, datetime.now(UTC))
        check_up_to_date(now.app)


def rights_of(urls: DatabaseUrls) -> list[tuple[object, ...]]:
    """Every table, function and sequence with its owner, its rights and its policies."""
    with psycopg.connect(urls.owner) as connection:
        return connection.execute(
            "SELECT c.relname::text, c.relkind::text, pg_get_userbyid(c.relowner)::text, c.relacl::text, c.relrowsecurity,"
            " array_agg(p.polname::text || pg_get_expr(p.polqual, p.polrelid) ORDER BY p.polname) "
            "FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid "
            "WHERE c.relnamespace = 'public'::regnamespace GROUP BY c.oid ORDER BY 1"
        ).fetchall()
