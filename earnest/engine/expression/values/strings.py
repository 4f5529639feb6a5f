"""Methods of strings (rules.md 5.4). Comparison is case-sensitive and trims nothing."""

from __future__ import annotations

import regex

from earnest.engine.expression.values.patterns import found


def contains(text: str | None, part: str | None) -> bool:
    return text is not None and part is not None and part in text


def matches(text: str | None, pattern: regex.Pattern[str] | None) -> bool:
    return found(pattern, text)


def exists(text: str | None, part: str | None = None) -> bool:
    """Present and not empty; with a part that is not blank, that part must be in the text, too."""
    return bool(text) and (part is None or not part.strip() or part in (text or ""))


def is_empty(text: str | None) -> bool:
    return not text
