"""Keys of customers: registration, identifiers, statuses, labels, cards, requests, personal data."""

from __future__ import annotations

from earnest.core.config_keys.key import ConfigKey, boolean, choice, day, integer, limit, texts
from earnest.core.config_keys.status_labels import StatusLabel, StatusLabels

ALLOW_MOBILE_UPDATE = boolean(
    "CONF_ALLOW_MOBILE_UPDATE",
    False,
    "A call may replace the mobile number of a customer.",
    "01-customer-v1",
    effective=True,
    decided=True,
)
ALLOW_EMAIL_UPDATE = boolean(
    "CONF_ALLOW_EMAIL_UPDATE",
    False,
    "A call may replace the e-mail address of a customer.",
    "01-customer-v1",
    effective=True,
    decided=True,
)
ALLOW_EXTERNAL_ID_UPDATE = boolean(
    "CONF_LOYALTY_ALLOW_EXTERNAL_ID_UPDATE",
    False,
    "A call may replace the external id of a customer.",
    "01-customer-v1",
    effective=True,
    decided=True,
)
MOBILE_REQUIRED = boolean(
    "CONF_USERS_IS_MOBILE_REQUIRED",
    False,
    "A registration needs a mobile number (1006).",
    "01-customer-v1",
    effective=True,
    decided=True,
)
EMAIL_REQUIRED = boolean(
    "CONF_USERS_IS_EMAIL_REQUIRED",
    False,
    "A registration needs an e-mail address (1039).",
    "01-customer-v1",
    effective=True,
    decided=True,
)
EXTERNAL_ID_REQUIRED = boolean(
    "CONF_USERS_IS_EXTERNAL_ID_REQUIRED",
    False,
    "A registration needs an external id (1043).",
    "01-customer-v1",
    effective=True,
    decided=True,
)
REGISTRATION_FROM_ANY_IDENTIFIER = boolean(
    "CONF_ALLOW_REGISTRATION_FROM_ANY_IDENTIFIERS",
    False,
    "A loyalty registration does without the primary identifier when another one is given.",
    "01-customer-v1",
    effective=True,
    decided=True,
)
PRIMARY_IDENTIFIER_STRICT_CHECK = boolean(
    "CONF_PRIMARY_IDENTIFIER_STRICT_CHECK",
    False,
    "An unknown primary identifier beside a known secondary one is refused (1047).",
    "01-customer-v1",
    effective=True,
    decided=True,
)
SKIP_SECONDARY_ON_PRIMARY_MISMATCH = boolean(
    "CONF_SKIP_SECONDARY_ID_ON_PRIMARY_MISMATCH",
    False,
    "An unknown primary identifier beside a known secondary one makes a new customer without the secondary one.",
    "01-customer-v1",
    effective=True,
    decided=True,
    aliases=("CONFIG_SKIP_SECONDARY_ID_ON_PRIMARY_MISMATCH",),
)
MIN_REGISTRATION_DATE = day(
    "CONF_MIN_REGISTRATION_DATE",
    "1900-01-01",
    "Registrations of days before this one are refused (1034).",
    "01-customer-v1",
    effective=True,
    decided=True,
)
RESTRICT_ORPHAN_PROFILE = boolean(
    "CONF_RESTRICT_ORPHAN_V2_PROFILE",
    False,
    "A profile of an external source needs an INSTORE profile (8090).",
    "02-customer-v2",
    effective=True,
    decided=True,
)
CUSTOMER_STATUS_ENABLED = boolean(
    "CONF_CUSTOMER_DEFAULT_STATUS_ENABLED",
    False,
    "Customers have a status with labels; it supersedes the fraud status.",
    "02-customer-v2",
    effective=True,
    decided=True,
)
STATUS_LABELS: ConfigKey[tuple[StatusLabel, ...]] = ConfigKey(
    name="EARNEST_CUSTOMER_STATUS_LABELS",
    type=StatusLabels(),
    default=(),
    meaning="Labels of the customer statuses with what each forbids; the first ACTIVE one is what new customers get.",
    source="02-customer-v2",
    effective=True,
    decided=True,
)
FRAUD_STATUS_CHECK = boolean(
    "CONF_FRAUD_STATUS_CHECK",
    False,
    "The fraud status of a customer is asked before points are redeemed. The pages name only the prefix.",
    "domain/programs",
    effective=True,
    decided=True,
)
MOBILE_AUTO_APPROVE = boolean(
    "CI_MOBILE_AUTO_APPROVE",
    False,
    "A request to change the mobile number is approved at once.",
    "37-request-v1",
    effective=True,
    decided=True,
)
EMAIL_AUTO_APPROVE = boolean(
    "CI_EMAIL_AUTO_APPROVE",
    False,
    "A request to change the e-mail address is approved at once.",
    "37-request-v1",
    effective=True,
    decided=True,
)
EXTERNAL_ID_AUTO_APPROVE = boolean(
    "CI_EXTID_AUTO_APPROVE",
    False,
    "A request to change the external id is approved at once.",
    "37-request-v1",
    effective=True,
    decided=True,
)

