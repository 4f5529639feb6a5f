"""Example calls of points."""

from __future__ import annotations

from earnest.core.http.example import CUSTOMER_ID, MOBILE, REDEMPTION_REFERENCE, Example

BALANCE = Example(after=["addCustomerV2", "addTransactionV2"], path={"userId": CUSTOMER_ID})

BALANCE_BY_LOOKUP = Example(
    after=["addCustomerV2", "addTransactionV2"],
    query={"source": "INSTORE", "identifierName": "mobile", "identifierValue": MOBILE},
)

EXPIRY_SCHEDULE = Example(
    after=["addCustomerV2", "addTransactionV2"],
    path={"userId": CUSTOMER_ID},
    query={"fetchDataForAllPrograms": True, "fetchEarliestExpiryOnly": False},
)

EXPIRY_SCHEDULE_BY_LOOKUP = Example(
    after=["addCustomerV2", "addTransactionV2"],
    query={"source": "INSTORE", "identifierName": "mobile", "identifierValue": MOBILE},
)

REDEMPTIONS = Example(
    after=["addCustomerV2", "addTransactionV2", "redeemV1"], query={"mobile": MOBILE, "type": "POINTS"}
)

IS_REDEEMABLE = Example(after=["addCustomerV2", "addTransactionV2"], query={"mobile": MOBILE, "points": "50"})

VALIDATION_CODE = Example(after=["addCustomerV2"], query={"mobile": MOBILE, "points": "50"})

REDEEM = Example(
    after=["addCustomerV2", "addTransactionV2"],
    body={
        "root": {
            "redeem": [
                {
                    "points_redeemed": "50",
                    "external_reference_number": REDEMPTION_REFERENCE,
                    "customer": {"mobile": MOBILE},
                }
            ]
        }
    },
)
