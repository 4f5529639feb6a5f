"""currentLineItem, tenderProfile and currentProduct (rules.md 6.5, 6.6, 6.16)."""

from __future__ import annotations

from earnest.engine.expression.activities import Activity, Unrolled
from earnest.engine.expression.baskets import attribute_of
from earnest.engine.expression.catalogue.row import Kind, Profile, number, string, taking, truth
from earnest.engine.expression.context import LineItem
from earnest.engine.expression.values.patterns import found


def _matches(line: LineItem, attribute: str | None, value: str | None) -> bool:
    return value is not None and attribute_of(line, attribute) == value


_PATTERN = taking(("regex", Kind.PATTERN))

CURRENT_LINE_ITEM = Profile(
    name="currentLineItem",
    record="line_item",
    meaning="the line of the bill that a set repeated for lines is at",
    section="6.5",
    json_type="tx.item:object:primitive",
    attributes=(
        string("code", "code", "item code (SKU)"),
        string("description", "description", "item description"),
        number("rate", "rate", "gross unit price"),
        number("qty", "qty", "quantity"),
        number("value", "value", "gross amount, rate x qty"),
        number("amount", "net", "net amount, value - discount"),
        number("discount", "discount", "discount on the line"),
        number(
            "discPercentage",
            "discount_percentage",
            "discount / net amount x 100; 0 without discount, 100 when the net amount is 0",
            aliases=("discountPercentage",),
        ),
        truth(
            "doesItemMatch",
            _matches,
            "an inventory attribute of the item equals the value",
            reader="products",
            **taking(("attribute", Kind.INVENTORY_ATTRIBUTE), ("value", Kind.INVENTORY_VALUE)),
        ),
        truth(
            "doesCategoryRegexMatch",
            lambda line, pattern: found(pattern, line.category),
            "the category matches",
            reader="products",
            **_PATTERN,
        ),
        truth(
            "doesBrandRegexMatch",
            lambda line, pattern: found(pattern, line.brand),
            "the brand matches",
            reader="products",
            **_PATTERN,
        ),
    ),
    activities=frozenset({Activity.TRANSACTION_ADD, Activity.RETURN_TRANSACTION, Activity.GROUP_TRANSACTION_ADD}),
    unrolled=Unrolled.LINES,
    fields="line_item",
)

TENDER_PROFILE = Profile(
    name="tenderProfile",
    record="tender",
    meaning="the payment that a set repeated for payments is at; in a return or a tier upgrade the single tender, or null",
    section="6.6",
    json_type="tender:object:primitive",
    attributes=(
        number("amount", "amount", "amount paid with the tender"),
        string("code", "code", "name of the configured payment method"),
        string("notes", "notes", "note on the tender", aliases=("note",)),
    ),
    activities=frozenset(
        {
            Activity.TRANSACTION_ADD,
            Activity.RETURN_TRANSACTION,
            Activity.SLAB_UPGRADE,
            Activity.GROUP_TRANSACTION_ADD,
            Activity.GROUP_RETURN_TRANSACTION,
        }
    ),
    unrolled=Unrolled.TENDERS,
    free_in=frozenset({Activity.RETURN_TRANSACTION, Activity.GROUP_RETURN_TRANSACTION, Activity.SLAB_UPGRADE}),
)

CURRENT_PRODUCT = Profile(
    name="currentProduct",
    record="product",
    meaning="the article scanned in a campaign; no workflow has it",
    section="6.16",
    json_type="product:object:primitive",
    attributes=(
        string("code", "code", "scanned SKU"),
        truth("doesBrandRegexMatch", lambda p, pattern: found(pattern, p.brand), "the brand matches", **_PATTERN),
        truth(
            "doesCategoryRegexMatch", lambda p, pattern: found(pattern, p.category), "the category matches", **_PATTERN
        ),
    ),
    activities=frozenset(),
)
