"""Who sees what is of the whole installation and of nobody in it (`GET /metrics`): callers on this machine, and keys."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address

from earnest.core.auth.admin import ADMIN_OFF, AdminScheme
from earnest.core.auth.authenticator import Headers
from earnest.core.errors import UNAUTHENTICATED, ApiError, ErrorCode

NOT_LOCAL = ErrorCode(
    403, "This is shown to callers on the server's own machine: set EARNEST_METRICS_KEY for others", 403
)
# What a proxy on this machine adds to the calls of others.
_OF_PROXIES = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip", b"via")


class LocalScheme:
    """Admits whoever connects from this machine and not through a proxy, and whoever has the administrator's key.

    With a `key` of its own that one opens too, and callers on this machine need one like all others: it is for machines
    where a proxy does not say that it is one.
    """

    challenge = AdminScheme.challenge

    def __init__(self, admin: AdminScheme, key: str = "") -> None:
        self._admin = admin
        self._digest = hashlib.sha256(key.encode()).digest() if key else None

    async def admit(self, headers: Headers, peer: str | None) -> None:
        """`peer` is the address that the connection comes from. ApiError 401 for a wrong key, 403 when there is none."""
        if self._digest is None:
            if _is_local(peer) and not any(name in headers for name in _OF_PROXIES):
                return
            await self._admitted(headers, NOT_LOCAL)
            return
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        given = hashlib.sha256(token.strip()).digest()
        if scheme.lower() == b"bearer" and hmac.compare_digest(given, self._digest):
            return
        await self._admitted(headers, UNAUTHENTICATED)

    async def _admitted(self, headers: Headers, without_keys: ErrorCode) -> None:
        """An administrator; `without_keys` is what is answered where nobody is one."""
        try:
            await self._admin.principal(headers)
        except ApiError as error:
            if error.http_status == ADMIN_OFF.http_status:
                raise without_keys.error() from None
            raise


def _is_local(peer: str | None) -> bool:
    try:
        address = ip_address(peer or "")
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback
