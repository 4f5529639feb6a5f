"""A real server as a process of its own, on the test's database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from earnest.core.db.embedded import DatabaseUrls

START_SECONDS_MAX = 180.0
STOP_SECONDS_MAX = 120.0
# Long and odd enough to be found in a log that it must not reach.
ADMIN_KEY = "key-of-the-administrator-7f3a9c51d2"


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """`owner_url` and `app_url` lead to its database as the two roles; `log_path` holds what it printed."""

    base_url: str
    owner_url: str
    app_url: str
    log_path: Path
    pid: int
    admin_key: str = ADMIN_KEY

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")


@contextmanager
def running_server(
    urls: DatabaseUrls, log_path: Path, *, test_clock: bool = True, more: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """`earnest serve` on a free port, ready to answer; stopped with SIGTERM when the block ends. `more` are variables of
    its environment."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EARNEST_", "DATABASE_"))}
    environment |= {
        "DATABASE_URL": urls.app,
        "DATABASE_ADMIN_URL": urls.owner,
        "EARNEST_TEST_CLOCK": "1" if test_clock else "0",
        "EARNEST_LOG_FORMAT": "json",
        "EARNEST_ADMIN_KEY": ADMIN_KEY,
        **(more or {}),
    }
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "earnest.cli", "serve", "--port", str(port)],
            env=environment,
            # Were a data directory made after all, it would lie here and not in the checkout.
            cwd=log_path.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for the tests; they stop the server when they have ended.
            start_new_session=True,
        )
    server = Server(
        base_url=f"http://127.0.0.1:{port}",
        owner_url=urls.owner,
        app_url=urls.app,
        log_path=log_path,
        pid=process.pid,
    )
    try:
        _wait_until_ready(server, process)
        yield server
    finally:
        _stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}:\n{server.log()}")
        try:
            if httpx.get(f"{server.base_url}/health/ready", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"the server was not ready after {START_SECONDS_MAX:.0f} s:\n{server.log()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
