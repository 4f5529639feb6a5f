"""Use cases of points: balance, is redeemable, redeem, the expiry sweep."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation

import msgspec

from earnest.core import config_keys
from earnest.core.context import RequestContext
from earnest.core.decimals import is_storable
from earnest.core.errors import ApiError, ErrorCode
from earnest.core.ids import Ids
from earnest.core.tenancy import StaleConfiguration
from earnest.domains.customers import service as customers
from earnest.domains.points import codes, errors, schemas
from earnest.domains.points.activities import ExpirePoints, Redeemed, RedeemPoints, reference_key, sql
from earnest.domains.points.balances import BalanceReader
from earnest.engine.party import ZERO
from earnest.engine.program.model import Program
from earnest.engine.redemption import judge, money_value, points_for_value
from earnest.loyalty.look import check_configuration, find, look
from earnest.loyalty.process import Processor
from earnest.loyalty.programs import Programs, default_program
from earnest.loyalty.registry import Identified, KeyTaken
from earnest.loyalty.snapshot import OPEN_LOTS

ENTITY_TYPES = ("CUSTOMER", "FLEET")
TEXT_LENGTH_MAX = 255
NOTES_LENGTH_MAX = 4_000
# What NUMERIC(18, 3) holds.
POINTS_MAX = Decimal(10) ** 15
REDEEMED = errors.POINTS_REDEEMED


async def balance(ctx: RequestContext, customer_id: int, query: schemas.BalanceQuery) -> schemas.BalanceAnswer:
    """Redeemable and promised points of a member (13-points-v2/03)."""
    if query.entity_type not in ENTITY_TYPES:
        raise errors.INVALID_ENTITY_TYPE.error()
    if query.entity_type == "FLEET":
        # A group wallet: no group has this id.
        raise errors.INVALID_GROUP.error()
    balances = await ctx.resource(BalanceReader).of(ctx.org_id, customer_id, ctx.now)
    if balances.config_version != ctx.organization.config_version:
        raise StaleConfiguration(ctx.org_id, balances.config_version)
    if balances.programs is None:
        raise errors.CUSTOMER_UNKNOWN.error()
    program_id: int | None = None
    programs = balances.programs
    if not query.fetch_data_for_all_programs:
        program = await chosen_program(ctx, query.program_id, errors.UNKNOWN_PROGRAM)
        program_id = program.id
        programs = tuple(b for b in programs if b.program_id == program.id)
    main = sum((b.main for b in programs), ZERO)
    delayed = sum((b.delayed for b in programs), ZERO)
    trigger = sum((b.awaiting_trigger for b in programs), ZERO)
    return schemas.BalanceAnswer(
        entity_id=customer_id,
        entity_type=query.entity_type,
        program_id=program_id,
        total_points=_three(main + delayed + trigger),
        main_points=_three(main),
        promised_points=_three(delayed + trigger),
        promised_points_breakup=schemas.PromisedBreakup(_three(delayed), _three(trigger)),
        warnings=[],
    )


def _three(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.001"))


async def balance_by_lookup(ctx: RequestContext, query: schemas.BalanceLookupQuery) -> schemas.BalanceAnswer:
    """The same for a customer named by an identifier."""
    who = customers.identified(
        ctx.organization,
        source=query.source,
        account_id=query.account_id,
        name=query.identifier_name,
        value=query.identifier_value,
    )
    return await balance(ctx, await customers.require(ctx, who), query)


async def chosen_program(
    ctx: RequestContext, program_id: int | None, unknown: ErrorCode = errors.INVALID_PROGRAM
) -> Program:
    """The programme that a call names, else the default one; `unknown` when there is none."""
    programs = await ctx.resource(Programs).of(ctx.organization)
    program = default_program(programs) if program_id is None else programs.get(program_id)
    if program is None:
        await check_configuration(ctx)
        raise unknown.error()
    return program


async def _customer(ctx: RequestContext, named: schemas.RedeemCustomer) -> int:
    """The member whom exactly one of the documented identifiers names. 889, 816 otherwise."""
    given = [
        (type_, str(value))
        for type_, value in (
            ("mobile", named.mobile),
            ("email", named.email),
            ("externalId", named.external_id),
            ("id", named.id),
            ("cardnumber", named.card_number),
            ("cardExternalId", named.card_external_id),
        )
        if value not in (None, "")
    ]
    if len(given) != 1:
        raise errors.NO_IDENTIFIER.error()
    type_, value = given[0]
    stored = customers.normal(ctx.organization, type_, value)
    if stored is None:
        raise errors.CUSTOMER_NOT_FOUND.error()
    if type_ == "id":
        if await look(ctx, int(stored)) is None:
            raise errors.CUSTOMER_NOT_FOUND.error()
        return int(stored)
    found = await find(ctx, Identified(type_, stored, customers.ALL_SOURCES))
    if found is None:
        raise errors.CUSTOMER_NOT_FOUND.error()
    return found


def _refuse_groups(query: schemas.RedeemQuery, group_redemption: bool) -> None:
    if (
        query.user_group2_id
        or query.user_group2_external_id
        or query.user_group2_primary_user_id
        or query.user_group2_primary_user_identifier_type
        or query.user_group2_primary_user_identifier_value
        or query.use_default_user_group2
    ):
        raise errors.INVALID_GROUP.error()
    if group_redemption:
        raise errors.NOT_POSSIBLE.error()


def _points(value: object) -> Decimal:
    """801 unless a positive number; 878 for more than three decimals."""
    points = _amount(value)
    if points <= 0:
        raise errors.INVALID_POINTS.error()
    return points


def _amount(value: object) -> Decimal:
    """801 unless a number of points that can be stored; 878 for more than three decimals."""
    try:
        points = Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        points = None
    if points is None or not is_storable(points) or abs(points) >= POINTS_MAX:
        raise errors.INVALID_POINTS.error()
    if points != points.quantize(Decimal("0.001")):
        raise errors.TOO_MANY_DECIMALS.error()
    return points


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What `is redeemable` found: the member, the amount in points and money, and why not, if not."""

    names: customers.Names
    points: Decimal | None
    value: Decimal
    ratio: Decimal
    status: ErrorCode | ApiError


