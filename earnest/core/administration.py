"""Changes by an administrator: one transaction with the change, its entry in the audit log and the new config_version.

    async def work(change: Change) -> Zone:
        ...                                                  # check, store, on change.connection
        await change.note("create", "zone", zone.id, after=zone)
        return zone

    return await administer(ctx, org_id, work, dry_run=dry_run)

A dry run does all of it and lets nothing stand. The changes of one organisation wait for each other.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar, cast

import msgspec

from earnest.core import audit
from earnest.core.audit import Author
from earnest.core.config_version import raise_config_version
from earnest.core.db.batch import Batch
from earnest.core.db.pool import Connection, Database
from earnest.core.db.tenant import TenantDatabase
from earnest.core.errors import ApiError, ErrorCode
from earnest.core.http.endpoint import AdminContext
from earnest.core.idempotency import ADMIN_ORG_ID
from earnest.core.tenancy import Tenants

T = TypeVar("T")

ORGANIZATION_UNKNOWN = ErrorCode(404, "There is no organisation with this id", 404, "organization-unknown")

_STEP = "change"


class Change:
    """A change on its way. `db` is the organisation's database inside this transaction, for use cases that open their own."""

    def __init__(self, ctx: AdminContext, org_id: int, connection: Connection) -> None:
        self.ctx = ctx
        self.org_id = org_id
        self.connection = connection
        self.db: TenantDatabase = _Inside(ctx.resource(Database), org_id, connection)

    async def note(
        self,
        action: str,
        resource: str,
        resource_id: object,
        *,
        before: object = None,
        after: object = None,
        org_id: int | None = None,
    ) -> None:
        """Puts it into the audit log, of another organisation inside `within`. What may not be shown is masked already."""
        await audit.add_entry(
            self.connection,
            self.org_id if org_id is None else org_id,
            Author(self.ctx.actor, self.ctx.request_id),
            action,
            resource,
            str(resource_id),
            before=before,
            after=after,
        )

    @asynccontextmanager
    async def within(self, org_id: int) -> AsyncIterator[Connection]:
        """The same transaction in the name of another organisation, until the block ends."""
        await _enter(self.connection, org_id)
        yield self.connection
        await _enter(self.connection, self.org_id)


class _Inside(TenantDatabase):
    """The transaction that is open already stands in for those that a use case opens."""

    __slots__ = ("_connection",)

    def __init__(self, database: Database, org_id: int, connection: Connection) -> None:
        super().__init__(database, org_id)
        self._connection = connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        yield self._connection


class _NothingStands(Exception):
    """Ends the transaction of a dry run."""


@contextmanager
def pointing(pointers: Mapping[str, str]) -> Iterator[None]:
    """Gives the refusals of the block, by their slugs, the field of the body that they are about."""
    try:
        yield
    except ApiError as error:
        if not error.pointer and error.slug in pointers:
            error.at(pointers[error.slug])
        raise


async def administer(
    ctx: AdminContext,
    org_id: int,
    work: Callable[[Change], Awaitable[T]],
    *,
    dry_run: bool = False,
    is_new: bool = False,
    also: tuple[int, ...] = (),
    where: str = "path",
) -> T:
    """What `work` answers, once it is committed; this process knows the new configuration then.

    `is_new`: the organisation is made by `work`. `also` are other organisations that it concerns: they are locked too, all
    in the order of their ids. `where` is the part of the call that names the organisation. ApiError 404 when one of them
    does not exist.
    """
    call = ctx.idempotency
    if call is not None and not dry_run:
        earlier = call.receipt(_STEP, msgspec.Raw)
        if earlier is not None:
            # An earlier try of this call has made the change and could not say so.
            return cast(T, earlier)
    versions: dict[int, int] = {}
    try:
        async with ctx.resource(Database).tenant(org_id).transaction() as connection:
            for one in sorted({org_id, *also} - ({org_id} if is_new else set())):
                await _enter(connection, one)
                try:
                    versions[one] = await raise_config_version(connection, one)
                except LookupError:
                    raise ORGANIZATION_UNKNOWN.error().at("/organizationId", where) from None
            await _enter(connection, org_id)
            answer = await work(Change(ctx, org_id, connection))
            if dry_run:
                raise _NothingStands
            if call is not None:
                await _enter(connection, ADMIN_ORG_ID)
                batch = Batch(ADMIN_ORG_ID)
                call.leave(batch, _STEP, answer)
                await batch.flush(connection)
    except _NothingStands:
        return answer
    for one, version in versions.items():
        await ctx.resource(Tenants).at_least(one, version)
    return answer


async def _enter(connection: Connection, org_id: int) -> None:
    """A utility command with a literal, as TenantDatabase begins."""
    await connection.execute(f"SET LOCAL app.org_id = {int(org_id)}")
