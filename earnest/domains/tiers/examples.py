"""Example calls of tiers."""

from __future__ import annotations

from earnest.core.http.example import CUSTOMER_ID, MOBILE, Example

_SOLD = ("addCustomerV2", "addTransactionV2")
_WHO = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": MOBILE}

DETAILS = Example(after=_SOLD, path={"customerId": CUSTOMER_ID})
DETAILS_BY_LOOKUP = Example(after=_SOLD, query=_WHO)
TIER = Example(after=_SOLD, path={"customerId": CUSTOMER_ID}, query={"fetchDataForAllPrograms": True})
TIER_BY_LOOKUP = Example(after=_SOLD, query=_WHO | {"entityType": "CUSTOMER"})
