"""Programmes of an organisation: looking at them, planning a change, publishing it, going back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from earnest.core.administration import ORGANIZATION_UNKNOWN, Change, administer
from earnest.core.audit import COMMAND_LINE
from earnest.core.config_keys import PROGRAM_SECOND_APPROVER
from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.errors import ApiError
from earnest.core.http.endpoint import AdminContext
from earnest.core.http.own import Page, decode_cursor, page, page_of_all
from earnest.core.tenancy import Tenants
from earnest.domains.programs import errors
from earnest.domains.programs import schemas as s
from earnest.programs import changes as diff
from earnest.programs.build.program import Built, Setting, build
from earnest.programs.document.model import ProgramDocument
from earnest.programs.document.problems import InvalidDocument, Problem
from earnest.programs.document.upgrade import Ids
from earnest.programs.document.writing import as_yaml
from earnest.programs.reading import Read, read_text
from earnest.programs.stored import document_of, stored

sql = load(Path(__file__).with_name("queries.sql"))


class _Live(msgspec.Struct, frozen=True):
    """A programme as it is published."""

    row: Any
    document: ProgramDocument
    ids: Ids


class _Planned(msgspec.Struct, frozen=True):
    read: Read
    live: _Live | None
    built: Built
    changes: tuple[s.PlannedChange, ...]

    @property
    def base_version(self) -> int:
        return 0 if self.live is None else int(self.live.row["current_version"])


async def list_programs(ctx: AdminContext, query: s.ProgramsQuery) -> Page[s.Program]:
    """The programmes by name. ApiError 404 for an unknown organisation."""
    async with ctx.resource(Database).tenant(query.organization_id).transaction() as connection:
        live = await live_programs(connection, query.organization_id)
    return page_of_all([_shown(one) for one in live.values()], query, lambda one: one.name, str)


async def read_program(ctx: AdminContext, org_id: int, name: str, version: int | None) -> s.ProgramWithDocument:
    """The document of the published version, or of another one."""
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        one = await _require(connection, org_id, name)
        document = one.document if version is None else (await _version(connection, org_id, one, version))[0]
    shown = msgspec.structs.asdict(_shown(one))
    return s.ProgramWithDocument(**shown, document=msgspec.Raw(stored(document).encode()))


async def export(ctx: AdminContext, org_id: int, names: tuple[str, ...], version: int | None = None) -> str:
    """The documents as YAML in their canonical form: all programmes when none is named."""
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        live = await live_programs(connection, org_id)
        wanted = [await _require(connection, org_id, name) for name in names] or list(live.values())
        documents = [
            one.document if version is None else (await _version(connection, org_id, one, version))[0] for one in wanted
        ]
    return as_yaml(*documents)


async def list_versions(ctx: AdminContext, name: str, query: s.ProgramsQuery) -> Page[s.ProgramVersion]:
    """Every version of a programme, the newest first."""
    org_id = query.organization_id
    before = decode_cursor(query.cursor, int) or 2**31 - 1
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        one = await _require(connection, org_id, name)
        rows = await connection.fetch(sql.text("list_versions"), org_id, one.row["id"], before, query.limit + 1)
    found = [s.ProgramVersion(**dict(row), is_current=row["version"] == one.row["current_version"]) for row in rows]
    return page(found, query, lambda version: version.version)


async def plan(ctx: AdminContext, org_id: int, text: str | bytes, *, renames: str | None = None) -> s.Plan:
    """What publishing the document (or the documents) would change; `renames` as for `apply`.

    ApiError 400 with all problems of the text.
    """
    found = _read(text)
    async with ctx.resource(Database).tenant(org_id).transaction() as connection:
        planned = await _plan(connection, org_id, found, renames)
    return s.Plan(
        programs=tuple(
            s.Planned(
                name=one.read.document.name,
                version=one.base_version or None,
                changes=one.changes,
                warnings=one.read.warnings,
            )
            for one in planned
        )
    )


async def apply(ctx: AdminContext, query: s.ApplyQuery, text: str | bytes) -> s.Applied:
    """Publishes the document (or the documents: all or none). Where a second person has to approve, it waits for him.

    ApiError 400 with all problems of the text, 404 for an unknown organisation, 409 when another version than that of the
    query is published and the document would change it.
    """
    org_id, base = query.organization_id, query.base_version
    found = _read(text)
    if base is not None and len(found) > 1:
        raise errors.ONE_DOCUMENT.error(field="baseVersion", count=len(found)).at("/baseVersion", "query")
    needs_approval = await _needs_approval(ctx, org_id)

    async def work(change: Change) -> s.Applied:
        planned = await _plan(change.connection, org_id, found, query.renames)
        if base is not None and planned[0].base_version != base and planned[0].changes:
            raise _stale(planned[0]).at("/baseVersion", "query")
        store = _propose if needs_approval else _publish
        return s.Applied(programs=tuple([await store(change, one, query.note) for one in planned]))

    return await administer(ctx, org_id, work, dry_run=query.dry_run, where="query")


async def rollback(ctx: AdminContext, org_id: int, name: str, query: s.RollbackQuery) -> s.Applied:
    """Publishes an earlier version anew, as the newest one: history stays as it was."""
    needs_approval = await _needs_approval(ctx, org_id)

    async def work(change: Change) -> s.Applied:
        one = await _require(change.connection, org_id, name)
        document, _ = await _version(change.connection, org_id, one, query.version)
        planned = await _plan(change.connection, org_id, _read(as_yaml(document)), one.row["name"])
        store = _propose if needs_approval else _publish
        note = query.note or f"back to version {query.version}"
        return s.Applied(programs=(await store(change, planned[0], note),))

    return await administer(ctx, org_id, work, dry_run=query.dry_run)


async def list_proposals(ctx: AdminContext, query: s.ProgramsQuery) -> Page[s.Proposal]:
    """What waits for a second person."""
    async with ctx.resource(Database).tenant(query.organization_id).transaction() as connection:
        rows = await connection.fetch(sql.text("list_proposals"), query.organization_id)
    found = [s.Proposal(**{**dict(row), "document": msgspec.Raw(row["document"].encode())}) for row in rows]
    return page_of_all(found, query, lambda one: one.name, str)


async def approve(ctx: AdminContext, org_id: int, name: str, *, dry_run: bool) -> s.Applied:
    """Publishes what another person proposed. ApiError 409 when it is one's own, or another version came in between."""

    async def work(change: Change) -> s.Applied:
        row = await _proposal(change.connection, org_id, name)
        _require_name(ctx)
        if row["proposed_by"] == ctx.actor:
            raise errors.OWN_PROPOSAL.error()
        document, _ = document_of(row["document"], "{}")
        renames = row["name"] if row["base_version"] else None
        planned = (await _plan(change.connection, org_id, _read(as_yaml(document)), renames))[0]
        if planned.base_version != row["base_version"]:
            raise _stale(planned)
        await change.connection.execute(sql.text("drop_proposal"), org_id, row["name"])
        note = f"{row['note']} (proposed by {row['proposed_by']})".strip()
        return s.Applied(programs=(await _publish(change, planned, note),))

    return await administer(ctx, org_id, work, dry_run=dry_run)


