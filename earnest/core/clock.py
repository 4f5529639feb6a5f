"""The instant of a request. Use cases are handed it and never read a clock themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from earnest.core.errors import ErrorCode

HEADER = "X-Earnest-Now"

CLOCK_DISABLED = ErrorCode(400, f"{HEADER} is only accepted by a server that runs with EARNEST_TEST_CLOCK=1")
CLOCK_MALFORMED = ErrorCode(400, f"{HEADER} must be an RFC 3339 date-time with offset (2026-01-31T09:00:00+05:30)")

# Beyond these years a conversion between two offsets can leave the range of datetime.
YEAR_MIN = 2
YEAR_MAX = 9998


class Clock:
    """Real time, unless the server runs with the test clock and the caller says what time it is.

    The header is never ignored: a test that believes in a time that the server does not use would prove nothing.
    """

    def __init__(self, *, test_clock: bool = False) -> None:
        self._test_clock = test_clock

    def now(self, given: str | None = None) -> datetime:
        """The instant in UTC. `given` is the value of the header `X-Earnest-Now`.

        ApiError 400 when the test clock is off or the value is no RFC 3339 date-time with offset.
        """
        if given is None:
            return datetime.now(UTC)
        if not self._test_clock:
            raise CLOCK_DISABLED.error()
        try:
            instant = datetime.fromisoformat(given)
        except ValueError:
            raise CLOCK_MALFORMED.error() from None
        if instant.tzinfo is None or not YEAR_MIN <= instant.year <= YEAR_MAX:
            raise CLOCK_MALFORMED.error()
        return instant.astimezone(UTC)
