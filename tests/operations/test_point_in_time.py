"""Back to a moment of the past with the embedded PostgreSQL, step by step as docs/operations.md says."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from earnest.core.db.embedded import EmbeddedPostgres
from tests.cli.conftest import Operator
from tests.operations.running import Running, running
from tests.support.shop import points_of, register, sell
from tests.support.waiting import wait_until

pytestmark = pytest.mark.long


def environment_of(operator: Operator, data_dir: Path) -> dict[str, str]:
    """What `eval "$(earnest db env --superuser)"` makes of a shell."""
    printed = operator.command("db", "env", "--superuser", "--data-dir", str(data_dir)).ended()
    assert printed.code == 0, printed.err
    shell = subprocess.run(
        ["/bin/sh", "-c", f"{printed.out}\nenv -0"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(line.split("=", 1) for line in shell.stdout.split("\0") if "=" in line)


def psql(environment: dict[str, str], *statements: str) -> str:
    arguments = [word for statement in statements for word in ("-c", statement)]
    done = subprocess.run(["psql", "-qAt", *arguments], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def archived(server: Running, archive: Path) -> None:
    """Returns when what has been committed until now is in the archive."""
    with psycopg.connect(EmbeddedPostgres(server.data_dir).urls().superuser, autocommit=True) as connection:
        name = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    assert name is not None
    wait_until(lambda: (archive / str(name[0])).exists())


def test_a_data_directory_goes_back_to_the_moment_before_a_mistake(operator: Operator, folder: Path) -> None:
    original, archive, base, recovered = (folder / name for name in ("original", "wal", "base", "recovered"))
    archive.mkdir()
    with running(operator, "demo", "--no-tour", data_dir=original):
        environment = environment_of(operator, original)
        assert psql(environment, "SELECT current_user") == "postgres"
        psql(
            environment,
            "ALTER SYSTEM SET archive_mode = on",
            f"ALTER SYSTEM SET archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'",
        )
    owner = (original / "postgres").stat()
    os.chown(archive, owner.st_uid, owner.st_gid)

    with running(operator, "serve", data_dir=original) as server:
        subprocess.run(["pg_basebackup", "--pgdata", str(base), "--checkpoint=fast"], env=environment, check=True)
        member = register(server.demo_till)
        sell(server.demo_till, member, 1_000)
        points = points_of(server.demo_till, member)
        time.sleep(1)
        moment = datetime.now(UTC)
        time.sleep(1)
        sell(server.demo_till, member, 5_000)
        assert points_of(server.demo_till, member) > points
        archived(server, archive)

    recovered.mkdir()
    recovered.chmod(0o755)
    shutil.copytree(base, recovered / "postgres")
    for name in ("passwords.json", "secret.key"):
        shutil.copy(original / name, recovered)
    (recovered / "postgres" / "recovery.signal").touch()
    with (recovered / "postgres" / "postgresql.auto.conf").open("a") as configuration:
        configuration.write(
            "archive_mode = off\n"
            f"restore_command = 'cp {archive}/%f %p'\n"
            f"recovery_target_time = '{moment.isoformat()}'\n"
            "recovery_target_action = promote\n"
        )
    with running(operator, "serve", data_dir=recovered) as server:
        assert points_of(server.demo_till, member) == points
        sell(server.demo_till, member, 1_000)
        assert operator.command("reconcile", "--data-dir", str(recovered)).ended().code == 0