_REGISTRATION = (
    choice(
        "CONF_REGISTRATION_PRIMARY_KEY",
        "mobile",
        ("mobile", "email", "externalId"),
        "The primary identifier of customers. Today it is the organisation's primaryIdentifier, fixed when it is created.",
        "01-customer-v1",
        decided=True,
    ),
    boolean(
        "CONF_REGISTRATION_PRIMARY_KEY_REQUIRED",
        True,
        "A loyalty registration needs the primary identifier (part of dual eligibility).",
        "02-customer-v2",
        decided=True,
    ),
    boolean(
        "CONF_USERS_IS_EMAIL_UNIQUE", True, "An e-mail address belongs to one customer.", "01-customer-v1", decided=True
    ),
    boolean(
        "CONF_INSTORE_V2_ENABLED",
        False,
        "Dual eligibility: only the primary identifier is unique, several customers may share secondary ones.",
        "02-customer-v2",
        decided=True,
    ),
    boolean(
        "CONF_CLIENT_V2_API_ENABLED",
        True,
        "The organisation uses sources other than INSTORE.",
        "02-customer-v2",
        decided=True,
    ),
    boolean(
        "CONF_IDENTIFIERS_SYNC_ENABLED",
        False,
        "Changes of identifiers are copied between the INSTORE and external profiles.",
        "02-customer-v2",
        decided=True,
    ),
    boolean(
        "USE_CRM_REGISTRATION_INFO_FROM_BASE_STORE",
        False,
        "A registration honours associatedWith, the till that the customer belongs to.",
        "02-customer-v2",
        decided=True,
    ),
    choice(
        "CONF_BARCODE_VALUE_IDENTIFIER",
        "mobile",
        ("mobile", "email", "externalId", "cardnumber", "id"),
        "The identifier that the barcode of a customer shows (8124).",
        "02-customer-v2",
        decided=True,
    ),
    limit(
        "ORG_MAX_LABEL_COUNT",
        "How many labels the organisation may have; without a value none can be made (33004).",
        "04-customer-labels",
    ),
)

_CARDS = (
    limit(
        "CONF_MAX_CARDS_PER_ORG",
        "How many cards a customer may have: active, suspended and issued ones (3039).",
        "11-cards",
    ),
    boolean(
        "CONF_COUNT_ONLY_ACTIVE_LABEL_CARDS",
        False,
        "Only ACTIVE cards count towards CONF_MAX_CARDS_PER_ORG.",
        "11-cards",
    ),
    boolean(
        "CONF_ALLOW_CARD_TRANSFER_TO_SURVIVOR",
        False,
        "When customers are merged, the cards of the victim move to the survivor.",
        "11-cards",
        decided=True,
    ),
    boolean(
        "CONF_CARD_NUMBER_GENERATION_ENABLED",
        False,
        "External ids (card numbers) are generated for the accounts of SOURCE_ACCOUNTS_EXTERNALID_ENABLED.",
        "01-customer-v1",
        decided=True,
    ),
    texts(
        "SOURCE_ACCOUNTS_EXTERNALID_ENABLED",
        'Sources with accounts that get a generated external id, e.g. ["INSTORE:", "web_engage:1234"].',
        "01-customer-v1",
        decided=True,
    ),
    integer(
        "CONF_CARD_NUMBER_LENGTH",
        16,
        "Length of a generated card number with prefix, suffix and check digit.",
        "11-cards",
        least=1,
        most=50,
        decided=True,
    ),
    choice(
        "CONF_CARD_CHECKSUM_DIGIT_ALGO",
        "LUHN_ALGO",
        ("LUHN_ALGO", "MOD7_ALGO", "AUTO_INC", "RANDOM", "RANDOM_LUHN", "RANDOM_MOD7"),
        "How a card number is generated and checked.",
        "11-cards",
        decided=True,
    ),
)

