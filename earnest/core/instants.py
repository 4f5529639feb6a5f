"""Instants as clients write them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def parse_instant(text: str, zone_without_offset: tzinfo) -> datetime | None:
    """An ISO 8601 instant as UTC, or None when it is none; without an offset it is read in `zone_without_offset`."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone_without_offset)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return None


def offset_minutes(text: str) -> int:
    """The offset that the client wrote, in minutes east of UTC; 0 when it wrote none."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return 0
    offset = at.utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)
