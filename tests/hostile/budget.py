"""How much is sent: the same, whether ten endpoints or five hundred share it, and all of it under `long`."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def share(total: int, among: int, *, at_least: int) -> int:
    """The part of one endpoint, when `among` endpoints share `total` calls."""
    return max(total // max(among, 1), at_least)


def some(values: Iterable[T], count: int, *, seed: str) -> list[T]:
    """At most `count` of the values, always the same ones for one seed."""
    known = list(values)
    return known if len(known) <= count else random.Random(seed).sample(known, count)
