"""Authentication by access token: `X-CAP-API-OAUTH-TOKEN: <token>` (contract/_conventions.md, section 2)."""

from __future__ import annotations

from earnest.core.auth.asking import answered
from earnest.core.auth.authenticator import Headers, Principal
from earnest.core.auth.connected import CHILD, PARENT_TOKEN, acting_for
from earnest.core.auth.remembered import REMEMBERED_S, RememberedCredentials, Verified
from earnest.core.auth.tokens import Tokens, client_principal, sql
from earnest.core.db.pool import Database
from earnest.core.errors import UNAUTHENTICATED
from earnest.core.tenancy import Organization, Tenants

HEADER = b"x-cap-api-oauth-token"
# What the documentation's table of headers calls it.
OTHER_HEADER = b"cap-api-access-token"
TOKEN_BYTES_MAX = 4_096


class OAuthScheme:
    """The scheme of clients. Every way to be wrong ends in the same 401."""

    # The header is not one that WWW-Authenticate could ask for.
    challenge = ""

    def __init__(self, database: Database, tenants: Tenants, tokens: Tokens, remembered: RememberedCredentials) -> None:
        self._database = database
        self._tenants = tenants
        self._tokens = tokens
        self._remembered = remembered

    async def principal(self, headers: Headers) -> Principal | None:
        """The client of the token, with its default till, or with that of the connected organisation that it calls for;
        None without a token."""
        token = _token(headers)
        if token is None:
            return None
        if len(token) > TOKEN_BYTES_MAX:
            raise UNAUTHENTICATED.error()
        principal = await self._remembered.verified(token, lambda: self._verify(token))
        return await acting_for(principal, headers, self._tenants)

    async def _verify(self, token: bytes) -> Verified:
        claims = await self._tokens.read(token)
        try:
            organization = await answered(self._organization(claims.org_id))
        except LookupError:
            raise UNAUTHENTICATED.error() from None

        def principal(current: Organization) -> Principal | None:
            return client_principal(current, current.clients_by_key.get(claims.client_id))

        found = principal(organization)
        if found is None:
            raise UNAUTHENTICATED.error()
        return Verified(found, principal, valid_s=min(self._tokens.left_s(claims), REMEMBERED_S))

    async def _organization(self, org_id: int) -> Organization:
        """As it is now, not as this process remembers it: the client may have been switched off by another one."""
        async with self._database.tenant(org_id).transaction() as connection:
            version = await connection.fetchval(sql.text("read_config_version"), org_id)
        return await self._tenants.at_least(org_id, version or 1)


def _token(headers: Headers) -> bytes | None:
    own = headers.get(HEADER) or headers.get(OTHER_HEADER)
    parent = headers.get(PARENT_TOKEN)
    return parent or own if CHILD in headers else own or parent
