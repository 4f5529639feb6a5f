"""JSON Schema (2020-12) of wire types, as components of one document.

msgspec's own generator refuses types that are only ever written (a union of two structs without tags), and writes decimals
as strings where our answers have numbers.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from collections.abc import Sequence as AbstractSequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NewType, TypeVar, Union, cast, get_args, get_origin
from uuid import UUID

import msgspec

from earnest.core.http.endpoint import Answer

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/"

# Not read by any server of ours, but by generators of clients: "decimal" is to be kept out of binary floats.
_SCALARS: Mapping[object, Schema] = {
    Any: {},
    object: {},
    msgspec.Raw: {},
    None: {"type": "null"},
    type(None): {"type": "null"},
    bool: {"type": "boolean"},
    int: {"type": "integer", "format": "int64"},
    float: {"type": "number"},
    Decimal: {"type": "number", "format": "decimal"},
    str: {"type": "string"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "format": "time"},
    timedelta: {"type": "string", "format": "duration"},
    UUID: {"type": "string", "format": "uuid"},
}
_ARRAYS = (list, tuple, set, frozenset, AbstractSequence, AbstractSet)
_BOUNDS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
}


class Schemas:
    """Gathers the components while schemas are asked for. Each struct and enum becomes one, under a name of its own."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._names: dict[object, str] = {}

    def of(self, kind: object) -> Schema:
        """The schema of a type. TypeError for what no wire format can hold."""
        if (isinstance(kind, type) and kind in _SCALARS) or kind is Any or kind is None:
            return dict(_SCALARS[kind])
        origin = get_origin(kind)
        if origin is Annotated:
            inner, *metadata = get_args(kind)
            return _narrowed(self.of(inner), [meta for meta in metadata if isinstance(meta, msgspec.Meta)])
        if origin is Literal:
            return {"enum": list(get_args(kind))}
        if origin in (Union, types.UnionType):
            return self._one_of([member for member in get_args(kind) if member is not msgspec.UnsetType])
        if isinstance(kind, NewType):
            return self.of(kind.__supertype__)
        if isinstance(kind, TypeVar):
            return self.of(kind.__bound__) if kind.__bound__ is not None else {}
        plain = origin or kind
        if not isinstance(plain, type):
            raise TypeError(f"{kind}: there is no JSON schema for it")
        if plain is Answer:
            return self.of(next(iter(get_args(kind)), Any))
        if issubclass(plain, msgspec.Struct | Enum):
            return {"$ref": REFERENCE + self._component(kind, plain)}
        if issubclass(plain, _ARRAYS):
            return self._array(plain, get_args(kind))
        if issubclass(plain, Mapping):
            _, *values = get_args(kind) or (str,)
            return _object(self.of(values[0]) if values else {})
        raise TypeError(f"{kind}: there is no JSON schema for it")

    def properties(self, struct: type) -> dict[str, tuple[Schema, bool]]:
        """The fields of a struct by their names on the wire: schema, and whether the field is required."""
        found: dict[str, tuple[Schema, bool]] = {}
        for field in msgspec.structs.fields(struct):
            schema = self.of(field.type)
            if field.default is not msgspec.NODEFAULT and field.default is not None:
                default = msgspec.to_builtins(field.default, builtin_types=(Decimal,), enc_hook=_unknown)
                if isinstance(default, str | int | bool):
                    schema = _with(schema, default=default)
            found[field.encode_name] = (schema, field.required)
        return found

    def _one_of(self, members: list[object]) -> Schema:
        schemas: list[Schema] = []
        for member in members:
            schema = self.of(member)
            if schema not in schemas:
                schemas.append(schema)
        if {} in schemas:
            return {}
        if len(schemas) == 1:
            return schemas[0]
        if all(set(schema) == {"type"} for schema in schemas):
            return {"type": [schema["type"] for schema in schemas]}
        first, *others = schemas
        if others == [{"type": "null"}] and isinstance(first.get("type"), str) and "enum" not in first:
            return {**first, "type": [first["type"], "null"]}
        return {"anyOf": schemas}

    def _array(self, plain: type, arguments: tuple[object, ...]) -> Schema:
        if plain is tuple and arguments and arguments[-1] is not Ellipsis:
            items = [self.of(argument) for argument in arguments]
            return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        item = self.of(arguments[0]) if arguments else {}
        return {"type": "array", "items": item} if item else {"type": "array"}

    def _component(self, kind: object, plain: type) -> str:
        known = self._names.get(kind)
        if known is not None:
            return known
        name = component_name(kind)
        if name in self.components:
            # Two of this name in one domain, or in the core: the module tells them apart.
            name = f"{plain.__module__.rpartition('.')[2]}.{name}"
            if name in self.components:
                raise TypeError(f"{kind}: there is another component {name}; give one another name")
        # Before its fields are looked at: they may lead back to it.
        self._names[kind] = name
        self.components[name] = {}
        schema = _enumeration(plain) if issubclass(plain, Enum) else self._struct(kind, plain)
        if text := _documentation(plain):
            schema["description"] = text
        self.components[name] = schema
        return name

    def _struct(self, kind: object, plain: type) -> Schema:
        struct = cast(type[msgspec.Struct], plain)
        configuration = struct.__struct_config__
        found = self.properties(cast(type, kind))
        if configuration.array_like:
            items = [schema for schema, _ in found.values()]
            return {"type": "array", "prefixItems": items, "minItems": sum(required for _, required in found.values())}
        properties = {name: schema for name, (schema, _) in found.items()}
        required = sorted(name for name, (_, is_required) in found.items() if is_required)
        if configuration.tag_field is not None:
            properties[configuration.tag_field] = {"const": configuration.tag}
            required = sorted([*required, configuration.tag_field])
        schema: Schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        if configuration.forbid_unknown_fields:
            schema["additionalProperties"] = False
        return schema