async def is_redeemable(ctx: RequestContext, query: schemas.RedeemableQuery) -> Verdict:
    """Whether a member can redeem now, and what the points are worth (14-points-v1/01). Changes no points."""
    _refuse_groups(query, query.group_redemption)
    program = await chosen_program(ctx, query.program_id)
    customer_id = await _customer(
        ctx,
        schemas.RedeemCustomer(
            query.mobile, query.email, query.external_id, query.id, query.card_number, query.card_external_id
        ),
    )
    snapshot = await look(ctx, customer_id, (OPEN_LOTS, customers.NAMES, customers.MARKS))
    if snapshot is None:
        raise errors.CUSTOMER_NOT_FOUND.error()
    names = customers.Names.of(snapshot)
    ratio = program.points_currency_ratio
    restrictions = customers.Restrictions.of(ctx.organization, snapshot)
    try:
        if refusal := restrictions.refusal_of_redemption(ctx.organization, customer_id):
            raise refusal
        points = _points(query.currency_value if query.currency_input else query.points)
        if query.currency_input:
            points = points_for_value(program, points)
        if query.validation_code and not query.skip_validation:
            code = await codes.find(ctx, customer_id, points, query.validation_code)
            if code.is_used:
                raise errors.CODE_INVALID.error()
    except ApiError as error:
        return Verdict(names=names, points=None, value=ZERO, ratio=ratio, status=error)
    reason = judge(program, snapshot.party, points, ctx.now)
    status: ErrorCode = errors.POINTS_REDEEMABLE
    if reason is not None:
        status = errors.REDEMPTION_REFUSALS[reason]
    elif query.issue_otp:
        try:
            await codes.issue(ctx, customer_id, points)
        except ApiError:
            status = errors.OTP_NOT_SENT
    return Verdict(names=names, points=points, value=money_value(program, points), ratio=ratio, status=status)


async def redeem(ctx: RequestContext, query: schemas.RedeemQuery, item: schemas.RedeemItem) -> Redeemed:
    """Redeems points of a member, earliest expiry first (14-points-v1/03).

    A repeated external reference answers the redemption that it belongs to and draws nothing again; 903 when it belongs
    to another member or amount.
    """
    _refuse_groups(query, item.group_redemption)
    points = _points(item.points_redeemed)
    program = await chosen_program(ctx, query.program_id)
    if item.customer is None:
        raise errors.NO_IDENTIFIER.error()
    customer_id = await _customer(ctx, item.customer)
    reference = None if item.external_reference_number in (None, "") else str(item.external_reference_number)
    try:
        code_nonce = await _code(ctx, query, item, customer_id, points)
    except ApiError:
        # The call may be one that was answered before, with a code that was valid then.
        first = None if reference is None else await _first(ctx, reference, customer_id, points)
        if first is None:
            raise
        return first
    at = _redemption_time(ctx, item.redemption_time)
    purpose, notes = item.redemption_purpose or "", item.notes or ""
    if len(purpose) > TEXT_LENGTH_MAX or len(notes) > NOTES_LENGTH_MAX:
        raise errors.REDEMPTION_FAILED.error()
    bill_number = None if item.transaction_number in (None, "") else str(item.transaction_number)
    activity = RedeemPoints(
        ctx,
        redemption_id=await ctx.resource(Ids).one("REDEMPTION"),
        customer_id=customer_id,
        program=program,
        points=points,
        at=at,
        external_reference=reference,
        bill_number=bill_number,
        bill_id=None if bill_number is None else await _bill(ctx, customer_id, bill_number),
        purpose=purpose,
        notes=notes,
        custom_fields=_fields(item.custom_fields),
        till_id=_till(ctx, item.till_id),
        code_nonce=code_nonce,
    )
    try:
        return await ctx.resource(Processor).process(activity)
    except KeyTaken as taken:
        first = None if reference is None else await _first(ctx, reference, customer_id, points)
        if first is None:
            # Not the reference was taken, so the code was: it has been used.
            raise errors.CODE_INVALID.error() from taken
        return first


