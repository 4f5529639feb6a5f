"""The keys that sign tokens: made on the first start, rotated by `earnest keys rotate`, known to every process.

A process signs with the newest key that it can open, and verifies with every key that has not run out. It looks at the
table again after a minute, and at once when a token names a key that it does not know.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from earnest.core import logs
from earnest.core.clients import TTL_S_MAX
from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.secret_key import Seal

sql = load(Path(__file__).with_name("signing_keys.sql"))

PURPOSE = "signing keys"
# NIST SP 800-57: sufficient until 2030 and beyond the life of any token; larger ones sign several times slower.
KEY_BITS = 2_048
FRESH_S = 60.0
# However many tokens with unknown keys arrive.
UNKNOWN_EVERY_S = 1.0


class StoredKey(msgspec.Struct, frozen=True):
    """A row. `verifies_until` is None until the key is retired; `private_key` is sealed."""

    kid: str
    public_key: str
    private_key: str
    created_at: datetime
    verifies_until: datetime | None


class Signer(msgspec.Struct, frozen=True):
    kid: str
    key: RSAPrivateKey


class _Loaded(msgspec.Struct, frozen=True):
    signer: Signer | None
    verifiers: dict[str, tuple[RSAPublicKey, float]]
    at_s: float


class SigningKeys:
    """The keys as one process knows them."""

    def __init__(
        self,
        database: Database,
        seal: Seal,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._seal = seal
        self._monotonic_s = monotonic_s
        self._wall_s = wall_s
        self._loaded: _Loaded | None = None
        self._loading = asyncio.Lock()

    async def start(self) -> None:
        """Makes a key when there is none that this process can sign with; to be awaited before the first request."""
        loaded = await self._load(0.0)
        if loaded.signer is not None:
            return
        if loaded.verifiers:
            logs.logger("auth").warning(
                "no signing key can be opened with this secret key: making another one",
                hint="give all processes the same EARNEST_SECRET_KEY or secret.key",
            )
        async with self._database.unscoped() as connection, connection.transaction():
            await connection.execute(sql.text("lock_signing_keys"))
            # Another process may have made one until now.
            if not any(self._opened(key) for key in await list_keys(connection)):
                await add_key(connection, self._seal)
        await self._load(0.0)

    async def signer(self) -> Signer:
        """The key to sign with."""
        loaded = await self._load(FRESH_S)
        if loaded.signer is None:
            # Retired by somebody who has another secret key.
            await self.start()
            loaded = await self._load(FRESH_S)
        assert loaded.signer is not None, "no signing key could be made"
        return loaded.signer

    async def verifier(self, kid: str) -> RSAPublicKey | None:
        """The public key with this id; None when there is none, or it has run out."""
        loaded = await self._load(FRESH_S)
        if kid not in loaded.verifiers:
            loaded = await self._load(UNKNOWN_EVERY_S)
        key, until_s = loaded.verifiers.get(kid, (None, 0.0))
        return key if until_s > self._wall_s() else None

    async def _load(self, age_s_max: float) -> _Loaded:
        """The keys as they were at most so many seconds ago."""
        loaded = self._loaded
        if loaded is not None and self._monotonic_s() - loaded.at_s < age_s_max:
            return loaded
        async with self._loading:
            if self._loaded is not loaded and self._loaded is not None:
                return self._loaded
            async with self._database.unscoped() as connection:
                keys = await list_keys(connection)
            # Opening one costs more than all the rest: it is done for the newest that can be opened, once.
            known = loaded.signer if loaded is not None else None
            self._loaded = _Loaded(
                signer=self._newest(keys, known),
                verifiers={key.kid: (_public(key.public_key), _until_s(key)) for key in keys},
                at_s=self._monotonic_s(),
            )
            return self._loaded

    def _newest(self, keys: list[StoredKey], known: Signer | None) -> Signer | None:
        for key in keys:
            if key.verifies_until is None:
                if known is not None and known.kid == key.kid:
                    return known
                if (opened := self._opened(key)) is not None:
                    return opened
        return None

    def _opened(self, key: StoredKey) -> Signer | None:
        if key.verifies_until is not None or (pem := self._seal.open(key.private_key)) is None:
            return None
        # The seal vouches for it; checking the primes again would cost a tenth of a second.
        private = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(private, RSAPrivateKey)
        return Signer(key.kid, private)


async def list_keys(connection: Connection) -> list[StoredKey]:
    """All keys, newest first."""
    return [StoredKey(**dict(row)) for row in await connection.fetch(sql.text("list_signing_keys"))]


async def add_key(connection: Connection, seal: Seal) -> str:
    """Makes and stores a key, to be called under the lock of the table; returns its id."""
    private = await asyncio.to_thread(generate_private_key, 65_537, KEY_BITS)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = private.public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    public_pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    kid = sha256(der).hexdigest()[:16]
    await connection.execute(sql.text("add_signing_key"), kid, public_pem.decode("ascii"), seal.close(pem))
    return kid


async def rotate_keys(connection: Connection, seal: Seal, *, revoke: bool = False) -> str:
    """Makes the key that signs from now on, and returns its id; in a transaction of its own.

    The others verify until the longest-lived token that they can have signed has run out, with `revoke` not any more.
    """
    async with connection.transaction():
        await connection.execute(sql.text("lock_signing_keys"))
        kid = await add_key(connection, seal)
        await connection.execute(sql.text("retire_signing_keys"), 0 if revoke else int(FRESH_S) + TTL_S_MAX, kid)
    return kid


def _public(pem: str) -> RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode("ascii"))
    assert isinstance(key, RSAPublicKey)
    return key


def _until_s(key: StoredKey) -> float:
    return float("inf") if key.verifies_until is None else key.verifies_until.timestamp()