async def reject(ctx: AdminContext, org_id: int, name: str, *, dry_run: bool) -> s.Proposal:
    """Takes a proposal away, and answers it."""

    async def work(change: Change) -> s.Proposal:
        row = await _proposal(change.connection, org_id, name)
        await change.connection.execute(sql.text("drop_proposal"), org_id, row["name"])
        found = s.Proposal(**{**dict(row), "document": msgspec.Raw(row["document"].encode())})
        await change.note(
            "reject", "program", row["name"], before={"proposedBy": found.proposed_by, "note": found.note}
        )
        return found

    return await administer(ctx, org_id, work, dry_run=dry_run)


def _read(text: str | bytes) -> list[Read]:
    try:
        return read_text(text)
    except InvalidDocument as invalid:
        raise _refusal(invalid.problems) from None


def _refusal(problems: tuple[Problem, ...]) -> ApiError:
    """All of them are in the answer, each with line, column, path and the nearest known name."""
    first = problems[0]
    place = f"line {first.line}, column {first.column}, " if first.line else ""
    return errors.INVALID.error(count=len(problems), first=f"{place}{first}").about(problems)


async def _needs_approval(ctx: AdminContext, org_id: int) -> bool:
    try:
        return PROGRAM_SECOND_APPROVER.of(await ctx.resource(Tenants).current(org_id))
    except LookupError:
        raise ORGANIZATION_UNKNOWN.error().at("/organizationId", "query") from None


