"""How criteria are combined (tiers.md 3.2): any, any n, all, or keys with AND and OR, read strictly from left to right."""

from __future__ import annotations

import re
from collections.abc import Sequence

from earnest.programs.document.problems import Path, nearest
from earnest.programs.document.schema import Reading

_TOKEN = re.compile(r"\s*(?:(\()|(\))|(&&|\|\||[A-Za-z_][A-Za-z0-9_]*)|(\S))")
_ANY = re.compile(r"any(?: ([0-9]{1,2}))?")


def check_combination(reading: Reading, path: Path, text: str, keys: Sequence[str]) -> None:
    """Reports what is wrong with the combination of these keys."""
    if len(set(keys)) < len(keys):
        reading.error(path, "each criterion needs a key of its own")
        return
    if (found := _ANY.fullmatch(text)) is not None:
        count = int(found[1] or 1)
        if found[1] is not None and not 1 <= count < len(keys):
            reading.error(
                path, f"any {count} of {len(keys)}: the number is 1 to {max(len(keys) - 1, 1)}; write all for all"
            )
        return
    if text != "all":
        _expression(reading, path, text, keys)


def _expression(reading: Reading, path: Path, text: str, keys: Sequence[str]) -> None:
    position, depth, expects_key = 0, 0, True
    used: set[str] = set()
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            break
        opened, closed, word, other = found.groups()
        at = f"at character {found.start(found.lastindex or 0) + 1}"
        position = found.end()
        if other is not None:
            reading.error(path, f"{other!r} {at} is not expected; there are AND, OR, && and ||")
            return
        if opened:
            depth += 1
            wrong = not expects_key
        elif closed:
            depth -= 1
            wrong = expects_key or depth < 0
        elif word.upper() in ("AND", "OR", "&&", "||"):
            wrong = expects_key
            expects_key = True
        else:
            wrong = not expects_key
            expects_key = False
            used.add(word)
            if word not in keys:
                reading.error(path, f"there is no criterion {word!r} ({at})", nearest(word, keys) or ", ".join(keys))
                return
        if wrong:
            reading.error(path, f"{found[0].strip()!r} {at} is not expected")
            return
    if depth or expects_key:
        reading.error(path, "the expression is not complete")
    elif unused := [key for key in keys if key not in used]:
        reading.error(path, f"the criterion {', '.join(unused)} is not used")
