"""Access tokens: signed JWTs of the documented shape (contract/_conventions.md, section 2, "Token endpoint").

They live in real time, whatever the test clock says.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path

import jwt
import msgspec

from earnest.core.auth.asking import answered
from earnest.core.auth.authenticator import Principal
from earnest.core.auth.passwords import Verifier
from earnest.core.auth.remembered import RememberedCredentials, Verified
from earnest.core.auth.signing_keys import SigningKeys
from earnest.core.config_keys import TOKEN_TTL_SECONDS_MAX
from earnest.core.db.pool import Database
from earnest.core.db.statements import load
from earnest.core.errors import UNAUTHENTICATED, ErrorCode
from earnest.core.tenancy import Client, Organization, Tenants

sql = load(Path(__file__).with_name("tokens.sql"))

ALGORITHM = "RS256"
ISSUER = "Capillary"
TOKEN_USE = "token_access"
KID_CHARACTERS_MAX = 64

# The message is the documented one; its code and HTTP status are not, these are the ones of wrong credentials elsewhere.
TOKEN_REFUSED = ErrorCode(401, "Failed to generate OAuth token", 401)


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. Times are seconds since 1970; `client_id` is the client's key, `sub` its name."""

    iss: str
    exp: int
    iat: int
    jti: str
    sub: str
    client_id: str
    org_id: int
    token_use: str


class IssuedToken(msgspec.Struct, frozen=True, rename="camel"):
    access_token: str
    ttl_seconds: int


class _StoredSecret(msgspec.Struct, frozen=True):
    org_id: int
    secret_hash: str
    config_version: int
    credential_version: int


class Tokens:
    """Issues tokens for a client's key and secret, and reads them again."""

    def __init__(
        self,
        database: Database,
        tenants: Tenants,
        keys: SigningKeys,
        remembered: RememberedCredentials,
        verifier: Verifier | None = None,
        *,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._keys = keys
        self._remembered = remembered
        self._verifier = verifier or Verifier()
        self._wall_s = wall_s

    async def issue(self, key: str, secret: str) -> IssuedToken:
        """A new token. ApiError 401 for a wrong key or secret, a client that is not active or may do nothing at all."""
        proof = msgspec.json.encode((key, secret))
        principal = await self._remembered.verified(proof, lambda: self._verify(key, secret))
        client, organization = principal.client, principal.organization
        assert client is not None
        if principal.access_group.grants_nothing:
            raise TOKEN_REFUSED.error()
        ttl_s = min(client.ttl_s, TOKEN_TTL_SECONDS_MAX.of(organization))
        now_s = int(self._wall_s())
        claims = Claims(
            iss=ISSUER,
            exp=now_s + ttl_s,
            iat=now_s,
            jti=secrets.token_hex(16),
            sub=client.name,
            client_id=client.key,
            org_id=organization.org_id,
            token_use=TOKEN_USE,
        )
        signer = await answered(self._keys.signer())
        token = jwt.encode(
            msgspec.structs.asdict(claims), signer.key, ALGORITHM, headers={"kid": signer.kid, "typ": None}
        )
        return IssuedToken(token, ttl_s)

    async def read(self, token: bytes) -> Claims:
        """What a token says that is ours and has not run out. ApiError 401 for any other."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.InvalidTokenError:
            raise UNAUTHENTICATED.error() from None
        if not isinstance(kid, str) or len(kid) > KID_CHARACTERS_MAX:
            raise UNAUTHENTICATED.error()
        key = await answered(self._keys.verifier(kid))
        if key is None:
            raise UNAUTHENTICATED.error()
        try:
            # The times are judged below, by the clock that this object was given.
            said = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_sub": False},
            )
            claims = msgspec.convert(said, Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            raise UNAUTHENTICATED.error() from None
        if claims.token_use != TOKEN_USE or claims.exp <= self._wall_s():
            raise UNAUTHENTICATED.error()
        return claims

    def left_s(self, claims: Claims) -> float:
        """How long a token lives on."""
        return claims.exp - self._wall_s()

    async def _verify(self, key: str, secret: str) -> Verified:
        stored = await answered(self._find(key))
        secret_hash = self._verifier.hash_of_nobody if stored is None else stored.secret_hash
        matches = await self._verifier.verify(secret_hash, secret)
        if stored is None or not matches:
            raise TOKEN_REFUSED.error()
        organization = await answered(self._tenants.at_least(stored.org_id, stored.config_version))

        def principal(current: Organization) -> Principal | None:
            return client_principal(current, current.clients_by_key.get(key))

        found = principal(organization)
        if found is None:
            raise TOKEN_REFUSED.error()
        return Verified(found, principal, stored.credential_version)

    async def _find(self, key: str) -> _StoredSecret | None:
        async with self._database.unscoped() as connection:
            found = await connection.fetchrow(sql.text("find_client"), key)
        if found is None:
            return None
        org_id: int = found["org_id"]
        async with self._database.tenant(org_id).transaction() as connection:
            row = await connection.fetchrow(sql.text("read_secret"), org_id, found["client_id"])
        return None if row is None else _StoredSecret(org_id=org_id, **dict(row))


def client_principal(organization: Organization, client: Client | None) -> Principal | None:
    """The caller that a client is; None when it may not call."""
    if client is None or not client.is_active:
        return None
    till = organization.entities_by_id.get(client.default_till_id)
    return None if till is None else Principal(organization, till, client)
