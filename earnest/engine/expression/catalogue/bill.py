"""currentTxn and returnBill (rules.md 6.3, 6.4) with everything that reads their lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from earnest.engine.expression import baskets
from earnest.engine.expression.activities import Activity
from earnest.engine.expression.catalogue.fields import custom_fields
from earnest.engine.expression.catalogue.row import (
    Attribute,
    Kind,
    Parameter,
    Profile,
    moment,
    number,
    string,
    taking,
    truth,
    whole,
)
from earnest.engine.expression.context import Transaction
from earnest.engine.expression.values.numbers import Number

_PRODUCTS = "products"
_NAME = ("attribute", Kind.INVENTORY_ATTRIBUTE)
_EQUAL = taking(_NAME, ("value", Kind.INVENTORY_VALUE))
_LIKE = taking(_NAME, ("regex", Kind.PATTERN))
_ONLY_PATTERN = Parameter("regex", Kind.PATTERN)
# A leading name is tolerated and ignored.
_LIKE_FIXED: dict[str, Any] = {"signatures": ((_ONLY_PATTERN,), (Parameter("ignored name", Kind.TEXT), _ONLY_PATTERN))}
_CONDITION = taking(("field", Kind.LINE_FIELD), ("operator", Kind.LINE_OPERATOR), ("number", Kind.NUMBER_OR_TEXT))

_SELECTIONS: tuple[tuple[str, Callable[..., baskets.Lines], dict[str, Any], str], ...] = (
    ("", baskets.equal, _EQUAL, "whose inventory attribute equals the value"),
    ("Regex", baskets.like, _LIKE, "whose inventory attribute matches the regular expression"),
    ("RegexBrand", baskets.like_brand, _LIKE_FIXED, "whose brand matches the regular expression"),
    ("RegexCategory", baskets.like_category, _LIKE_FIXED, "whose category matches the regular expression"),
)


def _basket() -> Iterator[Attribute]:
    """basketSum, …Qty, …Count, …Includes, …Excludes over each way of selecting lines."""
    for ending, select, arguments, which in _SELECTIONS:
        measured = baskets.measured
        more = {"reader": _PRODUCTS, **arguments}
        yield number(f"basketSum{ending}", measured(select, baskets.net), f"net amount of lines {which}", **more)
        yield number(f"basketQty{ending}", measured(select, baskets.quantity), f"quantity of lines {which}", **more)
        yield whole(f"basketCount{ending}", measured(select, len), f"number of lines {which}", **more)
        yield truth(f"basketIncludes{ending}", baskets.includes(select), f"there is a line {which}", **more)
        yield truth(f"basketExcludes{ending}", baskets.excludes(select), f"there is no line {which}", **more)


def _total_quantity(bill: Transaction) -> Number | None:
    if "total_qty" in bill.stated:
        return bill.stated["total_qty"]  # type: ignore[no-any-return]
    return baskets.quantity(baskets.bought(bill)) if bill.exists else None


def _size(bill: Transaction) -> Number | None:
    if "basket_size" in bill.stated:
        return bill.stated["basket_size"]  # type: ignore[no-any-return]
    return len(baskets.bought(bill)) if bill.exists else None


_COMMON: tuple[Attribute, ...] = (
    string("number", "number", "bill number"),
    moment("date", "date", "billing date and time"),
    number("value", "value", "net bill amount (of a return: the amount returned)"),
    number("discount", "discount", "discount on the bill"),
    string("notes", "notes", "the cashier's note", aliases=("note",)),
    number("totalQty", _total_quantity, "sum of the lines' quantities"),
    *custom_fields(),
    number("points", "points", "redeemable regular points that this bill has brought so far, without promotions"),
    whole("basketSize", _size, "number of lines"),
    *_basket(),
)

_SALE_ONLY: tuple[Attribute, ...] = (
    number("pointsForUser", "points_for_user", "of points: the member's"),
    number("pointsForUserGroup", "points_for_group", "of points: the user group's"),
    number("promisedPoints", "promised_points", "promised regular points that this bill has brought so far"),
    number("promisedPointsForUser", "promised_for_user", "of promisedPoints: the member's"),
    number("promisedPointsForUserGroup", "promised_for_group", "of promisedPoints: the user group's"),
    number(
        "basketSumGross",
        baskets.measured(baskets.equal, baskets.gross),
        "gross value of lines whose inventory attribute equals the value",
        reader=_PRODUCTS,
        **_EQUAL,
    ),
    number(
        "basketSumRegexGross",
        baskets.measured(baskets.like, baskets.gross),
        "gross value of lines whose inventory attribute matches the regular expression",
        aliases=("basketSumGrossRegex",),
        reader=_PRODUCTS,
        **_LIKE,
    ),
    number(
        "basketSumRegexBrandGross",
        baskets.measured(baskets.like_brand, baskets.gross),
        "gross value of lines whose brand matches",
        reader=_PRODUCTS,
        **_LIKE_FIXED,
    ),
    number(
        "basketSumRegexCategoryGross",
        baskets.measured(baskets.like_category, baskets.gross),
        "gross value of lines whose category matches",
        reader=_PRODUCTS,
        **_LIKE_FIXED,
    ),
    number("basketSumIf", baskets.measured(baskets.compared, baskets.net), "net amount of such lines", **_CONDITION),
    whole("basketCountIf", baskets.measured(baskets.compared, len), "number of such lines", **_CONDITION),
    number("basketQtyIf", baskets.measured(baskets.compared, baskets.quantity), "quantity of such lines", **_CONDITION),
    number(
        "basketAmountSumNonDiscounted",
        baskets.measured(baskets.full_price, baskets.net),
        "net amount of lines without discount",
    ),
    truth(
        "tenderCombinationIncludes",
        lambda bill, code: code in bill.tenders,
        "a tender of the bill resolves to this configured payment method",
        reader="payment_methods",
        **taking(("code", Kind.TEXT)),
    ),
)

CURRENT_TXN = Profile(
    name="currentTxn",
    record="transaction",
    meaning="the transaction of the event; in SlabUpgrade the one that caused the upgrade, null when none did",
    section="6.3",
    json_type="tx:object:primitive",
    attributes=_COMMON + _SALE_ONLY,
    aliases=("currentTxns",),
    activities=frozenset(
        {
            Activity.TRANSACTION_ADD,
            Activity.TRANSACTION_UPDATE,
            Activity.SLAB_UPGRADE,
            Activity.GROUP_TRANSACTION_ADD,
            Activity.GROUP_TRANSACTION_UPDATE,
        }
    ),
    fields="transaction",
)

RETURN_BILL = Profile(
    name="returnBill",
    record="returned_bill",
    meaning="the returned bill or the part of it that is returned",
    section="6.4",
    json_type="tx.return:object:primitive",
    attributes=_COMMON,
    activities=frozenset({Activity.RETURN_TRANSACTION, Activity.GROUP_RETURN_TRANSACTION}),
    fields="transaction",
)
