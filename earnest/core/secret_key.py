"""The installation's secret key: what is stored encrypted is encrypted with keys that are derived from it.

It is EARNEST_SECRET_KEY where that is set, else the file `secret.key` in the data directory, made on the first start.
Processes on several machines need the same one; a backup of the database without it cannot be opened.
"""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from earnest.core.operator_error import OperatorError

VARIABLE = "EARNEST_SECRET_KEY"
FILE = "secret.key"
CHARACTERS_MIN = 32


class Seal:
    """Encrypts and authenticates (Fernet: AES-128-CBC with HMAC-SHA256) for one purpose."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, content: bytes) -> str:
        """The content as ASCII text that only the same seal opens."""
        return self._fernet.encrypt(content).decode("ascii")

    def open(self, closed: str) -> bytes | None:
        """The content; None when it was closed with another secret key or for another purpose, or was changed since."""
        try:
            return self._fernet.decrypt(closed)
        except InvalidToken:
            return None


class SecretKey:
    """What all seals of the installation come from."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart and says nothing else of them."""
        info = b"earnest fingerprint"
        return HKDF(algorithm=SHA256(), length=8, salt=None, info=info).derive(self._secret).hex()

    def key(self, purpose: str) -> bytes:
        """32 bytes of its own for each purpose, for what is computed with a key and not sealed."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"earnest {purpose}".encode()).derive(self._secret)

    def seal(self, purpose: str) -> Seal:
        """A key of its own for each purpose: what is sealed for one cannot be passed off as something of another."""
        return Seal(self.key(purpose))


def known_fingerprint(stated: str, data_path: Path) -> str:
    """The fingerprint of the secret key, if there is one already; otherwise empty. Makes none."""
    if not stated and not (data_path / FILE).exists():
        return ""
    return secret_key(stated, data_path).fingerprint


def secret_key(stated: str, data_path: Path) -> SecretKey:
    """`stated` is the value of EARNEST_SECRET_KEY; when it is empty, the file below `data_path` is read, or made.

    OperatorError when the stated one is too short or the file can be neither read nor made.
    """
    if stated:
        if len(stated) < CHARACTERS_MIN:
            raise OperatorError(f"{VARIABLE} must have at least {CHARACTERS_MIN} characters, chosen at random.")
        return SecretKey(stated.encode())
    file = data_path / FILE
    try:
        if not file.exists():
            _make(file)
        content = file.read_bytes().strip()
    except OSError as error:
        raise OperatorError(
            f"The secret key {file} cannot be read or made: {error.strerror or error}. "
            f"Set {VARIABLE}, or choose another --data-dir."
        ) from None
    if len(content) < CHARACTERS_MIN:
        raise OperatorError(f"{file} is damaged: it should hold at least {CHARACTERS_MIN} characters.")
    return SecretKey(content)


def _make(file: Path) -> None:
    """Several processes may start at once: the first one's file stays, and none is ever seen half written."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(prefix=f".{FILE}.", dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_urlsafe(48).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(unfinished, file)
        except FileExistsError:
            return
    finally:
        os.unlink(unfinished)
