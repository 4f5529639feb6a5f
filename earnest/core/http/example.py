"""Example calls: what the API's page shows, and what the tests send when they use every endpoint.

One example of an endpoint stands in its declaration (`endpoint(..., example=Example(...))`). All examples speak of the same
few people and things, so that a reader meets them again, and a test can put its own in their place by their values; no other
value of an example may be one of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

# Nobody's: the mobile is of no plan, the domain is reserved for examples (RFC 2606).
ORGANIZATION_ID = 100
FIRST_NAME = "Asha"
LAST_NAME = "Verma"
MOBILE = "919800000042"
EMAIL = "asha.verma@example.com"
EXTERNAL_ID = "MEMBER-0042"
CUSTOMER_ID = 4_711
BILL_NUMBER = "BILL-2026-0815"
TRANSACTION_ID = 48_150
REDEMPTION_REFERENCE = "REDEMPTION-0815"
CLIENT_KEY = "web-shop"
CLIENT_SECRET = "what-was-shown-when-it-was-created"

# What an example may need.
CUSTOMER = "customer"
BILL = "bill"
CLIENT = "client"


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One valid call of an endpoint. Names are the ones on the wire; `body` is what JSON can hold, or bytes.

    `name` is shown above it where an endpoint has several. `needs` is what has to be there before, of CUSTOMER (the
    one above, registered), BILL (one of that customer, which gave points), CLIENT (the one of CLIENT_KEY).
    """

    name: str = ""
    needs: Sequence[str] = ()
    path: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}
    body: Any = None
