"""A small application of the HTTP layer's own tests: one endpoint for each thing that can be declared."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from earnest.core.auth.authenticator import Authenticator, Headers, Principal, Scheme
from earnest.core.clock import Clock
from earnest.core.context import RequestContext
from earnest.core.db.pool import Database
from earnest.core.errors import ACCESS_DENIED, UNAUTHENTICATED, ErrorCode
from earnest.core.http.application import Application, build
from earnest.core.http.endpoint import Access, Answer, PublicContext, endpoint, endpoints_of
from earnest.core.http.envelopes import Style, V1Status
from earnest.core.idempotency import PURPOSE, Idempotency
from earnest.core.secret_key import SecretKey
from earnest.core.tenancy import Entity, Organization, Tenants

CUSTOMER_ID_INVALID = ErrorCode(8013, "Customer identifier invalid")
AMOUNT_INVALID = ErrorCode(601, "Invalid Bill Amount")
LINE_INVALID = ErrorCode(660, "Invalid line item for return")
STOLEN = ErrorCode(3045, "Operation not allowed for customer {name}")

ORGANIZATION = Organization(
    org_id=100,
    name="Demo Stores",
    country_code="IN",
    currency="INR",
    currency_decimals=2,
    time_zone="Asia/Kolkata",
    primary_identifier="mobile",
    config_version=1,
    entities=(Entity(11, "TILL", "demo.till.1", "Till", "", None, None, 7, True),),
)
TOKEN = "a-till-that-is-known"
AUTHORIZED = {"X-Till-Token": TOKEN}


class Kind(StrEnum):
    REGULAR = "REGULAR"
    RETURN = "RETURN"


class Line(msgspec.Struct, frozen=True, rename="camel"):
    item_code: str
    qty: Decimal
    returnable_days: int | None = None


class Bill(msgspec.Struct, frozen=True, rename="camel"):
    bill_number: str
    bill_amount: Decimal
    type: Kind = Kind.REGULAR
    billing_date: datetime | None = None
    parent_id: int | None = None
    not_returnable: bool = False
    extended_fields: dict[str, Any] = {}
    line_items: tuple[Line, ...] = msgspec.field(default=(), name="lineItemsV2")


class BillQuery(msgspec.Struct, frozen=True, rename="camel"):
    points: Decimal = Decimal(0)
    limit: int = 10
    use_async: bool = msgspec.field(default=False, name="use_async")
    ids: tuple[int, ...] = ()
    source: str = "INSTORE"


class BillPath(msgspec.Struct, frozen=True, rename="camel"):
    customer_id: int


class NumberPath(msgspec.Struct, frozen=True):
    number: str


class BillHeaders(msgspec.Struct, frozen=True):
    entity_type: str | None = msgspec.field(default=None, name="USER-CONTEXT-ENTITY-TYPE")
    direct_replay: bool = msgspec.field(default=False, name="X-CAP-DIRECT-REPLAY")


class Root(msgspec.Struct, frozen=True):
    root: Bill


class IdPath(msgspec.Struct, frozen=True):
    id: int


class Seen(msgspec.Struct, frozen=True, rename="camel"):
    """What arrived, as the handler saw it."""

    customer_id: int
    query: BillQuery
    entity_type: str | None
    direct_replay: bool
    bill: Bill
    till: str
    now: datetime


@endpoint(
    "POST",
    "/v2/customers/{customerId}/bills",
    style=Style.V2,
    contract="06-transaction-v2/01",
    group="Transaction",
    access=Access.WRITE,
    errors={
        "path": CUSTOMER_ID_INVALID,
        "query.points": AMOUNT_INVALID,
        "body.billAmount": AMOUNT_INVALID,
        "body.lineItemsV2": LINE_INVALID,
    },
)
async def add_bill(ctx: RequestContext, path: BillPath, query: BillQuery, headers: BillHeaders, body: Bill) -> Seen:
    """Adds one bill.

    And says what it saw.
    """
    return Seen(path.customer_id, query, headers.entity_type, headers.direct_replay, body, ctx.till.code, ctx.now)


@endpoint(
    "GET",
    "/v2/customers/{id}/bills",
    "/v2/customers/{id}/allBills",
    style=Style.V2,
    contract="06-transaction-v2/05",
    group="Transaction",
    access=Access.READ,
)
async def get_bills(ctx: RequestContext, path: IdPath) -> dict[str, object]:
    """Bills of a customer."""
    return {"id": path.id, "warnings": []}


@endpoint("GET", "/v2/bills/{number}", style=Style.V2, group="Transaction", access=Access.READ)
async def get_bill(ctx: RequestContext, path: NumberPath) -> dict[str, object]:
    """One bill by its number."""
    return {"number": path.number}


@endpoint("POST", "/v1.1/points/redeem", "/v1/points/redeem", style=Style.V1, group="Points", access=Access.WRITE)
async def redeem(ctx: RequestContext, body: Root) -> dict[str, object]:
    """Redeems points."""
    return {"response": {"status": V1Status("true", 200, "Success"), "bill": body.root.bill_number}}


@endpoint("POST", "/api_gateway/badges/v1/claim", style=Style.GATEWAY, group="Badges", access=Access.WRITE)
async def claim(ctx: RequestContext, body: Bill) -> dict[str, object]:
    """Claims a badge."""
    return {"data": {"bill": body.bill_number}, "errors": None}


@endpoint("PUT", "/earnest/v1/bills", style=Style.OWN, group="Admin", access=Access.WRITE, status=201)
async def put_own(ctx: RequestContext, query: BillQuery, body: Bill) -> Bill:
    """What is ours."""
    return body


@endpoint("DELETE", "/earnest/v1/bills", style=Style.OWN, group="Admin", access=Access.WRITE)
async def delete_own(ctx: RequestContext) -> Answer:
    """Answers without a body."""
    return Answer(None, status=204, headers={"X-Deleted": "yes"})


@endpoint("POST", "/v2/files", style=Style.V2, group="Files", access=Access.WRITE)
async def upload(ctx: RequestContext, body: bytes) -> Answer:
    """Gives back what was sent."""
    return Answer(body, headers={"Content-Type": "text/csv"})


@endpoint("GET", "/v2/refusals/{number}", style=Style.V2, group="Refusals", access=Access.READ)
async def refuse(ctx: RequestContext, path: NumberPath) -> None:
    """Ends badly, in the way that is asked for."""
    match path.number:
        case "documented":
            raise STOLEN.error(name="of somebody else")
        case "denied":
            raise ACCESS_DENIED.error()
        case _:
            raise KeyError(f"{path.number} is a secret of Marlene Dietrich, +919812345678")


@endpoint("GET", "/earnest/v1/time", style=Style.OWN, group="Time", access=Access.PUBLIC)
async def tell_time(ctx: PublicContext) -> dict[str, datetime]:
    """The instant of the request."""
    return {"now": ctx.now}


class TokenScheme:
    """A scheme of its own, as the next one would be added: the till is known by a token in a header."""

    challenge = "Token"

    async def principal(self, headers: Headers) -> Principal | None:
        token = headers.get(b"x-till-token")
        if token is None:
            return None
        if token != TOKEN.encode():
            raise UNAUTHENTICATED.error()
        return Principal(ORGANIZATION, ORGANIZATION.entities[0])


class LogSettings(msgspec.Struct, frozen=True):
    log_level: str = "error"
    log_format: str = "json"


async def unreachable_database() -> AsyncIterator[Database]:
    """A database of which only the address exists: nothing listens on the port."""
    database = Database("postgresql://nobody:nothing@127.0.0.1:1/none", connections_min=0)
    await database.open()
    yield database
    await database.close()


def application(
    database: Database,
    *,
    schemes: Iterable[Scheme] = (TokenScheme(),),
    clock: Clock | None = None,
    settings: LogSettings | None = None,
    tenants: Tenants | None = None,
) -> Application:
    return build(
        endpoints_of(sys.modules[__name__]),
        authenticator=Authenticator(tuple(schemes)),
        tenants=tenants or Tenants(database),
        database=database,
        clock=clock or Clock(),
        settings=settings or LogSettings(),
        idempotency=Idempotency(database, SecretKey(b"of the sample application alone").seal(PURPOSE)),
        resources={},
    )
