"""What can be wrong with a change of programmes."""

from __future__ import annotations

from earnest.core.errors import ErrorCode

PROGRAM_UNKNOWN = ErrorCode(404, "The organisation has no programme {name}", 404, "program-unknown")
VERSION_UNKNOWN = ErrorCode(404, "The programme has no version {version}", 404, "program-version-unknown")
PROPOSAL_UNKNOWN = ErrorCode(404, "Nothing waits for approval under this name", 404, "program-proposal-unknown")
INVALID = ErrorCode(400, "{count} problems in the programme; the first: {first}", 400, "program-invalid")
SECOND_DEFAULT = ErrorCode(
    409,
    "The organisation has a default programme already: {name}; a further one needs a binding",
    409,
    "second-default",
)
TIERS_FIXED = ErrorCode(
    409, "Tiers are only appended at the top: {name} stands at {serial} in the published version", 409, "tiers-fixed"
)
STALE = ErrorCode(409, "Version {version} of the programme was published meanwhile: plan anew", 409, "program-stale")
OWN_PROPOSAL = ErrorCode(409, "Whoever proposed a change does not approve it", 409, "own-proposal")
BILL_UNKNOWN = ErrorCode(404, "Nothing was decided about a bill with the number {number}", 404, "bill-unknown")