_REQUESTS = (
    boolean(
        "CI_ADDRESS_AUTO_APPROVE",
        False,
        "A request to change the address is approved at once.",
        "37-request-v1",
        decided=True,
    ),
    boolean(
        "CI_MOBILEREALLOC_AUTO_APPROVE",
        False,
        "A request to give a mobile number to another customer is approved at once.",
        "37-request-v1",
        decided=True,
    ),
    boolean(
        "CONF_RETRO_TRANSACTION_ENABLE",
        False,
        "A stored bill of nobody may become a loyalty bill of a customer.",
        "05-transaction-v1/07",
    ),
    integer(
        "CONF_CLIENT_RETRO_MAX_ALLOWED_AGE_DAYS",
        0,
        "A bill of nobody may be claimed until it is this many days old.",
        "05-transaction-v1/07",
        aliases=("TXN_MAX_ALLOWED_AGE_DAYS",),
    ),
    integer(
        "CONF_CLIENT_RETRO_DELAY_SINCE_REGISTRATION_HOURS",
        0,
        "A claimed bill may precede the registration by this many hours.",
        "05-transaction-v1/07",
        aliases=("RETRO_DELAY_SINCE_REGISTRATION_HOURS",),
    ),
)

_PERSONAL_DATA = (
    boolean(
        "CONF_ENABLE_PII_DELETION",
        False,
        "Personal data of a customer may be deleted on request (3232).",
        "31-pii-deletion",
        decided=True,
    ),
    integer(
        "CONF_PII_DATA_DELETE_AFTER_DAYS",
        0,
        "Days between the approval and the deletion; 0: midnight of the same day.",
        "31-pii-deletion",
        most=90,
        decided=True,
    ),
    choice(
        "PII_DELETION_POLICY",
        "local",
        ("local", "global"),
        "Whether connected organisations delete each for itself, or the parent for all.",
        "31-pii-deletion",
        decided=True,
    ),
    boolean(
        "CONF_UNIFIED_SUBSCRIPTION_ENABLED",
        False,
        "Subscriptions of a customer hold over all source profiles.",
        "domain/communications J1",
    ),
)

KEYS = (
    ALLOW_MOBILE_UPDATE,
    ALLOW_EMAIL_UPDATE,
    ALLOW_EXTERNAL_ID_UPDATE,
    MOBILE_REQUIRED,
    EMAIL_REQUIRED,
    EXTERNAL_ID_REQUIRED,
    REGISTRATION_FROM_ANY_IDENTIFIER,
    PRIMARY_IDENTIFIER_STRICT_CHECK,
    SKIP_SECONDARY_ON_PRIMARY_MISMATCH,
    MIN_REGISTRATION_DATE,
    RESTRICT_ORPHAN_PROFILE,
    CUSTOMER_STATUS_ENABLED,
    STATUS_LABELS,
    FRAUD_STATUS_CHECK,
    MOBILE_AUTO_APPROVE,
    EMAIL_AUTO_APPROVE,
    EXTERNAL_ID_AUTO_APPROVE,
    *_REGISTRATION,
    *_CARDS,
    *_REQUESTS,
    *_PERSONAL_DATA,
)
