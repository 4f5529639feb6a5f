"""Keys of points, groups, partner programmes, milestones, cart promotions and rewards."""

from __future__ import annotations

from earnest.core.config_keys.key import boolean, choice, integer, text, time_of_day

REDEMPTION_NEEDS_CODE = boolean(
    "EARNEST_REDEMPTION_NEEDS_CODE",
    False,
    "A redemption of points needs a validation code unless the call skips it. The documentation has no key for it.",
    "14-points-v1",
    effective=True,
    decided=True,
)
DAILY_JOB_TIME = time_of_day(
    "EARNEST_DAILY_JOB_TIME",
    "02:00",
    "When the morning job runs, in the organisation's zone. The domain page calls it daily_job_time.",
    "domain/points 20",
    effective=True,
)
VALIDATION_CODE_MINUTES = integer(
    "EARNEST_VALIDATION_CODE_MINUTES",
    15,
    "How long a validation code for a redemption is valid; asked for again in that time, the same one is sent again.",
    "domain/points 8.4",
    least=1,
    most=1_440,
    effective=True,
    decided=True,
)
VALIDATION_CODE_CHANNEL = choice(
    "EARNEST_VALIDATION_CODE_CHANNEL",
    "SMS",
    ("SMS", "EMAIL", "BOTH"),
    "How a validation code is sent; BOTH by as many of the two as lead to the customer.",
    "14-points-v1/02",
    effective=True,
    decided=True,
)
VALIDATION_CODE_ATTEMPTS = integer(
    "EARNEST_VALIDATION_CODE_ATTEMPTS",
    5,
    "How many wrong codes may be passed before the right one is refused as well.",
    "domain/points 8.4",
    least=1,
    most=100,
    effective=True,
    decided=True,
)
SOURCE_VALUE_CAPTURING = boolean(
    "ENABLE_POINTS_AWARDED_SOURCE_VALUE_CAPTURING",
    False,
    "The points ledger tells what each award was computed from (11019 otherwise).",
    "15-points-ledger/03",
    effective=True,
    decided=True,
)

_POINTS = (
    boolean(
        "Allow_points_redemption_reversal",
        False,
        "Redeemed points may be given back; otherwise nothing is reversed (905).",
        "domain/points 8.6",
    ),
    boolean("ALLOW_POINTS_TRANSFER", False, "Points may be moved between customers and groups.", "domain/points 14"),
    choice(
        "CONF_FRAUD_STATUS_CHECK_POINTS_TRANSFER",
        "NONE",
        ("NONE", "SOURCE", "DESTINATION", "BOTH"),
        "Whose fraud status a transfer of points looks at (412 to 415). The pages name no values; these are ours.",
        "13-points-v2/07",
        decided=True,
    ),
    boolean("CONF_MERGE_POINTS_LEDGER", False, "The ledgers of merged customers become one.", "domain/points 16"),
    boolean(
        "ROLLING_EXPIRY_INCLUDE_ZERO_POINTS",
        False,
        "A bill that brings no points extends rolling expiries too.",
        "domain/points 7.4",
    ),
    integer(
        "CONF_EVENT_CAPPING_CREATION_MAX_LIMIT",
        50,
        "How many limits a programme may have over all audiences.",
        "domain/rules 9",
        least=1,
        most=1_000,
    ),
    integer(
        "CONF_AUTO_ENROL_EVENT_CAPPING_CREATION_MAX_LIMIT",
        10,
        "How many limits a programme may have for the audience ALL.",
        "domain/rules 9",
        least=1,
        most=1_000,
    ),
    boolean(
        "CONF_ENABLE_GROUP_POINTS_BY_PROGRAM",
        False,
        "Side effects of points are listed for each programme instead of added up.",
        "domain/programs 3",
    ),
)

