"""Which of its two formats a v1 call speaks (contract/_conventions.md, section 8).

`format=xml|json` decides, else the suffix of the path (`/v1.1/customer/add.xml`), both for request and answer; else the
Content-Type says what the request is and Accept what the answer shall be. A call that says nothing about the answer gets the
format of its request, and JSON when it has no body either: the documentation names no default but Accept and Content-Type
(contract/14-points-v1/01), and JSON is what all its examples are written in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

import msgspec

PREFIXES = ("/v1.1/", "/v1/")
_PARAMETER = re.compile(rb"(?:^|&)format=([^&]*)")
_SUFFIX = re.compile(r"\.(json|xml)/*$", re.IGNORECASE)
_ACCEPT_LENGTH_MAX = 512


class Format(StrEnum):
    JSON = "json"
    XML = "xml"


_MEDIA_TYPES = {
    b"application/json": Format.JSON,
    b"application/xml": Format.XML,
    b"text/xml": Format.XML,
}


class Formats(msgspec.Struct, frozen=True):
    """`request` is None when only the Content-Type can tell; `is_known` False when `format` named something else."""

    request: Format | None
    answer: Format
    is_known: bool = True


def split(path: str) -> tuple[str, Format | None]:
    """A v1 path without its suffix, and the format that the suffix names."""
    suffix = _SUFFIX.search(path)
    return (path, None) if suffix is None else (path[: suffix.start()], Format(suffix[1].lower()))


def formats(suffix: Format | None, query_string: bytes, headers: Mapping[bytes, bytes]) -> Formats:
    """The formats of a call. Never raises: a refusal has to be written in some format as well."""
    asked = _PARAMETER.search(query_string)
    if asked is not None and asked[1]:
        named = _named(asked[1])
        if named is not None:
            return Formats(named, named)
        return Formats(None, _answer(suffix, headers), is_known=False)
    return Formats(suffix, _answer(suffix, headers))


def media_type_of(content_type: bytes) -> tuple[Format | None, str | None]:
    """The format that a Content-Type names (None: neither JSON nor XML) and its charset."""
    media_type, *parameters = (part.strip() for part in content_type.lower().split(b";"))
    for name, _, value in (parameter.partition(b"=") for parameter in parameters):
        if name == b"charset":
            return _MEDIA_TYPES.get(media_type), value.strip(b"\"' ").decode("ascii", "replace")
    return _MEDIA_TYPES.get(media_type), None


def _named(value: bytes) -> Format | None:
    try:
        return Format(value.decode("ascii").lower())
    except ValueError:
        return None


def _answer(suffix: Format | None, headers: Mapping[bytes, bytes]) -> Format:
    if suffix is not None:
        return suffix
    accepted = _accepted(headers.get(b"accept", b"")[:_ACCEPT_LENGTH_MAX])
    if accepted is not None:
        return accepted
    content_type = headers.get(b"content-type")
    sent = None if content_type is None else media_type_of(content_type)[0]
    return sent or Format.JSON


@lru_cache(maxsize=256)
def _accepted(accept: bytes) -> Format | None:
    """The one of the two formats that Accept names with the higher quality, the first of equals; None: it names neither."""
    best: tuple[float, Format] | None = None
    for entry in accept.lower().split(b","):
        media_type, *parameters = (part.strip() for part in entry.split(b";"))
        found = _MEDIA_TYPES.get(media_type)
        if found is None:
            continue
        quality = next((_quality(p[2:]) for p in parameters if p.startswith(b"q=")), 1.0)
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, found)
    return None if best is None else best[1]


def _quality(text: bytes) -> float:
    return float(text) if re.fullmatch(rb"[01](?:\.\d{0,3})?", text) else 0.0
