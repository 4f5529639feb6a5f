"""One path with its methods: the steps that every request takes, in order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from structlog.typing import FilteringBoundLogger

from earnest.core import logs, metrics
from earnest.core.auth.admin import AdminScheme
from earnest.core.auth.attribution import attributed_till
from earnest.core.auth.authenticator import Authenticator
from earnest.core.auth.local import LocalScheme
from earnest.core.clock import HEADER as CLOCK_HEADER
from earnest.core.clock import Clock, OrganizationClock
from earnest.core.context import RequestContext
from earnest.core.db.pool import Database
from earnest.core.errors import (
    ACCESS_DENIED,
    INVALID_INPUT,
    METHOD_NOT_ALLOWED,
    RATE_LIMITED,
    UNAUTHENTICATED,
    ApiError,
)
from earnest.core.http.decoding import Arguments
from earnest.core.http.endpoint import Access, AdminContext, Answer, Endpoint, PublicContext
from earnest.core.http.envelopes import ALL_FAILED, JSON, PROBLEM_JSON, Reply, Style, render, render_error
from earnest.core.http.exchange import IN_SCOPE, Exchange, Scope, Send, header_pairs
from earnest.core.http.limits import ClientDisconnectedError, Receive
from earnest.core.http.rates import Rate, RateLimits, rate_of
from earnest.core.http.undecodable import invalid
from earnest.core.idempotency import ADMIN_ORG_ID, REPLAYED_HEADER, Idempotency, StoredAnswer
from earnest.core.idempotency import HEADER as IDEMPOTENCY_HEADER
from earnest.core.tenancy import StaleConfiguration, Tenants

_CLOCK_HEADER = CLOCK_HEADER.lower().encode("ascii")
_IDEMPOTENCY_HEADER = IDEMPOTENCY_HEADER.lower().encode("ascii")
_REPLAYED_HEADER = REPLAYED_HEADER.lower().encode("ascii")
# Refusals that say nothing of the call itself: it may be sent again under the same key.
_TRY_AGAIN = frozenset({401, 403, 409, 413, 429, 500, 503})

Context = RequestContext | PublicContext | AdminContext


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps need of the application."""

    authenticator: Authenticator
    admin: AdminScheme
    local: LocalScheme
    clock: Clock
    database: Database
    tenants: Tenants
    resources: Mapping[type, object]
    rates: RateLimits
    idempotency: Idempotency
    log: FilteringBoundLogger


