"""Documented codes of customers, v1.1 table (contract/01-customer-v1/_errors.yaml)."""

from __future__ import annotations

from collections.abc import Mapping

from earnest.core.errors import ErrorCode

REGISTERED = ErrorCode(1000, "Customer registration successful")
UPDATED = ErrorCode(1000, "Customer successfully updated")
RETRIEVED = ErrorCode(1000, "Customer successfully retrieved")

NO_IDENTIFIER = ErrorCode(400, "No identifier provided to get loyalty users")
INVALID_IDENTIFIER: Mapping[str, ErrorCode] = {
    "mobile": ErrorCode(1001, "Unable to register. Invalid mobile number"),
    "email": ErrorCode(1002, "Unable to register. Invalid email id"),
    "externalId": ErrorCode(1003, "Unable to register. Invalid external id"),
}
MISSING_IDENTIFIER: Mapping[str, ErrorCode] = {
    "mobile": ErrorCode(1006, "Unable to register. Mobile number is required"),
    "email": ErrorCode(1039, "Unable to register. Email ID is required"),
    "externalId": ErrorCode(1043, "Unable to register. Customer's external id is required"),
}
NO_PRIMARY = ErrorCode(
    1007,
    "Unable to register customer. No valid primary identifier mobile number, email ID, or external ID passed",
)
NOT_FOUND = ErrorCode(1012, "Cannot find customer with the provided mobile number/external ID/e-mail ID")
INVALID_DATE = ErrorCode(
    1034, "Unable to register. Registration date is not within the allowed past or future date limit"
)
NO_DOWNGRADE = ErrorCode(1046, "Conversion of loyalty customer to non-loyalty is not allowed")
PRIMARY_MISMATCH = ErrorCode(1047, "Customer's primary identifier not matching with other identifiers")
BATCH_LIMIT = ErrorCode(1060, "Batch limit exceeded")
INVALID_SOURCE = ErrorCode(8003, "Invalid source passed")
INVALID_TYPE = ErrorCode(91003, "Validation failed")

# Warnings: the customer is registered or updated all the same.
PRIMARY_KEPT = ErrorCode(91005, "{identifier} is Primary Key, {identifier} cannot be updated")
UPDATE_NOT_ALLOWED = ErrorCode(91006, "{identifier} update is not allowed")
OCCUPIED = ErrorCode(91007, "{identifier} is already occupied by some other user, ignoring it")
INVALID_REGISTERED_TILL = ErrorCode(91020, "Invalid TILL passed for registration")
INVALID_ASSOCIATED_TILL = ErrorCode(91021, "Invalid attribution TILL passed")
NO_CARD_ISSUED = ErrorCode(91003, "Validation failed")
REFERRER_UNKNOWN = ErrorCode(1205, "Unable to find the referrer in the specific campaign")

IDENTIFIER_NAMES: Mapping[str, str] = {"mobile": "Mobile", "email": "Email", "externalId": "External id"}
