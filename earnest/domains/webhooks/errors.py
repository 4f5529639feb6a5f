"""What can be wrong with a subscription. Ours: the documented API of webhooks has codes of its own."""

from __future__ import annotations

from earnest.core.errors import ErrorCode

SUBSCRIPTIONS_MAX = 50
EVENT_NAMES_MAX = 200
CONNECTIONS_MAX = 100

URL_INVALID = ErrorCode(
    400,
    "url must be an http or https URL of at most 2,048 ASCII characters, without user, password or fragment",
    400,
    "webhook-url-invalid",
)
URL_NOT_PUBLIC = ErrorCode(
    400,
    "url must not lead to a loopback or private address, unless the server runs with EARNEST_WEBHOOK_ALLOW_PRIVATE=1",
    400,
    "webhook-url-not-public",
)
EVENT_NAMES_INVALID = ErrorCode(
    400,
    f"eventNames must be at most {EVENT_NAMES_MAX} names of letters and digits, 64 characters each, or none for all events",
    400,
    "webhook-event-names-invalid",
)
CONNECTIONS_INVALID = ErrorCode(
    400, f"connectionsMax must be from 1 to {CONNECTIONS_MAX}", 400, "webhook-connections-invalid"
)
SECRET_INVALID = ErrorCode(
    400, "secret must be whsec_ followed by 24 to 64 bytes in base64", 400, "webhook-secret-invalid"
)
SUBSCRIPTION_UNKNOWN = ErrorCode(404, "There is no webhook with this id", 404, "webhook-unknown")
SUBSCRIPTIONS_FULL = ErrorCode(409, f"An organisation has at most {SUBSCRIPTIONS_MAX} webhooks", 409, "webhooks-full")
EVENT_ID_INVALID = ErrorCode(400, "eventId is not the id of an event", 400, "event-id-invalid")
EVENT_UNKNOWN = ErrorCode(404, "No event with this id was ever due to this webhook", 404, "event-unknown")
RANGE_INVALID = ErrorCode(400, "since must be an instant before until", 400, "range-invalid")
REPLAY_UNCLEAR = ErrorCode(400, "Either eventId, or since and until", 400, "replay-unclear")
ORGANIZATION_UNKNOWN = ErrorCode(404, "There is no organisation with this id", 404, "organization-unknown")
