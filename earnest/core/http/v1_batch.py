"""Batches of v1: every item on its own and in order, its status inside it, theirs together above (_conventions.md, 7).

    results = await each(ctx, body.root.customer, add, refuse, too_many=BATCH_LIMIT)
    return Answer(Customers(results.status(counted=True), results.items), status=results.http_status)

A call may be repeated by the framework only while nothing of it is stored; so a configuration that turns out to be stale in
the middle of a batch is renewed here, for the item that met it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import msgspec

from earnest.core import logs
from earnest.core.context import RequestContext
from earnest.core.errors import CUSTOMER_BUSY, INVALID_INPUT, ApiError, ErrorCode
from earnest.core.http.envelopes import ALL_FAILED, V1Status
from earnest.core.http.limits import V1_BATCH_ITEMS_MAX
from earnest.core.http.v1_body import BatchItem
from earnest.core.renewal import ATTEMPTS_MAX, renewed
from earnest.core.tenancy import StaleConfiguration

Item = TypeVar("Item")
R = TypeVar("R")

Act = Callable[[RequestContext, Item], Awaitable[R]]
Refuse = Callable[[RequestContext, Item, ApiError], Awaitable[R]]

SUCCEEDED = ErrorCode(200, "Success", 200)
SOME_FAILED = ErrorCode(201, "Some requests have failed due to errors", 200)
# What an item answers that failed for a reason of ours (contract/01-customer-v1/_errors.yaml).
UNEXPECTED = ErrorCode(999999, "Unexpected server error")


class ItemStatus(msgspec.Struct, frozen=True):
    """`item_status` of most entities."""

    success: str
    code: int
    message: str

    @classmethod
    def of(cls, code: ErrorCode | ApiError, *, success: bool) -> ItemStatus:
        return cls("true" if success else "false", code.code, code.message)


class Results(msgspec.Struct, Generic[R], frozen=True):
    """The answers of the items in the order of the items, and how many of them are refusals."""

    items: list[R]
    failed: int

    @property
    def all_failed(self) -> bool:
        return self.failed == len(self.items)

    def status(self, *, counted: bool = False) -> V1Status:
        """`response.status`: 200, 201 or 500; with `total` and `success_count` where the endpoint prints them."""
        code = ALL_FAILED if self.all_failed else SOME_FAILED if self.failed else SUCCEEDED
        return V1Status(
            "false" if self.all_failed else "true",
            code.code,
            code.message,
            str(len(self.items)) if counted else None,
            str(len(self.items) - self.failed) if counted else None,
        )

    @property
    def http_status(self) -> int:
        """For customer/add, customer/get and coupon/redeem: HTTP 500 when all failed. All others answer HTTP 200."""
        return ALL_FAILED.http_status if self.all_failed else 200

    @property
    def one_or_several(self) -> R | list[R]:
        """For calls that act on one item: the item itself, a list only of several (_conventions.md, 5, rule 2)."""
        return self.items[0] if len(self.items) == 1 else self.items


async def each(
    ctx: RequestContext,
    items: Sequence[Item],
    act: Act[Item, R],
    refuse: Refuse[Item, R],
    *,
    too_many: ErrorCode,
    none: ErrorCode = INVALID_INPUT,
) -> Results[R]:
    """Acts on each item; one that raises ApiError, or did not decode, answers what `refuse` makes of it.

    The whole call is refused, and nothing processed, when there are more than V1_BATCH_ITEMS_MAX items (`too_many`) or
    none (`none`). `act` may raise StaleConfiguration only as long as it has stored nothing.
    """
    if not items:
        raise none.error()
    if len(items) > V1_BATCH_ITEMS_MAX:
        raise too_many.error()
    answers: list[R] = []
    failed = 0
    for number, item in enumerate(items, 1):
        for _ in range(ATTEMPTS_MAX):
            try:
                answer, succeeded = await _answer(_of_item(ctx, number), item, act, refuse)
                break
            except StaleConfiguration as stale:
                if not answers:
                    # Nothing is stored: the whole call starts over, credentials first.
                    raise
                ctx = await renewed(ctx, stale)
        else:
            answer, succeeded = await refuse(ctx, item, CUSTOMER_BUSY.error()), False
        answers.append(answer)
        failed += not succeeded
    return Results(answers, failed)


def _of_item(ctx: RequestContext, number: int) -> RequestContext:
    """With an Idempotency-Key, each item leaves its own receipts."""
    if ctx.idempotency is None:
        return ctx
    return msgspec.structs.replace(ctx, idempotency=ctx.idempotency.item(number))


async def _answer(ctx: RequestContext, item: Item, act: Act[Item, R], refuse: Refuse[Item, R]) -> tuple[R, bool]:
    try:
        if isinstance(item, BatchItem) and item.refusal is not None:
            raise item.refusal
        return await act(ctx, item), True
    except ApiError as error:
        return await refuse(ctx, item, error), False
    except StaleConfiguration:
        raise
    except Exception as error:
        described = logs.describe(error)
        logs.logger("http").error("unexpected error in a batch", request_id=ctx.request_id, error=described)
        return await refuse(ctx, item, UNEXPECTED.error()), False
