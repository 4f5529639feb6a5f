"""Identifiers of a customer and the sources they live in: names, normal forms, what is valid.

One place for all endpoints that name a customer (contract/_conventions.md, section 11).
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from earnest.core.tenancy import Organization
from earnest.domains.customers import errors
from earnest.loyalty.registry import Identified

SOURCES = frozenset(
    {
        "INSTORE", "FACEBOOK", "WEB_ENGAGE", "WECHAT", "MARTJACK", "TMALL", "TAOBAO", "JD", "ECOMMERCE", "WEBSITE",
        "LINE", "MOBILE_APP", "MAPP_SDK", "OAUTH_EXTERNAL", "OTHERS",
    }
)  # fmt: skip
# Sources with several accounts: a call must say which (02-customer-v2/_notes.md).
SOURCES_WITH_ACCOUNTS = frozenset({"WECHAT", "FACEBOOK", "LINE", "MOBILE_APP", "MARTJACK"})
ALL_SOURCES = "ALL"

_SPELLINGS = {
    name.lower(): name
    for name in (
        "mobile", "email", "externalId", "wechat", "martjackId", "fbId", "facebook", "tmall_uname", "cuid", "unionId",
        "ali_uname", "jd_uname", "vip_uname", "line", "mobilePush", "cardnumber", "cardExternalId", "id",
    )
}  # fmt: skip
_SPELLINGS["external_id"] = "externalId"

EMAIL_LENGTH_MAX = 255
EXTERNAL_ID_LENGTH_MAX = 250
NAME_LENGTH_MAX = 100
_EMAIL = re.compile(r"[^@\s,;<>()\[\]\\\"]+@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+[A-Za-z]{2,63}")


def type_of(name: str) -> str | None:
    """The canonical identifier type of a documented spelling, or None."""
    return _SPELLINGS.get(name.lower())


def normal(organization: Organization, type_: str, value: str, country_code: str | None = None) -> str | None:
    """The stored form of an identifier's value, or None when it cannot be one.

    Mobile numbers become digits with country code (9999999993 → 919999999993 in India), e-mail addresses lower case.
    `country_code` (ISO 3166) completes mobile numbers instead of the organisation's own.
    """
    value = value.strip()
    if not value:
        return None
    if type_ == "mobile":
        return normal_mobile(value, country_code or organization.country_code)
    if type_ == "email":
        return value.lower() if len(value) <= EMAIL_LENGTH_MAX and _EMAIL.fullmatch(value) else None
    if type_ == "id":
        return value if value.isascii() and value.isdigit() and int(value) < 2**53 else None
    return value if len(value) <= EXTERNAL_ID_LENGTH_MAX else None


def country_of(calling_code: str | None) -> str | None:
    """The country of a calling code (91 → IN), as the header X-CAP-CLIENT-COUNTRYCODE gives it; None when it is none."""
    if not calling_code or not calling_code.isascii() or not calling_code.isdigit() or len(calling_code) > 3:
        return None
    region = phonenumbers.region_code_for_country_code(int(calling_code))
    return None if region in ("ZZ", "001") else region


@lru_cache(maxsize=65_536)
def normal_mobile(value: str, country_code: str) -> str | None:
    """Digits with country code. A number may come with it (with or without +) or as a number of the organisation's country."""
    for text, region in ((value, country_code), ("+" + value.lstrip("+0"), None)):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) and len(str(number.national_number)) >= 5:
            return f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    return None


def account_of(source: str, account_id: str | None) -> str:
    """The account that a profile of this source belongs to; empty for sources with a single account. 8045 when missing."""
    if source not in SOURCES_WITH_ACCOUNTS:
        return ""
    if not account_id:
        raise errors.ACCOUNT_MISSING.error()
    return account_id


def identified(
    organization: Organization,
    *,
    source: str | None,
    account_id: str | None,
    name: str | None,
    value: str | None,
) -> Identified:
    """Whom the documented query parameters name. ApiError 8001, 8002, 8003, 8013, 8045, 8092, 8093 when they do not."""
    if not source:
        raise errors.NO_SOURCE.error()
    if source != ALL_SOURCES and source not in SOURCES:
        raise errors.INVALID_SOURCE.error()
    if not name and not value:
        raise errors.NO_IDENTIFIERS.error()
    if not name:
        raise errors.NO_IDENTIFIER_NAME.error()
    if not value:
        raise errors.NO_IDENTIFIER_VALUE.error()
    type_ = type_of(name)
    if type_ is None:
        raise errors.INVALID_IDENTIFIER_NAME.error()
    stored = normal(organization, type_, value)
    if stored is None:
        raise errors.NOT_FOUND.error()
    account = "" if source == ALL_SOURCES else account_of(source, account_id)
    return Identified(type_, stored, source, account)
