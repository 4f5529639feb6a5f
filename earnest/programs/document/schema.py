"""Reads a tree of nodes as the structs of the document, and writes them back in the one canonical form.

A struct's fields are the keys. What a field takes follows from its type: text, numbers, booleans, days, lists, mappings,
other structs, and families of kinds (`Family`): one struct for each kind, chosen by the family's tag key. Whatever is wrong
is collected with its place; reading goes on.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, cast

import msgspec

from earnest.programs.document.problems import PROBLEMS_MAX, Path, Problem, Severity, nearest, written
from earnest.programs.document.source import Node

DIGITS_BEFORE_MAX = 15
DIGITS_AFTER_MAX = 6
TEXT_MAX = 4000
LIST_MAX = 1000


class Family:
    """Kinds of one construct by name, told apart by the key `tag`. Adding one: its struct, and a line in its family."""

    def __init__(self, title: str, tag: str, base: type, kinds: Mapping[str, type]) -> None:
        self.title = title
        self.tag = tag
        self.kinds = dict(kinds)
        self.names = {kind: name for name, kind in kinds.items()}
        FAMILIES[base] = self


FAMILIES: dict[type, Family] = {}
"""By the base class that annotations name."""


class Ref(msgspec.Struct, frozen=True):
    """In an annotation: the text names one of the document's own things (`tier`, `tracker`, ...)."""

    to: str


class Range(msgspec.Struct, frozen=True):
    """In an annotation: the least and the most that a number may be."""

    least: Decimal | int | None = None
    most: Decimal | int | None = None


class Scalar:
    """Base of values that are written as one text and have a class of their own: `parse` (ValueError) and `text`."""

    @classmethod
    def parse(cls, text: str) -> Any:
        raise NotImplementedError

    def text(self) -> str:
        raise NotImplementedError


class Reference(msgspec.Struct, frozen=True):
    """A name in the document that must be known: what it names, the name, and where it stands."""

    to: str
    name: str
    path: Path


MISSING: Any = object()
"""Stands for a value that is wrong and has been reported."""
_hints: dict[type, dict[str, Any]] = {}


def hints_of(kind: type) -> dict[str, Any]:
    """The annotations of a struct, with their extras."""
    if kind not in _hints:
        _hints[kind] = typing.get_type_hints(kind, include_extras=True)
    return _hints[kind]


