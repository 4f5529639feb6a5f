"""What domains contribute to the work that becomes due by time: jobs, each with its rule of due instants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Concatenate, ParamSpec, TypeVar, cast

import msgspec

from earnest.core.config_keys import DAILY_JOB_TIME
from earnest.core.context import RequestContext
from earnest.core.db.pool import Database
from earnest.core.db.tenant import TenantDatabase
from earnest.core.tenancy import Entity, Organization, StaleConfiguration, Tenants

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

# A change of configuration while a job runs is rare; several in a row are a fault.
STARTS_MAX = 5

SYSTEM_TILL = Entity(0, "TILL", "earnest", "Earnest", "", None, None, None, True)
"""What a job's changes are booked on: no till of anybody."""

Report = Mapping[str, object]
"""What a run did: counts by name, as JSON."""


class JobInterrupted(Exception):
    """The worker stops: the job is left where it is and goes on later."""


class JobContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a job is handed. `as_of` is the due instant that it runs for, on the organisation's clock: the time of all that
    it does, however late it runs."""

    org_id: int
    as_of: datetime
    run_id: str
    resources: Mapping[type, object]
    stopping: asyncio.Event

    def resource(self, kind: type[T]) -> T:
        return cast(T, self.resources[kind])

    @property
    def db(self) -> TenantDatabase:
        return self.resource(Database).tenant(self.org_id)

    def checkpoint(self) -> None:
        """To be called between portions of work. JobInterrupted when the worker stops."""
        if self.stopping.is_set():
            raise JobInterrupted

    async def organization(self) -> Organization:
        return await self.resource(Tenants).current(self.org_id)

    async def call(
        self, use_case: Callable[Concatenate[RequestContext, P], Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """A use case as a request would call it, at `as_of`; started over when the configuration has changed."""
        for start in range(1, STARTS_MAX + 1):
            organization = await self.organization()
            ctx = RequestContext(
                organization=organization,
                till=SYSTEM_TILL,
                now=self.as_of,
                request_id=self.run_id,
                db=self.db,
                resources=self.resources,
            )
            try:
                return await use_case(ctx, *args, **kwargs)
            except StaleConfiguration as stale:
                if start == STARTS_MAX:
                    raise
                await self.resource(Tenants).at_least(stale.org_id, stale.config_version)
        raise AssertionError("unreachable")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Work that an organisation has to do at certain instants of its clock.

    `due(organization, after)` is the first due instant after `after`. `run` must be repeatable: it may be interrupted or
    fail at any point and is then started again. `work_since`, where there is one, says since when there has been something
    to do that a run as of `ctx.as_of` would find, or None: runs that would find nothing are passed over.
    """

    name: str
    summary: str
    due: Callable[[Organization, datetime], datetime]
    run: Callable[[JobContext], Awaitable[Report]]
    work_since: Callable[[JobContext], Awaitable[datetime | None]] | None = None


class Jobs:
    """All jobs, in the order in which those that are due at the same instant run."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self._jobs = {job.name: job for job in jobs}

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def __getitem__(self, name: str) -> Job:
        return self._jobs[name]

    @property
    def names(self) -> list[str]:
        return list(self._jobs)


def every_morning(organization: Organization, after: datetime) -> datetime:
    """The first instant after `after` at which the morning job of the organisation's zone is due (points.md, terms).

    Where the clocks go forward over that time it runs at the instant that the earlier offset gives.
    """
    at = time.fromisoformat(DAILY_JOB_TIME.of(organization))
    day = after.astimezone(organization.zone).date()
    while True:
        instant = datetime.combine(day, at, organization.zone).astimezone(UTC)
        if instant > after:
            return instant
        day += timedelta(days=1)
