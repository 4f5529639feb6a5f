"""Programmes as the admin API shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from earnest.core.http.own import DryRun, PageQuery
from earnest.core.tenancy import OrganizationId
from earnest.programs.document.problems import Problem

Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class OfProgram(msgspec.Struct, frozen=True, kw_only=True):
    name: str


class InOrganization(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    organization_id: OrganizationId


class VersionQuery(InOrganization, frozen=True, kw_only=True, rename="camel"):
    """`version`: not the published one, but this."""

    version: Version | None = None


class ProgramsQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    organization_id: OrganizationId


class DecideQuery(DryRun, frozen=True, kw_only=True, rename="camel"):
    organization_id: OrganizationId


class NotedQuery(DecideQuery, frozen=True, kw_only=True, rename="camel"):
    """`note` is kept with the version."""

    note: Annotated[str, Meta(max_length=500)] = ""


class ApplyQuery(NotedQuery, frozen=True, kw_only=True, rename="camel"):
    """`baseVersion` is the version that the change was planned against (0: none): it is refused when another one is
    published by now. `renames` is the name that the programme had, for a document that gives it another one. Both go with
    one document."""

    base_version: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    renames: str | None = None


class PlanQuery(InOrganization, frozen=True, kw_only=True, rename="camel"):
    """`renames` is the name that the programme had, for a document that gives it another one."""

    renames: str | None = None


class RollbackQuery(NotedQuery, frozen=True, kw_only=True, rename="camel"):
    """`version` is published anew, as the newest one."""

    version: Version


class Program(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: int
    name: str
    is_default: bool
    version: int
    published_at: datetime
    published_by: str
    note: str


class ProgramWithDocument(Program, frozen=True, kw_only=True, rename="camel"):
    document: msgspec.Raw


class ProgramVersion(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    version: int
    published_at: datetime
    published_by: str
    note: str
    is_current: bool


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`text` is a sentence, `kind` one of added, removed, changed, moved. `members` is how many are concerned, where that
    can be counted, and `effect` says how."""

    kind: str
    path: str
    text: str
    members: int | None = None
    effect: str | None = None


class Planned(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What publishing would do to one programme. `version` is the published one, null for a new programme."""

    name: str
    version: int | None
    changes: tuple[PlannedChange, ...]
    warnings: tuple[Problem, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    programs: tuple[Planned, ...]


class Published(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`state` is published, unchanged, or proposed (a second person has to approve it)."""

    name: str
    version: int
    state: str
    changes: tuple[PlannedChange, ...]


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    programs: tuple[Published, ...]


class Proposal(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`name` is the published one, where the document gives the programme another."""

    name: str
    base_version: int
    note: str
    proposed_by: str
    proposed_at: datetime
    document: msgspec.Raw


class ExplainedAward(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    tier: str
    base: Decimal
    raw: Decimal
    points: Decimal
    line_id: int | None
    lot_id: int | None
    expires_at: datetime | None


class ExplainedProgram(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one programme decided. `seen` are the figures before the event; `why` says why nothing was decided. `rules` and
    `limits` are those of the record, where it has them."""

    name: str
    version: int
    tier_before: str
    tier_after: str
    seen: dict[str, Decimal]
    why: str | None
    awards: tuple[ExplainedAward, ...]
    rules: tuple[dict[str, Any], ...]
    limits: tuple[dict[str, Any], ...]


class Explained(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A stored decision about a bill."""

    bill_number: str
    bill_id: int
    recorded_at: datetime
    time_zone: str
    event: str
    amount: Decimal | None
    programs: tuple[ExplainedProgram, ...]


class OfBill(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    bill_number: str


class Explanations(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Explained, ...]