_GROUPS = (
    boolean("ENABLE_USER_GROUP_LOYALTY", False, "Customers may form groups that hold points.", "domain/programs 8"),
    integer(
        "CONF_MAX_FLEET_GROUP_SIZE",
        30_000,
        "The largest size that a group may be given.",
        "17-user-group/01",
        least=1,
        most=1_000_000,
    ),
    boolean(
        "CONF_DISABLE_GROUP_DEACTIVATION_ON_PRIMARY_MEMBER_EXIT",
        False,
        "A group stays active when its primary member leaves.",
        "17-user-group",
    ),
    boolean(
        "ENABLE_GROUP_PROGRAMS_REDEMPTION",
        False,
        "A redemption may use the points of other programmes of the organisation.",
        "domain/points 8.5",
        aliases=("ENABLE_GROUP_PROGRAM_REDEMPTION",),
    ),
    boolean(
        "ENABLE_CROSS_MEMBER_REDEMPTION",
        False,
        "A redemption of a member of an active group draws on the points of all members.",
        "domain/points 8.5",
    ),
    boolean("FLEET_GROUP_LOYALTY_ENABLED", False, "Groups may form hierarchies.", "17-user-group", decided=True),
    text(
        "FLEET_ENTITY_TYPE",
        "FLEET",
        "The kind of holder of hierarchies; its points expire as those of customers.",
        "17-user-group",
        decided=True,
    ),
)

_PROGRAMS = (
    boolean(
        "ENABLE_PARTNER_PROGRAM_LINKING", False, "Customers may join partner programmes (2001).", "domain/programs 7"
    ),
    boolean(
        "ENABLE_TIER_DOWNGRADE_ON_PARTNER_PROGRAM_EXIPRY",
        False,
        "A partner membership that ends lowers the tier (spelling as documented).",
        "domain/tiers 12",
    ),
    integer(
        "SUPPLEMENTARY_PARTNER_PROGRAM_LIMIT",
        50,
        "How many supplementary programmes a customer may be in (2008).",
        "domain/programs 6",
        least=1,
        most=50,
        decided=True,
    ),
    boolean(
        "ENABLE_AWARD_WHEN_TARGET_ACHIEVED",
        True,
        "A milestone tells of its achievement at once, and not only at the end of its cycle.",
        "domain/rules 9",
        decided=True,
        aliases=("ENABLE_AWARDS_WHEN_TARGET_ACHIEVED",),
    ),
    boolean("ALLOW_RETURN_ON_TARGET", False, "A return lowers the value of milestones.", "domain/gamification"),
    boolean(
        "REDEMPTION_WITHOUT_CART_EVALUATION",
        False,
        "Cart promotions may be redeemed without having been evaluated.",
        "25-cart-promotions/20",
    ),
    boolean(
        "isLockingEnabled",
        False,
        "The evaluation of a cart holds redemption counters until it is unlocked.",
        "25-cart-promotions",
    ),
)

_REWARDS = (
    boolean(
        "ALLOW_SKIPPING_VALIDATION",
        False,
        "skip_validation is honoured when a reward is issued. The pages write ALLOW SKIPPING VALIDATION.",
        "domain/rewards G19",
    ),
    choice(
        "CONF_START_OF_THE_WEEK_FOR_ORG_RESTRICTION",
        "MONDAY",
        ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"),
        "The first day of weekly windows of points restrictions.",
        "domain/rewards G19",
    ),
    boolean(
        "CONF_ENABLE_ORG_TIMEZONE",
        False,
        "Windows of the rewards catalogue are in the organisation's zone instead of UTC.",
        "domain/rewards G19",
    ),
    boolean(
        "CONF_ENABLE_FEATURE_CATALOG_PROMOTION",
        False,
        "The rewards catalogue may have promotions.",
        "domain/rewards G19",
    ),
    integer(
        "CONF_CATALOG_PROMOTION_BUFFER_END_TIME_MINUTES",
        0,
        "A promotion of the catalogue holds this much longer while a reward is issued.",
        "domain/rewards G19",
        most=30,
        decided=True,
    ),
    boolean(
        "CONF_SEND_REWARD_EXPIRY_NOTIFICATION_ENABLED",
        False,
        "Customers are reminded of rewards that expire.",
        "domain/rewards G19",
    ),
    time_of_day(
        "CONF_SEND_EXPIRY_NOTIFICATION_FOR_REWARD_TIME",
        "16:00",
        "When reminders of expiring rewards are sent.",
        "domain/rewards G19",
    ),
    boolean(
        "CONF_EXT_POINTS_VENDOR",
        False,
        "Points of rewards are those of the brand's external points system.",
        "domain/rewards G19",
    ),
)

KEYS = (
    REDEMPTION_NEEDS_CODE,
    VALIDATION_CODE_MINUTES,
    VALIDATION_CODE_CHANNEL,
    VALIDATION_CODE_ATTEMPTS,
    DAILY_JOB_TIME,
    SOURCE_VALUE_CAPTURING,
    *_POINTS,
    *_GROUPS,
    *_PROGRAMS,
    *_REWARDS,
)
