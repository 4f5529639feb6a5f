"""Credentials that were verified a moment ago, so that not every call pays for the verification."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from hashlib import blake2b

import msgspec

from earnest.core.auth.authenticator import Principal
from earnest.core.tenancy import Organization, Tenants

# Ours (architecture.md: "for a short time"): how long a withdrawn credential may live on in a process that has not
# heard of the new config_version.
REMEMBERED_S = 60.0
ENTRIES_MAX = 4_096


class Verified(msgspec.Struct, frozen=True):
    """A principal that was found to be who it says it is, for so many seconds.

    `renew` is who the same credentials belong to under a newer configuration; None: to nobody any more. What was verified
    counts as long as `credential_version`, read together with what it was compared with, is the organisation's; None where
    nothing secret was compared (a token, which says itself until when it is valid).
    """

    principal: Principal
    renew: Callable[[Organization], Principal | None]
    credential_version: int | None = None
    valid_s: float = REMEMBERED_S


class _Entry(msgspec.Struct, frozen=True):
    verified: Verified
    until: float


class RememberedCredentials:
    """Principals by a keyed hash of what proved them. The key is of this process and never leaves it, so neither a dump
    of the memory nor a log of it gives the secret away."""

    def __init__(self, tenants: Tenants, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._tenants = tenants
        self._monotonic_s = monotonic_s
        self._key = secrets.token_bytes(32)
        self._entries: dict[bytes, _Entry] = {}
        self._in_progress: dict[bytes, asyncio.Task[Verified]] = {}

    async def verified(self, secret: bytes, verify: Callable[[], Awaitable[Verified]]) -> Principal:
        """The principal of what is remembered, else of `verify`, which is remembered then.

        Calls with one secret arrive together when it has just been forgotten: one verification serves them all.
        """
        fingerprint = self.fingerprint(secret)
        known = await self.principal(fingerprint)
        if known is not None:
            return known
        task = self._in_progress.get(fingerprint)
        if task is None:
            task = asyncio.ensure_future(_run(verify))
            self._in_progress[fingerprint] = task
            task.add_done_callback(lambda done: self._finished(fingerprint, done))
        found = await asyncio.shield(task)
        self.remember(fingerprint, found)
        return found.principal

    def _finished(self, fingerprint: bytes, task: asyncio.Task[Verified]) -> None:
        self._in_progress.pop(fingerprint, None)
        if not task.cancelled():
            # Looked at here, for those who asked may all have gone away.
            task.exception()

    def fingerprint(self, secret: bytes) -> bytes:
        return blake2b(secret, digest_size=16, key=self._key).digest()

    async def principal(self, fingerprint: bytes) -> Principal | None:
        """The principal under the organisation's configuration of now, unless time has run out, a password or secret of
        the organisation is another one by now, or the credentials open nothing any more."""
        entry = self._entries.get(fingerprint)
        if entry is None:
            return None
        if entry.until > self._monotonic_s():
            verified = entry.verified
            current = await self._tenants.current(verified.principal.organization.org_id)
            if verified.principal.organization is current:
                return verified.principal
            if verified.credential_version in (None, current.credential_version):
                renewed = verified.renew(current)
                if renewed is not None:
                    # As old as it was: what is renewed was not verified again.
                    self._entries[fingerprint] = _Entry(
                        msgspec.structs.replace(verified, principal=renewed), entry.until
                    )
                    return renewed
        self._entries.pop(fingerprint, None)
        return None

    def remember(self, fingerprint: bytes, verified: Verified) -> None:
        """Keeps what was verified, never longer than REMEMBERED_S; the oldest goes when there are too many."""
        self._entries.pop(fingerprint, None)
        if len(self._entries) >= ENTRIES_MAX:
            del self._entries[next(iter(self._entries))]
        self._entries[fingerprint] = _Entry(verified, self._monotonic_s() + min(verified.valid_s, REMEMBERED_S))


async def _run(verify: Callable[[], Awaitable[Verified]]) -> Verified:
    return await verify()
