"""The instant of a request. Use cases are handed it and never read a clock themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from earnest.core.errors import ErrorCode

HEADER = "X-Earnest-Now"

CLOCK_DISABLED = ErrorCode(400, f"{HEADER} is only accepted by a server that runs with EARNEST_TEST_CLOCK=1")
ORGANIZATION_CLOCK_DISABLED = ErrorCode(
    409, "The clock of this organisation was set for a test: it is served only with EARNEST_TEST_CLOCK=1", 409
)
CLOCK_MALFORMED = ErrorCode(400, f"{HEADER} must be an RFC 3339 date-time with offset (2026-01-31T09:00:00+05:30)")

# Beyond these years a conversion between two offsets can leave the range of datetime.
YEAR_MIN = 2
YEAR_MAX = 9998


class OrganizationClock(msgspec.Struct, frozen=True, kw_only=True):
    """The clock of one organisation under test: ahead of real time by `shift`, or standing at `fixed`."""

    shift: timedelta | None = None
    fixed: datetime | None = None

    def at(self, real: datetime) -> datetime:
        """What it shows when it is really `real`."""
        return self.fixed if self.fixed is not None else real + (self.shift or timedelta())


class Clock:
    """Real time, unless the server runs with the test clock: then what the caller says, else what the organisation's
    clock shows if it was set.

    Neither is ever ignored: a test that believes in a time that the server does not use would prove nothing.
    """

    def __init__(self, *, test_clock: bool = False) -> None:
        self._test_clock = test_clock

    @property
    def is_test_clock(self) -> bool:
        return self._test_clock

    def real(self) -> datetime:
        """Real time, for what no test may move: tokens, rate limits, locks, deliveries, log times."""
        return datetime.now(UTC)

    def now(self, given: str | None = None, organization: OrganizationClock | None = None) -> datetime:
        """The instant in UTC. `given` is the value of the header `X-Earnest-Now`, `organization` the clock that was set
        for the organisation.

        ApiError 400 when the test clock is off or the header's value is no RFC 3339 date-time with offset, 409 when the
        test clock is off and the organisation's clock was set.
        """
        if given is not None:
            return self._given(given)
        if organization is None:
            return self.real()
        if not self._test_clock:
            raise ORGANIZATION_CLOCK_DISABLED.error()
        return organization.at(self.real())

    def _given(self, given: str) -> datetime:
        if not self._test_clock:
            raise CLOCK_DISABLED.error()
        try:
            instant = datetime.fromisoformat(given)
        except ValueError:
            raise CLOCK_MALFORMED.error() from None
        if instant.tzinfo is None or not YEAR_MIN <= instant.year <= YEAR_MAX:
            raise CLOCK_MALFORMED.error()
        return instant.astimezone(UTC)
