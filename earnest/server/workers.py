"""Several serving processes beside one that supervises them and serves nothing itself.

A worker gets its settings on standard input, and the end of that input tells it that the supervisor is gone: an orphan
must not keep the port. Signals reach the supervisor alone.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import time

import msgspec

from earnest.core.operator_error import OperatorError
from earnest.server.listener import Listener
from earnest.server.run import run_in_loop
from earnest.server.serving import DRAIN_SECONDS_MAX, load_application, serve
from earnest.server.signals import stop_signals_in_loop
from earnest.settings import Settings

# A worker that ends sooner than this does not get better by starting it again.
LIFE_SECONDS_MIN = 2.0
STANDARD_INPUT = 0
# Where prometheus_client keeps what all workers count, so that any of them answers for all.
COUNTS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


class Order(msgspec.Struct, frozen=True):
    """What a worker is told."""

    settings: Settings
    target: str
    listener: int


async def supervise(
    settings: Settings, listener: Listener, target: str, stop: asyncio.Event, hurry: asyncio.Event
) -> None:
    """Keeps `settings.workers` processes serving until `stop` is set, replacing one that dies.

    Raises OperatorError when a worker cannot start.
    """
    order = msgspec.json.encode(Order(settings, target, listener.fileno()))
    with tempfile.TemporaryDirectory(prefix="earnest-metrics-") as counts:
        keepers = [
            asyncio.create_task(_keep_one(order, listener, counts, stop, hurry)) for _ in range(settings.workers)
        ]
        try:
            await asyncio.gather(*keepers)
        except BaseException:
            stop.set()
            await asyncio.gather(*keepers, return_exceptions=True)
            raise


async def _keep_one(order: bytes, listener: Listener, counts: str, stop: asyncio.Event, hurry: asyncio.Event) -> None:
    while not stop.is_set():
        started = time.monotonic()
        worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            __name__,
            stdin=asyncio.subprocess.PIPE,
            pass_fds=[listener.fileno()],
            env={**os.environ, COUNTS_VARIABLE: counts},
            # A terminal's Ctrl-C is for the supervisor, which lets the workers finish their requests.
            start_new_session=True,
        )
        assert worker.stdin is not None
        worker.stdin.write(order + b"\n")
        ended, stopping = asyncio.create_task(worker.wait()), asyncio.create_task(stop.wait())
        await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if stop.is_set():
            await _end(worker, ended, hurry)
        elif time.monotonic() - started < LIFE_SECONDS_MIN:
            raise OperatorError(
                f"A worker ended with code {worker.returncode} right after its start; the reason is above."
            )
        else:
            _forget(worker.pid, counts)


async def _end(worker: asyncio.subprocess.Process, ended: asyncio.Task[int], hurry: asyncio.Event) -> None:
    if not ended.done():
        worker.terminate()
    hurrying = asyncio.create_task(hurry.wait())
    await asyncio.wait((ended, hurrying), timeout=DRAIN_SECONDS_MAX + 5, return_when=asyncio.FIRST_COMPLETED)
    hurrying.cancel()
    if not ended.done():
        worker.kill()
    await ended


def _forget(pid: int, counts: str) -> None:
    """What the dead worker counted stays counted; what it was at work on is over."""
    # Imported when one dies: the supervisor does without it.
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, counts)


def _work() -> None:
    """A worker's main function."""
    order = msgspec.json.decode(_read_line(), type=Order)
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    try:
        run_in_loop(_serve(order))
    except OperatorError as error:
        sys.exit(f"earnest: {error}")


def _read_line() -> bytes:
    # Unbuffered: a thread that waits in a buffered read would keep the interpreter from ending.
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(STANDARD_INPUT, 65_536)
        if not part:
            sys.exit(1)
        line += part
    return line


def _end_with_supervisor() -> None:
    while os.read(STANDARD_INPUT, 1):
        pass
    os._exit(1)


async def _serve(order: Order) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()
    with stop_signals_in_loop(stop.set):
        await serve(load_application(order.target, order.settings), order.listener, stop, hurry)


if __name__ == "__main__":
    _work()
