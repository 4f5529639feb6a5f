"""Documented codes of the points ledger (contract/15-points-ledger/_errors.yaml)."""

from __future__ import annotations

from earnest.core.errors import ErrorCode

UNKNOWN_GROUP = ErrorCode(1632, "Group id, external id or primary user id passed is not valid")
INVALID_SOURCE = ErrorCode(8003, "Invalid source passed")
INVALID_IDENTIFIER_NAME = ErrorCode(8013, "Customer identifier name is invalid")
CUSTOMER_UNKNOWN = ErrorCode(8015, "Customer not found for the given identifiers")
NO_POINTS_SUMMARY = ErrorCode(9003, "Error while fetching points ledger data: customer has no points summary")
INVALID_CURRENCIES = ErrorCode(9005, "Invalid alternateCurrencyNames passed")
INVALID_REFERENCES = ErrorCode(9022, "Event reference ids are invalid")
NOT_SUPPORTED = ErrorCode(
    11001, "This combination of parameters is not supported: includeTillConceptEvents needs programId"
)
NO_ENTRIES = ErrorCode(11003, "No ledger entries found for the parameters")
INVALID_TILL = ErrorCode(11004, "Invalid tillId passed")
INVALID_PROGRAM = ErrorCode(11005, "Invalid programId passed")
BALANCE_LIMIT = ErrorCode(11006, "Limit cannot be greater than 10")
INVALID_ENTRY_TYPE = ErrorCode(11007, "Invalid ledgerEntryType passed")
INVALID_CATEGORY = ErrorCode(11008, "Invalid pointCategoryType passed")
START_AFTER_END = ErrorCode(11009, "startDate is after endDate")
INTERVAL_TOO_LONG = ErrorCode(11010, "The interval between startDate and endDate is too long")
INVALID_DATE = ErrorCode(11011, "Dates must have the form yyyy-MM-ddTHH:mm:ss")
INVALID_USER_ID = ErrorCode(11012, "Invalid user id passed")
IDENTIFIER_MISSING = ErrorCode(11013, "identifierName, identifierValue and source must not be empty")
INVALID_EVENT_NAME = ErrorCode(11014, "Event name is unknown, or more than 10 events were passed")
DETAIL_NOT_FOUND = ErrorCode(11016, "Event detail not found for event log id {event_id}")
EVENT_ID_FORMAT = ErrorCode(11017, "Event ids must be numbers")
SOURCE_VALUES_DISABLED = ErrorCode(11019, "Capturing of source values is disabled in the settings of the organization")
IDS_AND_REFERENCES = ErrorCode(11021, "Event ids and event references cannot both be passed")
NO_EVENTS_NAMED = ErrorCode(11023, "Pass event ids, or an event name with event reference ids")
NO_DETAILS = ErrorCode(11024, "Event details not found for the event log ids")
TILL_ID_FORMAT = ErrorCode(11025, "tillId must be a number")
NO_TILLS = ErrorCode(11026, "The store has no tills")
INVALID_TILLS = ErrorCode(11027, "Invalid tillIds passed")
SEVERAL_TILL_FILTERS = ErrorCode(11028, "Pass only one of tillId, tillIds, storeId and storeCode")
LIMIT = ErrorCode(11029, "Limit cannot be greater than 100")
NOT_CONNECTED = ErrorCode(310144, "Connected organisations are not set properly in the headers")
