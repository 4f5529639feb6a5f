"""The till that a call is booked on, as its attribution headers say (contract/_conventions.md, section 2).

What the documentation leaves open is decided here:

- A call that is attributed to a store is booked on the client's default till if that stands in the store, else on the
  store's active till with the first code in the alphabet. A store without an active till is no valid attribution, nor
  are a name or external id that several active stores have.
- Attribution by entity is for tokens only and ignored with a till's own credentials. Lookups work with both.
- A lookup wins over an entity; one half of the lookup pair without the other is refused, never ignored.
"""

from __future__ import annotations

from collections.abc import Callable

from earnest.core.auth.authenticator import Headers, Principal
from earnest.core.errors import ErrorCode
from earnest.core.tenancy import Entity, Organization
from earnest.core.till_lookups import LookupType

ENTITY_TYPE = b"x-cap-api-attribution-entity-type"
ENTITY_CODE = b"x-cap-api-attribution-entity-code"
# The header of former days.
TILL_CODE = b"x-cap-api-attribution-till-code"
LOOKUP_TYPE = b"x-cap-api-attribution-lookup-type"
LOOKUP = b"x-cap-api-attribution-lookup"

LOOKUP_WITHOUT_TYPE = ErrorCode(
    1061, "X-CAP-API-ATTRIBUTION-LOOKUP is passed without X-CAP-API-ATTRIBUTION-LOOKUP-TYPE"
)
LOOKUP_INVALID = ErrorCode(
    400, "X-CAP-API-ATTRIBUTION-LOOKUP-TYPE must be WECHAT or MOBILE_TRIGGER, with X-CAP-API-ATTRIBUTION-LOOKUP"
)
ATTRIBUTION_INVALID = ErrorCode(400, "The attribution headers lead to no active till")
DEFAULT_TILL_INACTIVE = ErrorCode(400, "The default till of the client is not active; pass attribution headers")


def attributed_till(principal: Principal, headers: Headers, *, with_lookup: bool) -> Entity:
    """The till to book on. `with_lookup` for the API (v2) that knows lookup headers.

    ApiError 1061 or 400 for a malformed lookup, 400 when the headers lead to no active till and the client's flag does
    not say to take its default till then.
    """
    if with_lookup and (LOOKUP in headers or LOOKUP_TYPE in headers):
        return _found_or_default(principal, _looked_up(principal.organization, headers))
    if principal.client is None:
        return principal.till
    code = headers.get(ENTITY_CODE)
    if code is not None:
        type_ = headers.get(ENTITY_TYPE, b"TILL").upper()
    elif (code := headers.get(TILL_CODE)) is not None:
        type_ = b"TILL"
    else:
        return _default(principal)
    find = _FINDERS.get(type_)
    found = find(principal, _text(code)) if find is not None else None
    return _found_or_default(principal, found)


def _found_or_default(principal: Principal, till: Entity | None) -> Entity:
    if till is not None and till.is_active:
        return till
    if principal.client is not None and principal.client.use_default_till_when_invalid:
        return _default(principal)
    raise ATTRIBUTION_INVALID.error()


def _default(principal: Principal) -> Entity:
    if not principal.till.is_active:
        raise DEFAULT_TILL_INACTIVE.error()
    return principal.till


def _looked_up(organization: Organization, headers: Headers) -> Entity | None:
    type_, value = headers.get(LOOKUP_TYPE), headers.get(LOOKUP)
    if type_ is None:
        raise LOOKUP_WITHOUT_TYPE.error()
    if value is None or _text(type_) not in _LOOKUP_TYPES:
        raise LOOKUP_INVALID.error()
    till_id = organization.tills_by_lookup.get((_text(type_), _text(value)))
    return None if till_id is None else organization.entities_by_id.get(till_id)


_LOOKUP_TYPES = frozenset(type_.value for type_ in LookupType)


def _text(value: bytes) -> str:
    """Names of stores need not be ASCII; header values come as bytes of no stated encoding."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _till(principal: Principal, code: str) -> Entity | None:
    return principal.organization.till(code)


def _store(field: str) -> Callable[[Principal, str], Entity | None]:
    def find(principal: Principal, value: str) -> Entity | None:
        organization = principal.organization
        stores = organization.active_stores(field, value)
        if len(stores) != 1:
            return None
        tills = organization.active_tills(stores[0].id)
        if principal.till in tills:
            return principal.till
        return min(tills, key=lambda till: till.code, default=None)

    return find


_FINDERS: dict[bytes, Callable[[Principal, str], Entity | None]] = {
    b"TILL": _till,
    b"STORE_CODE": _store("code"),
    b"STORE_NAME": _store("name"),
    b"STORE_EXTERNAL_ID": _store("external_id"),
    b"STORE_EXTERNAL_ID_1": _store("external_id_1"),
    b"STORE_EXTERNAL_ID_2": _store("external_id_2"),
}
