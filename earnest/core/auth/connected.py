"""Calls in the name of a connected organisation (contract/_conventions.md, section 2: headers seen in a test client).

The pages name three headers and say nothing more; decided here:

- `X-CAP-EXT-ORGID` names the child that a client of the parent calls for. The child's data, configuration and tills count;
  the client stays who it is, with the access group that its own organisation gave it. Its own id changes nothing.
- `X-CAP-API-OAUTH-TOKEN-PARENT` is the token of the parent's client. It counts where `X-CAP-EXT-ORGID` stands beside it, or
  where there is no other token.
- `X-CAP-EXT-ORGID-PARENT`, when it is there, must be the organisation of that client.
- The call is booked on the till that its attribution headers name in the child, else on the one that the connection names.
- Whatever does not fit is refused with 310144, never ignored: a call must not end up in the wrong organisation. That goes
  for tills too, which call for nobody else.
"""

from __future__ import annotations

from earnest.core.auth.asking import answered
from earnest.core.auth.authenticator import Headers, Principal
from earnest.core.errors import ErrorCode
from earnest.core.tenancy import Entity, Tenants

CHILD = b"x-cap-ext-orgid"
PARENT = b"x-cap-ext-orgid-parent"
PARENT_TOKEN = b"x-cap-api-oauth-token-parent"

# The code of contract/23-loyalty-promotions/_errors.yaml and 15-points-ledger.
NOT_CONNECTED = ErrorCode(310144, "Connected organisations are not set properly in the headers")

_DIGITS_MAX = 10
# Where the connection names no till: attribution has to.
_NO_TILL = Entity(0, "TILL", "", "", "", None, None, None, False)


async def acting_for(principal: Principal, headers: Headers, tenants: Tenants) -> Principal:
    """The principal in the organisation that the headers name. ApiError 310144 when it may not act there."""
    own = principal.organization
    if PARENT in headers and _id(headers[PARENT]) != own.org_id:
        raise NOT_CONNECTED.error()
    if CHILD not in headers:
        return principal
    child_id = _id(headers[CHILD])
    if child_id == own.org_id:
        return principal
    if principal.client is None:
        raise NOT_CONNECTED.error()
    try:
        child = await answered(tenants.current(child_id))
    except LookupError:
        raise NOT_CONNECTED.error() from None
    # The child's word counts: its configuration is read with every call, the parent's may be older.
    if child.parent_org_id != own.org_id:
        raise NOT_CONNECTED.error()
    till = child.entities_by_id.get(child.parent_till_id or 0, _NO_TILL)
    return Principal(child, till, principal.client, own)


def _id(value: bytes) -> int:
    text = value.strip()
    if not text.isdigit() or len(text) > _DIGITS_MAX:
        raise NOT_CONNECTED.error()
    found = int(text)
    if not 0 < found < 2**31:
        raise NOT_CONNECTED.error()
    return found
