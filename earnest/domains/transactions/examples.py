"""Example calls of transactions."""

from __future__ import annotations

from earnest.core.http.example import BILL_NUMBER, FIRST_NAME, LAST_NAME, MOBILE, Example

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
