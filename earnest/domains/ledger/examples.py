"""Example calls of the points ledger."""

from __future__ import annotations

from earnest.core.http.example import MOBILE, TRANSACTION_ID, Example

_WHO = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": MOBILE}
_SOLD = ("addCustomerV2", "addTransactionV2")

BALANCE = Example(after=_SOLD, query=_WHO)
LEDGER = Example(after=_SOLD, query=_WHO | {"limit": 10, "offset": 0})
EXPLODE = Example(
    after=_SOLD,
    query=_WHO
    | {
        "eventName": "TransactionAdd",
        "eventReferenceIds": TRANSACTION_ID,
        "getBillDetails": True,
        "getCustomFields": True,
    },
)
CONNECTED_LEDGER = Example(after=_SOLD, query=_WHO, headers={"DATA-SCOPE": "SELF"})
CONNECTED_EXPLODE = Example(
    after=_SOLD,
    query=_WHO | {"eventName": "TransactionAdd", "eventReferenceIds": TRANSACTION_ID},
    headers={"DATA-SCOPE": "SELF"},
)
