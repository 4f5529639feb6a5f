"""Documented codes of customers, v1.1 table (contract/01-customer-v1/_errors.yaml)."""

from __future__ import annotations

from collections.abc import Mapping

from earnest.core.errors import ErrorCode

SEARCHED = ErrorCode(200, "SUCCESS", 200)
CHANGE_FILED = ErrorCode(1040, "Customer identity change request added successfully")
SUBSCRIBED = ErrorCode(1000, "Subscription successfully updated")
SUBSCRIPTIONS_READ = ErrorCode(1000, "Subscription successfully retrieved")
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
SEARCH_TIMED_OUT = ErrorCode(461, "Search timed out, please ask for less", 503)
NOT_FOUND_BY_ID = ErrorCode(1011, "Cannot find customer for provided identifier")
NOT_FOUND = ErrorCode(1012, "Cannot find customer with the provided mobile number/external ID/e-mail ID")
NO_IDENTIFIER_ON_UPDATE = ErrorCode(1015, "No identifier provided to get loyalty users")
NOT_UPDATED = ErrorCode(1024, "Unable to update customer profile")
INVALID_DATE = ErrorCode(
    1034, "Unable to register. Registration date is not within the allowed past or future date limit"
)
NO_DOWNGRADE = ErrorCode(1046, "Conversion of loyalty customer to non-loyalty is not allowed")
CHANGE_FAILED = ErrorCode(1041, "Customer id change request failed")
INVALID_CHANGE = ErrorCode(1042, "Invalid mobile no/email id/external id")
PRIMARY_MISMATCH = ErrorCode(1047, "Customer's primary identifier not matching with other identifiers")
CONVERSION_NEEDS: Mapping[str, ErrorCode] = {
    "email": ErrorCode(1048, "Customer's email id is required to convert to loyalty customer"),
    "externalId": ErrorCode(1049, "Customer's external id is required to convert to loyalty customer"),
}
BATCH_LIMIT = ErrorCode(1060, "Batch limit exceeded")
INVALID_CHANNEL = ErrorCode(1101, "Invalid channel type")
INVALID_PRIORITY = ErrorCode(1102, "Invalid priority type")
INVALID_SCOPE = ErrorCode(1103, "Invalid scope")
INVALID_SUBSCRIBER = ErrorCode(1104, "Invalid identifier or no identifier passed")
SEVERAL_SCOPES = ErrorCode(1105, "Multiple scopes are not allowed")
INVALID_SUBSCRIPTION = ErrorCode(1106, "Invalid subscription status passed")
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
SUBSCRIPTION_KEPT = ErrorCode(91022, "Failed to update subscription for {channel} channel and priority {priority}")

IDENTIFIER_NAMES: Mapping[str, str] = {"mobile": "Mobile", "email": "Email", "externalId": "External id"}
