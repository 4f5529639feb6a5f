"""What can be wrong with running jobs on demand."""

from __future__ import annotations

from earnest.core.errors import ErrorCode

TEST_CLOCK_OFF = ErrorCode(403, "The test clock is off: this works only with EARNEST_TEST_CLOCK=1", 403)
ORGANIZATION_UNKNOWN = ErrorCode(404, "There is no organisation with this id", 404, "organization-unknown")
JOB_UNKNOWN = ErrorCode(404, "There is no job with this name", 404, "job-unknown")
INSTANT_INVALID = ErrorCode(400, "asOf must be an RFC 3339 date-time with offset, and before the year 9998")
