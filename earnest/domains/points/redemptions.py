"""The history of a customer's redemptions (01-customer-v1/07).

Points only: without a coupon nobody has redeemed one, so that list is empty. Pages are bounds on ids (`points_start_id`,
`points_end_id`): `sort=redemption_id` with the last id of a page as the next bound leads through all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from earnest.core.context import RequestContext
from earnest.core.errors import INVALID_INPUT
from earnest.core.instants import local_text, parse_local
from earnest.core.tenancy import Entity
from earnest.domains.customers import service as customers
from earnest.domains.points import errors
from earnest.domains.points import schemas_redemptions as schemas
from earnest.domains.points.activities import sql
from earnest.domains.points.service import chosen_program
from earnest.loyalty.look import look
from earnest.loyalty.programs import Programs

LIMIT_DEFAULT = 10
LIMIT_MAX = 1_000
_DATE_LENGTH = len("2025-07-24")
_FIRST_OF_TIME, _END_OF_TIME = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)

_custom_fields = msgspec.json.Decoder(dict[str, Any])


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a history that a query asks for. `program_id` None: all; `till_ids` None: everywhere."""

    program_id: int | None
    since: datetime
    before: datetime
    till_ids: list[int] | None
    first_id: int
    last_id: int
    reference: str | None
    by_id: bool
    ascending: bool
    limit: int
    with_points: bool
    with_user_id: bool


async def wanted(ctx: RequestContext, query: schemas.RedemptionsQuery) -> Wanted:
    """What the query asks for. 885 unknown programme, 400 what is no date or no limit."""
    zone = ctx.organization.zone
    since = _instant(query.start_date, ctx)
    before = _instant(query.end_date, ctx)
    if before is not None and len((query.end_date or "").strip()) == _DATE_LENGTH:
        before = (before.astimezone(zone) + timedelta(days=1)).astimezone(UTC)
    elif before is not None:
        before += timedelta(seconds=1)
    limit = query.limit
    if query.type is None and query.points_limit is not None:
        limit = query.points_limit
    limit = LIMIT_DEFAULT if limit is None else limit
    if not 1 <= limit <= LIMIT_MAX:
        raise INVALID_INPUT.error()
    program_id = None
    if query.program_id is not None or not query.mlp:
        program_id = (await chosen_program(ctx, query.program_id, errors.UNKNOWN_PROGRAM)).id
    return Wanted(
        program_id=program_id,
        since=since or _FIRST_OF_TIME,
        before=before or _END_OF_TIME,
        till_ids=_tills(ctx, query),
        first_id=_id(query.points_start_id, 0),
        last_id=_id(query.points_end_id, 2**53),
        reference=query.external_reference_number or None,
        by_id=query.sort == "redemption_id",
        ascending=query.order == "asc",
        limit=limit,
        with_points=query.type != "COUPONS",
        with_user_id=query.user_id,
    )


def _instant(text: str | None, ctx: RequestContext) -> datetime | None:
    if not text:
        return None
    at = parse_local(text, ctx.organization.zone)
    if at is None or not _FIRST_OF_TIME < at < _END_OF_TIME - timedelta(days=2):
        raise INVALID_INPUT.error()
    return at


def _id(given: int | None, default: int) -> int:
    return default if given is None else min(max(given, 0), 2**53)


def _tills(ctx: RequestContext, query: schemas.RedemptionsQuery) -> list[int] | None:
    """The tills that the query's entities have; of an entity that there is not, none."""
    if not query.entity_code and query.merchant_store_id is None:
        return None
    entities = ctx.organization.entities
    tills = [one for one in entities if one.type == "TILL"]
    if query.merchant_store_id is not None:
        tills = [till for till in tills if till.store_id == query.merchant_store_id]
    if query.entity_code:
        ids = {one.id for one in entities if one.code == query.entity_code}
        tills = [till for till in tills if ids & {till.id, till.store_id, till.zone_id, till.concept_id}]
    return [till.id for till in tills]


