"""Features that the documentation calls enabled per organisation, or set by its support, without naming a key for them.

Once a page names one, its name becomes the key's and ours an alias.
"""

from __future__ import annotations

from earnest.core.config_keys.key import boolean, integer, texts

KEYS = (
    boolean(
        "EARNEST_TRANSACTION_REJECTION",
        False,
        "A bill with unknown items, tenders, stores or field values waits in the queue of rejected bills.",
        "07-transaction-rejection",
    ),
    boolean(
        "EARNEST_LEADERBOARDS", False, "Milestones may have leaderboards (310133).", "22-leaderboards", decided=True
    ),
    boolean("EARNEST_STREAKS", True, "Target groups of milestones may be streaks.", "21-milestones/27", decided=True),
    boolean(
        "EARNEST_USER_CREATED_CHALLENGES",
        True,
        "Customers may make target groups and promotions of their own.",
        "23-loyalty-promotions/04",
        decided=True,
    ),
    boolean(
        "EARNEST_LEAD_AUTO_REGISTRATION",
        True,
        "A lead of somebody unknown registers a customer without loyalty; otherwise it is refused (92025).",
        "33-leads",
        decided=True,
    ),
    boolean("EARNEST_ENTITY_SEARCH", True, "The search over entities answers.", "16-search/04", decided=True),
    boolean(
        "EARNEST_USER_REWARDS",
        True,
        "Rewards may be issued to customers; otherwise they are refused (8005).",
        "24-rewards",
        decided=True,
    ),
    boolean("EARNEST_GOODWILL_POINTS_AUTO_APPROVE", True, "Goodwill points need nobody's approval.", "37-request-v1"),
    texts(
        "EARNEST_OTP_CHANNELS",
        "Channels that one-time passwords may be sent by; others of a call are left out. The pages call the setting "
        "'Communicate OTP via'.",
        "41-otp/01",
        values=("SMS", "EMAIL", "PHONE", "WHATSAPP", "ZALO"),
        default=("SMS", "EMAIL"),
        decided=True,
    ),
    integer(
        "EARNEST_CART_PROMOTIONS_ACTIVE_MAX",
        250,
        "How many cart promotions may be active at a time (705).",
        "25-cart-promotions/01",
        least=1,
        most=10_000,
    ),
)
