"""The id that a receiver knows an event by: a UUID that leads back to the event.

Version 8 of RFC 9562, laid out like version 7: 48 bits of milliseconds of `recorded_at`, then bits that differ between
organisations and installations, then the 53 bits of the event's number. The same event always has the same one.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

_NUMBER_BITS = 53
_MARK_BITS = 21
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def event_id(org_id: int, number: int, recorded_at: datetime) -> UUID:
    """The UUID of the event with this number in the outbox."""
    microseconds = (recorded_at - _EPOCH) // timedelta(microseconds=1)
    seed = f"{org_id}/{number}/{microseconds}".encode("ascii")
    mark = int.from_bytes(hashlib.sha256(seed).digest()[:3], "big") >> (24 - _MARK_BITS)
    value = (microseconds // 1_000) << 80
    value |= 8 << 76
    value |= (mark >> 9) << 64
    value |= 0b10 << 62
    value |= (mark & 0x1FF) << _NUMBER_BITS
    return UUID(int=value | number)


def number_of(event: UUID) -> int:
    """The number of the event in the outbox. ValueError when the UUID is not one of ours."""
    if event.version != 8:
        raise ValueError("not the id of an event")
    return event.int & ((1 << _NUMBER_BITS) - 1)
