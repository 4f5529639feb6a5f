"""Questions to the database while it is not known yet who calls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import asyncpg

from earnest.core.errors import AUTHORIZATION_UNAVAILABLE

T = TypeVar("T")

LOOKUP_TIMEOUT_S = 5.0

# No answer of the database, for whatever reason: the caller may be right, we cannot know.
_UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


async def answered(question: Awaitable[T]) -> T:
    """The answer; ApiError 4001 when the database gives none in time."""
    try:
        async with asyncio.timeout(LOOKUP_TIMEOUT_S):
            return await question
    except _UNAVAILABLE:
        raise AUTHORIZATION_UNAVAILABLE.error() from None
