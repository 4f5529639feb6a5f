"""Whose ledger a call is about, and in which organisations (15-points-ledger/04: DATA-SCOPE, DATA-SCOPE-ORG)."""

from __future__ import annotations

import msgspec

from earnest.core.context import RequestContext
from earnest.core.db.pool import Database
from earnest.core.errors import ApiError
from earnest.core.tenancy import Tenants
from earnest.domains.customers import service as customers
from earnest.domains.ledger import errors, schemas
from earnest.loyalty.look import look
from earnest.loyalty.registry import Snapshot

ORGANIZATIONS_MAX = 10
_ID_DIGITS_MAX = 10
# What the shared lookup says of a call that leaves something out (8001, 8002, 8092, 8093, and a missing account 8045).
_MISSING = frozenset({8001, 8002, 8045, 8092, 8093})


class Holder(msgspec.Struct, frozen=True):
    """A member as of the call, in the organisation of `ctx`."""

    ctx: RequestContext
    id: int
    snapshot: Snapshot

    @property
    def details(self) -> schemas.LedgerCustomer:
        names = customers.Names.of(self.snapshot)
        external_id = (names.identifiers or {}).get("externalId", "")
        return schemas.LedgerCustomer(names.first_name, names.last_name, self.id, external_id, "CUSTOMER")


async def holder(ctx: RequestContext, query: schemas.CustomerQuery, type_: str = "CUSTOMER") -> Holder:
    """The member whom the query names. 11013 something is missing, 8003 no such source, 8013 no such kind of identifier,
    11012 no such id, 8015 nobody has the identifier, 1632 a group that there is not."""
    if type_ != "CUSTOMER":
        # A user group: no group has this id.
        raise errors.UNKNOWN_GROUP.error()
    by_id = (query.identifier_name or "").lower() == "id"
    try:
        who = customers.identified(
            ctx.organization,
            source=query.source,
            account_id=query.account_id,
            name=query.identifier_name,
            value=query.identifier_value,
        )
        customer_id = await customers.require(ctx, who)
    except ApiError as error:
        if error.code in _MISSING:
            raise errors.IDENTIFIER_MISSING.error() from error
        if error.code in (errors.INVALID_SOURCE.code, errors.INVALID_IDENTIFIER_NAME.code):
            raise
        raise (errors.INVALID_USER_ID if by_id else errors.CUSTOMER_UNKNOWN).error() from error
    snapshot = await look(ctx, customer_id, (customers.NAMES,))
    if snapshot is None:
        raise errors.CUSTOMER_UNKNOWN.error()
    return Holder(ctx, customer_id, snapshot)


async def holders(
    ctx: RequestContext, headers: schemas.ScopeHeaders, query: schemas.CustomerQuery, type_: str = "CUSTOMER"
) -> list[Holder]:
    """The member in each organisation of the scope where he is known; at least one. This call has fewer codes: 8013 for the
    identifier's name, 8015 for its value, 8003 for the source, 310144 for the headers."""
    found: list[Holder] = []
    contexts = await _contexts(ctx, headers)
    if not query.source:
        raise errors.INVALID_SOURCE.error()
    if not query.identifier_name:
        raise errors.INVALID_IDENTIFIER_NAME.error()
    if not query.identifier_value:
        raise errors.CUSTOMER_UNKNOWN.error()
    for one in contexts:
        try:
            found.append(await holder(one, query, type_))
        except ApiError as error:
            if error.code not in (errors.CUSTOMER_UNKNOWN.code, errors.INVALID_USER_ID.code):
                raise
    if not found:
        raise errors.CUSTOMER_UNKNOWN.error()
    return found


async def _contexts(ctx: RequestContext, headers: schemas.ScopeHeaders) -> list[RequestContext]:
    """SELF is the calling organisation; OTHER the organisations that the header names, each of which must be its parent or
    one of its children. 310144 otherwise."""
    if headers.scope == "SELF":
        return [ctx]
    if headers.scope != "OTHER":
        raise errors.NOT_CONNECTED.error()
    texts = [text.strip() for text in (headers.organizations or "").split(",")]
    if len(texts) > ORGANIZATIONS_MAX:
        raise errors.NOT_CONNECTED.error()
    return [await _context(ctx, text) for text in dict.fromkeys(texts)]


async def _context(ctx: RequestContext, text: str) -> RequestContext:
    if not (text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS_MAX) or not 0 < int(text) < 2**31:
        raise errors.NOT_CONNECTED.error()
    org_id, own = int(text), ctx.organization
    if org_id != own.parent_org_id and org_id not in own.children:
        raise errors.NOT_CONNECTED.error()
    other = await ctx.resource(Tenants).current(org_id)
    # Every read below compares the version of what is known here with the other organisation's own.
    return msgspec.structs.replace(ctx, organization=other, db=ctx.resource(Database).tenant(org_id))
