"""HTTP of points, v1.1 (contract/14-points-v1)."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from earnest.core.context import RequestContext
from earnest.core.errors import ApiError, ErrorCode
from earnest.core.http.endpoint import Access, endpoint
from earnest.core.http.envelopes import Style, V1Status
from earnest.core.http.v1_batch import ItemStatus, Results, each
from earnest.domains.customers.service import Names
from earnest.domains.points import errors, examples, schemas, service
from earnest.domains.points.activities import Redeemed


class RedeemableList(msgspec.Struct, frozen=True):
    redeemable: schemas.Redeemable


class RedeemableResponse(msgspec.Struct, frozen=True):
    status: V1Status
    points: RedeemableList


class RedeemableAnswer(msgspec.Struct, frozen=True):
    response: RedeemableResponse


class RedeemResponses(msgspec.Struct, frozen=True):
    points: schemas.RedeemedPoints | list[schemas.RedeemedPoints]


class RedeemResponse(msgspec.Struct, frozen=True):
    status: V1Status
    responses: RedeemResponses


class RedeemAnswer(msgspec.Struct, frozen=True):
    response: RedeemResponse


class CodeList(msgspec.Struct, frozen=True):
    code: schemas.IssuedCode


class CodeResponse(msgspec.Struct, frozen=True):
    status: V1Status
    validation_code: CodeList


class CodeAnswer(msgspec.Struct, frozen=True):
    response: CodeResponse


def _item_status(status: ErrorCode | ApiError) -> ItemStatus:
    return ItemStatus.of(status, success=status.code in (800, 876))


@endpoint(
    "GET",
    "/v1.1/points/isredeemable",
    "/v1/points/isredeemable",
    style=Style.V1,
    contract="14-points-v1/01",
    group="Points",
    access=Access.READ,
    example=examples.IS_REDEEMABLE,
)
async def is_redeemable(ctx: RequestContext, query: schemas.RedeemableQuery) -> RedeemableAnswer:
    """Tells whether a customer can redeem a number of points now and what they are worth."""
    try:
        verdict = await service.is_redeemable(ctx, query)
    except ApiError as error:
        verdict = service.Verdict(names=Names(), points=None, value=Decimal(0), ratio=Decimal(1), status=error)
    item = _item_status(verdict.status)
    identifiers = verdict.names.identifiers or {}
    given = verdict.points if verdict.points is not None else (query.points or "")
    return RedeemableAnswer(
        RedeemableResponse(
            Results([item], failed=item.success == "false").status(),
            RedeemableList(
                schemas.Redeemable(
                    mobile=identifiers.get("mobile", query.mobile or ""),
                    email=identifiers.get("email", query.email or ""),
                    external_id=identifiers.get("externalId", query.external_id or ""),
                    points=given,
                    is_redeemable=item.success,
                    points_redeem_value=verdict.value,
                    points_redeem_local_value=verdict.value,
                    input_type="currency" if query.currency_input else "points",
                    points_currency_ratio=format(verdict.ratio.normalize(), "f"),
                    item_status=item,
                )
            ),
        )
    )


@endpoint(
    "GET",
    "/v1.1/points/validationcode",
    "/v1/points/validationcode",
    style=Style.V1,
    contract="14-points-v1/02",
    group="Points",
    access=Access.READ,
    example=examples.VALIDATION_CODE,
)
async def issue_validation_code(ctx: RequestContext, query: schemas.CodeQuery) -> CodeAnswer:
    """Sends a customer a code to redeem this number of points with, by SMS or e-mail; again within its time, the same one."""
    try:
        points, issued = await service.issue_code(ctx, query)
    except ApiError as error:
        item = ItemStatus.of(error, success=False)
        refused = schemas.IssuedCode(
            None, query.mobile or "", query.email or "", query.external_id or "", query.points or "", item
        )
        return CodeAnswer(CodeResponse(Results([item], failed=1).status(), CodeList(refused)))
    identifiers = issued.names.identifiers or {}
    sent = ItemStatus("true", 200, f"Validation Code Issued by {'/'.join(issued.channels)}")
    code = schemas.IssuedCode(
        str(issued.customer_id),
        identifiers.get("mobile", ""),
        identifiers.get("email", ""),
        identifiers.get("externalId", ""),
        points,
        sent,
    )
    return CodeAnswer(CodeResponse(V1Status("true", 200, "Operation Successful"), CodeList(code)))


@endpoint(
    "POST",
    "/v1.1/points/redeem",
    "/v1/points/redeem",
    style=Style.V1,
    contract="14-points-v1/03",
    group="Points",
    access=Access.WRITE,
    example=examples.REDEEM,
)
async def redeem(ctx: RequestContext, query: schemas.RedeemQuery, body: schemas.Redeem) -> RedeemAnswer:
    """Redeems points of a customer, earliest expiry first; several items are processed in order, each on its own."""

    async def act(ctx: RequestContext, item: schemas.RedeemItem) -> schemas.RedeemedPoints:
        return _redeemed(item, await service.redeem(ctx, query, item))

    results = await each(ctx, body.root.redeem, act, _refused, too_many=errors.BATCH_LIMIT)
    return RedeemAnswer(RedeemResponse(results.status(), RedeemResponses(results.one_or_several)))


async def _refused(ctx: RequestContext, item: schemas.RedeemItem, error: ApiError) -> schemas.RedeemedPoints:
    customer_id, names = await service.names_of(ctx, item)
    identifiers = names.identifiers or {}
    asked = item.customer or schemas.RedeemCustomer()
    return schemas.RedeemedPoints(
        mobile=identifiers.get("mobile") or _text(asked.mobile),
        email=identifiers.get("email") or _text(asked.email),
        external_id=identifiers.get("externalId") or _text(asked.external_id),
        user_id="" if customer_id is None else str(customer_id),
        points_redeemed=_text(item.points_redeemed),
        item_status=_item_status(error),
    )


def _redeemed(item: schemas.RedeemItem, redeemed: Redeemed) -> schemas.RedeemedPoints:
    identifiers = redeemed.names.identifiers or {}
    asked = item.customer or schemas.RedeemCustomer()
    return schemas.RedeemedPoints(
        mobile=identifiers.get("mobile") or _text(asked.mobile),
        email=identifiers.get("email") or _text(asked.email),
        external_id=identifiers.get("externalId") or _text(asked.external_id),
        user_id=str(redeemed.customer_id),
        redemption_id=redeemed.code,
        points_redeemed=format(redeemed.points.normalize(), "f"),
        redemption_purpose=redeemed.purpose,
        redeemed_value=redeemed.value,
        redeemed_local_value=redeemed.value,
        balance=redeemed.balance,
        side_effects=schemas.RedemptionEffects(
            [
                schemas.RedemptionEffect(
                    id=redeemed.id,
                    num_points=redeemed.points,
                    currency_value=redeemed.value,
                    validation_code=item.validation_code or "",
                    points_redemption_summary_id=str(redeemed.id),
                    redeemed_on_bill_number=redeemed.bill_number or "",
                    redeemed_on_bill_id=-1 if redeemed.bill_id is None else redeemed.bill_id,
                )
            ]
        ),
        item_status=_item_status(service.REDEEMED),
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
