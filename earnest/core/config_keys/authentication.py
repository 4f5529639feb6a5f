"""Keys of customers' own logins (the Auth Engine, contract/46-customer-authentication) and of one-time passwords."""

from __future__ import annotations

from earnest.core.config_keys.key import boolean, choice, document, integer, pattern, secret, text, texts

_SOURCE = "46-customer-authentication"
_DAY_MINUTES = 1_440
_LOCK_MINUTES_MAX = 43_200

_SESSIONS = (
    integer("CONF_TOKEN_SESSION_EXPIRY_MINUTES", 15, "Life of a login session.", _SOURCE, least=1, most=_DAY_MINUTES),
    integer(
        "CONF_MFA_TOKEN_SESSION_EXPIRY_MINUTES",
        15,
        "Life of the session of a second factor.",
        _SOURCE,
        least=1,
        most=_DAY_MINUTES,
    ),
    integer(
        "CONF_MFA_TOKEN_EXPIRY_IN_MINUTES",
        15,
        "Life of the token of a second factor.",
        _SOURCE,
        least=1,
        most=_DAY_MINUTES,
    ),
    integer(
        "CONF_MFA_SESSION_EXPIRY_MINUTES",
        15,
        "Life of a session after the second factor.",
        _SOURCE,
        least=1,
        most=_DAY_MINUTES,
    ),
    boolean("CONF_REGENERATE_TOKEN", True, "A login gives a key for renewing the token.", _SOURCE),
    boolean("CONF_REGENERATE_MFA_TOKEN", True, "A second factor gives a key for renewing the token.", _SOURCE),
    boolean("CONF_ENABLE_EXPIRY_BASED_KEY", False, "Keys for renewing tokens run out.", _SOURCE),
    integer("CONF_KEY_EXPIRY_IN_MINUTES", 60, "Life of such a key.", _SOURCE, least=1),
    integer("CONF_KEY_EXPIRY_MFA_IN_MINUTES", 60, "Life of such a key after a second factor.", _SOURCE, least=1),
)

_RETRIES = (
    integer(
        "CONF_MAX_OTP_RETRY_COUNT", 5, "Wrong one-time passwords before a session ends.", _SOURCE, least=1, most=100
    ),
    integer("CONF_MAX_PASSWORD_RETRY_COUNT", 5, "Wrong passwords before a session ends.", _SOURCE, least=1, most=100),
    integer(
        "CONF_MFA_MAX_OTP_RETRY_COUNT",
        5,
        "Wrong one-time passwords of a second factor before its session ends.",
        _SOURCE,
        least=1,
        most=100,
    ),
    integer(
        "CONF_MFA_MAX_PASSWORD_RETRY_COUNT",
        5,
        "Wrong passwords of a second factor before its session ends.",
        _SOURCE,
        least=1,
        most=100,
    ),
    integer(
        "CONF_INCORRECT_ATTEMPT_INTERVAL",
        30,
        "Minutes after which wrong attempts are no longer counted together.",
        _SOURCE,
        least=1,
        most=_LOCK_MINUTES_MAX,
    ),
    boolean("CONF_ENABLE_ACCOUNT_LOCKING", False, "Too many wrong attempts lock the account.", _SOURCE),
    integer(
        "CONF_LOCK_PERIOD_IN_MINUTES", 30, "How long an account stays locked.", _SOURCE, least=1, most=_LOCK_MINUTES_MAX
    ),
    boolean(
        "CONF_ENABLE_ACCOUNT_LOCKING_MFA",
        False,
        "Too many wrong attempts at a second factor lock the account.",
        _SOURCE,
    ),
    integer(
        "CONF_MFA_LOCK_PERIOD_IN_MINUTES",
        30,
        "How long such an account stays locked.",
        _SOURCE,
        least=1,
        most=_LOCK_MINUTES_MAX,
    ),
)

