"""A shop in this process: the parts of a server, one organisation, and its calls at instants that the test chooses.

The calls are those of the services below the routes, on a real PostgreSQL, so that a test can sweep expired points at a
given time, compare what the engine expected with what was stored, and have many calls under way at once.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import asyncpg
import msgspec

from earnest.app import Parts
from earnest.core.context import RequestContext
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Database
from earnest.core.organizations import NewOrganization, NewStore, create_organization
from earnest.core.tenancy import Entity, Organization
from earnest.domains.customers import schemas as customer_schemas
from earnest.domains.customers import service as customers
from earnest.domains.points import schemas as point_schemas
from earnest.domains.points import service as points
from earnest.domains.points.activities import Redeemed
from earnest.domains.transactions import schemas as bill_schemas
from earnest.domains.transactions import service as transactions
from earnest.domains.transactions.schemas import AddTransactionAnswer, PointsSideEffect
from earnest.engine.program.model import Program
from earnest.loyalty.look import look
from earnest.loyalty.registry import Reader, Snapshot
from earnest.reconcile import Finding, reconcile

T = TypeVar("T")

TIME_ZONE = "Asia/Kolkata"
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)
# Above those of the tests over HTTP, which share the database of the test process.
_org_ids = itertools.count(500_000)
_numbers = itertools.count(1)


class Stack:
    """The parts of two servers on the test's database, and the event loop that they live in.

    Two, because calls of one process are grouped, and those of several wait for each other's locks.
    """

    def __init__(self, urls: DatabaseUrls) -> None:
        self.urls = urls
        self.servers = tuple(Parts(Database(urls.app, connections_max=6)) for _ in range(2))
        self.turns = itertools.cycle(self.servers)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Stack:
        self._runner.__enter__()
        self.run(self._open())
        return self

    def __exit__(self, *exc: object) -> None:
        self.run(self._close())
        self._runner.close()

    async def _open(self) -> None:
        for parts in self.servers:
            await parts.database.open()

    async def _close(self) -> None:
        for parts in self.servers:
            await parts.processor.drain()
            await parts.database.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)


class Line(msgspec.Struct, frozen=True):
    """A bill line of `quantity` pieces for `amount` together."""

    item_code: str
    quantity: Decimal
    amount: Decimal


def points_in(answer: AddTransactionAnswer) -> Decimal:
    """The points of an answer's side effects: awarded, or taken back when negative."""
    effects = (effect for effect in answer.side_effects if isinstance(effect, PointsSideEffect))
    return sum((effect.awarded_points for effect in effects), Decimal(0))


class Shop:
    """One organisation with a till; `now` is what its calls are made at."""

    def __init__(
        self, stack: Stack, organization: Organization, programs: Mapping[int, Program], now: datetime
    ) -> None:
        self.stack = stack
        self.organization = organization
        self.programs = programs
        self.now = now

    @property
    def org_id(self) -> int:
        return self.organization.org_id

    @property
    def till(self) -> Entity:
        return next(entity for entity in self.organization.entities if entity.type == "TILL")

    @property
    def ctx(self) -> RequestContext:
        """A request to one of the servers, in turns."""
        server = next(self.stack.turns)
        return RequestContext(
            organization=self.organization,
            till=self.till,
            now=self.now,
            now_is_given=True,
            request_id=secrets.token_hex(8),
            db=server.database.tenant(self.org_id),
            resources=server.resources,
        )

    async def register(self) -> int:
        """A new member, enrolled in every programme; answers the id."""
        profile = customer_schemas.Profile(
            first_name="Leela",
            identifiers=[customer_schemas.Identifier("mobile", f"9197{next(_numbers):08d}")],
            source="INSTORE",
        )
        body = customer_schemas.AddCustomer(
            profiles=[profile], loyalty_info=customer_schemas.LoyaltyInfo(loyalty_type="loyalty")
        )
        added = await customers.add(self.ctx, body, customer_schemas.AddCustomerQuery())
        return added.created_id

    async def sell(
        self, member_id: int, amount: Decimal, lines: Sequence[Line] = (), *, number: str | None = None
    ) -> tuple[AddTransactionAnswer, str]:
        """A sale; answers what it did and the number of the bill."""
        number = number or f"bill-{next(_numbers)}"
        body = bill_schemas.AddTransaction(
            type="REGULAR", bill_number=number, bill_amount=amount, line_items_v2=[_line(line) for line in lines]
        )
        return await transactions.add(self.ctx, body, _named(member_id)), number

    async def take_back(
        self,
        member_id: int,
        sale_id: int,
        number: str,
        kind: str = "FULL",
        *,
        amount: Decimal | None = None,
        lines: Sequence[Line] = (),
    ) -> AddTransactionAnswer:
        """A return of the sale: whole, by amount, or by lines."""
        body = bill_schemas.AddTransaction(
            type="RETURN",
            id=sale_id,
            bill_number=number,
            return_type=kind,
            bill_amount=amount,
            purchase_time="2024-01-01T00:00:00Z",
            line_items_v2=[_line(line) for line in lines],
        )
        return await transactions.add(self.ctx, body, _named(member_id))

    async def redeem(self, member_id: int, amount: Decimal, program_id: int, reference: str | None = None) -> Redeemed:
        item = point_schemas.RedeemItem(
            points_redeemed=amount,
            customer=point_schemas.RedeemCustomer(id=member_id),
            external_reference_number=reference,
        )
        return await points.redeem(self.ctx, point_schemas.RedeemQuery(program_id=program_id), item)

    async def expire(self, member_id: int) -> Decimal:
        """The morning sweep of the member; answers the points."""
        return await points.expire(self.ctx, member_id)

    async def balance(self, member_id: int, program_id: int) -> Decimal:
        """What the member can redeem now."""
        answer = await points.balance(self.ctx, member_id, point_schemas.BalanceQuery(program_id=program_id))
        return answer.main_points

    async def look(self, member_id: int, readers: Sequence[Reader] = (), bill_ids: Sequence[int] = ()) -> Snapshot:
        found = await look(self.ctx, member_id, readers, bill_ids)
        assert found is not None
        return found

    async def findings(self) -> list[Finding]:
        """What `earnest reconcile` finds wrong in this organisation."""
        return await reconcile(self.stack.urls.app, self.org_id)

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Rows as the owner sees them; `$1` is the organisation."""
        connection = await asyncpg.connect(self.stack.urls.owner)
        try:
            found: list[asyncpg.Record] = await connection.fetch(query, self.org_id, *values)
            return found
        finally:
            await connection.close()


def _named(member_id: int) -> bill_schemas.AddTransactionQuery:
    return bill_schemas.AddTransactionQuery(identifier_name="id", identifier_value=str(member_id))


def _line(line: Line) -> bill_schemas.LineItem:
    return bill_schemas.LineItem(item_code=line.item_code, qty=line.quantity, value=line.amount, amount=line.amount)


async def open_shop(stack: Stack, *programs: Program, now: datetime) -> Shop:
    """A new organisation with these programmes."""
    mark = secrets.token_hex(4)
    organization = NewOrganization(
        org_id=next(_org_ids),
        name=f"Shop {mark}",
        stores=(NewStore(concept=mark, zone=mark, code=mark, tills={f"till-{mark}": "password"}),),
        time_zone=TIME_ZONE,
    )
    documents = {program.id: msgspec.json.encode(program) for program in programs}
    await create_organization(stack.urls.owner, organization, documents, now=FOUNDED)
    known = await stack.servers[0].tenants.current(organization.org_id)
    return Shop(stack, known, {program.id: program for program in programs}, now)
