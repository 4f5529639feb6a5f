"""Where a bill's CPU time goes inside the server: its parts, each timed alone in this process, without HTTP.

decode: the request's bytes become a checked bill. auth: a remembered credential is recognised. engine: evaluate, give
lots their ids, apply. encode: the answer becomes bytes. driver: all of `loyalty.process` but the engine, that is claims,
locks, snapshots, the batch of rows and asyncpg, at 32 calls at a time so that they share transactions as they do in the
server. Only this process's CPU time counts, never what it waits for.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import msgspec

from bench import load
from bench.members import Members
from earnest.app import Parts
from earnest.core.auth.authenticator import Authenticator
from earnest.core.auth.basic import BasicScheme
from earnest.core.auth.remembered import RememberedCredentials
from earnest.core.context import RequestContext
from earnest.core.db.embedded import DatabaseUrls
from earnest.core.db.pool import Database
from earnest.core.http.decoding import Arguments
from earnest.core.http.envelopes import Style, render
from earnest.domains.transactions import checks, service
from earnest.domains.transactions.activities import AddSale
from earnest.domains.transactions.routes_v2 import add_transaction
from earnest.engine.apply import apply, resolve
from earnest.engine.evaluate import evaluate
from earnest.loyalty.look import look
from earnest.loyalty.registry import Snapshot

BILLS = 3_000
WARM_UP = 200
CALLERS = 32


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """CPU µs per bill."""

    decode: float
    auth: float
    engine: float
    encode: float
    driver: float


class Request(msgspec.Struct, frozen=True):
    """A request of the load generator, taken apart as a server would."""

    query: bytes
    headers: dict[bytes, bytes]
    body: bytes

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": self.body, "more_body": False}


class Stopwatch:
    """CPU time of this process over the blocks that were timed."""

    def __init__(self) -> None:
        self.nanoseconds = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        started = time.process_time_ns()
        yield
        self.nanoseconds += time.process_time_ns() - started

    def us_per_bill(self) -> float:
        return round(self.nanoseconds / BILLS / 1000, 1)


async def measure(urls: DatabaseUrls, members: Members) -> Budget:
    """Stores some thousand bills in the database of `urls`, on which no server need run."""
    parts = Parts(Database(urls.app))
    await parts.database.open()
    try:
        return await Measurement(parts, members).take()
    finally:
        await parts.processor.drain()
        await parts.database.close()


class Measurement:
    """The parts of a server and a stream of requests."""

    def __init__(self, parts: Parts, members: Members) -> None:
        self._parts = parts
        self._members = members
        scheme = BasicScheme(parts.database, parts.tenants, RememberedCredentials(parts.tenants))
        self._authenticator = Authenticator([scheme])
        self._arguments = Arguments(add_transaction, add_transaction.paths[0])
        plan = load.Plan(
            kind="bill",
            port=1,
            seconds=0,
            run=f"budget-{time.time_ns():x}",
            members=members.count,
            first_mobile=members.first_mobile,
        )
        self._make = load.bill_requests(plan)

    async def take(self) -> Budget:
        """One figure after the other, over the same number of bills each."""
        requests = [self._request() for _ in range(BILLS)]
        ctx = await self._context(requests[0])
        decoded = [await self._decoded(request) for request in requests]
        answers: list[Any] = []

        async def answer(arguments: dict[str, Any]) -> None:
            answers.append(await service.add(ctx, arguments["body"], arguments["query"]))

        # Statements are prepared and blocks of ids taken before anything is timed.
        warm_up = [await self._decoded(self._request()) for _ in range(WARM_UP)]
        await at_once(warm_up, answer)
        answers.clear()
        gc.collect()
        gc.freeze()
        whole = Stopwatch()
        with whole.running():
            await at_once(decoded, answer)
        checked = await self._time_checks(ctx, decoded)
        engine = await self._time_engine(ctx, decoded)
        return Budget(
            decode=round(await self._time_decoding(requests) + checked, 1),
            auth=await self._time_auth(requests),
            engine=engine,
            encode=time_encoding(answers),
            driver=round(whole.us_per_bill() - checked - engine, 1),
        )

    def _request(self) -> Request:
        head, _, body = self._make().partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        pairs = (line.split(b": ", 1) for line in lines)
        query = first.split(b" ")[1].partition(b"?")[2]
        return Request(query, {name.lower(): value for name, value in pairs}, body)

    async def _context(self, request: Request) -> RequestContext:
        principal = await self._authenticator.principal(request.headers)
        return RequestContext(
            organization=principal.organization,
            till=principal.till,
            now=datetime.now(UTC),
            request_id="budget",
            db=self._parts.database.tenant(principal.organization.org_id),
            resources=self._parts.resources,
        )

    async def _decoded(self, request: Request) -> dict[str, Any]:
        given = self._arguments.of_line([], request.query, request.headers)
        given["body"], _ = await self._arguments.body(request.headers, request.receive)
        return given

    async def _time_decoding(self, requests: list[Request]) -> float:
        watch = Stopwatch()
        with watch.running():
            for request in requests:
                await self._decoded(request)
        return watch.us_per_bill()

    async def _time_checks(self, ctx: RequestContext, decoded: list[dict[str, Any]]) -> float:
        watch = Stopwatch()
        with watch.running():
            for arguments in decoded:
                await checks.sale(ctx, arguments["body"], "INSTORE")
        return watch.us_per_bill()

    async def _time_auth(self, requests: list[Request]) -> float:
        watch = Stopwatch()
        with watch.running():
            for request in requests:
                await self._authenticator.principal(request.headers)
        return watch.us_per_bill()

    async def _time_engine(self, ctx: RequestContext, decoded: list[dict[str, Any]]) -> float:
        """Evaluates bills of real members on the snapshots that the database gives."""
        programs = await self._parts.programs.of(ctx.organization)
        judged: list[tuple[AddSale, Snapshot]] = []
        for arguments in decoded:
            bill = await checks.sale(ctx, arguments["body"], "INSTORE")
            mobile = int(arguments["query"].identifier_value)
            holder_id = self._members.first_id + mobile - self._members.first_mobile
            snapshot = await look(ctx, holder_id, AddSale.readers)
            assert snapshot is not None
            judged.append((AddSale(ctx, bill=bill, customer=holder_id, number_key=None), snapshot))
        lot_ids = count(1)
        watch = Stopwatch()
        with watch.running():
            for activity, snapshot in judged:
                outcome = evaluate(programs, snapshot.party, activity.event(snapshot), ctx.now)
                apply(snapshot.party, resolve(outcome, lambda: next(lot_ids)))
        return watch.us_per_bill()


async def at_once(items: list[dict[str, Any]], call: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """CALLERS callers, each with its next item as soon as its last is answered."""
    left = iter(items)

    async def caller() -> None:
        for item in left:
            await call(item)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


def time_encoding(answers: list[Any]) -> float:
    watch = Stopwatch()
    with watch.running():
        for answer in answers:
            render(Style.V2, answer, 200)
    return watch.us_per_bill()
