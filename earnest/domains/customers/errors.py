"""Documented codes of customers (contract/02-customer-v2/_errors.yaml, 03-customer-lookup/_errors.yaml)."""

from __future__ import annotations

from earnest.core.errors import ErrorCode

CUSTOMER_DETAILS_MISSING = ErrorCode(1104, "Invalid identifier or no identifier passed")
INVALID_PROGRAM = ErrorCode(1213, "Invalid programId passed in request")
INVALID_SOURCE_ON_ADD = ErrorCode(3217, "Org source addition failed, invalid source account identifier")
NO_SOURCE = ErrorCode(8001, "Lookup failed, No source passed")
NO_IDENTIFIERS = ErrorCode(8002, "Lookup failed, No identifiers passed")
INVALID_SOURCE = ErrorCode(8003, "Invalid source passed")
NO_SOURCE_ON_ADD = ErrorCode(8004, "Add failed, No source passed")
NO_VALID_IDENTIFIERS = ErrorCode(8005, "Add failed, No valid identifiers passed")
ALREADY_EXISTS = ErrorCode(8006, "Add failed, Customer already exists with id {id} for same source")
INVALID_CHANNEL = ErrorCode(8010, "Invalid communication channel passed")
INVALID_GET_SOURCE = ErrorCode(8012, "Get, Invalid source passed")
INVALID_IDENTIFIER_NAME = ErrorCode(
    8013, "Customer identifier is invalid. Also check if the parameter identifierName is passed correctly"
)
INVALID_PRIMARY = ErrorCode(8014, "Error in customer registration: Invalid Primary Id - {identifier}")
NOT_FOUND = ErrorCode(8015, "Customer not found for the given identifiers")
NO_GET_SOURCE = ErrorCode(8016, "GET failed, No source passed")
INVALID_REGISTRATION_DATE = ErrorCode(8017, "Error in customer registration: Invalid registration date")
ACCOUNT_MISSING = ErrorCode(8045, "Account id is not passed")
NOT_IN_SOURCE = ErrorCode(8065, "No customer found in the given source with the given identifier")
NO_IDENTIFIER_NAME = ErrorCode(8092, "GET failed, No identifier type passed")
NO_IDENTIFIER_VALUE = ErrorCode(8093, "GET failed, No identifier value passed")
INVALID_TIER = ErrorCode(8923, "slab not found for the given slab name")
INVALID_INPUT_POINTS = ErrorCode(1010, "Unable to update loyalty points of the customer")
CONFLICTING = ErrorCode(8052, "Add customer, Conflicting Customers found")

# Warnings: the customer is added all the same.
COMBINING = ErrorCode(8050, "Same Customer found in other sources, Combining")
INVALID_EMAIL = ErrorCode(8055, "Invalid email id")
INVALID_MOBILE = ErrorCode(8056, "Invalid mobile")
INVALID_CHANNEL_EMAIL = ErrorCode(8057, "Invalid email id in comm channel")
INVALID_CHANNEL_MOBILE = ErrorCode(8058, "Invalid mobile in comm channel")
INVALID_ASSOCIATED_WITH = ErrorCode(8077, "Invalid associatedWith passed, attribution not updated")
