"""One path with its methods: the steps that every request takes, in order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from structlog.typing import FilteringBoundLogger

from earnest.core import logs
from earnest.core.auth.authenticator import Authenticator
from earnest.core.clock import HEADER as CLOCK_HEADER
from earnest.core.clock import Clock
from earnest.core.context import RequestContext
from earnest.core.db.pool import Database
from earnest.core.errors import INVALID_INPUT, METHOD_NOT_ALLOWED, UNAUTHENTICATED, ApiError
from earnest.core.http.decoding import Arguments
from earnest.core.http.endpoint import Access, Answer, Endpoint, PublicContext
from earnest.core.http.envelopes import ALL_FAILED, Reply, Style, render, render_error
from earnest.core.http.exchange import IN_SCOPE, Exchange, Scope, Send, header_pairs
from earnest.core.http.limits import ClientDisconnectedError, Receive
from earnest.core.tenancy import StaleConfiguration, Tenants

_CLOCK_HEADER = CLOCK_HEADER.lower().encode("ascii")


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps need of the application."""

    authenticator: Authenticator
    clock: Clock
    database: Database
    tenants: Tenants
    resources: Mapping[type, object]
    log: FilteringBoundLogger


class Route:
    """All methods of one path. `template` is the spelling that the log shows."""

    __slots__ = ("_allow", "_methods", "_services", "_style", "template")

    def __init__(self, methods: Mapping[str, tuple[str, Endpoint]], services: Services) -> None:
        self._methods = {method: (endpoint, Arguments(endpoint, path)) for method, (path, endpoint) in methods.items()}
        self._allow = ", ".join(sorted(methods)).encode("ascii")
        self.template, first = next(iter(methods.values()))
        self._style = first.style
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[IN_SCOPE]
        exchange.route = self.template
        found = self._methods.get(exchange.method)
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
            code, reply = error.code, self._refuse(endpoint.style, error, exchange)
        except ClientDisconnectedError:
            return
        except Exception as error:
            self._services.log.error(
                "unexpected error", request_id=exchange.request_id, route=self.template, error=logs.describe(error)
            )
            code, reply = ALL_FAILED.code, render_error(endpoint.style, ALL_FAILED.error(), exchange.request_id)
        await exchange.answer(send, reply, code)

    async def _reply(
        self, endpoint: Endpoint, arguments: Arguments, scope: Scope, receive: Receive, exchange: Exchange
    ) -> Reply:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        context = await self._context(endpoint, headers, exchange)
        given = arguments.of_line(list(scope["path_params"].values()), scope["query_string"], headers)
        if arguments.takes_body:
            given["body"], exchange.bytes_in = await arguments.body(headers, receive)
        try:
            answer = await endpoint.handler(ctx=context, **given)
        except StaleConfiguration as stale:
            # Nothing was stored. The credentials are looked at again under the configuration of now, then the call.
            await self._services.tenants.at_least(stale.org_id, stale.config_version)
            context = await self._context(endpoint, headers, exchange)
            answer = await endpoint.handler(ctx=context, **given)
        if isinstance(answer, Answer):
            return render(endpoint.style, answer.value, answer.status, header_pairs(answer.headers))
        return render(endpoint.style, answer, endpoint.status)

    async def _context(
        self, endpoint: Endpoint, headers: Mapping[bytes, bytes], exchange: Exchange
    ) -> RequestContext | PublicContext:
        services = self._services
        if endpoint.access is Access.PUBLIC:
            now, _ = self._now(headers)
            return PublicContext(now=now, request_id=exchange.request_id, resources=services.resources)
        principal = await services.authenticator.principal(headers)
        exchange.org_id, exchange.till = principal.organization.org_id, principal.till.code
        now, now_is_given = self._now(headers)
        return RequestContext(
            organization=principal.organization,
            till=principal.till,
            now=now,
            now_is_given=now_is_given,
            request_id=exchange.request_id,
            db=services.database.tenant(principal.organization.org_id),
            resources=services.resources,
        )

    def _now(self, headers: Mapping[bytes, bytes]) -> tuple[datetime, bool]:
        given = headers.get(_CLOCK_HEADER)
        if given is None:
            return self._services.clock.now(), False
        if not given.isascii():
            raise INVALID_INPUT.error()
        return self._services.clock.now(given.decode("ascii")), True

    def _refuse(self, style: Style, error: ApiError, exchange: Exchange) -> Reply:
        reply = render_error(style, error, exchange.request_id)
        if error.http_status != UNAUTHENTICATED.http_status:
            return reply
        challenge = self._services.authenticator.challenge.encode("ascii")
        return msgspec.structs.replace(reply, headers=(*reply.headers, (b"www-authenticate", challenge)))
