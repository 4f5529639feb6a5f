"""What a new document changes, in words: the difference of two canonical documents, part by part, by name."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from earnest.programs.document.model import ProgramDocument
from earnest.programs.document.writing import tree


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`kind` is added, removed, changed or moved; `text` is the sentence. `tier`, `criterion`, `before` and `after` are set
    for a threshold of a tier, so that members can be counted."""

    kind: str
    path: str
    text: str
    tier: str | None = None
    criterion: str | None = None
    before: Decimal | None = None
    after: Decimal | None = None


def changes(old: ProgramDocument | None, new: ProgramDocument) -> tuple[Change, ...]:
    """Every difference, in the order of the document; none when the two are the same."""
    if old is None:
        return (Change(kind="added", path="", text=f"New programme {new.name}"),)
    return tuple(_between(tree(old), tree(new), (), []))


def _between(old: Any, new: Any, path: tuple[str, ...], labels: list[str]) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            yield from _key(old, new, key, path, labels)
    elif isinstance(old, list) and isinstance(new, list) and _are_named(old) and _are_named(new):
        yield from _named(old, new, path, labels)
    else:
        yield _changed(path, labels, old, new)


def _key(
    old: dict[str, Any], new: dict[str, Any], key: str, path: tuple[str, ...], labels: list[str]
) -> Iterator[Change]:
    here, words = (*path, key), [*labels, key.replace("_", " ")]
    if key not in old:
        yield Change(kind="added", path=".".join(here), text=f"{_where(words)}: {_shown(new[key])} (was not set)")
    elif key not in new:
        yield Change(
            kind="removed", path=".".join(here), text=f"{_where(words)}: not set any more (was {_shown(old[key])})"
        )
    elif key == "criteria" and path[-1:] == ("upgrade",) and len(old[key]) == len(new[key]) == 1:
        yield from _criterion(old[key][0], new[key][0], here, words)
    else:
        yield from _between(old[key], new[key], here, words)


def _criterion(old: dict[str, Any], new: dict[str, Any], path: tuple[str, ...], labels: list[str]) -> Iterator[Change]:
    if old["kind"] != new["kind"]:
        yield _changed(path, labels, old["kind"], new["kind"])
    words = new["kind"].replace("_", " ")
    for tier, after in new["thresholds"].items():
        before = old["thresholds"].get(tier)
        if before is None:
            text = f"{tier} at {_shown(after)} {words}"
            yield Change(kind="added", path=".".join(path), text=text, tier=tier, criterion=new["kind"], after=after)
        elif before != after or old["kind"] != new["kind"]:
            text = f"{tier} from {_shown(before)} to {_shown(after)} {words}"
            yield Change(
                kind="changed",
                path=".".join(path),
                text=text,
                tier=tier,
                criterion=new["kind"],
                before=before,
                after=after,
            )
    rest_old = {key: one for key, one in old.items() if key not in ("kind", "thresholds")}
    rest_new = {key: one for key, one in new.items() if key not in ("kind", "thresholds")}
    yield from _between(rest_old, rest_new, path, labels)


def _named(old: list[Any], new: list[Any], path: tuple[str, ...], labels: list[str]) -> Iterator[Change]:
    before = {one["name"]: one for one in old}
    after = {one["name"]: one for one in new}
    what = path[-1].replace("_", " ") if path else "parts"
    for name, one in after.items():
        if name in before:
            yield from _between(before[name], one, (*path, name), [*labels[:-1], name])
        else:
            yield Change(kind="added", path=".".join((*path, name)), text=f"{_where(labels[:-1], what)}: new: {name}")
    for name in before:
        if name not in after:
            yield Change(
                kind="removed", path=".".join((*path, name)), text=f"{_where(labels[:-1], what)}: without {name}"
            )
    kept_before = [name for name in before if name in after]
    kept_after = [name for name in after if name in before]
    if kept_before != kept_after:
        text = f"{_where(labels[:-1], what)}: the order is {', '.join(kept_after)} (was {', '.join(kept_before)})"
        yield Change(kind="moved", path=".".join(path), text=text)


def _are_named(items: list[Any]) -> bool:
    return all(isinstance(one, dict) and "name" in one for one in items)


def _changed(path: tuple[str, ...], labels: list[str], old: Any, new: Any) -> Change:
    text = f"{_where(labels)}: from {_shown(old)} to {_shown(new)}"
    return Change(kind="changed", path=".".join(path), text=text)


def _where(labels: list[str], last: str = "") -> str:
    return ": ".join([*labels, *([last] if last else [])])


def _shown(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:,f}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key.replace('_', ' ')}: {_shown(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return ", ".join(one["name"] if isinstance(one, dict) and "name" in one else _shown(one) for one in value)
    return "yes" if value is True else "no" if value is False else str(value)
