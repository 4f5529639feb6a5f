"""One call of a receiver: bounded in time and size, without redirects, and what its answer means."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

import httpcore
import msgspec

import earnest
from earnest.domains.webhooks.addresses import AddressRefused, GuardedNetwork
from earnest.domains.webhooks.connections import Connections

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 15.0
CALL_TIMEOUT_S = 20.0
# An answer says everything with its status; this much is read so that the connection can be used again.
ANSWER_BYTES_MAX = 65_536
# Longer than the back-off's own longest delay nobody can make us wait.
RETRY_AFTER_MAX = timedelta(hours=1)

# They say "not now" of a call that may well be right; of the others only a server's error is worth another attempt.
RETRIED_STATUSES = (408, 429)
GONE_STATUS = 410
_TIMEOUTS = {"timeout": {"connect": CONNECT_TIMEOUT_S, "read": READ_TIMEOUT_S, "write": READ_TIMEOUT_S}}


class Verdict(StrEnum):
    """What an attempt means for the event. GONE: for the whole webhook."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DEAD = "dead"
    GONE = "gone"


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How a call ended: with a `status`, or without one for the reason `error`. `retry_after` is what the receiver asked
    for, if it did."""

    at: datetime
    duration_ms: int
    status: int | None = None
    error: str = ""
    retry_after: timedelta | None = None

    @property
    def verdict(self) -> Verdict:
        """2xx has arrived; nothing, 408, 429 and 5xx are tried again; 410 ends the webhook; all else is refused for good."""
        if self.status is None or self.status in RETRIED_STATUSES or self.status >= 500:
            return Verdict.RETRY
        if 200 <= self.status < 300:
            return Verdict.DELIVERED
        return Verdict.GONE if self.status == GONE_STATUS else Verdict.DEAD


class Receivers:
    """Calls receivers; keeps some connections open. One for each worker."""

    def __init__(self, *, allow_private: bool, call_timeout_s: float = CALL_TIMEOUT_S) -> None:
        self._call_timeout_s = call_timeout_s
        self._connections = Connections(httpcore.AnyIOBackend() if allow_private else GuardedNetwork())

    async def close(self) -> None:
        await self._connections.close()

    async def post(self, url: str, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, at: datetime) -> Attempt:
        """Posts the JSON `body`. `at` is the real time of the call. Raises nothing but CancelledError."""
        started = time.perf_counter()
        status: int | None = None
        retry_after: timedelta | None = None
        error = ""
        try:
            request = _request(url, headers, body)
            async with asyncio.timeout(self._call_timeout_s), self._connections.exchange(request) as response:
                status, retry_after = response.status, _retry_after(response.headers, at)
                await _drain(response)
        except AddressRefused:
            error = "address not public"
        except (TimeoutError, httpcore.TimeoutException):
            error = "timeout"
        except httpcore.ConnectError as failure:
            error = "certificate" if isinstance(failure.__cause__, ssl.SSLError) else "connection"
        except (httpcore.NetworkError, OSError):
            error = "connection"
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, ValueError):
            error = "protocol"
        return Attempt(
            at=at,
            duration_ms=round((time.perf_counter() - started) * 1_000),
            status=status,
            # Once the status has arrived, what goes wrong with the rest of the answer changes nothing.
            error=error if status is None else "",
            retry_after=retry_after,
        )


def _request(url: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> httpcore.Request:
    target = httpcore.URL(url)
    own = [
        (b"host", _host(target)),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"accept", b"*/*"),
        (b"user-agent", f"Earnest/{earnest.__version__}".encode("ascii")),
    ]
    return httpcore.Request("POST", target, headers=[*own, *headers], content=body, extensions=_TIMEOUTS)


async def _drain(response: httpcore.Response) -> None:
    received = 0
    async for part in response.aiter_stream():
        received += len(part)
        if received > ANSWER_BYTES_MAX:
            # Not read to its end, the connection is closed.
            return


def _host(target: httpcore.URL) -> bytes:
    host = target.host if b":" not in target.host else b"[" + target.host + b"]"
    return host if target.port is None else host + b":" + str(target.port).encode("ascii")


def _retry_after(headers: Sequence[tuple[bytes, bytes]], at: datetime) -> timedelta | None:
    """Retry-After as seconds or as a date, at most RETRY_AFTER_MAX; None without one that can be read."""
    for name, value in headers:
        if name.lower() != b"retry-after":
            continue
        text = value.decode("latin-1").strip()
        if text.isascii() and text.isdecimal():
            # As a number first: a timedelta has an end.
            return timedelta(seconds=min(int(text[:12]), RETRY_AFTER_MAX.total_seconds()))
        try:
            then = parsedate_to_datetime(text)
        except (ValueError, IndexError):
            return None
        until = (then if then.tzinfo else then.replace(tzinfo=UTC)) - at
        return min(max(until, timedelta()), RETRY_AFTER_MAX)
    return None
