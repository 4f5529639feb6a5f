"""Setting, advancing and reading the clock of an organisation under test (design: Time and tests).

Only with the test clock, and forward only: what has happened lies behind it. Tokens, rate limits, locks, deliveries and the
times of logs go by real time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from earnest.core.administration import Change, administer
from earnest.core.clock import YEAR_MAX, YEAR_MIN, Clock, OrganizationClock
from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.http.endpoint import AdminContext
from earnest.core.jobs.asking import ask_to_run
from earnest.domains.clock import errors
from earnest.domains.clock.schemas import Kind, Reading

sql = load(Path(__file__).with_name("queries.sql"))

Move = Callable[[OrganizationClock, datetime], OrganizationClock]


class Clocks:
    """The clocks of the organisations; one for each process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def show(self, org_id: int) -> Reading:
        """What the organisation's clock shows now. ApiError 403 when the test clock is off, 404 for an unknown one."""
        self._require_test_clock()
        async with self._database.tenant(org_id).transaction() as connection:
            found = await _read(connection, org_id)
        return _reading(org_id, found, self._clock.real())

    async def set(
        self, ctx: AdminContext, org_id: int, to: datetime, *, standing: bool = False, dry_run: bool = False
    ) -> Reading:
        """Sets it to an instant at or after the one that it shows.

        ApiError 400 for an instant without offset or too far ahead, 403 when the test clock is off, 404 for an unknown
        organisation, 409 for an instant that is past on its clock.
        """
        if to.tzinfo is None or not YEAR_MIN <= to.year < YEAR_MAX:
            raise errors.INSTANT_INVALID.error()

        def move(current: OrganizationClock, real: datetime) -> OrganizationClock:
            return OrganizationClock(fixed=to) if standing else OrganizationClock(shift=to - real)

        return await self._move(ctx, org_id, move, dry_run)

    async def advance(self, ctx: AdminContext, org_id: int, by: timedelta, *, dry_run: bool = False) -> Reading:
        """Moves it on; a running clock runs on, a standing one stands. ApiError as `set`."""
        if by < timedelta():
            raise errors.DURATION_INVALID.error()

        def move(current: OrganizationClock, real: datetime) -> OrganizationClock:
            try:
                then = current.at(real) + by
            except OverflowError:
                raise errors.INSTANT_INVALID.error() from None
            if then.year > YEAR_MAX - 1:
                raise errors.INSTANT_INVALID.error()
            return OrganizationClock(shift=then - real) if current.fixed is None else OrganizationClock(fixed=then)

        return await self._move(ctx, org_id, move, dry_run)

    async def _move(self, ctx: AdminContext, org_id: int, move: Move, dry_run: bool) -> Reading:
        self._require_test_clock()

        async def work(change: Change) -> Reading:
            current, real = await _read(change.connection, org_id), self._clock.real()
            moved = move(current, real)
            if moved.at(real) < current.at(real):
                raise errors.BACKWARDS.error(now=current.at(real).isoformat())
            await change.connection.execute(sql.text("set_clock"), org_id, moved.shift, moved.fixed, real)
            after = _reading(org_id, moved, real)
            await change.note("update", "clock", org_id, before=_reading(org_id, current, real), after=after)
            return after

        reading = await administer(ctx, org_id, work, dry_run=dry_run, where="body")
        if not dry_run:
            # What has become due by this is not left to the next tick.
            await ask_to_run(self._database, [org_id])
        return reading

    def _require_test_clock(self) -> None:
        if not self._clock.is_test_clock:
            raise errors.TEST_CLOCK_OFF.error()


async def _read(connection: Connection, org_id: int) -> OrganizationClock:
    row = await connection.fetchrow(sql.text("read_clock"), org_id)
    if row is None:
        raise errors.ORGANIZATION_UNKNOWN.error()
    return OrganizationClock(shift=row["shift"], fixed=row["fixed"])


def _reading(org_id: int, clock: OrganizationClock, real: datetime) -> Reading:
    kind = Kind.STANDING if clock.fixed is not None else Kind.REAL if clock.shift is None else Kind.RUNNING
    return Reading(organization_id=org_id, now=clock.at(real), kind=kind)