async def of_customer(ctx: RequestContext, type_: str, value: str, wanted: Wanted) -> schemas.CustomerRedemptions:
    """The redemptions of the customer with this identifier. 1012 when there is none."""
    if not value:
        raise errors.CUSTOMER_NOT_KNOWN.error()
    customer_id = await customers.whose(ctx, type_, value)
    snapshot = None if customer_id is None else await look(ctx, customer_id, (customers.NAMES,))
    if customer_id is None or snapshot is None:
        raise errors.CUSTOMER_NOT_KNOWN.error()
    names = customers.Names.of(snapshot)
    identifiers = names.identifiers or {}
    total, rows = await _rows(ctx, customer_id, wanted)
    programs = await ctx.resource(Programs).of(ctx.organization)
    titles = {program.id: program.name for program in programs.values()}
    return schemas.CustomerRedemptions(
        user_id=customer_id if wanted.with_user_id else msgspec.UNSET,
        mobile=identifiers.get("mobile", ""),
        email=identifiers.get("email", ""),
        external_id=identifiers.get("externalId", ""),
        firstname=names.first_name,
        lastname=names.last_name,
        user_groups2=[],
        rows=wanted.limit,
        coupons_count=0,
        points_count=total,
        coupons_start_id=0,
        points_start_id=min((row["id"] for row in rows), default=0),
        redemptions=schemas.Redemptions(
            schemas.CouponRedemptions(None), schemas.PointsRedemptions([_point(ctx, row, titles) for row in rows])
        ),
        item_status=_status(errors.REDEMPTIONS_FETCHED.code, errors.REDEMPTIONS_FETCHED.message, success=True),
    )


def not_found(parameter: str, value: str, code: int, message: str) -> schemas.CustomerRedemptions:
    """The answer for an identifier that leads to nobody."""
    return schemas.CustomerRedemptions(
        mobile=value if parameter == "mobile" else msgspec.UNSET,
        email=value if parameter == "email" else msgspec.UNSET,
        external_id=value if parameter == "external_id" else msgspec.UNSET,
        item_status=_status(code, message, success=False),
    )


def _status(code: int, message: str, *, success: bool) -> schemas.RedemptionsStatus:
    return schemas.RedemptionsStatus("true" if success else "false", str(code), message)


async def _rows(ctx: RequestContext, customer_id: int, wanted: Wanted) -> tuple[int, list[Mapping[str, Any]]]:
    """How many redemptions there are, and those of the page."""
    if not wanted.with_points:
        return 0, []
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(
            sql.text("list_redemptions"),
            ctx.org_id,
            customer_id,
            wanted.program_id,
            wanted.since,
            wanted.before,
            wanted.till_ids,
            wanted.first_id,
            wanted.last_id,
            wanted.reference,
            1 if wanted.ascending else -1,
            wanted.by_id,
            wanted.limit,
        )
    return (rows[0]["total"] if rows else 0), [dict(row) for row in rows]


def _point(ctx: RequestContext, row: Mapping[str, Any], titles: Mapping[int, str]) -> schemas.PointsRedemption:
    entities = ctx.organization.entities_by_id
    till = entities.get(row["till_id"])
    store = None if till is None else entities.get(till.store_id or 0)
    fields = _custom_fields.decode(row["custom_fields"])
    return schemas.PointsRedemption(
        id=row["id"],
        program_id=row["program_id"],
        points_redeemed=row["points"],
        transaction_number=row["bill_number"] or "",
        bill_id=str(row["bill_id"] or -1),
        # Codes are not kept: whoever reads the history has no use for one.
        validation_code="",
        redeemed_time=local_text(row["at"], ctx.organization.zone),
        redeemed_at="" if till is None else till.code,
        redemption_purpose=row["purpose"],
        notes=row["notes"],
        external_reference_number=row["external_reference"] or "",
        redemption_id=row["code"],
        redeemed_store=_name(store),
        redeemed_till=_name(till),
        custom_fields=schemas.CustomFieldList([schemas.CustomField(name, value) for name, value in fields.items()]),
        reversals=[],
        redemption_breakup_by_program=[
            schemas.ProgramShare(row["program_id"], row["points"], titles.get(row["program_id"], ""))
        ],
    )


def _name(entity: Entity | None) -> schemas.EntityName:
    return schemas.EntityName("" if entity is None else entity.code, "" if entity is None else entity.name)
