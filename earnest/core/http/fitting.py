"""Values of v1 clients made to fit the fields that they are meant for.

v1 was made for XML: there every scalar is text, one element looks like a list of one, and nothing at all is an empty
element. Its JSON clients inherited the habits (contract/_conventions.md, section 5, rule 5, and section 8). What a value is
meant to be is read from the type of its field, never from the value:

- an object in the place of a list is a list of one, a list of one in the place of an object is that object;
- "", [] and {} are nothing where something else than text is expected: the field keeps its default;
- a number in the place of text is its digits, text beside attributes (`#text`) is the text.

Whatever fits no rule stays as it is, so that decoding refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import inspect

from earnest.core.http.xml import TEXT

Fitter = Callable[[Any], Any]

_LISTS = (inspect.ListType, inspect.SetType, inspect.FrozenSetType, inspect.VarTupleType)
_CONTAINERS = (*_LISTS, inspect.StructType, inspect.DictType)
_NUMBERS: dict[type, type[inspect.Type]] = {int: inspect.IntType, Decimal: inspect.DecimalType, bool: inspect.BoolType}


def fitter(kind: inspect.Type, *, from_xml: bool = False) -> Fitter:
    """The function that makes decoded JSON or XML fit `kind`; to be made once for each endpoint.

    In XML a list without elements cannot be told from one that is not there: `from_xml` takes it for an empty one.
    """
    return _Fitters(from_xml).of(kind)


def is_nothing(value: object) -> bool:
    """Whether a client that writes this means "not given"."""
    return value is None or value == [] or value == {} or (isinstance(value, str) and not value.strip())


def members(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """The alternatives of a type, without annotations."""
    if isinstance(kind, inspect.Metadata):
        return members(kind.type)
    if isinstance(kind, inspect.UnionType):
        return tuple(member for alternative in kind.types for member in members(alternative))
    return (kind,)


class _Fitters:
    """Fitters of one tree of types; struct types may contain themselves."""

    def __init__(self, from_xml: bool) -> None:
        self._from_xml = from_xml
        self._structs: dict[type, Fitter] = {}

    def of(self, kind: inspect.Type) -> Fitter:
        alternatives = members(kind)
        if len(alternatives) > 1:
            return self._union(alternatives)
        (only,) = alternatives
        if isinstance(only, inspect.StructType):
            return self._struct(only)
        if isinstance(only, _LISTS):
            return self._list(only.item_type)
        if isinstance(only, inspect.DictType):
            return self._dict(only.value_type)
        if isinstance(only, inspect.StrType):
            return _text
        if isinstance(only, inspect.AnyType):
            return _as_it_is
        return _scalar

    def _union(self, alternatives: tuple[inspect.Type, ...]) -> Fitter:
        if any(isinstance(alternative, inspect.AnyType) for alternative in alternatives):
            return _as_it_is
        nullable = any(isinstance(alternative, inspect.NoneType) for alternative in alternatives)
        lists = next((self.of(a) for a in alternatives if isinstance(a, _LISTS)), None)
        objects = next((self.of(a) for a in alternatives if isinstance(a, inspect.StructType | inspect.DictType)), None)
        kinds = {type(a) for a in alternatives if not isinstance(a, (*_CONTAINERS, inspect.NoneType))}
        scalar: Fitter | None = None
        if kinds:
            scalar = _text if inspect.StrType in kinds else _scalar

        def fit(value: Any) -> Any:
            if value is None and nullable:
                return None
            if isinstance(value, list) and lists is not None:
                return lists(value)
            if isinstance(value, dict | list) and objects is not None:
                return objects(value)
            if isinstance(value, dict) and lists is not None:
                return lists(value)
            if scalar is not None:
                return value if _NUMBERS.get(type(value)) in kinds else scalar(value)
            return (lists or objects or _as_it_is)(value)

        return fit

    def _struct(self, kind: inspect.StructType) -> Fitter:
        known = self._structs.get(kind.cls)
        if known is not None:
            return known
        plan: list[tuple[str, Fitter, bool, bool, bool]] = []
        lists: list[str] = []

        def fit(value: Any) -> Any:
            if isinstance(value, list) and len(value) == 1:
                value = value[0]
            if not isinstance(value, dict):
                if not is_nothing(value):
                    return value
                value = {}
            fitted = {}
            for name, fit_field, required, holds_null, holds_nothing in plan:
                if name not in value:
                    continue
                given = value[name]
                if required or not is_nothing(given) or (holds_null if given is None else holds_nothing):
                    fitted[name] = fit_field(given)
            for name in lists:
                fitted.setdefault(name, [])
            return fitted

        self._structs[kind.cls] = fit
        plan.extend(
            (
                field.encode_name,
                self.of(field.type),
                field.required,
                any(isinstance(alternative, inspect.NoneType) for alternative in members(field.type)),
                self._holds_nothing(field.type),
            )
            for field in kind.fields
        )
        if self._from_xml:
            lists.extend(
                field.encode_name for field in kind.fields if field.required and isinstance(field.type, _LISTS)
            )
        return fit

    def _holds_nothing(self, kind: inspect.Type) -> bool:
        """Whether an empty element is a value of this type: text, or an object all of whose fields may be missing."""
        for alternative in members(kind):
            if isinstance(alternative, inspect.StrType | inspect.AnyType):
                return True
            if isinstance(alternative, inspect.StructType) and self._from_xml:
                return all(not field.required or isinstance(field.type, _LISTS) for field in alternative.fields)
        return False

    def _list(self, item: inspect.Type) -> Fitter:
        fit_item = self.of(item)

        def fit(value: Any) -> Any:
            if isinstance(value, list):
                return [fit_item(one) for one in value]
            if value is None or (isinstance(value, str) and not value.strip()):
                return []
            return [fit_item(value)]

        return fit

    def _dict(self, item: inspect.Type) -> Fitter:
        fit_item = self.of(item)

        def fit(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: fit_item(one) for key, one in value.items()}
            return {} if is_nothing(value) else value

        return fit


def _as_it_is(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    """The scalar inside a list of one or beside attributes."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict) and TEXT in value:
        value = value[TEXT]
    return value


def _text(value: Any) -> Any:
    value = _plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    return "" if value == [] or value == {} else value


def _scalar(value: Any) -> Any:
    value = _plain(value)
    return value.strip() if isinstance(value, str) else value
