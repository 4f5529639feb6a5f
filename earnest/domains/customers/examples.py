"""Example calls of customers."""

from __future__ import annotations

from earnest.core.http.example import (
    CUSTOMER_ID,
    EMAIL,
    EXTERNAL_ID,
    FIRST_NAME,
    LAST_NAME,
    MOBILE,
    Example,
)

ADD_V2 = Example(
    body={
        "profiles": [
            {
                "source": "INSTORE",
                "firstName": FIRST_NAME,
                "lastName": LAST_NAME,
                "identifiers": [
                    {"type": "mobile", "value": MOBILE},
                    {"type": "email", "value": EMAIL},
                    {"type": "externalId", "value": EXTERNAL_ID},
                ],
                "commChannels": [{"type": "email", "value": EMAIL, "primary": True, "subscribed": True}],
            }
        ],
        "loyaltyInfo": {"loyaltyType": "loyalty"},
    }
)

ADD_V1 = Example(
    body={
        "root": {
            "customer": [
                {
                    "mobile": MOBILE,
                    "email": EMAIL,
                    "external_id": EXTERNAL_ID,
                    "firstname": FIRST_NAME,
                    "lastname": LAST_NAME,
                }
            ]
        }
    }
)

GET_V1 = Example(after=["addCustomerV2"], query={"mobile": MOBILE})

LOOKUP = Example(
    after=["addCustomerV2"], query={"source": "INSTORE", "identifierName": "mobile", "identifierValue": MOBILE}
)

GET_V2 = Example(
    after=["addCustomerV2"], path={"customerId": CUSTOMER_ID}, query={"source": "INSTORE", "embed": "points"}
)
