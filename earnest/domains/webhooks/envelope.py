"""The body of a webhook: the documented envelope (contract/36-event-notification-logs, "Envelope")."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

_encoder = msgspec.json.Encoder()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened. `data` is JSON in the documented shape; `event_log_id` and `reference_id` are of the entry of the points
    ledger that it belongs to, None when it belongs to none."""

    org_id: int
    holder_id: int
    number: int
    id: UUID
    name: str
    recorded_at: datetime
    request_id: str
    data: bytes
    event_log_id: int | None
    reference_id: int | None


class _Envelope(msgspec.Struct, frozen=True, rename="camel"):
    event_name: str
    event_id: UUID
    event_log_id: int | None
    org_id: int
    ref_id: str
    api_request_id: str
    created_at: int
    data: msgspec.Raw
    loyalty_event_id: str | None
    trace_attributes: dict[str, str]


def encode(event: Event) -> bytes:
    """The envelope as JSON. `refId` is {orgId}_{what the ledger's entry refers to, else the customer or group}."""
    reference = event.holder_id if event.reference_id is None else event.reference_id
    return _encoder.encode(
        _Envelope(
            event_name=event.name,
            event_id=event.id,
            event_log_id=event.event_log_id,
            org_id=event.org_id,
            ref_id=f"{event.org_id}_{reference}",
            api_request_id=event.request_id,
            created_at=(event.recorded_at - _EPOCH) // timedelta(milliseconds=1),
            data=msgspec.Raw(event.data),
            loyalty_event_id=None if event.event_log_id is None else str(event.event_log_id),
            trace_attributes={},
        )
    )
