"""Keys of bills: their numbers, limits, dates, outliers, returns."""

from __future__ import annotations

from earnest.core.config_keys.key import amount, boolean, day, integer, limit, pattern, texts

BILL_NUMBER_UNIQUE = boolean(
    "CONF_LOYALTY_IS_BILL_NUMBER_UNIQUE",
    True,
    "A bill number may be used once in its scope (604): the organisation, unless one of the next two says otherwise.",
    "05-transaction-v1",
    effective=True,
    decided=True,
)
BILL_NUMBER_UNIQUE_ONLY_STORE = boolean(
    "CONF_LOYALTY_BILL_NUMBER_UNIQUE_ONLY_STORE",
    False,
    "The scope of a bill number is the store.",
    "05-transaction-v1",
    effective=True,
    decided=True,
)
BILL_NUMBER_UNIQUE_ONLY_TILL = boolean(
    "CONF_LOYALTY_BILL_NUMBER_UNIQUE_ONLY_TILL",
    False,
    "The scope of a bill number is the till.",
    "05-transaction-v1",
    effective=True,
    decided=True,
)
BILL_NUMBER_UNIQUE_IN_DAYS = integer(
    "CONF_LOYALTY_BILL_NUMBER_UNIQUE_IN_DAYS",
    0,
    "A bill number may be used again after this many days; 0: never.",
    "05-transaction-v1",
    most=36_500,
    effective=True,
    decided=True,
)
BILL_NUMBER_PATTERN = pattern(
    "CONF_CLIENT_BILL_NO_REGEX",
    "What the whole number of a sale has to look like (602), e.g. ^[A-Z]{2}-[0-9]+$.",
    "05-transaction-v1",
    effective=True,
)
MIN_BILL_AMOUNT = amount(
    "CONF_LOYALTY_MIN_BILL_AMOUNT", "Sales of less are refused (601).", "05-transaction-v1", effective=True
)
MAX_BILL_AMOUNT = amount(
    "CONF_LOYALTY_MAX_BILL_AMOUNT", "Sales of more are refused (601).", "05-transaction-v1", effective=True
)
MIN_LINE_AMOUNT = amount(
    "CONF_LOYALTY_MIN_BILL_LINEITEM_AMOUNT",
    "Sales with a line of a smaller amount are refused (601).",
    "05-transaction-v1",
    effective=True,
)
MAX_LINE_AMOUNT = amount(
    "CONF_LOYALTY_MAX_BILL_LINEITEM_AMOUNT",
    "Sales with a line of a larger amount are refused (601).",
    "05-transaction-v1",
    effective=True,
)
ZERO_BILLS_ALLOWED = boolean(
    "CONF_CLIENT_IS_BILL_AMOUNT_ZERO",
    True,
    "A sale may have the amount 0; otherwise it is refused (601).",
    "05-transaction-v1",
    effective=True,
    decided=True,
)
MIN_BILLING_DATE = day(
    "CONF_MIN_BILLING_DATE",
    "1995-01-01",
    "Bills of days before this one are refused (644).",
    "05-transaction-v1",
    effective=True,
    decided=True,
)
BILL_DAYS_AHEAD_MAX = integer(
    "EARNEST_BILL_DAYS_AHEAD_MAX",
    1,
    "A bill may be dated this many days ahead of now (643). The documentation has the code but no key.",
    "06-transaction-v2",
    most=36_500,
    effective=True,
    decided=True,
)
MACHINE_TIME_UNCONVERTED = boolean(
    "CONF_ORG_DISABLE_MACHINE_TIME_CONV",
    False,
    "v2: the clock time of a bill is taken as time of the organisation's zone, whatever its offset says.",
    "_conventions",
    effective=True,
)
MARK_ZERO_BILL_AS_OUTLIER = boolean(
    "CONF_MARK_ZERO_BILL_AS_OUTLIER",
    False,
    "A sale of amount 0 is an outlier: stored, without loyalty, with warning 9611.",
    "05-transaction-v1",
    effective=True,
    decided=True,
)
OUTLIER_NUMBER_PREFIXES = texts(
    "MARK_BILLS_OUTLIER_STARTING_WITH",
    "Sales whose number starts with one of these are outliers.",
    "05-transaction-v1",
    effective=True,
    decided=True,
)
OUTLIER_STORES = texts(
    "MARK_BILLS_OUTLIER_FROM_STORE",
    "Sales of the stores with these codes are outliers.",
    "05-transaction-v1",
    effective=True,
    decided=True,
)
OUTLIER_ITEM_CODES = texts(
    "CONF_OUTLIER_ITEM_SKU",
    "Sales with a line of one of these item codes are outliers; warning 9608 names the line.",
    "05-transaction-v1",
    effective=True,
    decided=True,
)
OUTLIER_BASKET_SIZE = limit(
    "BILL_OUTLIER_BASKET_SIZE_LIMIT", "Sales with more lines are outliers.", "05-transaction-v1", effective=True
)
IGNORE_POINTS_BY_NUMBER = boolean(
    "BILL_NUMBER_WISE_IGNORE_POINTS",
    False,
    "Sales whose number starts with one of IGNORE_POINTS_FOR_BILL_NUMBER_STARTS_WITH bring no points; tiers and purchases "
    "still count.",
    "domain/points 4.9",
    effective=True,
)
IGNORE_POINTS_PREFIXES = texts(
    "IGNORE_POINTS_FOR_BILL_NUMBER_STARTS_WITH",
    "The prefixes of BILL_NUMBER_WISE_IGNORE_POINTS.",
    "domain/points 4.9",
    effective=True,
)
RETURN_OF_UNKNOWN_BILL = boolean(
    "CONF_ALLOW_NOT_EXISTING_BILL_RETURN",
    False,
    "A return whose sale is unknown is stored without effect on points, with warning 625; otherwise it is refused (625).",
    "domain/points 9",
    effective=True,
)
POINTS_RETURN_ENABLED = boolean(
    "CONF_POINTS_RETURN_ENABLED",
    True,
    "A return takes back the points of the sale. A value of the organisation wins over the programme's own setting.",
    "domain/points 9",
    effective=True,
)
NEGATIVE_BALANCE_ON_RETURN = boolean(
    "ALLOW_NEGATIVE_BALANCE_ON_RETURN",
    False,
    "A return may make the balance negative. A value of the organisation wins over the programme's own setting.",
    "domain/points 10.4",
    effective=True,
)

