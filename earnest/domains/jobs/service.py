"""Jobs on demand: list them, let a held one run again, run what is due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from earnest.core.clock import YEAR_MAX, YEAR_MIN, Clock
from earnest.core.db.pool import Database
from earnest.core.jobs.runner import Runner
from earnest.core.organization_index import list_organizations
from earnest.core.tenancy import Tenants
from earnest.domains.jobs import errors
from earnest.domains.jobs.schemas import DueJob, OfOrganization, RanDue


class JobControl:
    """What the CLI and the admin API do with jobs; one for each process."""

    def __init__(self, database: Database, tenants: Tenants, clock: Clock, runner: Runner) -> None:
        self._database = database
        self._tenants = tenants
        self._clock = clock
        self._runner = runner

    async def run_due(self, org_id: int, as_of: datetime | None = None, *, dry_run: bool = False) -> RanDue:
        """Runs everything that is due in the organisation until `as_of`, or until its now, and waits for it.

        ApiError 403 for an `as_of` while the test clock is off, 400 for one without offset, 404 for an unknown
        organisation, 409 when its clock was set and the test clock is off.
        """
        self.check_instant(as_of)
        await self._require(org_id)
        if dry_run:
            limit = as_of or self._clock.now(organization=(await self._tenants.current(org_id)).clock)
            due = await self._runner.due(org_id, limit)
            found = tuple(DueJob(job=job, due_at=due_at) for job, due_at in due)
            return RanDue(organization_id=org_id, as_of=limit, due=found)
        result = await self._runner.run_due(org_id, as_of=as_of, is_asked_for=True)
        assert result is not None, "who asks waits for others"
        return RanDue(organization_id=org_id, as_of=result.as_of, runs=result.runs, failure=result.failure)

    async def list(self, org_id: int | None = None) -> Sequence[OfOrganization]:
        """The jobs of one organisation or of all. ApiError 404 for an unknown one."""
        if org_id is not None:
            await self._require(org_id)
        org_ids = await list_organizations(self._database) if org_id is None else [org_id]
        return [OfOrganization(org_id=one, jobs=tuple(await self._runner.schedule(one))) for one in org_ids]

    def check_instant(self, as_of: datetime | None) -> None:
        """ApiError 403 for an instant while the test clock is off, 400 for one without offset or too far ahead."""
        if as_of is not None:
            self.require_test_clock()
            if as_of.tzinfo is None or not YEAR_MIN <= as_of.year < YEAR_MAX:
                raise errors.INSTANT_INVALID.error()

    @property
    def names(self) -> Collection[str]:
        """Of the jobs that there are."""
        return self._runner.jobs.names

    def require_test_clock(self) -> None:
        """ApiError 403 unless the test clock is on."""
        if not self._clock.is_test_clock:
            raise errors.TEST_CLOCK_OFF.error()

    async def _require(self, org_id: int) -> None:
        try:
            await self._tenants.current(org_id)
        except LookupError:
            raise errors.ORGANIZATION_UNKNOWN.error() from None