def component_name(kind: object) -> str:
    """`customers.AddCustomer`: the domain and the class. Modules named after something else than their schemas, routes or
    service stand between (`customers.details.Extra`), types of the core stand alone."""
    arguments = get_args(kind)
    plain = cast(type, get_origin(kind) or kind)
    name = plain.__name__ + "".join(component_name(argument).rpartition(".")[2].capitalize() for argument in arguments)
    _, _, inside = plain.__module__.partition(".domains.")
    if not inside:
        return name
    domain, *modules = inside.split(".")
    version = "".join(
        part for part in "_".join(modules).split("_") if part not in ("schemas", "routes", "service", "v2")
    )
    return ".".join(part for part in (domain, version, name) if part)


def _narrowed(schema: Schema, metadata: list[msgspec.Meta]) -> Schema:
    for meta in metadata:
        narrowing: Schema = {
            word: value for name, word in _BOUNDS.items() if (value := getattr(meta, name)) is not None
        }
        kind = schema.get("type")
        words = {"array": "Items", "object": "Properties"}.get(kind if isinstance(kind, str) else "", "Length")
        for name, word in (("min_length", f"min{words}"), ("max_length", f"max{words}"), ("pattern", "pattern")):
            if (value := getattr(meta, name)) is not None:
                # The end of the text, in the words of ECMA-262.
                narrowing[word] = value.replace("\\Z", "$") if name == "pattern" else value
        for name in ("title", "description", "examples"):
            if (value := getattr(meta, name)) is not None:
                narrowing[name] = value
        schema = _with(schema, **narrowing, **(meta.extra_json_schema or {}))
    return schema


def _with(schema: Schema, **words: object) -> Schema:
    return {**schema, **words}


def _object(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values} if values else {"type": "object"}


def _enumeration(plain: type) -> Schema:
    values = [member.value for member in cast(type[Enum], plain)]
    kind = {"type": "string"} if all(isinstance(value, str) for value in values) else {}
    return {**kind, "enum": values}


def _documentation(plain: type) -> str:
    # Not the one of a base, nor the signature that a class without a docstring may be given.
    text = plain.__dict__.get("__doc__")
    return inspect.cleandoc(text).partition("\n\n")[0].replace("\n", " ") if text else ""


def _unknown(value: object) -> object:
    return None
