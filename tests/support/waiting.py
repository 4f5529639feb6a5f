"""Waiting for a condition, with a deadline that only a fault reaches: other tests and a busy machine must not make one fail."""

from __future__ import annotations

import time
from collections.abc import Callable

DEADLINE_SECONDS = 180.0
PAUSE_SECONDS = 0.02


def wait_until(condition: Callable[[], object], what: str | Callable[[], str] = "it did not happen") -> None:
    """Returns when `condition` holds. AssertionError with `what` (asked for then) when it does not come to that."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() >= deadline:
            raise AssertionError(what if isinstance(what, str) else what())
        time.sleep(PAUSE_SECONDS)
