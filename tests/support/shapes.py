"""What an answer is made of: the path of every field with its JSON type."""

from __future__ import annotations

from decimal import Decimal

from tests.support.till import Json

# Their keys are the client's own.
OPEN = frozenset({"fields", "allFields", "extendedFields", "attributes"})


def shape(value: Json, at: str = "") -> dict[str, str]:
    """`{"sideEffects": "array", "sideEffects[].type": "string"}`; different types of one field are joined with a bar."""
    found: dict[str, str] = {}
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{at}.{key}" if at else key
            _note(found, path, _kind(inner))
            if key not in OPEN:
                _merge(found, shape(inner, path))
    elif isinstance(value, list):
        for inner in value:
            if not isinstance(inner, dict | list):
                _note(found, f"{at}[]", _kind(inner))
            _merge(found, shape(inner, f"{at}[]"))
    return found


def fields(kind: str, *names: str, at: str = "") -> dict[str, str]:
    """Several fields of one type, as `shape` writes them: `fields("string", "code", "name", at="createdBy")`."""
    return {f"{at}.{name}" if at else name: kind for name in names}


def _merge(found: dict[str, str], more: dict[str, str]) -> None:
    for path, kind in more.items():
        _note(found, path, kind)


def _note(found: dict[str, str], path: str, kind: str) -> None:
    kinds = {*found.get(path, kind).split("|"), *kind.split("|")}
    found[path] = "|".join(sorted(kinds))


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | Decimal):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