_FACTORS = (
    boolean("IS_MFA_ENABLED", False, "Logins may have a second factor.", _SOURCE, decided=True),
    text("MFA_ROLE", "DEFAULT_MFA_ROLE", "The role of users that are enrolled for a second factor.", _SOURCE),
    boolean("CONF_FORCED_MFA", False, "Every login needs a second factor.", _SOURCE),
    boolean("IS_MFA_PASSWORD_ENABLED", False, "A second factor may be a password.", _SOURCE),
    pattern("MFA_PASSWORD_REGEX", "What a password of a second factor has to look like.", _SOURCE),
    boolean(
        "CONF_AUTO_FILL_2ND_FACTOR_IDENTIFIER",
        False,
        "The identifier of a second factor is taken from its session.",
        _SOURCE,
    ),
    boolean("CONF_SKIP_OTP_VALIDATE", False, "A one-time password is not asked for.", _SOURCE),
    boolean(
        "CONF_SKIP_OTP_VALIDATE_RESET", False, "A one-time password is not asked for when a password is reset.", _SOURCE
    ),
    boolean("CONF_EXTERNAL_ID_LOGIN_ENABLED", False, "Customers may log in with their external id.", _SOURCE),
    choice(
        "CONF_OTP_SEND_FOR_EXTERNAL_ID",
        "mobile",
        ("mobile", "email"),
        "Where the one-time password of a login with an external id goes.",
        _SOURCE,
    ),
    integer("CONF_OTP_LENGTH", 6, "Digits of a one-time password.", _SOURCE, least=4, most=10),
)

_CHANNELS = (
    choice(
        "CONF_MOBILE_SUB_CHANNEL",
        "",
        ("", "WHATSAPP", "ZALO"),
        "What replaces SMS for one-time passwords; empty: nothing.",
        _SOURCE,
        decided=True,
    ),
    document(
        "CONF_MOBILE_SUB_CHANNEL_PROPERTIES",
        'Templates of that channel, e.g. {"WHATSAPP": {"template": "… {otp}"}}.',
        _SOURCE,
        decided=True,
    ),
    choice(
        "CONF_MFA_MOBILE_SUB_CHANNEL",
        "",
        ("", "WHATSAPP", "ZALO"),
        "What replaces SMS for second factors; empty: nothing.",
        _SOURCE,
        decided=True,
    ),
    document("CONF_MFA_MOBILE_SUB_CHANNEL_PROPERTIES", "Templates of that channel.", _SOURCE, decided=True),
    texts("CONF_FALLBACK_CHANNELS", "Channels that are tried when the first one fails.", _SOURCE, decided=True),
    document("CONF_FALLBACK_CHANNELS_PROPERTIES", "Templates of the fallback channels.", _SOURCE, decided=True),
    boolean("CONFIG_REJECT_NON_CF_CALLS", False, "Calls without the CloudFront header are refused.", _SOURCE),
)

_ENCRYPTION = (
    boolean("CONF_ENABLE_ENCRYPTION", False, "Answers of CONF_ENCRYPTION_ENDPOINTS carry a hash.", _SOURCE),
    text("CONF_ENCRYPTION_PUBLIC_KEY", "", "The public key, in base64.", _SOURCE, decided=True),
    secret("CONF_ENCRYPTION_PRIVATE_KEY", "The private key, in base64.", _SOURCE, decided=True),
    integer(
        "CONF_ENCRYPTION_VALID_IN_SECONDS", 120, "How long such an answer is valid.", _SOURCE, least=1, most=86_400
    ),
    texts(
        "CONF_ENCRYPTION_ENDPOINTS",
        "The calls whose answers carry a hash.",
        _SOURCE,
        values=("OTP", "MFA_OTP"),
        default=("OTP", "MFA_OTP"),
    ),
)

_ONE_TIME_PASSWORDS = (
    boolean(
        "CONF_OTP_VALIDATE_RATE_LIMIT_ENABLED",
        True,
        "Attempts to validate a one-time password are limited. Documented: true for organisations made since October 2025.",
        "41-otp/02",
    ),
    integer("CONF_OTP_VALIDATE_RATE_LIMIT_COUNT", 5, "How many attempts.", "41-otp/02", least=1, most=1_000),
    integer("CONF_OTP_VALIDATE_RATE_LIMIT_MINUTE", 15, "In how many minutes.", "41-otp/02", least=1, most=_DAY_MINUTES),
)

KEYS = (*_SESSIONS, *_RETRIES, *_FACTORS, *_CHANNELS, *_ENCRYPTION, *_ONE_TIME_PASSWORDS)