async def _code(
    ctx: RequestContext, query: schemas.RedeemQuery, item: schemas.RedeemItem, customer_id: int, points: Decimal
) -> str | None:
    """What the validation code of a redemption is claimed by; None when it has none and needs none. 808 when it is not
    valid, 823 when a call of the member shall stand in its place: nobody answers calls."""
    if query.validation_type == "MISSED_CALL":
        raise errors.MISSED_CALLS_DISABLED.error()
    if query.skip_validation:
        return None
    if item.validation_code:
        return (await codes.find(ctx, customer_id, points, item.validation_code)).nonce
    if config_keys.REDEMPTION_NEEDS_CODE.of(ctx.organization):
        raise errors.CODE_INVALID.error()
    return None


async def issue_code(ctx: RequestContext, query: schemas.CodeQuery) -> tuple[Decimal, codes.Issued]:
    """Sends a member a code for a redemption of this amount (14-points-v1/02). Whether the points can be redeemed is not
    looked at: that is what the redemption does. 889, 816 the member, 801 and 878 the amount, 860 nothing could be sent."""
    customer_id = await _customer(ctx, query.customer)
    points = _amount(query.points)
    return points, await codes.issue(ctx, customer_id, points)


def _redemption_time(ctx: RequestContext, text: str | None) -> datetime:
    """`YYYY-MM-DD HH:MM:SS` in the organisation's zone; 859 when it is none or lies ahead."""
    if not text:
        return ctx.now
    try:
        at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ctx.organization.zone)
    except ValueError as error:
        raise errors.TIME_INVALID.error() from error
    if at > ctx.now or at.year < 1900:
        raise errors.TIME_INVALID.error()
    return at


def _till(ctx: RequestContext, code: str | None) -> int:
    till = ctx.organization.till(code) if code else None
    return ctx.till.id if till is None else till.id


def _fields(fields: schemas.CustomFields | None) -> dict[str, object]:
    if fields is None:
        return {}
    return {field.name: field.value for field in fields.field}


async def _bill(ctx: RequestContext, customer_id: int, number: str) -> int | None:
    async with ctx.db.transaction() as connection:
        found: int | None = await connection.fetchval(sql.text("find_bill"), ctx.org_id, number, customer_id)
    return found


async def _first(ctx: RequestContext, reference: str, customer_id: int, points: Decimal) -> Redeemed | None:
    """The redemption that has this reference, if there is one. 903 when it is another member's or of another amount."""
    async with ctx.db.transaction() as connection:
        row = await connection.fetchrow(sql.text("find_redemption"), ctx.org_id, reference_key(reference))
    if row is None:
        return None
    if row["holder_id"] != customer_id or row["points"] != points:
        raise errors.REFERENCE_REUSED.error()
    snapshot = await look(ctx, customer_id, (customers.NAMES,))
    return Redeemed(
        id=row["id"],
        code=row["code"],
        customer_id=row["holder_id"],
        program_id=row["program_id"],
        points=row["points"],
        value=row["value"],
        balance=row["balance_after"],
        bill_number=row["bill_number"],
        bill_id=row["bill_id"],
        purpose=row["purpose"],
        names=customers.Names() if snapshot is None else customers.Names.of(snapshot),
    )


async def names_of(ctx: RequestContext, item: schemas.RedeemItem) -> tuple[int | None, customers.Names]:
    """Whom a redemption item names, as answers print it; (None, empty) when it names nobody."""
    try:
        customer_id = await _customer(ctx, item.customer or schemas.RedeemCustomer())
    except ApiError:
        return None, customers.Names()
    snapshot = await look(ctx, customer_id, (customers.NAMES,))
    return customer_id, customers.Names() if snapshot is None else customers.Names.of(snapshot)


async def expire(ctx: RequestContext, customer_id: int) -> Decimal:
    """Sweeps one member: open lots whose expiry has passed expire. Answers the points (points.md 7.3)."""
    return await ctx.resource(Processor).process(ExpirePoints(ctx, customer_id=customer_id))
