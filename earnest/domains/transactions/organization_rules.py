"""What an organisation's config keys say of a sale: whether it is accepted, whether it counts, whether it brings points."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from earnest.core import config_keys
from earnest.core.config_keys.value_types import compiled
from earnest.core.context import RequestContext
from earnest.core.tenancy import Organization
from earnest.domains.transactions import errors
from earnest.domains.transactions.activities import CheckedBill

OUTLIER = "OUTLIER"


def check(organization: Organization, bill: CheckedBill) -> None:
    """ApiError 601 for an amount that is not allowed, 602 for a number that is not (contract/05-transaction-v1/_notes.md)."""
    pattern = config_keys.BILL_NUMBER_PATTERN.of(organization)
    if pattern is not None and compiled(pattern).fullmatch(bill.number) is None:
        raise errors.INVALID_NUMBER.error()
    if bill.amount == 0 and not config_keys.ZERO_BILLS_ALLOWED.of(organization):
        raise errors.INVALID_AMOUNT.error()
    low, high = config_keys.MIN_BILL_AMOUNT.of(organization), config_keys.MAX_BILL_AMOUNT.of(organization)
    if not _is_within(bill.amount, low, high):
        raise errors.INVALID_AMOUNT.error()
    low, high = config_keys.MIN_LINE_AMOUNT.of(organization), config_keys.MAX_LINE_AMOUNT.of(organization)
    if not all(_is_within(item.amount, low, high) for item in bill.items):
        raise errors.INVALID_AMOUNT.error()


def _is_within(amount: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or amount >= low) and (high is None or amount <= high)


def marked(ctx: RequestContext, bill: CheckedBill, stated: str | None) -> CheckedBill:
    """The bill as an outlier where the organisation says so; a status that the call stated wins.

    A line with an outlier item code makes the whole bill one: outlier bills are left out of loyalty as a whole.
    """
    codes = frozenset(config_keys.OUTLIER_ITEM_CODES.of(ctx.organization))
    items = tuple(dict.fromkeys(item.item_code for item in bill.items if item.item_code in codes)) if codes else ()
    bill = msgspec.structs.replace(bill, outlier_item_codes=items) if items else bill
    if stated or not (items or _is_outlier(ctx, bill)):
        return bill
    return msgspec.structs.replace(bill, outlier_status=OUTLIER)


def _is_outlier(ctx: RequestContext, bill: CheckedBill) -> bool:
    organization = ctx.organization
    if bill.amount == 0 and config_keys.MARK_ZERO_BILL_AS_OUTLIER.of(organization):
        return True
    basket_size_max = config_keys.OUTLIER_BASKET_SIZE.of(organization)
    if basket_size_max is not None and len(bill.items) > basket_size_max:
        return True
    if bill.number.startswith(config_keys.OUTLIER_NUMBER_PREFIXES.of(organization)):
        return True
    stores = config_keys.OUTLIER_STORES.of(organization)
    store = organization.entities_by_id.get(ctx.till.store_id or 0) if stores else None
    return store is not None and store.code in stores


def issues_points(organization: Organization, bill: CheckedBill) -> bool:
    """Whether the sale may bring points; without, tiers and purchases still count (domain/points.md 4.9)."""
    return not (
        config_keys.IGNORE_POINTS_BY_NUMBER.of(organization)
        and bill.number.startswith(config_keys.IGNORE_POINTS_PREFIXES.of(organization))
    )
