"""The HTTP application: endpoints on Litestar's router, behind the border where hostile requests end."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Protocol, cast

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import asgi
from litestar.types import LifeSpanReceive, LifeSpanScope, LifeSpanSend, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from earnest.core import logs, metrics
from earnest.core.auth.admin import AdminScheme
from earnest.core.auth.authenticator import Authenticator
from earnest.core.auth.local import LocalScheme
from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from earnest.core.errors import INVALID_INPUT, NOT_FOUND, ApiError
from earnest.core.figures import Figures
from earnest.core.http import health
from earnest.core.http import metrics as metrics_route
from earnest.core.http.endpoint import Endpoint, Registry, endpoints_of, placeholders
from earnest.core.http.envelopes import ALL_FAILED, Reply, render_error, style_of
from earnest.core.http.exchange import IN_SCOPE, Exchange
from earnest.core.http.limits import routable_path
from earnest.core.http.rates import RateLimits
from earnest.core.http.route import Route, Services
from earnest.core.http.v1_format import PREFIXES as V1_PREFIXES
from earnest.core.http.v1_format import formats, split
from earnest.core.idempotency import Idempotency
from earnest.core.openapi import routes as openapi
from earnest.core.openapi.document import Description
from earnest.core.tenancy import Tenants

Hook = Callable[[], Awaitable[None]]


class LogSettings(Protocol):
    """What the application reads of the process's settings."""

    @property
    def log_level(self) -> str: ...

    @property
    def log_format(self) -> str: ...


class Application(Litestar):
    """Litestar with a border before its router: limits of the URI, the exchange, the log line."""

    registry: Registry
    log: FilteringBoundLogger

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        untyped: dict[str, Any] = cast(Any, scope)
        kind: str = untyped["type"]
        if kind == "lifespan":
            await super().__call__(scope, receive, send)
            return
        if kind != "http":
            await cast(Any, send)({"type": "websocket.close", "code": 1000})
            return
        exchange = Exchange(untyped["method"])
        exchange.peer = (untyped.get("client") or (None,))[0]
        metrics.Running.requests += 1
        untyped[IN_SCOPE] = exchange
        # Routes take every method and answer 405 themselves. Litestar looks up the path parameters of an ASGI handler by
        # the request's method, where they stand under this name alone.
        untyped["method"] = "asgi"
        try:
            path: str = untyped["path"]
            raw_path = untyped.get("raw_path") or path.encode()
            if path.startswith(V1_PREFIXES):
                # Before anything can be refused: a refusal has a format as well.
                suffix = split(path)[1]
                exchange.formats = formats(suffix, untyped["query_string"], dict(untyped["headers"]))
                routable = routable_path(path, raw_path, untyped["query_string"])
                untyped["path"] = routable if suffix is None else split(routable)[0]
            else:
                untyped["path"] = routable_path(path, raw_path, untyped["query_string"])
        except ApiError as error:
            reply = render_error(style_of(path), error, exchange.request_id)
            await exchange.answer(cast(Any, send), reply, error.code)
        else:
            await super().__call__(scope, receive, send)
        finally:
            metrics.Running.requests -= 1
            exchange.measure()
            exchange.log(self.log, untyped)


def build(
    endpoints: Iterable[Endpoint],
    *,
    authenticator: Authenticator,
    tenants: Tenants,
    database: Database,
    clock: Clock,
    settings: LogSettings,
    resources: Mapping[type, object],
    admin: AdminScheme | None = None,
    local: LocalScheme | None = None,
    idempotency: Idempotency,
    rates: RateLimits | None = None,
    figures: Figures | None = None,
    on_startup: Sequence[Hook] = (),
    on_shutdown: Sequence[Hook] = (),
) -> Application:
    """The application of one process: `endpoints`, and those of health and of the description.

    `resources` are what use cases ask for by type, besides Database and Tenants; the mapping is read when a request
    comes, so that a startup hook may still fill it.
    """
    logs.configure(settings.log_level, settings.log_format)
    log = logs.logger("http")
    registry = registry_of(endpoints)
    admin = admin or AdminScheme()
    services = Services(
        authenticator=authenticator,
        admin=admin,
        local=local or LocalScheme(admin),
        clock=clock,
        database=database,
        tenants=tenants,
        resources=ChainMap(
            {Database: database, Tenants: tenants, Description: Description(registry), Figures: figures or Figures()},
            cast(MutableMapping[type, object], resources),
        ),
        idempotency=idempotency,
        rates=rates or RateLimits(),
        log=log,
    )
    application = Application(
        route_handlers=[_handler(Route(methods, services)) for methods in registry.routes.values()],
        exception_handlers={HTTPException: _refuse, Exception: _refuse},
        on_startup=list(on_startup),
        on_shutdown=list(on_shutdown),
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    application.registry = registry
    application.log = log
    return application


def registry_of(endpoints: Iterable[Endpoint]) -> Registry:
    """Everything that an application of these endpoints answers."""
    return Registry((*endpoints_of(health, metrics_route, openapi), *endpoints))


def _handler(route: Route) -> asgi:
    # Litestar names parameters by their place: endpoints of one path may call the same segment differently.
    path = route.template
    for index, name in enumerate(placeholders(path)):
        path = path.replace("{" + name + "}", "{p" + str(index) + ":str}", 1)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await route(cast(Any, scope), cast(Any, receive), cast(Any, send))

    return asgi(path, copy_scope=False)(serve)


def _refuse(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What happens before a route is found: no such path, a malformed Host header, a mistake of ours."""
    exchange: Exchange = cast(Any, request.scope)[IN_SCOPE]
    if not isinstance(error, HTTPException):
        cast(Application, request.app).log.error(
            "unexpected error", request_id=exchange.request_id, error=logs.describe(error)
        )
        code, exchange.is_unexpected = ALL_FAILED, True
    else:
        code = NOT_FOUND if error.status_code == NOT_FOUND.http_status else INVALID_INPUT
    reply = exchange.represented(render_error(style_of(request.scope["path"]), code.error(), exchange.request_id))
    exchange.status, exchange.code, exchange.bytes_out = reply.status, code.code, len(reply.body)
    return _response(reply, exchange)


def _response(reply: Reply, exchange: Exchange) -> Response[bytes]:
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in exchange.headers(reply)}
    media_type = headers.pop("content-type")
    return Response(content=reply.body, status_code=reply.status, headers=headers, media_type=media_type)
