"""The administrator of the installation: `Authorization: Bearer <EARNEST_ADMIN_KEY>` on everything under /earnest/v1."""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from earnest.core.auth.authenticator import Headers
from earnest.core.errors import UNAUTHENTICATED, ErrorCode

ADMIN_OFF = ErrorCode(403, "This server has no admin API: set EARNEST_ADMIN_KEY", 403)


class AdminPrincipal(msgspec.Struct, frozen=True):
    """Who administers, for the audit log."""

    name: str = "admin"


class AdminScheme:
    """Compares a bearer token with the key, in the same time whatever the token is. An empty key: there is no admin API."""

    challenge = 'Bearer realm="earnest-admin"'

    def __init__(self, key: str = "") -> None:
        # Digests are of one length: how long the key is cannot be found out either.
        self._digest = hashlib.sha256(key.encode()).digest() if key else None

    @property
    def is_on(self) -> bool:
        """Whether there is a key."""
        return self._digest is not None

    async def principal(self, headers: Headers) -> AdminPrincipal:
        """ApiError 401 without the right key, 403 when the server has none."""
        if self._digest is None:
            raise ADMIN_OFF.error()
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        given = hashlib.sha256(token.strip()).digest()
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given, self._digest):
            raise UNAUTHENTICATED.error()
        return AdminPrincipal()
