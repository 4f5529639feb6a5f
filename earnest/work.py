"""The worker's composition root: outbox, webhooks, jobs and upkeep, with a pool of connections of its own."""

from __future__ import annotations

import asyncio

from earnest.app import Parts
from earnest.core.clock import Clock
from earnest.core.db.pool import Database
from earnest.core.jobs.queue import Queue
from earnest.core.jobs.upkeep import Upkeep
from earnest.core.notices import Notices
from earnest.core.outbox.dispatcher import Dispatcher
from earnest.core.secret_key import secret_key
from earnest.core.worker import Worker
from earnest.domains.webhooks.delivering import Deliverer
from earnest.domains.webhooks.receiver import Receivers
from earnest.domains.webhooks.service import SEAL_PURPOSE
from earnest.domains.webhooks.taking import WebhookConsumer
from earnest.settings import Settings

# Turns of the dispatcher and the deliverer, notes, the queue and its listener, groups of a sweep: side by side.
CONNECTIONS_MIN = 12


async def work_until(stop: asyncio.Event, settings: Settings, hurry: asyncio.Event | None = None) -> None:
    """A worker from its start until `stop` is set. Several may run, in one process or on many machines.

    OSError or PostgresError when the database cannot be reached at the start; later it is waited for.
    """
    database = Database(
        settings.database_url,
        connections_max=max(settings.database_connections_max, CONNECTIONS_MIN),
        name="earnest worker",
    )
    parts = Parts(database, Clock(test_clock=settings.test_clock))
    seal = secret_key(settings.secret_key, settings.data_path).seal(SEAL_PURPOSE)
    receivers = Receivers(allow_private=settings.webhook_allow_private)
    deliverer = Deliverer(database, receivers, seal)
    dispatcher = Dispatcher(database, [WebhookConsumer(deliverer.wake)])
    upkeep = Upkeep(database, parts.clock, settings.database_admin_url)
    queue = Queue(database, parts.tenants, parts.clock, parts.runner, upkeep)
    worker = Worker(
        {
            "notices": Notices(database, parts.tenants).listen,
            "outbox": dispatcher.run,
            "webhooks": deliverer.run,
            "jobs": queue.run,
        }
    )
    await database.open()
    try:
        await worker.run(stop, hurry)
    finally:
        await receivers.close()
        await parts.processor.drain()
        await database.close()
