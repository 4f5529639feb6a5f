"""Basic authentication of tills: `Authorization: Basic base64(user:md5hex(password))` (contract/_conventions.md, 2)."""

from __future__ import annotations

import binascii
from base64 import b64decode
from pathlib import Path

import msgspec

from earnest.core.auth.asking import answered
from earnest.core.auth.authenticator import Headers, Principal
from earnest.core.auth.connected import acting_for
from earnest.core.auth.passwords import Verifier
from earnest.core.auth.remembered import RememberedCredentials, Verified
from earnest.core.config_keys import BASIC_AUTHENTICATION
from earnest.core.db.pool import Database
from earnest.core.db.statements import load
from earnest.core.errors import UNAUTHENTICATED
from earnest.core.tenancy import Organization, Tenants

sql = load(Path(__file__).with_name("auth.sql"))

HEADER_BYTES_MAX = 1_024


class _Credential(msgspec.Struct, frozen=True):
    org_id: int
    entity_id: int
    secret_hash: str
    is_active: bool
    config_version: int
    credential_version: int


class BasicScheme:
    """The scheme of tills. Every way to be wrong ends in the same 401 after the same work."""

    challenge = 'Basic realm="earnest", charset="UTF-8"'

    def __init__(
        self,
        database: Database,
        tenants: Tenants,
        remembered: RememberedCredentials,
        verifier: Verifier | None = None,
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._remembered = remembered
        self._verifier = verifier or Verifier()

    async def principal(self, headers: Headers) -> Principal | None:
        """The till of the header Authorization; None without that header."""
        header = headers.get(b"authorization")
        if header is None:
            return None
        if len(header) > HEADER_BYTES_MAX:
            raise UNAUTHENTICATED.error()
        principal = await self._remembered.verified(header, lambda: self._verify(header))
        return await acting_for(principal, headers, self._tenants)

    async def _verify(self, header: bytes) -> Verified:
        username, sent = _parse(header)
        credential = await answered(self._find(username))
        secret_hash = self._verifier.hash_of_nobody if credential is None else credential.secret_hash
        matches = await self._verifier.verify(secret_hash, sent)
        if credential is None or not matches or not credential.is_active:
            raise UNAUTHENTICATED.error()
        try:
            organization = await answered(self._tenants.at_least(credential.org_id, credential.config_version))
        except LookupError:
            raise UNAUTHENTICATED.error() from None

        def principal(current: Organization) -> Principal | None:
            till = current.entities_by_id.get(credential.entity_id)
            if till is None or not till.is_active or not BASIC_AUTHENTICATION.of(current):
                return None
            return Principal(current, till)

        found = principal(organization)
        if found is None:
            raise UNAUTHENTICATED.error()
        return Verified(found, principal, credential.credential_version)

    async def _find(self, username: str) -> _Credential | None:
        async with self._database.unscoped() as connection:
            found = await connection.fetchrow(sql.text("find_credential"), username)
        if found is None:
            return None
        org_id: int = found["org_id"]
        async with self._database.tenant(org_id).transaction() as connection:
            row = await connection.fetchrow(sql.text("read_credential"), org_id, found["credential_id"])
        return None if row is None else _Credential(org_id=org_id, **dict(row))


def _parse(header: bytes) -> tuple[str, str]:
    """User name and MD5 of a Basic header. ApiError 401 when it is none."""
    scheme, _, encoded = header.partition(b" ")
    if scheme.lower() != b"basic":
        raise UNAUTHENTICATED.error()
    try:
        username, colon, sent = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise UNAUTHENTICATED.error() from None
    if not colon or not username or "\0" in username:
        raise UNAUTHENTICATED.error()
    return username, sent
