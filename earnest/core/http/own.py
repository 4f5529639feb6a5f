"""What the calls of our own API have in common: dry runs, and lists in pages with a cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from earnest.core.clock import YEAR_MAX, YEAR_MIN
from earnest.core.errors import ErrorCode
from earnest.core.http.bounds import INTEGER_MAX

T = TypeVar("T")
P = TypeVar("P")

# design/conventions-own-api.md: "limit ≤ 100".
LIMIT_MAX = 100
LIMIT_DEFAULT = 50

CURSOR_INVALID = ErrorCode(400, "cursor is not one that a list has given as next", 400, "cursor-invalid")


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """`dry_run=true`: the same answer, and nothing is stored."""

    dry_run: bool = False


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """`cursor` is what the page before gave as `next`; `total=true` counts all that the list has."""

    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    cursor: str | None = None
    total: bool = False


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """`next` is the cursor of the next page, null on the last one. `total` is there when it was asked for."""

    items: tuple[T, ...]
    next: str | None
    total: int | UnsetType = UNSET


def page(
    found: Sequence[T], query: PageQuery, position: Callable[[T], object], total: int | UnsetType = UNSET
) -> Page[T]:
    """The page of what was found with a limit that is one higher than the query's; `position` is where an item stands."""
    shown = tuple(found[: query.limit])
    following = encode_cursor(position(shown[-1])) if len(found) > query.limit else None
    return Page(items=shown, next=following, total=total)


def page_of_all(all_of_them: Iterable[T], query: PageQuery, position: Callable[[T], Any], kind: type[Any]) -> Page[T]:
    """A page of a list that is short enough to be at hand as a whole, by ascending position."""
    ordered = sorted(all_of_them, key=position)
    after = decode_cursor(query.cursor, kind)
    rest = [item for item in ordered if after is None or position(item) > after]
    return page(rest, query, position, len(ordered) if query.total else UNSET)


def encode_cursor(position: object) -> str:
    """A position in a list as text that means nothing to its reader."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode("ascii").rstrip("=")


def decode_cursor(cursor: str | None, kind: type[P]) -> P | None:
    """The position, of type `kind`; None without a cursor. ApiError 400 for a cursor that is none."""
    if cursor is None:
        return None
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (binascii.Error, ValueError):
        raise CURSOR_INVALID.error().at("/cursor", "query") from None
    for part in found if isinstance(found, tuple) else (found,):
        if not _can_be_compared(part):
            raise CURSOR_INVALID.error().at("/cursor", "query")
    return found


def _can_be_compared(part: object) -> bool:
    """Whether the database can look for it: a cursor may have been made by hand."""
    if isinstance(part, str):
        return "\0" not in part
    if isinstance(part, datetime):
        return YEAR_MIN <= part.year <= YEAR_MAX
    return isinstance(part, int) and abs(part) <= INTEGER_MAX