class Route:
    """All methods of one path. `template` is the spelling that the log shows."""

    __slots__ = ("_allow", "_methods", "_rates", "_services", "_style", "template")

    def __init__(self, methods: Mapping[str, tuple[str, Endpoint]], services: Services) -> None:
        self._methods = {method: (endpoint, Arguments(endpoint, path)) for method, (path, endpoint) in methods.items()}
        # HEAD is GET without the body (RFC 9110, 9.3.2).
        self._allow = ", ".join(sorted({*methods, *({"HEAD"} if "GET" in methods else ())})).encode("ascii")
        self.template, first = next(iter(methods.values()))
        self._style = first.style
        self._rates = rate_of(endpoint for _, endpoint in methods.values())
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[IN_SCOPE]
        exchange.route = self.template
        found = self._methods.get("GET" if exchange.method == "HEAD" else exchange.method)
        if found is None:
            refusal = render_error(self._style, METHOD_NOT_ALLOWED.error(), exchange.request_id)
            reply = msgspec.structs.replace(refusal, headers=(*refusal.headers, (b"allow", self._allow)))
            await exchange.answer(send, reply, METHOD_NOT_ALLOWED.code)
            return
        endpoint, arguments = found
        code: int | None = None
        try:
            reply = await self._reply(endpoint, arguments, scope, receive, exchange)
        except ApiError as error:
            code, reply = error.code, self._refuse(endpoint, error, exchange)
        except ClientDisconnectedError:
            return
        except Exception as error:
            self._services.log.error(
                "unexpected error", request_id=exchange.request_id, route=self.template, error=logs.describe(error)
            )
            exchange.is_unexpected = True
            code, reply = ALL_FAILED.code, render_error(endpoint.style, ALL_FAILED.error(), exchange.request_id)
        await exchange.answer(send, reply, code)

    async def _reply(
        self, endpoint: Endpoint, arguments: Arguments, scope: Scope, receive: Receive, exchange: Exchange
    ) -> Reply:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        context = await self._context(endpoint, headers, exchange)
        rate = self._rates.get(endpoint.method)
        if rate is not None and isinstance(context, RequestContext):
            await self._count(rate, context, exchange)
        given = arguments.of_line(list(scope["path_params"].values()), scope["query_string"], headers)
        formats = exchange.formats
        if formats is not None and not formats.is_known:
            raise invalid("query", "format must be json or xml", ["format"], {})
        if arguments.takes_body:
            format_ = None if formats is None else formats.request
            given["body"], exchange.bytes_in = await arguments.body(headers, receive, format_)
        key = headers.get(_IDEMPOTENCY_HEADER)
        if key is None or not endpoint.is_write:
            return await self._handled(endpoint, context, given, headers, exchange)
        return await self._once(key, endpoint, context, given, scope, headers, exchange)

    async def _handled(
        self,
        endpoint: Endpoint,
        context: Context,
        given: Mapping[str, object],
        headers: Mapping[bytes, bytes],
        exchange: Exchange,
    ) -> Reply:
        try:
            answer = await endpoint.handler(ctx=context, **given)
        except StaleConfiguration as stale:
            # Nothing was stored. The credentials are looked at again under the configuration of now, then the call.
            metrics.CONFIGURATION_RESTARTS.inc()
            await self._services.tenants.at_least(stale.org_id, stale.config_version)
            renewed = await self._context(endpoint, headers, exchange)
            if isinstance(renewed, RequestContext) and isinstance(context, RequestContext) and context.idempotency:
                renewed = msgspec.structs.replace(renewed, idempotency=context.idempotency.item(1))
            answer = await endpoint.handler(ctx=renewed, **given)
        if isinstance(answer, Answer):
            return render(endpoint.style, answer.value, answer.status, header_pairs(answer.headers))
        return render(endpoint.style, answer, endpoint.status)

    async def _once(
        self,
        key: bytes,
        endpoint: Endpoint,
        context: Context,
        given: Mapping[str, object],
        scope: Scope,
        headers: Mapping[bytes, bytes],
        exchange: Exchange,
    ) -> Reply:
        """The call under its Idempotency-Key: what it answered before, or its answer, kept for the next time."""
        idempotency = self._services.idempotency
        org_id = context.org_id if isinstance(context, RequestContext) else ADMIN_ORG_ID
        call = (endpoint.method, self.template, scope["path_params"], scope["query_string"], given)
        begun = await idempotency.begin(org_id, key, call, exchange.request_id)
        if isinstance(begun, StoredAnswer):
            content_type = PROBLEM_JSON if endpoint.style is Style.OWN and begun.status >= 400 else JSON
            return Reply(begun.status, begun.body, content_type, ((_REPLAYED_HEADER, b"true"),))
        if isinstance(context, RequestContext | AdminContext):
            context = msgspec.structs.replace(context, idempotency=begun)
        try:
            reply = await self._handled(endpoint, context, given, headers, exchange)
        except ApiError as error:
            if error.http_status in _TRY_AGAIN:
                await idempotency.release(org_id, begun)
            else:
                refusal = render_error(endpoint.style, error, exchange.request_id)
                await idempotency.finish(org_id, begun, refusal.status, refusal.body)
            raise
        except BaseException:
            await idempotency.release(org_id, begun)
            raise
        if reply.content_type == JSON:
            await idempotency.finish(org_id, begun, reply.status, reply.body)
        return reply

    async def _context(self, endpoint: Endpoint, headers: Mapping[bytes, bytes], exchange: Exchange) -> Context:
        services = self._services
        if endpoint.access in (Access.PUBLIC, Access.LOCAL):
            if endpoint.access is Access.LOCAL:
                await services.local.admit(headers, exchange.peer)
            now, _ = self._now(headers)
            return PublicContext(now=now, request_id=exchange.request_id, resources=services.resources)
        if endpoint.access is Access.ADMIN:
            administrator = await services.admin.principal(headers)
            now, _ = self._now(headers)
            return AdminContext(
                now=now, request_id=exchange.request_id, resources=services.resources, actor=administrator.name
            )
        principal = await services.authenticator.principal(headers)
        exchange.org_id = principal.organization.org_id
        if principal.client is not None:
            exchange.client = principal.client.key
        if not principal.access_group.permits(endpoint.group, endpoint.needed, endpoint.api_kind):
            raise ACCESS_DENIED.error()
        till = attributed_till(principal, headers, with_lookup=endpoint.style is Style.V2)
        exchange.till = till.code
        now, now_is_given = self._now(headers, principal.organization.clock)
        return RequestContext(
            organization=principal.organization,
            till=till,
            now=now,
            now_is_given=now_is_given,
            request_id=exchange.request_id,
            db=services.database.tenant(principal.organization.org_id),
            resources=services.resources,
        )

    async def _count(self, rate: Rate, context: RequestContext, exchange: Exchange) -> None:
        limit = rate.limit(context.organization)
        if limit is None:
            return
        counted = await self._services.rates.count(context.org_id, rate, limit)
        exchange.announced = counted.headers
        if counted.retry_after_s is not None:
            raise ApiError(
                RATE_LIMITED.code,
                RATE_LIMITED.message,
                RATE_LIMITED.http_status,
                retry_after_s=counted.retry_after_s,
            )

    def _now(
        self, headers: Mapping[bytes, bytes], organization: OrganizationClock | None = None
    ) -> tuple[datetime, bool]:
        given = headers.get(_CLOCK_HEADER)
        if given is None:
            return self._services.clock.now(organization=organization), False
        if not given.isascii():
            raise INVALID_INPUT.error()
        return self._services.clock.now(given.decode("ascii")), True

    def _refuse(self, endpoint: Endpoint, error: ApiError, exchange: Exchange) -> Reply:
        reply = render_error(endpoint.style, error, exchange.request_id)
        # A challenge where no credentials of that kind are looked at would make a browser ask its user for some.
        if error.http_status != UNAUTHENTICATED.http_status or endpoint.access is Access.PUBLIC:
            return reply
        services = self._services
        is_of_till = endpoint.access in (Access.READ, Access.WRITE)
        scheme = services.authenticator if is_of_till else services.admin
        challenge = scheme.challenge.encode("ascii")
        return msgspec.structs.replace(reply, headers=(*reply.headers, (b"www-authenticate", challenge)))
