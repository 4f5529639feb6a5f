"""Jobs as the admin API and the CLI show them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from earnest.core.http.own import PageQuery
from earnest.core.jobs.runner import Failed, Ran, Scheduled
from earnest.core.tenancy import OrganizationId


class RunDue(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Without `as_of`: until the organisation's now."""

    organization_id: OrganizationId
    as_of: datetime | None = None


class DueJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A job that has something to do, and the instant at which it would run first."""

    job: str
    due_at: datetime


class RanDue(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was run, in order; with `dry_run` what would be run first. A `failure` ended it: nothing after it was run."""

    organization_id: int
    as_of: datetime
    runs: tuple[Ran, ...] = ()
    failure: Failed | None = None
    due: tuple[DueJob, ...] = ()


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """`dry_run=true`: what would be run first, and nothing is run."""

    dry_run: bool = False


class ScheduledJob(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A job. `due_at` and `ran_for` are instants of the organisation's clock, the others real time. `attempts` have failed
    since the last success; `is_held`: there will be no more until it is retried."""

    job: str
    due_at: datetime
    ran_for: datetime | None
    attempts: int
    retry_at: datetime | None
    failed_at: datetime | None
    error: str
    is_held: bool

    @classmethod
    def of(cls, scheduled: Scheduled) -> ScheduledJob:
        return cls(**msgspec.structs.asdict(scheduled))


class JobsQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    """`failed=true`: only those that have failed since their last success."""

    organization_id: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    failed: bool | None = None


class Retry(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Without `job`: all that have failed."""

    organization_id: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    job: str | None = None


class Retried(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The jobs that run again; none when nothing had failed."""

    organization_id: int
    jobs: tuple[str, ...]


class OfOrganization(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of one organisation."""

    org_id: int
    jobs: tuple[Scheduled, ...]
