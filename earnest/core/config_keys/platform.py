"""Keys of the platform: who may call, how often, and who may change the organisation."""

from __future__ import annotations

from earnest.core.config_keys.key import boolean, choice, integer

BASIC_AUTHENTICATION = boolean(
    "EARNEST_BASIC_AUTHENTICATION",
    True,
    "Tills may authenticate with user name and password. The documentation has no key for it.",
    "_conventions",
    effective=True,
)
TOKEN_TTL_SECONDS_MAX = integer(
    "EARNEST_TOKEN_TTL_SECONDS_MAX",
    3_600,
    "The longest life of a client's token, in seconds. The documentation has no key for it.",
    "_conventions",
    least=1,
    most=2_592_000,
    effective=True,
)
RATE_LIMITS = choice(
    "EARNEST_RATE_LIMITS",
    "none",
    ("none", "documented:sea", "documented:asia", "documented:emea"),
    "Calls per minute: none, or the documented numbers of a region.",
    "_conventions",
    effective=True,
    decided=True,
)
PROGRAM_SECOND_APPROVER = boolean(
    "EARNEST_PROGRAM_SECOND_APPROVER",
    False,
    "A change of a programme waits until another administrator than its author approves it.",
    "domain/programs 13",
    effective=True,
    decided=True,
)

_ORGANIZATION = (
    boolean(
        "CONF_ALLOW_TILL_AUTH_FOR_ORG_ENTITY_CREATION",
        False,
        "Every till may create and change tills and stores; otherwise only tills of administrators may.",
        "27-organization-v2",
        decided=True,
    ),
    integer(
        "PRODUCT_CONF_ORG_AUDITABLE_CUSTOM_FIELDS_LIMIT",
        5,
        "How many custom fields may keep an audit trail.",
        "29-custom-fields/01",
        most=100,
    ),
)

KEYS = (BASIC_AUTHENTICATION, TOKEN_TTL_SECONDS_MAX, RATE_LIMITS, PROGRAM_SECOND_APPROVER, *_ORGANIZATION)