async def live_programs(connection: Connection, org_id: int) -> dict[str, _Live]:
    """The published programmes by name (case ignored), the default one first."""
    if await connection.fetchrow(sql.text("organization_setting"), org_id) is None:
        raise ORGANIZATION_UNKNOWN.error().at("/organizationId", "query")
    rows = await connection.fetch(sql.text("list_programs"), org_id)
    return {row["name"].casefold(): _Live(row, *document_of(row["document"], row["ids"])) for row in rows}


async def _require(connection: Connection, org_id: int, name: str) -> _Live:
    one = (await live_programs(connection, org_id)).get(name.casefold())
    if one is None:
        raise errors.PROGRAM_UNKNOWN.error(name=name[:200]).at("/name", "path")
    return one


async def _version(connection: Connection, org_id: int, one: _Live, version: int) -> tuple[ProgramDocument, Ids]:
    row = await connection.fetchrow(sql.text("read_version"), org_id, one.row["id"], version)
    if row is None:
        raise errors.VERSION_UNKNOWN.error(version=version).at("/version", "query")
    return document_of(row["document"], row["ids"])


async def _proposal(connection: Connection, org_id: int, name: str) -> Any:
    rows = await connection.fetch(sql.text("list_proposals"), org_id)
    row = next((row for row in rows if row["name"].casefold() == name.casefold()), None)
    if row is None:
        raise errors.PROPOSAL_UNKNOWN.error().at("/name", "path")
    return row


def _require_name(ctx: AdminContext) -> None:
    """Whoever works on the server without saying who it is could be the one who is to be checked."""
    if ctx.actor == COMMAND_LINE:
        raise errors.NAMELESS.error()


def _stale(planned: _Planned) -> ApiError:
    if planned.live is None:
        return errors.PROGRAM_UNKNOWN.error(name=planned.read.document.name)
    return errors.STALE.error(name=planned.live.document.name, version=planned.base_version)


async def _plan(connection: Connection, org_id: int, found: list[Read], renames: str | None = None) -> list[_Planned]:
    """`renames`: the single document is of the programme of this name, whatever name it gives it."""
    live = await live_programs(connection, org_id)
    if renames is not None:
        live = _renamed(live, found, renames)
    organization = await connection.fetchrow(sql.text("organization_setting"), org_id)
    assert organization is not None, "live_programs has found it"
    default = next((one for one in live.values() if one.row["is_default"]), None)
    next_id: int = await connection.fetchval(sql.text("next_program_id"), org_id)
    planned: list[_Planned] = []
    problems: list[Problem] = []
    for read in found:
        one = live.get(read.document.name.casefold())
        if one is None:
            if read.document.is_default and default is not None:
                raise errors.SECOND_DEFAULT.error(name=default.document.name)
            program_id, next_id = next_id, next_id + 1
        else:
            program_id = one.row["id"]
            _check_tiers(one.document, read.document)
        setting = Setting(
            program_id=program_id,
            version=1 if one is None else one.row["current_version"] + 1,
            time_zone=organization["time_zone"],
            currency_decimals=organization["currency_decimals"],
        )
        try:
            built = build(read.document, read.reading, {} if one is None else one.ids, setting)
        except InvalidDocument as invalid:
            problems += invalid.problems
            continue
        planned.append(_Planned(read, one, built, await _counted(connection, org_id, one, read.document)))
    if problems:
        raise _refusal(tuple(problems))
    return planned


def _renamed(live: dict[str, _Live], found: list[Read], renames: str) -> dict[str, _Live]:
    """The programmes by the names that they will have."""
    if len(found) > 1:
        raise errors.ONE_DOCUMENT.error(field="renames", count=len(found)).at("/renames", "query")
    name = found[0].document.name
    one, holder = live.get(renames.casefold()), live.get(name.casefold())
    if one is not None and holder is not None and holder is not one:
        raise errors.NAME_TAKEN.error(name=holder.document.name)
    if one is None and holder is None:
        raise errors.PROGRAM_UNKNOWN.error(name=renames[:200]).at("/renames", "query")
    if one is None:
        # It has the new name already: the call is repeated.
        return live
    return {key: other for key, other in live.items() if other is not one} | {name.casefold(): one}


