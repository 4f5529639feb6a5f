"""A small application of its own, so that starting and stopping is tested apart from what Earnest answers.

`python small_application.py SETTINGS_AS_JSON [FACTORY]`
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import psycopg

from earnest.cli import run_command
from earnest.cli.serving import serve_until_stopped
from earnest.server.signals import stop_signals
from earnest.settings import Settings

SLOW_SECONDS = 1.5
SLOW_BEGUN = "slow-begun"


class SmallApplication:
    """`POST /notes` commits a row, `GET /notes` counts them, `GET /slow` takes its time and leaves a file when it begins."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: Any = None

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        call = f"{scope['method']} {scope['path']}"
        status, body = 200, b""
        if call == "GET /slow":
            (self._settings.data_path / SLOW_BEGUN).touch()
            await asyncio.sleep(SLOW_SECONDS)
            body = str(await self._pool.fetchval("SELECT 42")).encode()
        elif call == "POST /notes":
            await self._pool.execute("INSERT INTO note DEFAULT VALUES")
        elif call == "GET /notes":
            body = str(await self._pool.fetchval("SELECT count(*) FROM note")).encode()
        elif call != "GET /health/ready":
            status = 404
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(self._settings.database_url, min_size=1, max_size=4)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(settings: Settings) -> SmallApplication:
    return SmallApplication(settings)


def create_broken_app(settings: Settings) -> SmallApplication:
    raise RuntimeError("this application cannot be built")


def seed(owner_url: str) -> None:
    with psycopg.connect(owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (id int GENERATED ALWAYS AS IDENTITY)")
        connection.execute("GRANT SELECT, INSERT ON note TO earnest_app")


def main() -> None:
    settings = Settings.from_json(sys.argv[1])
    factory = sys.argv[2] if len(sys.argv) > 2 else "create_app"
    with stop_signals():
        serve_until_stopped(settings, target=f"small_application:{factory}", seed=seed)


if __name__ == "__main__":
    run_command(main)
