"""Example calls of transactions."""

from __future__ import annotations

from earnest.core.http.example import BILL_NUMBER, CUSTOMER_ID, FIRST_NAME, LAST_NAME, MOBILE, TRANSACTION_ID, Example

_CUSTOMER_QUERY = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": MOBILE}

ADD_V2 = (
    Example(
        name="sale",
        after=["addCustomerV2"],
        query=_CUSTOMER_QUERY,
        body={
            "type": "REGULAR",
            "billNumber": BILL_NUMBER,
            "billAmount": 1250.50,
            "grossAmount": 1300,
            "discount": 49.50,
            "lineItemsV2": [
                {
                    "itemCode": "TEA-250",
                    "description": "Darjeeling, 250 g",
                    "qty": 2,
                    "rate": 400,
                    "value": 800,
                    "amount": 800,
                },
                {"itemCode": "CUP-01", "qty": 1, "rate": 500, "value": 500, "discount": 49.50, "amount": 450.50},
            ],
            "paymentModes": [{"mode": "CARD", "value": 1250.50}],
        },
    ),
    Example(
        name="return",
        after=["addCustomerV2", "addTransactionV2"],
        query=_CUSTOMER_QUERY,
        body={
            "type": "RETURN",
            "returnType": "FULL",
            "billNumber": BILL_NUMBER,
            "purchaseTime": "2026-05-04T10:15:00+05:30",
        },
    ),
)

ADD_V1 = Example(
    body={
        "root": {
            "transaction": [
                {
                    "type": "REGULAR",
                    "number": BILL_NUMBER,
                    "amount": 1250.50,
                    "gross_amount": 1300,
                    "discount": 49.50,
                    "notes": "Tea and a cup",
                    "customer": {"mobile": MOBILE, "firstname": FIRST_NAME, "lastname": LAST_NAME},
                    "line_items": {
                        "line_item": [
                            {
                                "serial": 1,
                                "item_code": "TEA-250",
                                "description": "Darjeeling, 250 g",
                                "qty": 2,
                                "rate": 400,
                                "value": 800,
                                "amount": 800,
                            }
                        ]
                    },
                    "payment_details": {"payment": [{"mode": "CARD", "value": 1250.50}]},
                }
            ]
        }
    }
)

GET_V1 = Example(after=["addCustomerV2", "addTransactionV2"], query={"number": BILL_NUMBER})

_AFTER_A_SALE = ["addCustomerV2", "addTransactionV2"]

GET_V2 = Example(after=_AFTER_A_SALE, path={"id": TRANSACTION_ID}, query={"type": "REGULAR", "tenders": True})
BY_NUMBER = Example(after=_AFTER_A_SALE, path={"billNumber": BILL_NUMBER})
EARNING = Example(after=_AFTER_A_SALE, path={"transactionId": TRANSACTION_ID})
SEARCH_LOG = Example(after=_AFTER_A_SALE, body={"search": {"transactionNumber": BILL_NUMBER}})
HISTORY_V2 = Example(
    after=_AFTER_A_SALE,
    path={"customerId": CUSTOMER_ID},
    query={"embed": "BILL_POINTS,PAYMENT_MODES", "limit": 20, "offset": 0},
)
_OF_CUSTOMER = {"identifierType": "mobile", "identifierValue": MOBILE, "source": "INSTORE"}
_CHANGE = {
    "id": TRANSACTION_ID,
    "customFields": {"feedback": "nice"},
    "extendedFields": {"ship_city": "Kochi"},
    "lineItems": [{"itemCode": "TEA-250", "extendedFields": {"estate": "high"}}],
}
ADD_BULK = Example(
    after=["addCustomerV2"],
    body=[_OF_CUSTOMER | {"type": "REGULAR", "billNumber": BILL_NUMBER, "billAmount": 400, "discount": 0}],
)
UPDATE = Example(after=_AFTER_A_SALE, query=_CUSTOMER_QUERY, body=_CHANGE | {"deliveryStatus": "SHIPPED"})
UPDATE_BULK = Example(after=_AFTER_A_SALE, body=[_OF_CUSTOMER | _CHANGE])
SIMULATE = Example(
    after=["addCustomerV2"],
    query=_CUSTOMER_QUERY,
    body={"type": "REGULAR", "billNumber": BILL_NUMBER, "billAmount": 1250.50},
)
HISTORY_V1 = Example(after=_AFTER_A_SALE, query={"mobile": MOBILE, "limit": 10})
