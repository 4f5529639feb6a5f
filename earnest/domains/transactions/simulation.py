"""What a sale would earn: the run of `service.add` without lock and store (contract/06-transaction-v2/07)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from earnest.core import config_keys
from earnest.core.context import RequestContext
from earnest.core.db.pool import Connection
from earnest.core.decimals import plain
from earnest.core.errors import ApiError
from earnest.core.ids import Family, Ids
from earnest.domains.customers import service as customers
from earnest.domains.transactions import checks, errors, schemas, service
from earnest.domains.transactions import schemas_simulation as wire
from earnest.domains.transactions.activities import AddSale, Booked, CheckedBill, sql
from earnest.domains.transactions.side_effects import side_effects
from earnest.engine.evaluate import evaluate
from earnest.engine.outcome import OpenLot, Outcome
from earnest.engine.party import Category, Enrolment, Lot, Party, Wallet
from earnest.loyalty.look import look
from earnest.loyalty.programs import Programs, ProgramSet, default_program
from earnest.loyalty.registry import Snapshot

_UNKNOWN_CUSTOMER = frozenset({8015, 8065})


class UnstoredIds(Ids):
    """Ids for what is never stored: numbers from 1, none of them taken from the database."""

    def __init__(self) -> None:
        self._last = 0

    async def reserve(self, within: Connection | None = None, **wanted: int) -> None:
        """There are always enough."""

    def take(self, family: Family) -> int:
        self._last += 1
        return self._last


async def simulate(
    ctx: RequestContext, query: wire.SimulationQuery, body: schemas.AddTransaction
) -> wire.SimulationAnswer:
    """What the sale would bring, with nothing written. Somebody who is not registered counts as a member of the default
    programme in its lowest tier. 1116 unless CONF_ENABLE_SIMULATION_API_MODE is on, 690 for anything but a sale."""
    if not config_keys.SIMULATION_ENABLED.of(ctx.organization):
        raise errors.NOT_SIMULATED.error()
    if body.type != "REGULAR":
        raise errors.INVALID_TYPE.error()
    ctx = msgspec.structs.replace(ctx, resources={**ctx.resources, Ids: UnstoredIds()}, idempotency=None)
    bill = await checks.sale(ctx, body, query.source)
    programs = await ctx.resource(Programs).of(ctx.organization)
    snapshot = await _snapshot(ctx, programs, query)
    await _check_number(ctx, bill)
    activity = AddSale(ctx, bill=bill, customer=snapshot.party.holder_id, number_key=None)
    outcome = evaluate(programs, snapshot.party, activity.event(snapshot), ctx.now)
    booked = Booked(bill, outcome, snapshot.party.holder_id, customers.Names.of(snapshot))
    return wire.SimulationAnswer(
        service.remarks(booked), [], side_effects(ctx, programs, booked), _breakup(ctx, programs, bill, outcome)
    )


async def _snapshot(ctx: RequestContext, programs: ProgramSet, query: wire.SimulationQuery) -> Snapshot:
    if not query.identifier_name and not query.identifier_value:
        raise errors.CUSTOMER_MISSING.error()
    who = customers.identified(
        ctx.organization,
        source=query.source,
        account_id=query.account_id,
        name=query.identifier_name,
        value=query.identifier_value,
    )
    try:
        found = await look(ctx, await customers.require(ctx, who), AddSale.readers)
    except ApiError as error:
        if error.code not in _UNKNOWN_CUSTOMER:
            raise
        found = None
    return found or _newcomer(ctx, programs)


def _newcomer(ctx: RequestContext, programs: ProgramSet) -> Snapshot:
    program = default_program(programs)
    joined = {} if program is None else {program.id: Enrolment(program_id=program.id, enrolled_at=ctx.now)}
    party = Party(
        holder_id=0,
        registered_at=ctx.now,
        enrolments=joined,
        wallets={program_id: Wallet(program_id=program_id) for program_id in joined},
    )
    return Snapshot(party=party, seq=0, last_event_at=None, facts={})


async def _check_number(ctx: RequestContext, bill: CheckedBill) -> None:
    key = service.number_key(ctx, bill)
    if key is None:
        return
    values = {"kind": key.kind, "scope_id": key.scope_id, "key": key.key, "at": ctx.now}
    async with ctx.db.transaction() as connection:
        ordered = [ctx.org_id if name == "org_id" else values[name] for name in sql.parameters("find_claim")]
        taken = await connection.fetchval(sql.text("find_claim"), *ordered)
    if taken is not None:
        raise errors.DUPLICATE_NUMBER.error()


def _time(ctx: RequestContext, at: datetime) -> str:
    """2026-10-31 23:59:59.999"""
    return at.astimezone(ctx.organization.zone).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _breakup(ctx: RequestContext, programs: ProgramSet, bill: CheckedBill, outcome: Outcome) -> wire.Breakup:
    lots = [effect.lot for effect in outcome.effects if isinstance(effect, OpenLot)]
    return wire.Breakup(
        event_details=wire.EventDetails(_time(ctx, bill.billed_at), ctx.till.id),
        bill_details=wire.SimulatedBill(
            type="loyalty",
            bill_number=bill.number,
            bill_amount=plain(bill.amount),
            note=bill.note,
            bill_date=_time(ctx, bill.billed_at)[:-2],
            points_earned=_earned(ctx, programs, [lot for lot in lots if lot.line_id is None]),
            line_items=[
                wire.SimulatedLine(
                    id=item.id,
                    item_code=item.item_code,
                    gross_amount=plain(item.value),
                    discount=plain(item.discount),
                    amount=plain(item.amount),
                    rate=plain(item.rate),
                    qty=plain(item.quantity),
                    points_earned=_earned(ctx, programs, [lot for lot in lots if lot.line_id == item.id]),
                )
                for item in bill.items
            ],
        ),
        extended_fields=[wire.NameAndValue(name, str(value)) for name, value in bill.extended_fields.items()],
        payment_modes=[
            wire.PaymentMode(one.mode, plain(one.value), one.notes, one.attributes) for one in bill.payments
        ],
        point_in_time_slabs=[
            wire.Slab(
                decision.tier_before,
                programs[decision.program_id].tier(decision.tier_before).name,
                decision.program_id,
                programs[decision.program_id].is_default,
            )
            for decision in outcome.decisions
        ],
    )


def _earned(ctx: RequestContext, programs: ProgramSet, lots: Sequence[Lot]) -> wire.PointsEarned:
    main = [lot for lot in lots if lot.category is Category.MAIN and not lot.debt]
    return wire.PointsEarned(
        regular=[_main(ctx, programs, lot) for lot in main if not lot.kind.endswith("PROMOTION")],
        promo=[_main(ctx, programs, lot) for lot in main if lot.kind.endswith("PROMOTION")],
        promised=[
            wire.Earned(
                value=plain(lot.quantity), program_id=lot.program_id, program_name=programs[lot.program_id].name
            )
            for lot in lots
            if lot.category is not Category.MAIN
        ],
    )


def _main(ctx: RequestContext, programs: ProgramSet, lot: Lot) -> wire.Earned:
    return wire.Earned(
        value=plain(lot.quantity),
        # A day ends with its last millisecond, as in rawSideEffects.
        expires_on=None if lot.expires_at is None else _time(ctx, lot.expires_at.replace(microsecond=999_000)),
        program_id=lot.program_id,
        program_name=programs[lot.program_id].name,
        expiry_type=lot.expiry_type.lower(),
    )