SIMULATION_ENABLED = boolean(
    "CONF_ENABLE_SIMULATION_API_MODE",
    False,
    "Transactions may be simulated.",
    "06-transaction-v2/07",
    effective=True,
)

RETURN_NUMBER_UNIQUE = boolean(
    "IS_RETURN_BILL_UNIQUE",
    False,
    "The number of a return may be used once (604), in the scope of the numbers of sales: that of parent_bill_number (v1.1), "
    "else the one that it is stored with, which is that of the sale.",
    "05-transaction-v1",
    effective=True,
    decided=True,
)

_NUMBERS = (
    RETURN_NUMBER_UNIQUE,
    boolean(
        "CONF_LOYALTY_IS_BILL_NUMBER_REQUIRED",
        True,
        "A sale needs a number (602).",
        "05-transaction-v1",
        decided=True,
    ),
    boolean(
        "CONF_LOYALTY_IS_RETURN_BILL_NUMBER_REQUIRED",
        True,
        "A return needs a number.",
        "05-transaction-v1",
        decided=True,
    ),
    integer(
        "AMOUNT_ROUNDING_OFF_TO_DECIMAL_PLACES",
        6,
        "Stored amounts are cut to this many decimals (100.567 becomes 100.56 with 2).",
        "05-transaction-v1",
        most=6,
        decided=True,
    ),
    boolean(
        "CONF_CURRENCY_CONVERSION_ENABLE",
        False,
        "Bills may be in a local currency that is converted to the base currency.",
        "05-transaction-v1/02",
        decided=True,
    ),
    boolean(
        "IS_DIRECT_REPLAY_ENABLED",
        False,
        "Bills may be stored first and evaluated later (header X-CAP-DIRECT-REPLAY).",
        "27-organization-v2/04",
    ),
)

_RETURNS = (
    boolean(
        "CONF_LOYALTY_IS_RETURN_BILL_MANUAL_HANDLING_ENABLED",
        False,
        "Points of a returned bill are left to a person.",
        "domain/points 9",
        decided=True,
    ),
    boolean(
        "CONF_ALLOW_TRANSACTION_RETURN_AFTER_GROUP_TRANSITION",
        False,
        "The return of somebody who has left a group takes back the group's points of the bill.",
        "domain/points 10.8",
    ),
)

_OTHERS = (
    boolean(
        "CONF_OU_LEVEL_PRODUCTS_ENABLED",
        False,
        "A SKU is unique in its organisational unit instead of the organisation.",
        "42-product",
        decided=True,
    ),
)

KEYS = (
    BILL_NUMBER_UNIQUE,
    BILL_NUMBER_UNIQUE_ONLY_STORE,
    BILL_NUMBER_UNIQUE_ONLY_TILL,
    BILL_NUMBER_UNIQUE_IN_DAYS,
    BILL_NUMBER_PATTERN,
    MIN_BILL_AMOUNT,
    MAX_BILL_AMOUNT,
    MIN_LINE_AMOUNT,
    MAX_LINE_AMOUNT,
    ZERO_BILLS_ALLOWED,
    MIN_BILLING_DATE,
    BILL_DAYS_AHEAD_MAX,
    MACHINE_TIME_UNCONVERTED,
    MARK_ZERO_BILL_AS_OUTLIER,
    OUTLIER_NUMBER_PREFIXES,
    OUTLIER_STORES,
    OUTLIER_ITEM_CODES,
    OUTLIER_BASKET_SIZE,
    IGNORE_POINTS_BY_NUMBER,
    IGNORE_POINTS_PREFIXES,
    RETURN_OF_UNKNOWN_BILL,
    POINTS_RETURN_ENABLED,
    NEGATIVE_BALANCE_ON_RETURN,
    SIMULATION_ENABLED,
    *_NUMBERS,
    *_RETURNS,
    *_OTHERS,
)
