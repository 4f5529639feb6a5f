"""Which addresses a webhook may go to: a URL is given from outside, and must not become a way into the network inside.

What counts is the address of the connection that is really made, not what the name meant when it was looked at: so the
check stands where the connection is opened. httpx offers no public place for that, httpcore, of which it is made, does.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpcore

from earnest.domains.webhooks import errors

URL_CHARACTERS_MAX = 2_048
# Prefixes under which an IPv6 address stands for an IPv4 one (RFC 6052, RFC 8215).
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))

Address = IPv4Address | IPv6Address


class AddressRefused(httpcore.ConnectError):
    """The name leads to an address that webhooks may not go to."""


def is_public(address: Address) -> bool:
    """Whether the address is one of the public internet; an IPv6 address that stands for an IPv4 one counts as that."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _TRANSLATED):
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast


def check_url(url: str, *, allow_private: bool) -> str:
    """The URL, if it is one that a webhook can have. ApiError 400 otherwise.

    http or https, a host in ASCII, no user, password or fragment; unless `allow_private`, no host that is plainly inside.
    What a name leads to is looked at with each connection.
    """
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or any(character <= " " for character in url):
        raise errors.URL_INVALID.error()
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise errors.URL_INVALID.error() from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or parts.fragment:
        raise errors.URL_INVALID.error()
    if not allow_private and _is_plainly_inside(host):
        raise errors.URL_NOT_PUBLIC.error()
    return url


def _is_plainly_inside(host: str) -> bool:
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return not is_public(ip_address(name))
    except ValueError:
        return False


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections to public addresses only. TLS still verifies the name of the URL."""

    def __init__(self) -> None:
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """The first address of the name that answers. AddressRefused when any of them is not public."""
        try:
            async with asyncio.timeout(timeout):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout() from error
        except OSError as error:
            raise httpcore.ConnectError("unknown host") from error
        addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
        if not addresses or not all(is_public(ip_address(address.partition("%")[0])) for address in addresses):
            raise AddressRefused("not a public address")
        failure: Exception = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("not a public address")

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)
