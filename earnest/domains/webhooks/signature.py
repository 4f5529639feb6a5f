"""Signatures of webhooks as Standard Webhooks 1.0 has them: HMAC-SHA256 over id, time and body with a `whsec_` key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from earnest.domains.webhooks import errors

PREFIX = "whsec_"
BYTES_MIN, BYTES_MAX = 24, 64
_BYTES_NEW = 32


def new_secret() -> str:
    """A secret that nobody has had, as the receiver is told it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES_NEW)).decode("ascii")


def check_secret(secret: str) -> str:
    """The secret, if it is `whsec_` and 24 to 64 bytes in base64. ApiError 400 otherwise."""
    try:
        key = _key(secret)
    except ValueError:
        raise errors.SECRET_INVALID.error() from None
    if not secret.startswith(PREFIX) or not BYTES_MIN <= len(key) <= BYTES_MAX:
        raise errors.SECRET_INVALID.error()
    return secret


def headers(keys: Iterable[str], webhook_id: str, timestamp_s: int, body: bytes) -> list[tuple[bytes, bytes]]:
    """webhook-id, webhook-timestamp and webhook-signature, the latter with one signature for each of the secrets."""
    content = f"{webhook_id}.{timestamp_s}.".encode("ascii") + body
    signatures = [
        "v1," + base64.b64encode(hmac.new(_key(secret), content, hashlib.sha256).digest()).decode("ascii")
        for secret in keys
    ]
    return [
        (b"webhook-id", webhook_id.encode("ascii")),
        (b"webhook-timestamp", str(timestamp_s).encode("ascii")),
        (b"webhook-signature", " ".join(signatures).encode("ascii")),
    ]


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error
