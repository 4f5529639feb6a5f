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

UPDATE_V1 = Example(
    after=["addCustomerV2"],
    body={
        "root": {
            "customer": [
                {
                    "mobile": MOBILE,
                    "lastname": LAST_NAME,
                    "custom_fields": {"field": [{"name": "pet", "value": "cat"}]},
                    "subscriptions": {
                        "subscription": [{"priority": "BULK", "scope": "all", "channel": "sms", "is_subscribed": "0"}]
                    },
                }
            ]
        }
    },
)

GET_V1 = Example(after=["addCustomerV2"], query={"mobile": MOBILE})

LOOKUP = Example(
    after=["addCustomerV2"], query={"source": "INSTORE", "identifierName": "mobile", "identifierValue": MOBILE}
)

GET_V2 = Example(
    after=["addCustomerV2"], path={"customerId": CUSTOMER_ID}, query={"source": "INSTORE", "embed": "points"}
)

_UPDATE = {
    "profiles": [
        {
            "source": "INSTORE",
            "lastName": LAST_NAME,
            "fields": {"city": "Pune"},
            "commChannels": [{"type": "email", "value": EMAIL, "primary": True, "verified": True}],
        }
    ],
    "extendedFields": {"gender": "Female"},
}
_LOOKUP_QUERY = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": MOBILE}

UPDATE_V2 = Example(
    after=["addCustomerV2"], path={"customerId": CUSTOMER_ID}, query={"source": "INSTORE"}, body=_UPDATE
)

UPDATE_BY_LOOKUP = Example(after=["addCustomerV2"], query=_LOOKUP_QUERY, body=_UPDATE)

DETAILS_BY_LOOKUP = Example(after=["addCustomerV2"], query={**_LOOKUP_QUERY, "embed": "mlp,subscriptions"})

CHANGE_STATUS = Example(
    after=["addCustomerV2"],
    query=_LOOKUP_QUERY,
    body={"label": "Suspicious", "reason": "Three returns without a bill"},
)

STATUS_LOG = Example(after=["addCustomerV2"], path={"customerId": CUSTOMER_ID})

SEARCH_V2 = Example(after=["addCustomerV2"], query={"q": MOBILE, "limit": 10, "offset": 0})

SEARCH_V1 = Example(after=["addCustomerV2"], query={"q": f"(email:EQUALS:{EMAIL})"})

UPDATE_IDENTITY = Example(
    after=["addCustomerV2"],
    body={"root": {"customer": [{"identifier": "email", "old_value": EMAIL, "new_value": "a.verma.new@example.org"}]}},
)

SUBSCRIBE_V1 = Example(
    after=["addCustomerV2"],
    body={
        "root": {
            "subscription": [
                {"mobile": MOBILE, "priority": "BULK", "scope": "all", "channel": "sms", "is_subscribed": "0"}
            ]
        }
    },
)

SUBSCRIPTIONS_V1 = Example(after=["addCustomerV2"], query={"mobile": MOBILE})

_OPT_OUT = {
    "subscriptions": [{"channel": "EMAIL", "accountId": "", "priority": "BULK", "type": "OPTOUT", "orgUnitId": -1}],
    "reason": "Asked at the till",
}

SUBSCRIBE_V2 = Example(after=["addCustomerV2"], path={"customerId": CUSTOMER_ID}, body=_OPT_OUT)

SUBSCRIBE_BY_LOOKUP = Example(after=["addCustomerV2"], query=_LOOKUP_QUERY, body=_OPT_OUT)

SUBSCRIPTIONS_V2 = Example(after=["addCustomerV2"], path={"customerId": CUSTOMER_ID})

SUBSCRIPTIONS_BY_LOOKUP = Example(after=["addCustomerV2"], query=_LOOKUP_QUERY)