class Reading:
    """One pass over one document."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.references: list[Reference] = []
        # So that values of tiers come in the order of the tiers.
        self.tiers = _names_in(root, "tiers")

    @property
    def has_errors(self) -> bool:
        return any(one.severity is Severity.ERROR for one in self.problems)

    def error(self, path: Path, message: str, suggestion: str | None = None) -> None:
        self._add(Severity.ERROR, path, message, suggestion)

    def warn(self, path: Path, message: str, suggestion: str | None = None) -> None:
        self._add(Severity.WARNING, path, message, suggestion)

    def _add(self, severity: Severity, path: Path, message: str, suggestion: str | None) -> None:
        if len(self.problems) >= PROBLEMS_MAX:
            return
        line, column = self.root.place(path)
        self.problems.append(
            Problem(
                severity=severity,
                path=written(path),
                message=message,
                line=line,
                column=column,
                suggestion=suggestion,
            )
        )

    def struct(self, kind: type, node: Node, path: Path, *, tag: str | None = None) -> Any:
        """The struct, or None when something of it is wrong (it is reported then)."""
        if not isinstance(node.value, dict):
            self.error(path, f"expected a mapping, found {node.kind}")
            return None
        fields = msgspec.structs.fields(cast(Any, kind))
        hints = hints_of(kind)
        known = {field.encode_name: field for field in fields}
        for key in node.value:
            if key not in known and key != tag:
                names = [*known, *([tag] if tag else [])]
                self.error((*path, key), f"there is no {_shown(key)} here", nearest(key, names))
        values: dict[str, Any] = {}
        whole = True
        for name, field in known.items():
            own = node.value.get(name)
            if own is None or own.value is None:
                if field.required:
                    self.error(path, f"{name} is missing")
                    whole = False
                continue
            value = self.value(hints[field.name], own, (*path, name))
            if value is MISSING:
                whole = False
            else:
                values[field.name] = value
        return kind(**values) if whole else None

    def value(self, hint: Any, node: Node, path: Path) -> Any:
        """What the annotation asks for, or MISSING when it is wrong."""
        extras: tuple[Any, ...] = ()
        if typing.get_origin(hint) is typing.Annotated:
            hint, *rest = typing.get_args(hint)
            extras = tuple(rest)
        origin = typing.get_origin(hint)
        if origin in (typing.Union, types.UnionType):
            return self._union(hint, node, path)
        if origin is tuple:
            return self._list(typing.get_args(hint)[0], node, path)
        if origin is dict:
            return self._mapping(typing.get_args(hint), node, path)
        if origin is typing.Literal:
            return self._choice([str(one) for one in typing.get_args(hint)], node, path)
        if hint in FAMILIES:
            return self._kind(FAMILIES[hint], node, path)
        if isinstance(hint, type) and hasattr(hint, "read_from"):
            found = hint.read_from(self, node, path)
            return MISSING if found is None else found
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and not issubclass(hint, Scalar):
            found = self.struct(hint, node, path)
            return MISSING if found is None else found
        return self._scalar(hint, extras, node, path)

    def _union(self, hint: Any, node: Node, path: Path) -> Any:
        members = [one for one in typing.get_args(hint) if one is not type(None)]
        if len(members) == 1:
            return self.value(members[0], node, path)
        is_text = isinstance(node.value, str)
        for member in members:
            plain = typing.get_args(member)[0] if typing.get_origin(member) is typing.Annotated else member
            if is_text == (
                plain not in FAMILIES and not (isinstance(plain, type) and issubclass(plain, msgspec.Struct))
            ):
                return self.value(member, node, path)
        return self.value(members[0], node, path)

    def _list(self, item: Any, node: Node, path: Path) -> Any:
        if not isinstance(node.value, list):
            self.error(path, f"expected a list, found {node.kind}")
            return MISSING
        if len(node.value) > LIST_MAX:
            self.error(path, f"the list has more than {LIST_MAX} items")
            return MISSING
        found = [self.value(item, one, (*path, index)) for index, one in enumerate(node.value)]
        return MISSING if any(one is MISSING for one in found) else tuple(found)

    def _mapping(self, arguments: tuple[Any, ...], node: Node, path: Path) -> Any:
        if not isinstance(node.value, dict):
            self.error(path, f"expected a mapping, found {node.kind}")
            return MISSING
        found: dict[Any, Any] = {}
        whole = True
        for key, one in node.value.items():
            line, column = node.keys.get(key, (node.line, node.column))
            name = self.value(arguments[0], Node(key, line, column), (*path, key))
            value = self.value(arguments[1], one, (*path, key))
            if name is MISSING or value is MISSING:
                whole = False
            else:
                found[name] = value
        if not whole:
            return MISSING
        # jsonb keeps keys in an order of its own: what is written must not depend on the order in which they came.
        order = {name: position for position, name in enumerate(self.tiers)}
        return dict(sorted(found.items(), key=lambda one: (order.get(one[0], len(order)), one[0])))

    def _kind(self, family: Family, node: Node, path: Path) -> Any:
        if not isinstance(node.value, dict):
            self.error(path, f"expected a mapping with {family.tag}, found {node.kind}")
            return MISSING
        tagged = node.value.get(family.tag)
        if tagged is None or not isinstance(tagged.value, str):
            near = ", ".join(list(family.kinds)[:6])
            self.error(path, f"{family.tag} is missing: which {family.title} is it ({near}, …)?")
            return MISSING
        kind = family.kinds.get(tagged.value)
        if kind is None:
            near = nearest(tagged.value, family.kinds) or ", ".join(family.kinds)
            self.error((*path, family.tag), f"there is no {family.title} {_shown(tagged.value)}", near)
            return MISSING
        found = self.struct(kind, node, path, tag=family.tag)
        return MISSING if found is None else found

    def _choice(self, choices: list[str], node: Node, path: Path) -> Any:
        if isinstance(node.value, str) and node.value in choices:
            return node.value
        shown = _shown(node.value) if isinstance(node.value, str) else node.kind
        hint = nearest(node.value, choices) if isinstance(node.value, str) else None
        self.error(path, f"{shown} is none of {', '.join(choices)}", hint)
        return MISSING

    def _scalar(self, hint: Any, extras: tuple[Any, ...], node: Node, path: Path) -> Any:
        if not isinstance(node.value, str):
            self.error(path, f"expected {_NAMES.get(hint, 'a value')}, found {node.kind}")
            return MISSING
        if isinstance(hint, type) and issubclass(hint, Enum):
            chosen = self._choice([str(one.value) for one in hint], node, path)
            return chosen if chosen is MISSING else hint(chosen)
        try:
            found = _read_scalar(hint, node)
            for extra in extras:
                if isinstance(extra, Range):
                    _within(extra, found)
        except ValueError as error:
            self.error(path, str(error))
            return MISSING
        for extra in extras:
            if isinstance(extra, Ref):
                self.references.append(Reference(extra.to, found, path))
        return found


_NAMES = {str: "text", int: "a whole number", Decimal: "a number", bool: "true or false", date: "a day (2026-01-31)"}


def _read_scalar(hint: Any, node: Node) -> Any:
    text = cast(str, node.value)
    if hint is str:
        if len(text) > TEXT_MAX:
            raise ValueError(f"the text is longer than {TEXT_MAX} characters")
        return text
    if hint is bool:
        if text in ("true", "false") and not node.quoted:
            return text == "true"
        raise ValueError(f"{_shown(text)} is neither true nor false")
    if hint is int or hint is Decimal:
        return _number(text, whole=hint is int)
    if hint is date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{_shown(text)} is no day, such as 2026-01-31") from None
    if isinstance(hint, type) and issubclass(hint, Scalar):
        return hint.parse(text)
    raise TypeError(f"the schema does not know how to read {hint}")


def _number(text: str, *, whole: bool) -> Any:
    expected = "whole number" if whole else "number"
    # Not what Decimal takes besides: exponents, underscores, digits of other scripts, NaN.
    digits = text.removeprefix("-")
    if not digits.replace(".", "", 1).isascii() or not digits.replace(".", "", 1).isdigit() or digits.startswith("."):
        hint = "; write a percentage without its sign" if text.rstrip().endswith("%") else ""
        raise ValueError(f"{_shown(text)} is no {expected}{hint}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{_shown(text)} is no {expected}") from None
    before, _, after = digits.partition(".")
    if len(before.lstrip("0")) > DIGITS_BEFORE_MAX or len(after.rstrip("0")) > DIGITS_AFTER_MAX:
        raise ValueError(
            f"numbers have at most {DIGITS_BEFORE_MAX} digits before and {DIGITS_AFTER_MAX} after the point"
        )
    if whole:
        if number != number.to_integral_value():
            raise ValueError(f"{_shown(text)} is no whole number")
        return int(number)
    return number


def _within(range_: Range, value: Any) -> None:
    if range_.least is not None and value < range_.least:
        raise ValueError(f"{value} is less than {range_.least}")
    if range_.most is not None and value > range_.most:
        raise ValueError(f"{value} is more than {range_.most}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")


def _names_in(root: Node, key: str) -> list[str]:
    section = root.value.get(key) if isinstance(root.value, dict) else None
    names = []
    for one in section.value if section is not None and isinstance(section.value, list) else []:
        name = one.value.get("name") if isinstance(one.value, dict) else None
        if name is not None and isinstance(name.value, str):
            names.append(name.value)
    return names


def plain(value: Any) -> Any:
    """The canonical tree of a document: mappings in the order of their fields, without what is a default."""
    if isinstance(value, Scalar):
        return value.text()
    if hasattr(value, "written"):
        return value.written()
    if isinstance(value, msgspec.Struct):
        tree: dict[str, Any] = {}
        for base, family in FAMILIES.items():
            if isinstance(value, base) and type(value) in family.names:
                tree[family.tag] = family.names[type(value)]
        for field in msgspec.structs.fields(type(value)):
            own = getattr(value, field.name)
            if field.required or own != _default(field):
                tree[field.encode_name] = plain(own)
        return tree
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {plain(key): plain(one) for key, one in value.items()}
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _default(field: Any) -> Any:
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory() if field.default_factory is not msgspec.NODEFAULT else None


def canonical(number: Decimal) -> Decimal:
    """The one way to write a number: no exponent, no zeros behind the last digit that counts."""
    whole = number.to_integral_value()
    return Decimal(f"{whole:f}") if number == whole else Decimal(f"{number:f}".rstrip("0"))
