"""Connections to receivers, kept open for a while.

httpcore's own pool looks at all of its connections for each call, several times: at fifty calls at a time that costs more
than the calls. Here nothing has to be limited or waited for, since the webhooks' own limits do that.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore

IDLE_S = 30.0
# Receivers with idle connections; when there are more, those of the one that was first go.
ORIGINS_MAX = 200
IDLE_PER_ORIGIN_MAX = 20

Key = tuple[bytes, bytes, int]


class Connections:
    """Idle connections by origin, the one used last first."""

    def __init__(self, network: httpcore.AsyncNetworkBackend) -> None:
        self._network = network
        # Certificates are verified against the system's authorities and those that Python's packages know.
        self._ssl: ssl.SSLContext = httpcore.default_ssl_context()
        self._idle: dict[Key, list[httpcore.AsyncHTTPConnection]] = {}

    async def close(self) -> None:
        for key in list(self._idle):
            await self._drop(key)

    @asynccontextmanager
    async def exchange(self, request: httpcore.Request) -> AsyncIterator[httpcore.Response]:
        """The answer to the request, while the block lasts. httpcore's exceptions when there is none."""
        origin = request.url.origin
        connection = await self._connection(origin)
        try:
            response = await connection.handle_async_request(request)
            try:
                yield response
            finally:
                await response.aclose()
        finally:
            await self._give_back(origin, connection)

    async def _connection(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        idle = self._idle.get(_key(origin), [])
        while idle:
            connection = idle.pop()
            if connection.is_available() and not connection.has_expired():
                return connection
            await connection.aclose()
        return httpcore.AsyncHTTPConnection(
            origin, ssl_context=self._ssl, keepalive_expiry=IDLE_S, network_backend=self._network
        )

    async def _give_back(self, origin: httpcore.Origin, connection: httpcore.AsyncHTTPConnection) -> None:
        idle = self._idle.setdefault(_key(origin), [])
        if connection.is_available() and len(idle) < IDLE_PER_ORIGIN_MAX:
            idle.append(connection)
        else:
            await connection.aclose()
        if len(self._idle) > ORIGINS_MAX:
            await self._drop(next(iter(self._idle)))

    async def _drop(self, key: Key) -> None:
        for connection in self._idle.pop(key):
            await connection.aclose()


def _key(origin: httpcore.Origin) -> Key:
    return (origin.scheme, origin.host, origin.port)
