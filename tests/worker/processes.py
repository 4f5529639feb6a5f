"""A worker as an operator starts it: a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from earnest.core.db.embedded import DatabaseUrls
from tests.worker.conftest import SECRET_KEY

END_SECONDS_MAX = 120.0


def environment(urls: DatabaseUrls, **more: str) -> dict[str, str]:
    """What a command of Earnest is told on the test's database."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("EARNEST_", "DATABASE_"))}
    return clean | {
        "DATABASE_URL": urls.app,
        "DATABASE_ADMIN_URL": urls.owner,
        "EARNEST_SECRET_KEY": SECRET_KEY,
        "EARNEST_TEST_CLOCK": "1",
        "EARNEST_WEBHOOK_ALLOW_PRIVATE": "1",
        "EARNEST_LOG_FORMAT": "json",
        "COLUMNS": "200",
        **more,
    }


class WorkerProcess:
    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        return self._process.wait(END_SECONDS_MAX)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None


@contextmanager
def worker_process(urls: DatabaseUrls, folder: Path, **more: str) -> Iterator[WorkerProcess]:
    """`earnest worker`; killed at the end if it still runs."""
    log = folder / "worker.log"
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "earnest.cli", "worker"],
            env=environment(urls, **more),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield WorkerProcess(process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def earnest(urls: DatabaseUrls, folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "earnest.cli", *arguments],
        env=environment(urls, **more),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
    )
