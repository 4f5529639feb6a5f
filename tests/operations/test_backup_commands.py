"""`earnest backup` beside a server under load, and `earnest restore` into a new data directory."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from earnest.cli.backup import backup, restore
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.migrate import check_up_to_date
from earnest.core.operator_error import OperatorError
from tests.cli.conftest import Ended, Operator
from tests.operations.databases import empty_database
from tests.operations.running import Customers, running
from tests.support.shop import Member, points_of, redeem, register, sell
from tests.support.throwaway import throwaway_database


def run(operator: Operator, *arguments: str | Path, **environment: str) -> Ended:
    return operator.command(*map(str, arguments), COLUMNS="200", **environment).ended()


@pytest.fixture
def original(operator: Operator) -> Path:
    return operator.folder / "original"


def test_a_backup_taken_under_load_becomes_a_server_with_the_same_balances(operator: Operator, original: Path) -> None:
    backups, restored = operator.folder / "backups", operator.folder / "restored"
    backups.mkdir()
    with running(operator, "demo", "--no-tour", data_dir=original) as server:
        till = server.demo_till
        balances: dict[Member, Decimal] = {}
        for amount in (1_000, 2_500):
            member = register(till)
            sell(till, member, amount)
            redeem(till, member, 30)
            balances[member] = points_of(till, member)
        with Customers([till, till, till]) as customers:
            customers.wait_for(5)
            before = len(customers.bill_ids)
            taken = run(operator, "backup", backups, "--data-dir", original)
            during = len(customers.bill_ids) - before
            customers.wait_for(5)
        last = max(customers.bill_ids)

    assert taken.code == 0, taken.err
    assert during > 0
    assert "read back and found whole" in taken.out
    assert f"The secret key ({original}/secret.key) is not in it" in taken.err
    (file,) = backups.iterdir()

    made = run(operator, "restore", file, "--data-dir", restored, "--secret-key-file", original / "secret.key")
    assert made.code == 0, made.err
    assert "Restored" in made.out and "2 organisations" in made.out
    assert "Every table is that of the backup" in made.out and "invariants hold" in made.out
    assert (restored / "secret.key").read_text() == (original / "secret.key").read_text()
    assert (restored / "secret.key").stat().st_mode & 0o777 == 0o600

    with running(operator, "serve", data_dir=restored) as server:
        till = server.demo_till
        assert {member: points_of(till, member) for member in balances} == balances
        new = sell(till, next(iter(balances)), 100)
        assert new.id > last


@pytest.fixture
def one_backup(database: DatabaseUrls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of an empty database; with the secret key in `original`. The environment is that of nobody."""
    for name in list(os.environ):
        if name.startswith(("EARNEST_", "DATABASE_")):
            monkeypatch.delenv(name)
    original = folder / "original"
    original.mkdir()
    (original / "secret.key").write_text("the secret key of the original, forty characters\n")
    with throwaway_database(database) as urls, monkeypatch.context() as patch:
        patch.setenv("DATABASE_ADMIN_URL", urls.owner)
        backup(folder / "one.tar", data_dir=original)
    return folder / "one.tar"


def test_what_cannot_be_restored_is_refused_before_anything_is_made(
    one_backup: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, original, other = folder / "new", folder / "original", folder / "other.key"
    other.write_text("the secret key of somebody else, forty characters\n")
    with pytest.raises(OperatorError, match="Give the one of the backup with --secret-key-file or EARNEST_SECRET_KEY"):
        restore(one_backup, data_dir=new)
    with pytest.raises(OperatorError, match=r"other\.key is another secret key than the one of the backup"):
        restore(one_backup, data_dir=new, secret_key_file=other)
    with pytest.raises(OperatorError, match=r"original is not empty .*: nothing is overwritten"):
        restore(one_backup, data_dir=original)
    with pytest.raises(OperatorError, match="is not a backup of Earnest"):
        restore(other, data_dir=new)
    with monkeypatch.context() as patch, pytest.raises(OperatorError, match="EARNEST_SECRET_KEY is another secret key"):
        patch.setenv("EARNEST_SECRET_KEY", "x" * 40)
        restore(one_backup, data_dir=new)
    assert not new.exists()
    assert [file.name for file in original.iterdir()] == ["secret.key"]


def test_a_backup_can_be_checked_alone(one_backup: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    restore(one_backup, data_dir=folder / "new", check=True)
    assert "is whole: 0 organisations" in capsys.readouterr().out
    assert not (folder / "new").exists()


def test_a_lost_secret_key_can_be_done_without(
    one_backup: Path, database: DatabaseUrls, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_database(database) as urls:
        monkeypatch.setenv("DATABASE_ADMIN_URL", urls.owner)
        restore(one_backup, data_dir=folder / "new", without_secret_key=True)
        check_up_to_date(urls.app)
    assert not (folder / "new").exists()


def test_a_restore_that_fails_leaves_nothing_behind(one_backup: Path, folder: Path) -> None:
    content = bytearray(one_backup.read_bytes())
    content[len(content) // 2] ^= 0xFF
    one_backup.write_bytes(content)
    with pytest.raises(OperatorError, match="is damaged"):
        restore(one_backup, data_dir=folder / "new", without_secret_key=True)
    assert not (folder / "new").exists()


def test_a_database_elsewhere_is_filled_when_it_is_empty(
    one_backup: Path, database: DatabaseUrls, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty_database(database) as urls:
        monkeypatch.setenv("DATABASE_ADMIN_URL", urls.owner)
        restore(one_backup, data_dir=folder / "new", secret_key_file=folder / "original" / "secret.key")
        check_up_to_date(urls.app)
        with pytest.raises(OperatorError, match="not empty"):
            restore(one_backup, data_dir=folder / "new")
    assert [file.name for file in (folder / "new").iterdir()] == ["secret.key"]
