"""The checked expression: every name resolved to its row, every type known. Code is generated from this tree only."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from earnest.engine.expression.catalogue.row import Attribute, Kind, Method, Profile
from earnest.engine.expression.types import Type


class Constant(msgspec.Struct, frozen=True):
    value: Decimal | str | bool
    type: Type


class Argument(msgspec.Struct, frozen=True):
    value: Typed
    kind: Kind


class AttributeRead(msgspec.Struct, frozen=True):
    profile: Profile
    attribute: Attribute
    arguments: tuple[Argument, ...]
    type: Type
    at: int
    what: str


class FieldRead(msgspec.Struct, frozen=True):
    """An extended field, or with `of_event` an attribute of a behavioural event; `field` is casefolded."""

    profile: Profile
    field: str
    of_event: bool
    type: Type
    at: int
    what: str


class MethodCall(msgspec.Struct, frozen=True):
    """`late`: the receiver's type is known only at evaluation."""

    method: Method
    receiver: Typed
    arguments: tuple[Argument, ...]
    late: bool
    type: Type
    at: int
    what: str


class Comparing(msgspec.Struct, frozen=True):
    """`late`: the two types differ or are not known; how they compare is decided at evaluation."""

    operator: str
    left: Typed
    right: Typed
    late: bool
    at: int
    what: str
    type: Type = Type.BOOLEAN


class Agreeing(msgspec.Struct, frozen=True):
    """`==` or `!=` between two booleans."""

    operator: str
    left: Typed
    right: Typed
    type: Type = Type.BOOLEAN


class Arithmetic(msgspec.Struct, frozen=True):
    operators: str
    operands: tuple[Typed, ...]
    type: Type = Type.NUMBER


class Negative(msgspec.Struct, frozen=True):
    operand: Typed
    type: Type = Type.NUMBER


class Not(msgspec.Struct, frozen=True):
    operand: Typed
    type: Type = Type.BOOLEAN


class Every(msgspec.Struct, frozen=True):
    """`&&` (all of them) or, with `any_of`, `||`."""

    operands: tuple[Typed, ...]
    any_of: bool
    type: Type = Type.BOOLEAN


Typed = Constant | AttributeRead | FieldRead | MethodCall | Comparing | Agreeing | Arithmetic | Negative | Not | Every
