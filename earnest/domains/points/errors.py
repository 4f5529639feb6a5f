"""Documented codes of points (contract/13-points-v2/_errors.yaml, 14-points-v1/_errors.yaml)."""

from __future__ import annotations

from collections.abc import Mapping

from earnest.core.errors import ErrorCode
from earnest.engine.outcome import Reason

INVALID_POINTS = ErrorCode(801, "Points are invalid")
CODE_INVALID = ErrorCode(808, "Validation code is invalid")
CUSTOMER_NOT_FOUND = ErrorCode(816, "Customer not found in the organization")
REDEMPTION_FAILED = ErrorCode(817, "Redemption failed")
NOT_POSSIBLE = ErrorCode(827, "Redemption is not possible for the organization")
OTP_NOT_SENT = ErrorCode(876, "Points can be redeemed, validation code could not be issued")
CODE_NOT_ISSUED = ErrorCode(860, "Validation code could not be issued")
MISSED_CALLS_DISABLED = ErrorCode(823, "Redemption by missed call is disabled")
TIME_INVALID = ErrorCode(859, "Redemption time is invalid")
TOO_MANY_DECIMALS = ErrorCode(878, "Points may have at most three decimals")
NOT_ENROLLED = ErrorCode(881, "Customer is not enrolled in the loyalty program")
UNKNOWN_PROGRAM = ErrorCode(885, "Invalid program id")
NO_IDENTIFIER = ErrorCode(889, "Processing failed: exactly one customer identifier is needed")
REFERENCE_REUSED = ErrorCode(903, "Unable to redeem: the external reference number belongs to another redemption")
CUSTOMER_NOT_KNOWN = ErrorCode(1012, "Cannot find customer with the provided mobile number/external ID/e-mail ID")
BATCH_LIMIT = ErrorCode(1060, "Batch limit exceeded")
INVALID_PROGRAM = ErrorCode(1101, "Invalid program id passed")
INVALID_ENTITY_TYPE = ErrorCode(1212, "Invalid entity type passed")
INVALID_GROUP = ErrorCode(1632, "Group id, external id or primary user id passed is not valid")
START_AFTER_END = ErrorCode(1214, "startDate is after endDate")
START_IN_THE_PAST = ErrorCode(1215, "startDate must be tomorrow or later")
INVALID_DATE = ErrorCode(1216, "startDate and endDate must be dates of the form yyyy-MM-dd")
END_TOO_LATE = ErrorCode(1217, "endDate is more than 100 years ahead")
NO_POINTS_SUMMARY = ErrorCode(1218, "Customer is not enrolled in the loyalty program")
INVALID_SOURCE = ErrorCode(8003, "Invalid source passed")
CUSTOMER_UNKNOWN = ErrorCode(8015, "No customer found with the given identifier")
NOT_IN_SOURCE = ErrorCode(8065, "No customer found in the given source with the given identifier")
INVALID_LOOKUP = ErrorCode(8130, "Invalid lookup parameters passed")

POINTS_REDEEMED = ErrorCode(800, "Points Redeemed")
REDEMPTIONS_FETCHED = ErrorCode(1000, "Redemptions fetched successfully")
POINTS_REDEEMABLE = ErrorCode(800, "Points can be redeemed")

REDEMPTION_REFUSALS: Mapping[Reason, ErrorCode] = {
    Reason.POINTS_INVALID: INVALID_POINTS,
    Reason.TOO_MANY_DECIMALS: TOO_MANY_DECIMALS,
    Reason.NOT_ENROLLED: NOT_ENROLLED,
    Reason.NOT_REDEEMABLE: NOT_POSSIBLE,
    Reason.CURRENT_POINTS_REQUIRED: ErrorCode(804, "Current points are below the configured minimum"),
    Reason.LIFETIME_POINTS_REQUIRED: ErrorCode(805, "Lifetime points are below the configured minimum"),
    Reason.LIFETIME_PURCHASES_REQUIRED: ErrorCode(806, "Lifetime purchases are below the configured minimum"),
    Reason.NOT_A_MULTIPLE: ErrorCode(807, "Points are not divisible by the configured multiple"),
    Reason.INSUFFICIENT_POINTS: ErrorCode(818, "Current points are less than the points requested"),
    Reason.ABOVE_MAXIMUM: ErrorCode(819, "Points are above the maximum redemption limit"),
    Reason.BELOW_MINIMUM: ErrorCode(821, "Points are below the minimum redemption limit"),
    Reason.TOO_MANY_LOTS: ErrorCode(817, "Redemption failed: too many awards to draw from, consolidate them first"),
}
