"""Example calls: what the API's page shows, and what the tests send when they use every endpoint.

One example of an endpoint stands in its declaration (`endpoint(..., example=Example(...))`). All examples speak of the same
few people and things, so that a reader meets them again, and a test can put its own in their place: texts by their value (no
other text of an example may contain one of them), ids by where they come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class Id(int):
    """An id that the server gives. `source` is the operationId and the field of the answer that gives it."""

    source: str


def _id(value: int, source: str) -> Id:
    one = Id(value)
    one.source = source
    return one


# Those of the demo, so that a call of the page works there.
ORGANIZATION_ID = _id(100, "organization")
OTHER_ORGANIZATION_ID = _id(200, "createOrganization.id")
CONCEPT_ID = _id(1, "createConcept.id")
ZONE_ID = _id(2, "createZone.id")
STORE_ID = _id(3, "createStore.id")
TILL_ID = _id(4, "createTill.id")
CLIENT_ID = _id(1_001, "createClient.id")
ACCESS_GROUP_ID = _id(1_001, "createAccessGroup.id")
WEBHOOK_ID = _id(5, "createWebhook.id")
CUSTOMER_ID = _id(4_711, "addCustomerV2.createdId")
TRANSACTION_ID = _id(48_150, "addTransactionV2.createdId")

# Nobody's: the mobile is of no plan, the domain is reserved for examples (RFC 2606).
FIRST_NAME = "Asha"
LAST_NAME = "Verma"
MOBILE = "919800000042"
EMAIL = "asha.verma@example.com"
EXTERNAL_ID = "MEMBER-0042"
BILL_NUMBER = "BILL-2026-0815"
REDEMPTION_REFERENCE = "REDEMPTION-0815"

CONCEPT_CODE = "retail"
ZONE_CODE = "south"
STORE_CODE = "store.third"
STORE_NAME = "Third Street"
STORE_EXTERNAL_ID = "ERP-0003"
TILL_CODE = "till.third.1"
TILL_PASSWORD = "choose a long one"
OTHER_TILL_PASSWORD = "another long one"
LOOKUP_VALUE = "shop-4711"
CLIENT_KEY = "web-shop-key"
CLIENT_SECRET = "shown-when-it-was-created"
ACCESS_GROUP_NAME = "Cashiers"
WEBHOOK_URL = "https://example.com/hook"
# Ahead of the organisation's clock; tests put an instant in its place that stays so.
INSTANT_AHEAD = "2030-01-31T09:00:00+05:30"


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One valid call of an endpoint. Names are the ones on the wire; `body` is what JSON can hold, or bytes.

    `name` is shown above it where an endpoint has several. `after` are the operationIds whose first examples are to be
    called before, in order.
    """

    name: str = ""
    after: Sequence[str] = ()
    path: Mapping[str, Any] = {}
    query: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}
    body: Any = None


def plain(value: Any) -> Any:
    """The value with ids as numbers like any other."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return int(value) if isinstance(value, Id) else value
