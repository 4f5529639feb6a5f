"""`earnest worker`: the outbox, webhooks and jobs, in a process of their own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg

from earnest.cli.console import progress
from earnest.cli.databases import usable_database
from earnest.cli.parts import DataDir, settings_of
from earnest.core import logs
from earnest.core.db.roles import without_password
from earnest.core.operator_error import OperatorError
from earnest.server.run import run_in_loop
from earnest.server.signals import stop_signals, stop_signals_in_loop
from earnest.settings import Settings


def worker(data_dir: DataDir = Path(".earnest")) -> None:
    """Deliver events and run jobs until Ctrl-C or SIGTERM.

    Any number of workers may run beside each other and beside servers, also on other machines. With DATABASE_URL it works on
    that PostgreSQL; without it on the embedded one of the data directory, beside the server that runs there. What is being
    done when the signal comes is finished; a second signal does not wait for it.
    """
    with stop_signals(), usable_database(settings_of(data_dir)) as settings:
        logs.configure(settings.log_level, settings.log_format)
        try:
            run_in_loop(_work(settings))
        except (OSError, asyncpg.PostgresError) as error:
            where = without_password(settings.database_url)
            raise OperatorError(f"The database at {where} cannot be used: {error}") from None
        progress("Stopping.")


async def _work(settings: Settings) -> None:
    from earnest.work import work_until

    stop, hurry = asyncio.Event(), asyncio.Event()

    def request_stop() -> None:
        (hurry if stop.is_set() else stop).set()

    with stop_signals_in_loop(request_stop):
        progress(f"The worker works on {without_password(settings.database_url)}")
        await work_until(stop, settings, hurry)
