"""Calls per minute: the documented defaults as presets that an organisation may choose (EARNEST_RATE_LIMITS).

The documentation numbers a few APIs by region (contract/_conventions.md, section 4); all others are free. Its code 517
("limit per user") has no number anywhere and is never answered. Counters are those of `limits`, in the process or in the
Redis of EARNEST_RATE_LIMIT_URL, which several processes share. Without a preset nothing is counted.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from earnest.core import logs
from earnest.core.config_keys import RATE_LIMITS
from earnest.core.http.endpoint import Endpoint, shape
from earnest.core.operator_error import OperatorError
from earnest.core.tenancy import Organization

IN_PROCESS = "memory://"
SCHEMES = ("memory", "redis", "rediss", "redis+unix")
WINDOW_S = 60
REDIS_TIMEOUT_S = 0.5
# After a failure nobody waits for Redis for so long; calls pass uncounted.
PAUSE_S = 5.0

Header = tuple[bytes, bytes]


class PerMinute(msgspec.Struct, frozen=True):
    """The documented number of each region; the United States have none."""

    sea: int
    asia: int
    emea: int


DOCUMENTED: Mapping[tuple[str, str], PerMinute] = {
    ("POST", "/v1.1/transaction/add"): PerMinute(1_500, 1_500, 700),
    ("POST", "/v1.1/transaction/update"): PerMinute(500, 100, 100),
    ("POST", "/v1.1/customer/add"): PerMinute(700, 500, 400),
    ("POST", "/v1.1/customer/update"): PerMinute(500, 600, 300),
    ("POST", "/v2/transactions"): PerMinute(100, 1_200, 100),
    ("POST", "/v2/transactions/bulk"): PerMinute(1_200, 700, 300),
    ("POST", "/v2/customers"): PerMinute(100, 600, 100),
    ("PUT", "/v2/customers/{}"): PerMinute(1_000, 600, 50),
}
"""By method and shape of the path (`endpoint.shape`)."""

_REGIONS = {f"documented:{region}": region for region in PerMinute.__struct_fields__}
PRESETS = ("none", *_REGIONS)


class Counted(msgspec.Struct, frozen=True):
    """`headers` announce what is left of the minute; `retry_after_s` is set when nothing was left for this call."""

    headers: tuple[Header, ...] = ()
    retry_after_s: int | None = None


class Rate(msgspec.Struct, frozen=True):
    """What is counted together: all spellings of one endpoint, for each organisation."""

    name: str
    per_minute: PerMinute

    def limit(self, organization: Organization) -> int | None:
        """Calls per minute under the organisation's preset; None when it has chosen none."""
        region = _REGIONS.get(RATE_LIMITS.of(organization))
        return None if region is None else getattr(self.per_minute, region)


def rate_of(endpoints: Iterable[Endpoint]) -> dict[str, Rate]:
    """The rates of the endpoints of one route by method; none for what the documentation does not number."""
    return {
        endpoint.method: Rate(f"{endpoint.method} {endpoint.paths[0]}", per_minute)
        for endpoint in endpoints
        for per_minute in [_documented(endpoint)]
        if per_minute is not None
    }


def _documented(endpoint: Endpoint) -> PerMinute | None:
    found = (DOCUMENTED.get((endpoint.method, shape(path))) for path in endpoint.paths)
    return next((per_minute for per_minute in found if per_minute is not None), None)


class RateLimits:
    """The counters of one process."""

    def __init__(self, url: str = IN_PROCESS) -> None:
        """OperatorError when `url` is none that can be counted in. Nothing is connected yet."""
        options: dict[str, Any] = {"wrap_exceptions": True}
        if url.startswith("redis"):
            options |= {
                "implementation": "redispy",
                "socket_timeout": REDIS_TIMEOUT_S,
                "socket_connect_timeout": REDIS_TIMEOUT_S,
            }
        scheme, colon, _ = url.partition("://")
        if not colon or scheme not in SCHEMES:
            raise OperatorError(
                f"EARNEST_RATE_LIMIT_URL must begin with {', '.join(f'{name}://' for name in SCHEMES)}."
            )
        try:
            storage = storage_from_string(f"async+{url}", **options)
        except (ConfigurationError, ValueError) as error:
            raise OperatorError(f"EARNEST_RATE_LIMIT_URL is not usable: {error}.") from None
        assert isinstance(storage, Storage)
        self._limiter = FixedWindowRateLimiter(storage)
        self._paused_until_s = 0.0

    async def count(self, org_id: int, rate: Rate, limit: int) -> Counted:
        """Counts one call.

        A Redis that does not answer lets calls pass: it must not become a reason to refuse a till.
        """
        if time.monotonic() < self._paused_until_s:
            return Counted()
        item = RateLimitItemPerMinute(limit, namespace="earnest")
        try:
            passed = await self._limiter.hit(item, str(org_id), rate.name)
            window = await self._limiter.get_window_stats(item, str(org_id), rate.name)
        except (StorageError, TimeoutError, OSError) as error:
            self._paused_until_s = time.monotonic() + PAUSE_S
            logs.logger("rates").warning("rate limits are not counted", error=logs.describe(error))
            return Counted()
        left_s = min(max(int(window.reset_time - time.time()) + 1, 1), WINDOW_S)
        return Counted(_announced(limit, window.remaining, left_s), None if passed else left_s)


def _announced(limit: int, remaining: int, left_s: int) -> tuple[Header, ...]:
    """The fields of the IETF draft "RateLimit header fields for HTTP"."""
    return (
        (b"ratelimit-policy", b'"minute";q=%d;w=%d' % (limit, WINDOW_S)),
        (b"ratelimit", b'"minute";r=%d;t=%d' % (remaining, left_s)),
    )
