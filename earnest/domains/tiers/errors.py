"""Documented codes of tiers (contract/02-customer-v2/13, 02-customer-v2/14, 03-customer-lookup/06, 03-customer-lookup/12)."""

from __future__ import annotations

from earnest.core.errors import ErrorCode

UNKNOWN_PROGRAM = ErrorCode(885, "Invalid program id")
INVALID_ENTITY_TYPE = ErrorCode(1212, "Invalid entity type passed")
NOT_IN_GROUP = ErrorCode(1620, "Customer does not belong to the group")
INVALID_GROUP = ErrorCode(1632, "Group id, external id or primary user id passed is not valid")
CUSTOMER_UNKNOWN = ErrorCode(8015, "Customer not found for the given identifiers")
NOT_REGISTERED = ErrorCode(8089, "Customer is not registered for the program")
