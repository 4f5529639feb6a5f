"""Real processes: a server is started as an operator would start it, in a folder that PostgreSQL's account can enter."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from earnest.core.db.embedded import EmbeddedPostgres
from earnest.settings import Settings

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
START_SECONDS_MAX = 180.0
END_SECONDS_MAX = 120.0


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: str


class Ended(msgspec.Struct, frozen=True):
    """How a process ended and what it had written."""

    code: int
    out: str
    err: str


class Program:
    """A started process of Earnest."""

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
        # Files, not pipes: a process that outlives its parent would keep a pipe open, and the test waiting.
        self._written = tempfile.TemporaryDirectory(prefix="earnest-test-")
        with self._file("out").open("wb") as out, self._file("err").open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=folder,
                env={**without_settings(os.environ), "PYTHONPATH": f"{PROJECT}{os.pathsep}{HERE}", **environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self) -> Ended:
        """Waits for the end."""
        code = self.process.wait(END_SECONDS_MAX)
        return Ended(code, self._file("out").read_text(), self._file("err").read_text())

    def _file(self, name: str) -> Path:
        return Path(self._written.name) / name

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(END_SECONDS_MAX)


class Server(Program):
    """A server of the small application."""

    def __init__(
        self, settings: Settings, factory: str = "create_app", environment: dict[str, str] | None = None
    ) -> None:
        self.settings = settings
        super().__init__(
            [str(HERE / "small_application.py"), settings.to_json().decode(), factory],
            environment or {},
            Path(tempfile.gettempdir()),
        )

    @property
    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.settings.data_path)

    def call(self, method: str, path: str) -> Answer:
        connection = http.client.HTTPConnection(self.settings.host, self.settings.port, timeout=60)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode())
        finally:
            connection.close()

    def wait_until_ready(self) -> float:
        """Seconds from now until it is ready."""
        started = time.monotonic()
        while time.monotonic() - started < START_SECONDS_MAX:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended: {self.ended()}")
            try:
                if self.call("GET", "/health/ready").status == 200:
                    return time.monotonic() - started
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError("the server did not become ready")


class Operator:
    """Starts programs, and ends what is still running when the test is over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self._programs: list[Program] = []
        self._data_dirs: set[Path] = set()

    def settings(self, **changes: str | int) -> Settings:
        settings = Settings(port=free_port(), data_dir=str(self.data_dir))
        return msgspec.structs.replace(settings, **changes)

    def start(self, settings: Settings, factory: str = "create_app", **environment: str) -> Server:
        server = Server(settings, factory, environment)
        self._keep(server, settings.data_path)
        return server

    def started(self, settings: Settings) -> Server:
        server = self.start(settings)
        server.wait_until_ready()
        return server

    def command(self, *arguments: str, **environment: str) -> Program:
        program = Program(["-m", "earnest.cli", *arguments], environment, self.folder)
        self._keep(program, self.data_dir)
        return program

    def end(self) -> None:
        for program in self._programs:
            program.kill()
        for data_dir in self._data_dirs:
            EmbeddedPostgres(data_dir).remove()

    def _keep(self, program: Program, data_dir: Path) -> None:
        self._programs.append(program)
        self._data_dirs.add(data_dir)


def without_settings(environ: os._Environ[str]) -> dict[str, str]:
    """The environment as it is on a machine where nothing of Earnest is set."""
    return {name: value for name, value in environ.items() if not name.startswith(("EARNEST_", "DATABASE_", "PG"))}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="earnest-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def operator(folder: Path) -> Iterator[Operator]:
    operator = Operator(folder)
    yield operator
    operator.end()


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL for the tests of a module."""
    path = Path(tempfile.mkdtemp(prefix="earnest-test-"))
    path.chmod(0o755)
    with EmbeddedPostgres(path / "data") as running:
        yield running
    shutil.rmtree(path)
