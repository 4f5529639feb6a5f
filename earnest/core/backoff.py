"""When to try again: exponential, bounded, and spread so that those who failed together do not come back together."""

from __future__ import annotations

from datetime import timedelta

import msgspec


class Backoff(msgspec.Struct, frozen=True, kw_only=True):
    """`attempts_max` attempts in all. After the n-th the delay is `first` doubled n - 1 times, at most `longest`, and up to
    `spread` of it more."""

    first: timedelta
    longest: timedelta
    attempts_max: int
    spread: float = 0.25

    def is_last(self, attempts: int) -> bool:
        """Whether nothing follows after so many attempts."""
        return attempts >= self.attempts_max

    def delay(self, attempts: int, chance: float) -> timedelta:
        """The delay after so many attempts (from 1). `chance` is a random number of [0, 1)."""
        doublings = min(attempts - 1, 40)
        # Compared as numbers: 2^40 days are no timedelta any more.
        seconds = min(self.first.total_seconds() * 2**doublings, self.longest.total_seconds())
        return timedelta(seconds=seconds * (1 + self.spread * chance))
