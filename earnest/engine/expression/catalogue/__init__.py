"""The one table of all profiles and attributes (rules.md 6): code, validation, documentation and tests read it."""

from __future__ import annotations

from earnest.engine.expression.catalogue.bill import CURRENT_TXN, RETURN_BILL
from earnest.engine.expression.catalogue.customer import CURRENT_CUSTOMER, GROUP_PRIMARY_CUSTOMER
from earnest.engine.expression.catalogue.event import CURRENT_EVENT
from earnest.engine.expression.catalogue.line import CURRENT_LINE_ITEM, CURRENT_PRODUCT, TENDER_PROFILE
from earnest.engine.expression.catalogue.names import Names
from earnest.engine.expression.catalogue.row import Attribute, Kind, Method, Parameter, Profile
from earnest.engine.expression.catalogue.surroundings import (
    CURRENT_CARD,
    CURRENT_CUSTOMER_PARTNER,
    CURRENT_STORE,
    CURRENT_TRACKER_CONDITION,
    CURRENT_USER_GROUP,
    ORGANIZATION,
    PROGRAM,
    REFERRER_CODE,
)

PROFILES: tuple[Profile, ...] = (
    CURRENT_CUSTOMER,
    GROUP_PRIMARY_CUSTOMER,
    CURRENT_TXN,
    RETURN_BILL,
    CURRENT_LINE_ITEM,
    TENDER_PROFILE,
    CURRENT_EVENT,
    CURRENT_STORE,
    CURRENT_TRACKER_CONDITION,
    CURRENT_USER_GROUP,
    CURRENT_CARD,
    CURRENT_CUSTOMER_PARTNER,
    REFERRER_CODE,
    PROGRAM,
    ORGANIZATION,
    CURRENT_PRODUCT,
)

PROFILE_NAMES: Names[Profile] = Names(PROFILES)
ATTRIBUTE_NAMES: dict[str, Names[Attribute]] = {profile.name: Names(profile.attributes) for profile in PROFILES}

__all__ = [
    "ATTRIBUTE_NAMES",
    "PROFILES",
    "PROFILE_NAMES",
    "Attribute",
    "Kind",
    "Method",
    "Parameter",
    "Profile",
]
