"""Runs the server until a stop signal, and tells when it is ready."""

from __future__ import annotations

import asyncio
import http.client
import os
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

from earnest.server.listener import Listener
from earnest.server.signals import stop_signals_in_loop
from earnest.settings import Settings

APPLICATION = "earnest.app:create_app"
READY_PATH = "/health/ready"
READY_SECONDS_MAX = 120.0

OnReady = Callable[[threading.Event], None]


def run(
    settings: Settings,
    listener: Listener,
    *,
    target: str = APPLICATION,
    on_ready: OnReady | None = None,
) -> None:
    """Serves the application of the factory `target` on `listener` until SIGINT or SIGTERM; then returns.

    `on_ready` is called once, in a thread of its own, when the server says that it is ready. The event it gets is set when
    the server stops, which does not wait for it. Raises OperatorError when the server cannot start or ends by itself.
    After a stop signal further ones do nothing, except that the second one does not wait for running requests.
    """
    stopped = threading.Event()
    listener.open()
    if on_ready is not None:
        threading.Thread(target=_call_when_ready, args=(settings, on_ready, stopped), daemon=True).start()
    try:
        run_in_loop(_serve(settings, listener, target, stopped))
    finally:
        stopped.set()
        listener.close()


def run_in_loop(main: Coroutine[Any, Any, None]) -> None:
    """asyncio.run with uvloop where there is one."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.new_event_loop
    return new_event_loop


async def _serve(settings: Settings, listener: Listener, target: str, stopped: threading.Event) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def request_stop() -> None:
        (hurry if stop.is_set() else stop).set()
        stopped.set()

    with stop_signals_in_loop(request_stop):
        # Imported where it is needed: a supervising process does without the application.
        if settings.workers > 1:
            from earnest.server.workers import supervise

            await supervise(settings, listener, target, stop, hurry)
        else:
            from earnest.server.serving import load_application, serve

            # Counts are shared among workers, not with other programs that were told of a folder.
            os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
            await serve(load_application(target, settings), listener.duplicate(), stop, hurry)


def _call_when_ready(settings: Settings, on_ready: OnReady, stopped: threading.Event) -> None:
    host, port = settings.base_url.removeprefix("http://").rsplit(":", 1)
    deadline = time.monotonic() + READY_SECONDS_MAX
    while not stopped.is_set() and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=5)
        try:
            connection.request("GET", READY_PATH)
            if connection.getresponse().status == 200:
                break
        except OSError:
            pass
        finally:
            connection.close()
        stopped.wait(0.05)
    else:
        return
    if not stopped.is_set():
        on_ready(stopped)
