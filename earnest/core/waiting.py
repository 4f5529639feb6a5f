"""Waiting that a stop ends."""

from __future__ import annotations

import asyncio


async def first_of(*events: asyncio.Event, timeout_s: float | None = None) -> None:
    """Returns when one of the events is set, or after the time."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
