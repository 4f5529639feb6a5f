"""Jobs as the admin API and the CLI show them."""

from __future__ import annotations

from datetime import datetime

import msgspec

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


class OfOrganization(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of one organisation."""

    org_id: int
    jobs: tuple[Scheduled, ...]
