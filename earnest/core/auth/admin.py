"""Administrators of the installation: `Authorization: Bearer <key>` on everything under /earnest/v1.

The key is EARNEST_ADMIN_KEY or one of the named ones (`admin_keys`).
"""

from __future__ import annotations

import hmac

import msgspec

from earnest.core.auth.admin_keys import digest_of, find_admin_key
from earnest.core.auth.asking import answered
from earnest.core.auth.authenticator import Headers
from earnest.core.db.pool import Database
from earnest.core.errors import UNAUTHENTICATED, ErrorCode

ADMIN_OFF = ErrorCode(
    403, "This server has no admin API: set EARNEST_ADMIN_KEY, or make a key with `earnest keys admin add`", 403
)


class AdminPrincipal(msgspec.Struct, frozen=True):
    """Who administers, for the audit log."""

    name: str = "admin"


class AdminScheme:
    """Compares a bearer token with the key, in the same time whatever the token is, then looks for a named one in
    `database`. Without any key there is no admin API."""

    challenge = 'Bearer realm="earnest-admin"'

    def __init__(self, key: str = "", database: Database | None = None) -> None:
        # Digests are of one length: how long the key is cannot be found out either.
        self._digest = digest_of(key.encode()) if key else None
        self._database = database

    async def principal(self, headers: Headers) -> AdminPrincipal:
        """ApiError 401 without a right key, 403 when there is none at all, 4001 when that cannot be found out now."""
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        given = digest_of(token.strip())
        is_bearer = scheme.lower() == b"bearer"
        if self._digest is not None and is_bearer and hmac.compare_digest(given, self._digest):
            return AdminPrincipal()
        is_on = self._digest is not None
        if self._database is not None and (is_bearer or not is_on):
            found = await answered(find_admin_key(self._database, given))
            if found.name is not None and is_bearer:
                return AdminPrincipal(found.name)
            is_on = is_on or found.is_any
        raise UNAUTHENTICATED.error() if is_on else ADMIN_OFF.error()
