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


def parse_local(text: str, zone: tzinfo) -> datetime | None:
    """A time of v1 (`YYYY-MM-DD HH:MM:SS`) in `zone`, as UTC; None when it is none. An offset is ignored: 10:00 stays 10:00
    (contract/_conventions.md, section 9)."""
    try:
        at = datetime.fromisoformat(text.strip())
        return at.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def local_text(at: datetime, zone: tzinfo) -> str:
    """An instant as v1 prints it, in `zone` and without offset."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def offset_minutes(text: str) -> int:
    """The offset that the client wrote, in minutes east of UTC; 0 when it wrote none."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return 0
    offset = at.utcoffset()
    return 0 if offset is None else int(offset.total_seconds() // 60)
