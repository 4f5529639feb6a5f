"""Example calls of points."""

from __future__ import annotations

from earnest.core.http.example import BILL, CUSTOMER, CUSTOMER_ID, MOBILE, REDEMPTION_REFERENCE, Example

BALANCE = Example(needs=[CUSTOMER, BILL], path={"userId": CUSTOMER_ID})

BALANCE_BY_LOOKUP = Example(
    needs=[CUSTOMER, BILL], query={"source": "INSTORE", "identifierName": "mobile", "identifierValue": MOBILE}
)

IS_REDEEMABLE = Example(needs=[CUSTOMER, BILL], query={"mobile": MOBILE, "points": "50"})

REDEEM = Example(
    needs=[CUSTOMER, BILL],
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
