"""The Earnest server under test: the command that a user types, as a process of its own on 127.0.0.1."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
# The command of this checkout and of this Python, whether or not it is installed.
EARNEST = (sys.executable, "-m", "earnest.cli")
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 30.0
POLL_SECONDS = 0.01


class ServerError(Exception):
    """The server did not come up; the message holds the end of its log."""


class Server:
    """`with Server(…) as server:` starts `earnest serve` and waits for /health/ready; the end stops it with SIGTERM.

    `environment` says which database it serves (DATABASE_URL and DATABASE_ADMIN_URL, or EARNEST_DATA_DIR).
    `start_seconds` is the time from the start of the process to the first ready answer.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.start_seconds = 0.0

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def __enter__(self) -> Self:
        started = time.perf_counter()
        command = [*EARNEST, "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            while not self._is_ready():
                if self._process.poll() is not None:
                    raise ServerError(f"the server ended with {self._process.returncode}:\n{self._log_end()}")
                if time.perf_counter() - started > READY_SECONDS_MAX:
                    raise ServerError(f"not ready after {READY_SECONDS_MAX:.0f} s:\n{self._log_end()}")
                time.sleep(POLL_SECONDS)
        except BaseException:
            self.stop()
            raise
        self.start_seconds = time.perf_counter() - started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL to one that does not end."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _log_end(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
