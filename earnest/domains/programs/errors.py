"""What can be wrong with a change of programmes."""

from __future__ import annotations

from earnest.core.errors import ErrorCode

PROGRAM_UNKNOWN = ErrorCode(404, "The organisation has no programme {name}", 404, "program-unknown")
VERSION_UNKNOWN = ErrorCode(404, "The programme has no version {version}", 404, "program-version-unknown")
PROPOSAL_UNKNOWN = ErrorCode(404, "Nothing waits for approval under this name", 404, "program-proposal-unknown")
INVALID = ErrorCode(400, "{count} problems in the programme; the first: {first}", 400, "program-invalid")
SECOND_DEFAULT = ErrorCode(
    409,
    "The organisation has a default programme already: {name}. A further one needs a binding; a new name for it is published "
    "with the old one as renames",
    409,
    "second-default",
)
TIERS_FIXED = ErrorCode(
    409, "Tiers are only appended at the top: {name} stands at {serial} in the published version", 409, "tiers-fixed"
)
STALE = ErrorCode(409, "Version {version} of {name} was published meanwhile: plan anew", 409, "program-stale")
ONE_DOCUMENT = ErrorCode(400, "{field} goes with one document, and here are {count}", 400, "one-document")
NAME_TAKEN = ErrorCode(409, "The organisation has a programme {name} already", 409, "program-name-taken")
NAMELESS = ErrorCode(
    403,
    "A second administrator approves changes of programmes here, so say who you are: --key, or EARNEST_KEY, with a key of "
    "your own from `earnest keys admin add`",
    403,
    "nameless",
)
OWN_PROPOSAL = ErrorCode(409, "Whoever proposed a change does not approve it", 409, "own-proposal")
BILL_UNKNOWN = ErrorCode(404, "Nothing was decided about a bill with the number {number}", 404, "bill-unknown")
