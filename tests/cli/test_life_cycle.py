"""Starting, stopping, being killed: with a small application and a real PostgreSQL."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from earnest.core.db.data_directory import SHARED_FOLDER
from earnest.core.db.embedded import EmbeddedPostgres
from earnest.server.workers import LIFE_SECONDS_MIN
from tests.cli.conftest import Answer, Operator, Server
from tests.cli.small_application import SLOW_BEGUN
from tests.support.waiting import wait_until

SECOND_START_SECONDS_MAX = 5.0
RESTARTS_MAX = 5


def test_what_was_stored_is_there_after_a_restart_within_five_seconds(operator: Operator) -> None:
    settings = operator.settings()
    server = operator.started(settings)
    assert server.call("POST", "/notes").status == 200
    started_s: list[float] = []
    # The fastest of some: what else the machine is busy with is not the server's.
    while (
        len(started_s) < RESTARTS_MAX and min(started_s, default=SECOND_START_SECONDS_MAX) >= SECOND_START_SECONDS_MAX
    ):
        server.send(signal.SIGTERM)
        assert server.ended().code == 0
        server = operator.start(settings)
        started_s.append(server.wait_until_ready())
        assert server.call("GET", "/notes").body == "1"
    assert min(started_s) < SECOND_START_SECONDS_MAX


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGTERM, 1), (signal.SIGINT, 2)], ids=["SIGTERM", "SIGINT-workers"]
)
def test_a_stop_signal_lets_the_running_request_finish_and_leaves_no_process(
    operator: Operator, number: signal.Signals, workers: int
) -> None:
    server = operator.started(operator.settings(workers=workers))
    postgres_pid = server.postgres.pid
    assert postgres_pid is not None
    answers: list[Answer] = []
    asking = threading.Thread(target=lambda: answers.append(server.call("GET", "/slow")))
    # Connections that ask nothing must not delay the end.
    with idle_connection(server), half_a_request(server):
        asking.start()
        wait_until((operator.data_dir / SLOW_BEGUN).exists)
        server.send(number)
        ended = server.ended()
    asking.join()

    assert answers == [Answer(200, "42")]
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert not server.postgres.is_running
    assert not is_alive(postgres_pid)
    assert processes_with(str(operator.data_dir)) == []


@pytest.mark.parametrize("moment", ["passwords.json", "postgres/postmaster.pid"])
def test_a_signal_during_the_first_start_ends_it_and_leaves_no_process(operator: Operator, moment: str) -> None:
    settings = operator.settings()
    server = operator.command("serve", "--port", str(settings.port), "--data-dir", str(operator.data_dir))
    wait_until((operator.data_dir / moment).exists)
    server.send(signal.SIGINT)
    ended = server.ended()

    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert processes_with(str(operator.data_dir)) == []
    assert operator.started(settings).call("GET", "/notes").body == "0"


@pytest.mark.parametrize(
    ("workers", "with_postgres"), [(1, False), (2, True)], ids=["server", "supervisor-and-postgresql"]
)
def test_a_server_killed_under_load_starts_again_and_has_every_acknowledged_row(
    operator: Operator, workers: int, with_postgres: bool
) -> None:
    settings = operator.settings(workers=workers)
    server = operator.started(settings)
    load = Load(server)
    wait_until(lambda: load.acknowledged > 100)
    postgres_pid = server.postgres.pid
    assert postgres_pid is not None
    server.send(signal.SIGKILL)
    if with_postgres:
        os.kill(postgres_pid, signal.SIGKILL)
    server.ended()
    load.join()

    again = operator.started(settings)
    stored = int(again.call("GET", "/notes").body)
    assert load.acknowledged <= stored <= load.acknowledged + load.CLIENTS


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_whose_postgresql_was_killed_ends_with_the_reason(operator: Operator, workers: int) -> None:
    settings = operator.settings(workers=workers)
    server = operator.started(settings)
    assert server.call("POST", "/notes").status == 200
    postgres_pid = server.postgres.pid
    assert postgres_pid is not None
    ready_s = time.monotonic()
    # Younger than that, a worker that ends first would be blamed: it says only that its reason is above.
    wait_until(lambda: time.monotonic() - ready_s > LIFE_SECONDS_MIN)
    os.kill(postgres_pid, signal.SIGKILL)
    ended = server.ended()
    assert ended.code == 1
    # Around it, the library of the pool logs that it tries to connect.
    assert "earnest: The embedded PostgreSQL has ended, and the server with it" in ended.err, ended.err

    assert operator.started(settings).call("GET", "/notes").body == "1"


def test_a_worker_that_dies_is_replaced(operator: Operator) -> None:
    server = operator.started(operator.settings(workers=2))
    ready_s = time.monotonic()
    before = set(children_of(server.pid))
    # Younger than that, a dying worker would end the server: see the next test.
    wait_until(lambda: time.monotonic() - ready_s > LIFE_SECONDS_MIN)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)

    wait_until(lambda: len(children_of(server.pid)) == 2 and victim not in children_of(server.pid))
    assert [server.call("GET", "/notes").status for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("workers", [1, 2])
def test_an_application_that_cannot_be_built_ends_the_server_and_its_database(operator: Operator, workers: int) -> None:
    ended = operator.start(operator.settings(workers=workers), "create_broken_app").ended()

    assert ended.code != 0
    assert "this application cannot be built" in ended.err
    assert processes_with(str(operator.data_dir)) == []


def test_a_taken_port_is_named_before_a_database_is_made(operator: Operator) -> None:
    settings = operator.settings()
    with socket.create_server((settings.host, settings.port)):
        ended = operator.start(settings).ended()

    assert ended.code == 1
    assert f"Port {settings.port} of 127.0.0.1 is taken" in ended.err
    assert "Traceback" not in ended.err
    assert not (operator.data_dir / "postgres").exists()


def test_a_second_server_on_the_same_data_directory_ends_and_leaves_the_first_alone(operator: Operator) -> None:
    first = operator.started(operator.settings())
    ended = operator.start(operator.settings()).ended()

    assert ended.code == 1
    assert f"Another Earnest (process {first.pid}) uses the data directory {operator.data_dir}" in ended.err
    assert "Traceback" not in ended.err
    assert first.call("POST", "/notes").status == 200


def test_a_process_that_has_the_number_of_a_dead_postmaster_is_left_alone(operator: Operator) -> None:
    settings = operator.settings()
    server = operator.started(settings)
    postgres_pid = server.postgres.pid
    assert postgres_pid is not None
    for pid in (server.pid, postgres_pid):
        os.kill(pid, signal.SIGKILL)
    server.ended()
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        pid_file = server.postgres.cluster / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")

        assert operator.started(settings).call("GET", "/notes").body == "0"
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_data_directory_that_postgresql_cannot_enter_gets_its_database_where_it_can(
    operator: Operator, folder: Path
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    settings = operator.settings(data_dir=str(closed / "data"))
    first = operator.started(settings)
    assert first.call("POST", "/notes").status == 200
    home = first.postgres.directory.home()
    first.send(signal.SIGTERM)
    ended = first.ended()
    if os.geteuid() == 0:
        # PostgreSQL runs as another user than root, who may not pass through the folder.
        assert home.parent == SHARED_FOLDER
        assert f"the database is kept in {home}" in ended.err
        assert home.stat().st_uid != 0
    else:
        assert home == settings.data_path
    assert ended.code == 0

    second = operator.started(settings)
    assert second.postgres.directory.home() == home
    assert second.call("GET", "/notes").body == "1"


def test_a_path_too_long_for_a_socket_gets_a_short_one_that_is_remembered(operator: Operator, folder: Path) -> None:
    settings = operator.settings(data_dir=str(folder / ("long" * 30) / "data"))
    places = []
    for _ in range(2):
        server = operator.started(settings)
        places.append(Path(server.postgres.directory.place().socket_folder))
        server.send(signal.SIGTERM)
        assert server.ended().code == 0

    assert places[0] == places[1]
    assert places[0].stat().st_mode & 0o777 == 0o700


def test_binaries_that_postgresql_cannot_enter_are_copied_once_to_where_it_can(folder: Path) -> None:
    from earnest.core.db import binaries

    wheel = binaries.find_binaries("", None, folder / "unused")
    package = wheel.folder.parent.parent
    closed = folder / "closed"
    shutil.copytree(package / "pginstall", closed / package.name / "pginstall", symlinks=True)
    if (libraries := package.with_name(f"{package.name}.libs")).is_dir():
        shutil.copytree(libraries, closed / libraries.name)
    there = binaries.Binaries(closed / package.name / "pginstall" / "bin", wheel.version)
    closed.chmod(0o700)

    copies = [binaries.copied(there, folder / "shared") for _ in range(2)]

    assert copies[0] == copies[1]
    assert [path.name for path in (folder / "shared").iterdir()] == [f"postgresql-{wheel.version}"]
    with EmbeddedPostgres(folder / "data", postgres_bin=str(copies[0].folder)) as postgres:
        assert postgres.is_running


class Load:
    """Clients that post notes until the server is gone."""

    CLIENTS = 8

    def __init__(self, server: Server) -> None:
        self._server = server
        self._counts = [0] * self.CLIENTS
        self._threads = [threading.Thread(target=self._post, args=(index,)) for index in range(self.CLIENTS)]
        for thread in self._threads:
            thread.start()

    @property
    def acknowledged(self) -> int:
        return sum(self._counts)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _post(self, index: int) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                if self._server.call("POST", "/notes").status == 200:
                    self._counts[index] += 1


@contextlib.contextmanager
def idle_connection(server: Server):  # type: ignore[no-untyped-def]
    with socket.create_connection((server.settings.host, server.settings.port)) as connection:
        yield connection


@contextlib.contextmanager
def half_a_request(server: Server):  # type: ignore[no-untyped-def]
    with socket.create_connection((server.settings.host, server.settings.port)) as connection:
        connection.sendall(b"GET /notes HTTP/1.1\r\nHost")
        yield connection


def is_alive(pid: int) -> bool:
    """A process that has ended and waits to be collected is not alive."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.strip().startswith("Z")


def processes_with(text: str) -> list[str]:
    shown = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if text in line]


def children_of(pid: int) -> list[int]:
    shown = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in shown.split()]
