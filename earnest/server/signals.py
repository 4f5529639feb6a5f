"""Ctrl-C and SIGTERM: while the program starts they unwind it, while it serves they end the serving, then they are over."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequestedError(KeyboardInterrupt):
    """Raised in the main thread. A KeyboardInterrupt, because event loops and libraries let that one pass."""


@contextmanager
def stop_signals() -> Iterator[None]:
    """The first stop signal ends this block, with StopRequestedError inside it; cleaning up after it is not disturbed."""
    previous = [signal.signal(number, _raise) for number in STOP_SIGNALS]
    try:
        yield
    except StopRequestedError:
        # Asked for, so nothing went wrong.
        pass
    finally:
        for number, handler in zip(STOP_SIGNALS, previous, strict=True):
            signal.signal(number, handler)


def ignore_further() -> None:
    """The program ends anyway. Handled, not ignored: children would inherit that."""
    for number in STOP_SIGNALS:
        signal.signal(number, _do_nothing)


@contextmanager
def stop_signals_in_loop(stop: Callable[[], None]) -> Iterator[None]:
    """While this block of the running event loop lasts, each stop signal calls `stop`; from then on they do nothing."""
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)
        ignore_further()


def _raise(number: int, frame: FrameType | None) -> None:
    ignore_further()
    raise StopRequestedError


def _do_nothing(number: int, frame: FrameType | None) -> None:
    pass
