"""Config keys of an organisation: one typed table that code, API and documentation read.

Every switch of the documentation is in it, whether the code heeds it already (`effective`) or not yet. Code reads a key
with `KEY.of(organization)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from earnest.core.config_keys import authentication, customers, features, loyalty, platform, transactions
from earnest.core.config_keys.customers import (
    ALLOW_EMAIL_UPDATE,
    ALLOW_EXTERNAL_ID_UPDATE,
    ALLOW_MOBILE_UPDATE,
    CUSTOMER_STATUS_ENABLED,
    EMAIL_AUTO_APPROVE,
    EMAIL_REQUIRED,
    EXTERNAL_ID_AUTO_APPROVE,
    EXTERNAL_ID_REQUIRED,
    FRAUD_STATUS_CHECK,
    MIN_REGISTRATION_DATE,
    MOBILE_AUTO_APPROVE,
    MOBILE_REQUIRED,
    PRIMARY_IDENTIFIER_STRICT_CHECK,
    REGISTRATION_FROM_ANY_IDENTIFIER,
    RESTRICT_ORPHAN_PROFILE,
    SKIP_SECONDARY_ON_PRIMARY_MISMATCH,
    STATUS_LABELS,
)
from earnest.core.config_keys.key import ConfigKey
from earnest.core.config_keys.loyalty import (
    DAILY_JOB_TIME,
    REDEMPTION_NEEDS_CODE,
    SOURCE_VALUE_CAPTURING,
    VALIDATION_CODE_ATTEMPTS,
    VALIDATION_CODE_CHANNEL,
    VALIDATION_CODE_MINUTES,
)
from earnest.core.config_keys.platform import (
    BASIC_AUTHENTICATION,
    PROGRAM_SECOND_APPROVER,
    RATE_LIMITS,
    TOKEN_TTL_SECONDS_MAX,
)
from earnest.core.config_keys.transactions import (
    BILL_DAYS_AHEAD_MAX,
    BILL_NUMBER_PATTERN,
    BILL_NUMBER_UNIQUE,
    BILL_NUMBER_UNIQUE_IN_DAYS,
    BILL_NUMBER_UNIQUE_ONLY_STORE,
    BILL_NUMBER_UNIQUE_ONLY_TILL,
    IGNORE_POINTS_BY_NUMBER,
    IGNORE_POINTS_PREFIXES,
    MACHINE_TIME_UNCONVERTED,
    MARK_ZERO_BILL_AS_OUTLIER,
    MAX_BILL_AMOUNT,
    MAX_LINE_AMOUNT,
    MIN_BILL_AMOUNT,
    MIN_BILLING_DATE,
    MIN_LINE_AMOUNT,
    NEGATIVE_BALANCE_ON_RETURN,
    OUTLIER_BASKET_SIZE,
    OUTLIER_ITEM_CODES,
    OUTLIER_NUMBER_PREFIXES,
    OUTLIER_STORES,
    POINTS_RETURN_ENABLED,
    RETURN_NUMBER_UNIQUE,
    RETURN_OF_UNKNOWN_BILL,
    SIMULATION_ENABLED,
    ZERO_BILLS_ALLOWED,
)

AREAS: Mapping[str, tuple[ConfigKey[Any], ...]] = {
    "Customers": customers.KEYS,
    "Transactions": transactions.KEYS,
    "Points, programmes, rewards": loyalty.KEYS,
    "Customer logins and one-time passwords": authentication.KEYS,
    "Platform": platform.KEYS,
    "Features without a documented key": features.KEYS,
}
"""The keys as the documentation lists them."""

REGISTRY: Mapping[str, ConfigKey[Any]] = {key.name: key for keys in AREAS.values() for key in keys}
"""All keys by name."""

_ALIASES: Mapping[str, str] = {alias: key.name for key in REGISTRY.values() for alias in key.aliases}


def find(name: str) -> ConfigKey[Any] | None:
    """The key with this name, in whichever spelling of the documentation."""
    return REGISTRY.get(_ALIASES.get(name, name))


__all__ = [
    "ALLOW_EMAIL_UPDATE",
    "ALLOW_EXTERNAL_ID_UPDATE",
    "ALLOW_MOBILE_UPDATE",
    "AREAS",
    "BASIC_AUTHENTICATION",
    "BILL_DAYS_AHEAD_MAX",
    "BILL_NUMBER_PATTERN",
    "BILL_NUMBER_UNIQUE",
    "BILL_NUMBER_UNIQUE_IN_DAYS",
    "BILL_NUMBER_UNIQUE_ONLY_STORE",
    "BILL_NUMBER_UNIQUE_ONLY_TILL",
    "CUSTOMER_STATUS_ENABLED",
    "DAILY_JOB_TIME",
    "EMAIL_AUTO_APPROVE",
    "EMAIL_REQUIRED",
    "EXTERNAL_ID_AUTO_APPROVE",
    "EXTERNAL_ID_REQUIRED",
    "FRAUD_STATUS_CHECK",
    "IGNORE_POINTS_BY_NUMBER",
    "IGNORE_POINTS_PREFIXES",
    "MACHINE_TIME_UNCONVERTED",
    "MARK_ZERO_BILL_AS_OUTLIER",
    "MAX_BILL_AMOUNT",
    "MAX_LINE_AMOUNT",
    "MIN_BILLING_DATE",
    "MIN_BILL_AMOUNT",
    "MIN_LINE_AMOUNT",
    "MIN_REGISTRATION_DATE",
    "MOBILE_AUTO_APPROVE",
    "MOBILE_REQUIRED",
    "NEGATIVE_BALANCE_ON_RETURN",
    "OUTLIER_BASKET_SIZE",
    "OUTLIER_ITEM_CODES",
    "OUTLIER_NUMBER_PREFIXES",
    "OUTLIER_STORES",
    "POINTS_RETURN_ENABLED",
    "PRIMARY_IDENTIFIER_STRICT_CHECK",
    "PROGRAM_SECOND_APPROVER",
    "RATE_LIMITS",
    "REDEMPTION_NEEDS_CODE",
    "REGISTRATION_FROM_ANY_IDENTIFIER",
    "REGISTRY",
    "RESTRICT_ORPHAN_PROFILE",
    "RETURN_NUMBER_UNIQUE",
    "RETURN_OF_UNKNOWN_BILL",
    "SIMULATION_ENABLED",
    "SKIP_SECONDARY_ON_PRIMARY_MISMATCH",
    "SOURCE_VALUE_CAPTURING",
    "STATUS_LABELS",
    "TOKEN_TTL_SECONDS_MAX",
    "VALIDATION_CODE_ATTEMPTS",
    "VALIDATION_CODE_CHANNEL",
    "VALIDATION_CODE_MINUTES",
    "ZERO_BILLS_ALLOWED",
    "ConfigKey",
    "find",
]
