"""What can be wrong with setting an organisation's clock."""

from __future__ import annotations

from earnest.core.errors import ErrorCode

TEST_CLOCK_OFF = ErrorCode(403, "The test clock is off: this works only with EARNEST_TEST_CLOCK=1", 403)
ORGANIZATION_UNKNOWN = ErrorCode(404, "There is no organisation with this id", 404)
BACKWARDS = ErrorCode(409, "An organisation's clock goes forward only: it shows {now}", 409)
INSTANT_INVALID = ErrorCode(400, "now must be an RFC 3339 date-time with offset, and before the year 9998")
DURATION_INVALID = ErrorCode(400, "by must be a duration that is not negative, such as P30D or PT12H")
