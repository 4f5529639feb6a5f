"""Serving in this process: Granian in our own event loop."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from granian._granian import SocketHolder
from granian.asgi import LifespanProtocol
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from earnest.core.operator_error import OperatorError
from earnest.server.listener import BACKLOG
from earnest.settings import Settings

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CONNECTIONS_MAX = 4096
# A request that was accepted before the stop is answered, if it takes no longer than this.
DRAIN_SECONDS_MAX = 30.0
# Connections without a request keep Granian for up to half a minute; nobody waits for an answer on them.
IDLE_SECONDS_MAX = 0.5


def load_application(target: str, settings: Settings) -> Application:
    """Calls the factory "module:function" with the settings."""
    module, _, function = target.partition(":")
    application: Application = getattr(importlib.import_module(module), function)(settings)
    return application


async def serve(application: Application, listener: int, stop: asyncio.Event, hurry: asyncio.Event) -> None:
    """Answers requests on the socket with the descriptor `listener` (it becomes Granian's) until `stop` is set.

    Requests that have begun are then answered first, unless `hurry` is set as well. Raises OperatorError when the
    application does not start or the server ends by itself.
    """
    requests = _Requests(application)
    lifespan = LifespanProtocol(application)
    await lifespan.startup()
    if lifespan.interrupt or lifespan.errored:
        raise OperatorError("The application did not start; the reason is above.") from lifespan.exc
    # What was created until now lives as long as the process: collections need not look at it again.
    gc.collect()
    gc.freeze()
    try:
        await _answer(_EmbeddedServer(requests, listener), requests, stop, hurry)
    finally:
        await lifespan.shutdown()


async def _answer(server: Server, requests: _Requests, stop: asyncio.Event, hurry: asyncio.Event) -> None:
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if serving.done():
        raise OperatorError("The server ended by itself; the reason is above.") from serving.exception()
    server.stop()
    await _wait_at_most(DRAIN_SECONDS_MAX, serving, hurry, until=requests.idle)
    await _wait_at_most(IDLE_SECONDS_MAX, serving, hurry)
    if not serving.done():
        serving.cancel()


async def _wait_at_most(
    seconds: float, serving: asyncio.Task[None], hurry: asyncio.Event, *, until: asyncio.Event | None = None
) -> None:
    waits: list[asyncio.Future[Any]] = [serving, asyncio.ensure_future(hurry.wait())]
    if until is not None:
        waits.append(asyncio.ensure_future(until.wait()))
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits[1:]:
        wait.cancel()


class _Requests:
    """The application, counting what it is at work on."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._running = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._running += 1
        self.idle.clear()
        try:
            await self._application(scope, receive, send)
        finally:
            self._running -= 1
            if not self._running:
                self.idle.set()


class _EmbeddedServer(Server):
    """Granian on a socket that is bound already."""

    def __init__(self, application: Callable[..., Awaitable[None]], listener: int) -> None:
        super().__init__(
            application,
            # The application's lifespan is ours, so that it ends after the last request and not with the first signal.
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=False,
            backlog=BACKLOG,
            backpressure=CONNECTIONS_MAX,
            log_level=LogLevels.error,
        )
        self._listener = listener
        _log_to_stderr()

    def _init_shared_socket(self) -> None:
        # A TCP socket; where Granian listens on it itself, the holder takes the backlog too.
        backlog = (BACKLOG,) if sys.platform.startswith(("linux", "freebsd")) else ()
        holder: Any = SocketHolder
        self._shd: Any = holder(self._listener, False, *backlog)


def _log_to_stderr() -> None:
    """Standard output belongs to the tables of the demo."""
    for handler in logging.getLogger("_granian").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stderr)
