"""A server with an embedded database that a test starts and stops as an operator does."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.cli.conftest import Operator, Program, free_port
from tests.support.shop import Member, points_of, register, sell
from tests.support.till import Till
from tests.support.waiting import wait_until

START_SECONDS_MAX = 180.0


class Running:
    """A server that is ready."""

    def __init__(self, program: Program, port: int, data_dir: Path, http: httpx.Client) -> None:
        self._program = program
        self._http = http
        self.port = port
        self.data_dir = data_dir

    def till(self, username: str, password: str) -> Till:
        return Till(self._http, username, password)

    @property
    def demo_till(self) -> Till:
        return self.till("demo.till.1", "demo-till")

    def stop(self) -> str:
        """What it wrote to standard error."""
        self._program.send(signal.SIGTERM)
        ended = self._program.ended()
        assert ended.code == 0, ended.err
        return ended.err


@contextmanager
def running(operator: Operator, *arguments: str, data_dir: Path, **environment: str) -> Iterator[Running]:
    """`earnest <arguments>` (demo or serve) on this data directory; stopped when the block ends, if it still runs."""
    port = free_port()
    program = operator.command(*arguments, "--port", str(port), "--data-dir", str(data_dir), **environment)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as http:
        server = Running(program, port, data_dir, http)
        _wait_until_ready(program, http)
        try:
            yield server
        finally:
            if program.process.poll() is None:
                server.stop()


def _wait_until_ready(program: Program, http: httpx.Client) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if program.process.poll() is not None:
            raise AssertionError(f"the server ended: {program.ended()}")
        try:
            if http.get("/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError("the server did not become ready")


class Customers:
    """Customers who buy and look at their points again and again until the block ends; each call must succeed."""

    def __init__(self, tills: Sequence[Till]) -> None:
        self._stop = threading.Event()
        self._failures: list[BaseException] = []
        self.bill_ids: list[int] = []
        members = [(till, register(till)) for till in tills]
        self._threads = [threading.Thread(target=self._buy, args=pair) for pair in members]

    def __enter__(self) -> Customers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if raised[0] is None and self._failures:
            raise self._failures[0]

    def wait_for(self, count: int) -> None:
        """Returns when so many more bills have been answered."""
        wanted = len(self.bill_ids) + count
        wait_until(lambda: len(self.bill_ids) >= wanted or self._failures)
        if self._failures:
            raise self._failures[0]

    def _buy(self, till: Till, member: Member) -> None:
        try:
            while not self._stop.is_set():
                self.bill_ids.append(sell(till, member, 100).id)
                points_of(till, member)
        except BaseException as error:
            self._failures.append(error)
