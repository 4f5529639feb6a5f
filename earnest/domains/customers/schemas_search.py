"""Wire structs of the searches of customers (contract/02-customer-v2/08, 01-customer-v1/04)."""

from __future__ import annotations

import msgspec

from earnest.core.http.envelopes import V1Status
from earnest.core.http.v1_fields import Attributes
from earnest.core.messages import Message


class SearchQuery(msgspec.Struct, frozen=True):
    """Query of 02-customer-v2/08."""

    q: str = ""
    limit: int = 10
    offset: int = 0


class Pagination(msgspec.Struct, frozen=True):
    limit: int
    offset: int
    total: int


class MatchedIdentifier(msgspec.Struct, frozen=True, rename="camel"):
    """What began with the text: firstName, lastName, mobile, email, externalId …"""

    id_type: str
    id_value: str
    source: str
    account_id: str


class ProfileName(msgspec.Struct, frozen=True, rename="camel"):
    source: str
    first_name: str
    last_name: str


class FoundCustomer(msgspec.Struct, frozen=True, rename="camel"):
    user_id: int
    matched_identifiers: list[MatchedIdentifier]
    profiles: list[ProfileName]


class SearchAnswer(msgspec.Struct, frozen=True):
    """Answer of 02-customer-v2/08."""

    pagination: Pagination
    data: list[FoundCustomer]
    warnings: list[Message]
    errors: list[Message]


class SearchV1Query(msgspec.Struct, frozen=True):
    """Query of 01-customer-v1/04: `q` is `(ATTRIBUTE:OPERATOR:VALUE)&(…)`."""

    q: str = ""
    start: int = 0
    rows: int = 10


class FoundItem(msgspec.Struct, frozen=True, kw_only=True):
    """All figures are text."""

    user_id: str
    org_id: str
    firstname: str
    lastname: str
    mobile: str
    email: str
    external_id: str
    loyalty_points: str
    lifetime_points: str
    lifetime_purchases: str
    current_slab: str
    registered_on: str
    registered_by: str
    last_trans_value: str
    attributes: Attributes


class FoundItems(msgspec.Struct, frozen=True):
    item: list[FoundItem]


class Found(msgspec.Struct, frozen=True):
    count: str
    start: str
    rows: str
    results: FoundItems


class SearchV1Response(msgspec.Struct, frozen=True):
    status: V1Status
    customer: Found


class SearchV1Answer(msgspec.Struct, frozen=True):
    """Answer of 01-customer-v1/04."""

    response: SearchV1Response
