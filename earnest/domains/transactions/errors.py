"""Documented codes of transactions, v2 table (contract/06-transaction-v2/_errors.yaml)."""

from __future__ import annotations

from collections.abc import Mapping

from earnest.core.errors import ErrorCode
from earnest.engine.outcome import Reason

INVALID_AMOUNT = ErrorCode(601, "Invalid Bill Amount")
INVALID_NUMBER = ErrorCode(602, "Invalid transaction number")
INVALID_ID = ErrorCode(603, "Invalid transaction id")
DUPLICATE_NUMBER = ErrorCode(604, "Duplicate transaction number")
NO_ID = ErrorCode(607, "No transaction id passed")
RETURN_TIME = ErrorCode(624, "Invalid return transaction time, Return transaction should happen after add transaction")
PARENT_UNKNOWN = ErrorCode(625, "Parent Bill Number for the return transaction does not exist.")
QUANTITY_ABOVE_BOUGHT = ErrorCode(626, "Quantity of returned item is more than purchased item for ItemCode")
NEGATIVE_QUANTITY = ErrorCode(627, "Quantity cannot be negative")
INVALID_RETURN_TYPE = ErrorCode(628, "Invalid return transaction type passed")
RETURN_ABOVE_AMOUNT = ErrorCode(630, "Total returned amount is more than purchase amount")
RETURNED_BY_LINE_ITEM = ErrorCode(
    632,
    "Transaction is already returned with return type LINE_ITEM, you cannot return transaction with return type AMOUNT",
)
FULLY_RETURNED = ErrorCode(633, "Transaction is already fully returned, you cannot return this transaction again")
RETURNED_BY_AMOUNT = ErrorCode(
    638, "Transaction is already returned with return type AMOUNT, you cannot return again with return type LINE_ITEM"
)
ALREADY_RETURNED = ErrorCode(639, "Transaction is already returned, you cannot return full transaction again")
UNKNOWN_ID = ErrorCode(620, "Invalid Transaction ID")
NUMBER_UNKNOWN = ErrorCode(688, "{number} bill number not found")
TOO_FAR_AHEAD = ErrorCode(643, "Transaction date too ahead in the future")
TOO_FAR_BEHIND = ErrorCode(644, "Transaction date too behind in past")
INVALID_RETURN_LINE = ErrorCode(660, "Invalid line item for return")
NEGATIVE_LINE_AMOUNT = ErrorCode(661, "Lineitem with negative amount is not allowed")
NEGATIVE_LINE_VALUE = ErrorCode(662, "Lineitem with negative value is not allowed")
NEGATIVE_LINE_RATE = ErrorCode(663, "Lineitem with negative rate is not allowed")
NEGATIVE_LINE_DISCOUNT = ErrorCode(664, "Lineitem with negative discount is not allowed")
NEGATIVE_GROSS = ErrorCode(665, "Transaction gross amount cannot be negative")
NEGATIVE_DISCOUNT = ErrorCode(666, "Transaction discount cannot be negative")
ID_NOT_OF_CUSTOMER = ErrorCode(667, "Transaction id not found for this customer")
NOT_OF_CUSTOMER = ErrorCode(668, "Transaction number not found for this customer")
FIELD_TOO_LONG = ErrorCode(685, "Field length too long")
NO_LINE_TO_RETURN = ErrorCode(687, "No line Item found matching for return")
INVALID_TYPE = ErrorCode(690, "Invalid transaction type")
CUSTOMER_MISSING = ErrorCode(1104, "Customer details are missing")
RETURNABLE_DAYS = ErrorCode(1105, "Returnable Days should be greater than -1")
INVALID_ENTITY = ErrorCode(671, "Invalid store/till code passed")
HISTORY_OFFSET = ErrorCode(8100, "Offset cannot have value less than 0")
HISTORY_LIMIT = ErrorCode(8101, "Limit should be greater than 0")
HISTORY_LIMIT_MAX = ErrorCode(8102, "Limit cannot be greater than 1000")
INVALID_LIMIT = ErrorCode(1111, "Invalid transaction limit")
INVALID_OFFSET = ErrorCode(1112, "Invalid offset")
INVALID_DATE = ErrorCode(1114, "Invalid date")
DATES_REVERSED = ErrorCode(1115, "Start should not be after end date")
NOT_SIMULATED = ErrorCode(1116, "Emf simulate transaction add event call failed")
INVALID_LOG_SEARCH = ErrorCode(1117, "Invalid event logs param")
BATCH_LIMIT = ErrorCode(1060, "Batch limit exceeded")
NOT_UPDATED = ErrorCode(1118, "Transaction could not be updated")
UNKNOWN_LINE_ID = ErrorCode(1119, "Invalid line item id passed")
UNKNOWN_LINE_CODE = ErrorCode(1120, "Invalid line item code passed")
CUSTOMER_DETAILS_MISSING = ErrorCode(8084, "Customer details are missing")
INVALID_SOURCE = ErrorCode(8003, "Invalid source passed")
OUTLIER_NOT_RETURNABLE = ErrorCode(1121, "Outlier Bill Cannot be returned")

# Warnings: the bill is stored all the same.
MARKED_OUTLIER = ErrorCode(9611, "Transaction is marked as outlier")
LINE_MARKED_OUTLIER = ErrorCode(9608, "Line item with Item code {item_code} is marked outlier")
# contract/13-points-v2/_errors.yaml
REDEMPTION_NOT_TIED = ErrorCode(750, "redemption update failed: {redemption_id}")
RETURN_NOT_RECOVERED = ErrorCode(710, "Emf Return bill event failed")

RETURN_REFUSALS: Mapping[Reason, ErrorCode] = {
    Reason.UNKNOWN_BILL: PARENT_UNKNOWN,
    Reason.RETURN_BEFORE_SALE: RETURN_TIME,
    Reason.OUTLIER_BILL: OUTLIER_NOT_RETURNABLE,
    Reason.FULLY_RETURNED: FULLY_RETURNED,
    Reason.ALREADY_RETURNED_IN_PART: ALREADY_RETURNED,
    Reason.RETURNED_BY_AMOUNT: RETURNED_BY_AMOUNT,
    Reason.RETURNED_BY_LINE_ITEM: RETURNED_BY_LINE_ITEM,
    Reason.RETURN_AMOUNT_TOO_LARGE: RETURN_ABOVE_AMOUNT,
    Reason.RETURN_QUANTITY_TOO_LARGE: QUANTITY_ABOVE_BOUGHT,
    Reason.UNKNOWN_LINE: NO_LINE_TO_RETURN,
}
