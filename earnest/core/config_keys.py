"""Config keys of an organisation: one typed table that code, documentation and tests read."""

from __future__ import annotations

from typing import Generic, TypeVar, cast

import msgspec

from earnest.core.tenancy import Organization

T = TypeVar("T")


class ConfigKey(msgspec.Struct, Generic[T], frozen=True):
    """A switch that the documentation names. `source` is the contract group or domain page that says what it does."""

    name: str
    default: T
    meaning: str
    source: str

    def of(self, organization: Organization) -> T:
        """The organisation's value, or the default."""
        return cast(T, organization.config.get(self.name, self.default))


BILL_NUMBER_UNIQUE = ConfigKey(
    "CONF_LOYALTY_IS_BILL_NUMBER_UNIQUE", True, "A bill number may be used once in its scope.", "05-transaction-v1"
)
BILL_NUMBER_UNIQUE_ONLY_STORE = ConfigKey(
    "CONF_LOYALTY_BILL_NUMBER_UNIQUE_ONLY_STORE", False, "The scope of a bill number is the store.", "05-transaction-v1"
)
BILL_NUMBER_UNIQUE_ONLY_TILL = ConfigKey(
    "CONF_LOYALTY_BILL_NUMBER_UNIQUE_ONLY_TILL", False, "The scope of a bill number is the till.", "05-transaction-v1"
)
BILL_NUMBER_UNIQUE_IN_DAYS = ConfigKey(
    "CONF_LOYALTY_BILL_NUMBER_UNIQUE_IN_DAYS",
    0,
    "A bill number may be used again after this many days; 0 never.",
    "05-transaction-v1",
)
MIN_BILLING_DATE = ConfigKey(
    "CONF_MIN_BILLING_DATE", "1995-01-01", "Bills of days before this one are refused (644).", "05-transaction-v1"
)
BILL_DAYS_AHEAD_MAX = ConfigKey(
    "EARNEST_BILL_DAYS_AHEAD_MAX", 1, "A bill may be dated this many days ahead of now (643).", "06-transaction-v2"
)
REDEMPTION_NEEDS_CODE = ConfigKey(
    "EARNEST_REDEMPTION_NEEDS_CODE",
    False,
    "A redemption needs a validation code unless the call skips it.",
    "14-points-v1",
)

REGISTRY: dict[str, ConfigKey[bool] | ConfigKey[int] | ConfigKey[str]] = {
    key.name: key
    for key in (
        BILL_NUMBER_UNIQUE,
        BILL_NUMBER_UNIQUE_ONLY_STORE,
        BILL_NUMBER_UNIQUE_ONLY_TILL,
        BILL_NUMBER_UNIQUE_IN_DAYS,
        MIN_BILLING_DATE,
        BILL_DAYS_AHEAD_MAX,
        REDEMPTION_NEEDS_CODE,
    )
}
