"""Hashes (argon2id) of what is sent: the secret of a client, or the lower-case hex MD5 of a till's password."""

from __future__ import annotations

import asyncio
from hashlib import md5

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from earnest.core.errors import AUTHORIZATION_UNAVAILABLE

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

VERIFICATIONS_AT_ONCE = 2
VERIFICATIONS_WAITING_MAX = 100


def hash_password(clear: str) -> str:
    """The hash to store for a till's password in clear text."""
    return hash_secret(transmitted(clear))


def hash_secret(sent: str) -> str:
    """The hash to store for what will be sent as it is."""
    return _hasher.hash(sent)


def transmitted(clear: str) -> str:
    """What the documented client sends in place of its password (contract/_conventions.md, section 2)."""
    return md5(clear.encode(), usedforsecurity=False).hexdigest()


class Verifier:
    """Verifies in threads, a few at a time: argon2 is meant to be slow, and the calls of others go on meanwhile."""

    def __init__(self, *, waiting_max: int = VERIFICATIONS_WAITING_MAX) -> None:
        self._waiting_max = waiting_max
        self._turns = asyncio.Semaphore(VERIFICATIONS_AT_ONCE)
        self._waiting = 0
        # Compared when there is no such user, so that an unknown user costs as much as a wrong password.
        self.hash_of_nobody = hash_password("")

    async def verify(self, secret_hash: str, sent: str) -> bool:
        """Whether `sent` is what `secret_hash` was made of. ApiError 4001 when too many verifications wait."""
        if self._waiting >= self._waiting_max:
            raise AUTHORIZATION_UNAVAILABLE.error()
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(_matches, secret_hash, sent)
        finally:
            self._waiting -= 1


def _matches(secret_hash: str, sent: str) -> bool:
    try:
        return _hasher.verify(secret_hash, sent)
    except (VerificationError, InvalidHashError):
        return False
