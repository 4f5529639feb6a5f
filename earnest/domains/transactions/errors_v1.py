"""Documented codes of transactions, v1.1 table (contract/05-transaction-v1/_errors.yaml), and what becomes of others.

Bills are checked and stored by the same use cases as in v2; a refusal of theirs is printed under the code that v1 has for
it. Both tables share most codes, some mean another thing.
"""

from __future__ import annotations

from collections.abc import Mapping

from earnest.core.errors import ApiError, ErrorCode

ADDED = ErrorCode(600, "Transaction added successfully")
RETRIEVED = ErrorCode(600, "Transaction retrieved successfully")

INVALID_FIGURE = ErrorCode(601, "Transaction failed. Transaction amount, quantity, rate, or discount is invalid.")
INVALID_NUMBER = ErrorCode(602, "Transaction number is invalid.")
INVALID_TYPE = ErrorCode(
    605, "Invalid transaction type. Only regular, return and not-interested transaction types are supported."
)
CUSTOMER_MISSING = ErrorCode(
    606, "Customer identifier is not passed. Please enter customer's mobile or email or external id to process."
)
CUSTOMER_NOT_FOUND = ErrorCode(611, "Customer not found.")
NOTHING_PASSED = ErrorCode(615, "Transaction details are not passed.")
INVALID_ID = ErrorCode(620, "Transaction id is invalid.")
INVALID_DATE = ErrorCode(
    621,
    "Transaction date is invalid. Transaction date should be within the accepted past or future date range limit.",
)
NUMBER_UNKNOWN = ErrorCode(625, "Transaction number does not exist.")
NOT_INTERESTED_FAILED = ErrorCode(645, "Transaction addition failed for not interested.")
INVALID_ENTITY = ErrorCode(671, "Invalid Store or TILL code.")
BATCH_LIMIT = ErrorCode(672, "Batch limit exceeded.")
INVALID_READ_TYPE = ErrorCode(1623, "Transaction type is invalid.")
NEITHER_ID_NOR_NUMBER = ErrorCode(1624, "Insufficient parameters passed to fetch transaction.")

# The history of a customer has the codes of customers (contract/01-customer-v1/_errors.yaml).
NO_IDENTIFIER = ErrorCode(1015, "No identifier provided")
UNKNOWN_CUSTOMER = ErrorCode(1012, "Cannot find customer with the provided mobile number/external ID/e-mail ID")
NO_TRANSACTIONS = ErrorCode(1051, "No transactions or recommendations found for the customer")
FETCHED = ErrorCode(1052, "Transactions fetched successfully")
INVALID_PAGE = ErrorCode(400, "Input is invalid: limit, offset, sort or order")
TOO_MANY_CUSTOMERS = ErrorCode(1060, "Batch limit exceeded")

# Remarks: the bill is stored all the same.
REDEMPTIONS_NOT_TIED = ErrorCode(640, "Points or coupons are not redeemed for this transaction.")

_OF_BILLS: Mapping[int, ErrorCode] = {
    601: INVALID_FIGURE,
    602: INVALID_NUMBER,
    603: INVALID_ID,
    604: ErrorCode(604, "Transaction number already exists."),
    624: ErrorCode(
        624,
        "Unable to process return-transaction. You can make a return only after adding a transaction.",
    ),
    625: NUMBER_UNKNOWN,
    626: ErrorCode(626, "Unable to return transaction. The quantity of returned items are more than purchased items."),
    627: ErrorCode(627, "Quantity cannot be negative."),
    628: ErrorCode(628, "Invalid return transaction type."),
    630: ErrorCode(630, "The return amount is more than the transaction/line-item amount."),
    # Returned by lines before, now by amount: v2 has it under 632.
    632: ErrorCode(
        635,
        "Cannot return the transaction with the return type AMOUNT because the type LINE_ITEM has been used for returning "
        "the same transaction.",
    ),
    633: ErrorCode(633, "The entire transaction is already returned."),
    # Returned by amount before, now by lines: v2 has it under 638.
    638: ErrorCode(
        632,
        "Cannot return the transaction with return type LINE_ITEM because the type AMOUNT has already been used for "
        "returning the same transaction.",
    ),
    639: ErrorCode(
        639,
        "Unable to return full transaction. A part of the transaction or complete transaction is already returned.",
    ),
    643: ErrorCode(643, "Invalid transaction. The transaction date exceeds the accepted future date limit."),
    644: ErrorCode(644, "Invalid transaction. The transaction date cannot be less than the accepted past date limit."),
    660: ErrorCode(679, "Line-item(s) to be returned is not specified."),
    661: ErrorCode(661, "Amount of the line-item amount cannot be negative."),
    662: ErrorCode(662, "Value of a line cannot be negative."),
    663: ErrorCode(663, "Rate of a line-item cannot be negative"),
    664: ErrorCode(664, "Discount of a line-item cannot be negative."),
    665: ErrorCode(665, "Gross amount of the transaction cannot be negative."),
    666: ErrorCode(666, "Discount cannot be negative."),
    668: ErrorCode(668, "Unable to find the transaction number for this customer."),
    685: ErrorCode(685, "Field length too long."),
    687: ErrorCode(688, "No matching line-item found for return."),
    690: INVALID_TYPE,
    1104: CUSTOMER_MISSING,
    3045: ErrorCode(681, "Transactions are blocked for this customer."),
    1114: INVALID_DATE,
    8013: CUSTOMER_NOT_FOUND,
    8015: CUSTOMER_NOT_FOUND,
    8065: CUSTOMER_NOT_FOUND,
}

_OF_REGISTRATION: Mapping[int, ErrorCode] = {
    1001: ErrorCode(649, "Customer registration failed. Mobile number is invalid."),
    1002: ErrorCode(646, "Customer registration failed. The email id is invalid."),
    1003: ErrorCode(652, "Customer registration failed. Mobile number/email id/external id is invalid."),
    1006: ErrorCode(651, "Customer registration failed. Mobile number is required for registration."),
    1034: ErrorCode(
        660, "Customer registration failed. Registration date exceeds the accepted past or future date limit."
    ),
    1039: ErrorCode(659, "Customer registration failed. Please enter email id to register."),
    1043: ErrorCode(652, "Customer registration failed. Mobile number/email id/external id is invalid."),
    1046: ErrorCode(655, "Customer registration failed. Customer is not registered in loyalty program."),
    1047: ErrorCode(652, "Customer registration failed. Mobile number/email id/external id is invalid."),
}
_PRIMARY_MISSING: Mapping[str, ErrorCode] = {
    "mobile": _OF_REGISTRATION[1006],
    "email": _OF_REGISTRATION[1039],
}


def of_bill(error: ApiError) -> ApiError:
    """The refusal of a bill as v1 prints it."""
    code = _OF_BILLS.get(error.code)
    return error if code is None else code.error()


def of_registration(error: ApiError, primary_identifier: str) -> ApiError:
    """The refusal of the customer's registration as the bill's answer prints it."""
    if error.code == 1007:
        return _PRIMARY_MISSING.get(primary_identifier, _OF_REGISTRATION[1043]).error()
    code = _OF_REGISTRATION.get(error.code)
    return error if code is None else code.error()
