"""Use cases of tiers: where a customer stands in the organisation's programmes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from earnest.core.context import RequestContext
from earnest.core.db.statements import load
from earnest.core.instants import local_text
from earnest.domains.customers import service as customers
from earnest.domains.tiers import errors, schemas
from earnest.engine.party import ZERO, Enrolment, Wallet
from earnest.engine.program.model import Program
from earnest.loyalty.look import check_configuration
from earnest.loyalty.programs import Programs, default_program

sql = load(Path(__file__).with_name("queries.sql"))

ENTITY_TYPES = ("CUSTOMER", "FLEET")
NOT_ENROLLED = -1


async def loyalty_details(ctx: RequestContext, customer_id: int, query: schemas.DetailsQuery) -> schemas.DetailsAnswer:
    """Points and tier in every programme of the organisation, enrolled or not, or in one (02-customer-v2/13).

    8015 unknown customer, 8089 unknown programme, 1620 a group that the customer is not in.
    """
    record = await customers.record(ctx, customer_id)
    programs = await ctx.resource(Programs).of(ctx.organization)
    if query.fleet_group_id is not None:
        # Nobody is in a group.
        raise errors.NOT_IN_GROUP.error()
    if query.program_id is not None and query.program_id not in programs:
        await check_configuration(ctx)
        raise errors.NOT_REGISTERED.error()
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("read_promised_returns"), ctx.org_id, customer_id)
    returned = {row["program_id"]: row["returned"] for row in rows}
    chosen = [programs[one] for one in sorted(programs) if query.program_id in (None, one)]
    return schemas.DetailsAnswer([_details(ctx, record, program, returned) for program in chosen], [], [])


def _details(
    ctx: RequestContext, record: customers.CustomerRecord, program: Program, returned: Mapping[int, Decimal]
) -> schemas.LoyaltyDetails:
    standing = _standing(record, program)
    wallet, above = standing.wallet, standing.above
    promised_returned = returned.get(program.id, ZERO)
    return schemas.LoyaltyDetails(
        redeemed=wallet.redeemed,
        expired=wallet.expired,
        returned=wallet.returned,
        # Points are corrected by nothing yet (points.md 15, counter `adjusted`).
        adjusted=ZERO,
        lifetime_points=wallet.lifetime,
        loyalty_points=wallet.spendable,
        cumulative_purchases=wallet.purchases,
        loyalty_id=standing.loyalty_id,
        current_slab=standing.tier.name,
        next_slab=above.name if above else "",
        next_slab_serial_number=above.serial if above else -1,
        next_slab_description=above.description if above else "",
        slab_s_no=standing.tier.serial,
        slab_expiry_date=_iso(customers.tier_expires_at(ctx, standing.enrolment)),
        program_id=program.id,
        delayed_points=wallet.promised,
        delayed_returned_points=promised_returned,
        total_available_points=wallet.spendable + wallet.promised,
        total_returned_points=wallet.returned + promised_returned,
        linked_partner_programs=[],
    )


def _standing(record: customers.CustomerRecord, program: Program) -> customers.Standing:
    """Where the customer stands in the programme; who is not enrolled, where he would begin."""
    for standing in record.standings:
        if standing.program.id == program.id:
            return standing
    return customers.Standing(
        program=program,
        enrolment=Enrolment(program_id=program.id, enrolled_at=record.registered_at),
        wallet=Wallet(program_id=program.id),
        loyalty_id=NOT_ENROLLED,
    )


async def tiers(ctx: RequestContext, customer_id: int, query: schemas.TierQuery) -> schemas.TierAnswer:
    """Current and next tier in the default programme, a chosen one, or all (02-customer-v2/14). Programmes in which the
    customer is not enrolled have no row (programs.md 23). 1212 entity type, 1632 group, 8015 customer, 885 programme."""
    if query.entity_type not in ENTITY_TYPES:
        raise errors.INVALID_ENTITY_TYPE.error()
    if query.entity_type == "FLEET":
        # A group: no group has this id.
        raise errors.INVALID_GROUP.error()
    record = await customers.record(ctx, customer_id)
    standings = record.standings
    if not query.fetch_data_for_all_programs:
        programs = await ctx.resource(Programs).of(ctx.organization)
        program = default_program(programs) if query.program_id is None else programs.get(query.program_id)
        if program is None:
            await check_configuration(ctx)
            raise errors.UNKNOWN_PROGRAM.error()
        standings = [standing for standing in standings if standing.program.id == program.id]
    found = [_tier(ctx, standing) for standing in standings]
    return schemas.TierAnswer(customer_id, query.entity_type, found, [])


def _tier(ctx: RequestContext, standing: customers.Standing) -> schemas.ProgramTier:
    above = standing.above
    expires_at = customers.tier_expires_at(ctx, standing.enrolment)
    return schemas.ProgramTier(
        program_id=standing.program.id,
        current_tier_name=standing.tier.name,
        current_tier_serial_number=standing.tier.serial,
        tier_expiry_date=local_text(expires_at, ctx.organization.zone),
        tier_expiry_date_iso=_iso(expires_at),
        next_tier_name=above.name if above else "",
        next_tier_serial_number=above.serial if above else -1,
    )


async def named(ctx: RequestContext, query: schemas.DetailsLookupQuery | schemas.TierLookupQuery) -> int:
    """The customer whom the lookup parameters name, with the codes of all lookups."""
    who = customers.identified(
        ctx.organization,
        source=query.source,
        account_id=query.account_id,
        name=query.identifier_name,
        value=query.identifier_value,
    )
    return await customers.require(ctx, who)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