def _check_tiers(old: ProgramDocument, new: ProgramDocument) -> None:
    """Members are in tiers by their serial: tiers are appended, never inserted or deleted (tiers.md 1). A tier may get
    another name."""
    if len(new.tiers) < len(old.tiers):
        missing = old.tiers[len(new.tiers)]
        raise errors.TIERS_FIXED.error(name=missing.name, serial=len(new.tiers) + 1)
    for serial, tier in enumerate(old.tiers, 1):
        names = [one.name for one in new.tiers]
        if tier.name in names and names.index(tier.name) != serial - 1:
            raise errors.TIERS_FIXED.error(name=tier.name, serial=serial)


async def _counted(
    connection: Connection, org_id: int, live: _Live | None, new: ProgramDocument
) -> tuple[s.PlannedChange, ...]:
    found = []
    for change in diff.changes(None if live is None else live.document, new):
        members: int | None = None
        effect: str | None = None
        if live is not None and change.tier is not None and change.after is not None and change.criterion != "tracker":
            serial = [one.name for one in new.tiers].index(change.tier) + 1
            rises = change.before is not None and change.after > change.before
            statement = "count_below" if rises else "count_qualifying"
            members = await connection.fetchval(
                sql.text(statement), org_id, live.row["id"], serial, change.criterion, change.after
            )
            effect = _effect(rises=rises, members=members)
        found.append(
            s.PlannedChange(kind=change.kind, path=change.path, text=change.text, members=members, effect=effect)
        )
    return tuple(found)


def _effect(*, rises: bool, members: int | None) -> str:
    if rises:
        return f"{'member is' if members == 1 else 'members are'} in the tier below the new threshold and keep it"
    return "member would qualify with the next bill" if members == 1 else "members would qualify with their next bill"


async def _publish(change: Change, planned: _Planned, note: str) -> s.Published:
    document, live = planned.read.document, planned.live
    program = planned.built.program
    if live is not None and not planned.changes:
        return s.Published(name=document.name, version=planned.base_version, state="unchanged", changes=())
    if live is None:
        await change.connection.execute(
            sql.text("add_program"), change.org_id, program.id, document.name, program.is_default, program.version
        )
    await change.connection.execute(
        sql.text("add_version"),
        change.org_id,
        program.id,
        program.version,
        stored(document),
        msgspec.json.encode(planned.built.ids).decode(),
        change.ctx.now,
        change.ctx.actor,
        note,
    )
    if live is not None:
        await change.connection.fetchval(sql.text("publish"), change.org_id, program.version, document.name, program.id)
    await change.note(
        "publish",
        "program",
        document.name,
        before=None if live is None else _audited(live.document, planned.base_version),
        after=_audited(document, program.version) | {"note": note},
    )
    return s.Published(name=document.name, version=program.version, state="published", changes=planned.changes)


async def _propose(change: Change, planned: _Planned, note: str) -> s.Published:
    document = planned.read.document
    if planned.live is not None and not planned.changes:
        return s.Published(name=document.name, version=planned.base_version, state="unchanged", changes=())
    _require_name(change.ctx)
    name = document.name if planned.live is None else planned.live.document.name
    await change.connection.execute(
        sql.text("propose"),
        change.org_id,
        name,
        planned.base_version,
        stored(document),
        note,
        change.ctx.actor,
        change.ctx.now,
    )
    await change.note("propose", "program", name, after={"baseVersion": planned.base_version, "note": note})
    return s.Published(name=document.name, version=planned.base_version, state="proposed", changes=planned.changes)


def _audited(document: ProgramDocument, version: int) -> dict[str, object]:
    return {"version": version, "document": msgspec.Raw(stored(document).encode())}


def _shown(one: _Live) -> s.Program:
    row = one.row
    return s.Program(
        id=row["id"],
        name=row["name"],
        is_default=row["is_default"],
        version=row["current_version"],
        published_at=row["published_at"],
        published_by=row["published_by"],
        note=row["note"],
    )
