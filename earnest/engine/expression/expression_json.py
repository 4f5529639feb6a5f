"""Expression JSON (rules.md 5.5): the tree of an expression as the documented API prints it."""

from __future__ import annotations

from typing import Any

import msgspec

from earnest.engine.expression.activities import Activity
from earnest.engine.expression.catalogue import ATTRIBUTE_NAMES, PROFILE_NAMES
from earnest.engine.expression.catalogue.row import Attribute, Kind, Method, Parameter, Profile
from earnest.engine.expression.check import Checker
from earnest.engine.expression.errors import ExpressionError
from earnest.engine.expression.methods import find
from earnest.engine.expression.parse import parse
from earnest.engine.expression.tree import Access, Chain, Literal, Name, Node, Step, Unary
from earnest.engine.expression.types import Declarations, Type

JsonNode = dict[str, Any]

_TYPES = {
    Type.BOOLEAN: "boolean:primitive",
    Type.NUMBER: "real:object:primitive",
    Type.STRING: "string:object:primitive",
    Type.DATE: "date:object:primitive",
    Type.ANY: "string:object:primitive",
}
_FUNCTION = "anonymous:function:primitive"
_OPEN = Declarations(open=True)


class ExpressionJson(msgspec.Struct, frozen=True, kw_only=True):
    """`json` is the tree; with `is_error` it is only a `group` of fragments or lacks types, and `error` says what is wrong."""

    json: JsonNode
    is_error: bool
    error: ExpressionError | None = None


def expression_json(
    text: str, activity: Activity | str | None = None, declarations: Declarations = _OPEN
) -> ExpressionJson:
    """The JSON form of an expression, of a broken one, too. Whether a set is repeated is not asked."""
    where = Activity.named(activity) if activity is not None else None
    try:
        tree = parse(text)
    except ExpressionError as error:
        fragments = [{"arity": "name", "value": part} for part in text.split()]
        return ExpressionJson(json={"arity": "group", "operands": fragments}, is_error=True, error=error)
    checker = Checker(text, where, None, declarations)
    writer = _Writer(checker, where)
    try:
        checker.condition(tree)
    except ExpressionError as error:
        return ExpressionJson(json=writer.node(tree), is_error=True, error=error)
    return ExpressionJson(json=writer.node(tree), is_error=False)


class _Writer:
    def __init__(self, checker: Checker, activity: Activity | None) -> None:
        self._checker = checker
        self._activity = activity

    def node(self, node: Node, kind: str | None = None) -> JsonNode:
        """The node; `kind` is the type that its place gives a literal."""
        if isinstance(node, Literal):
            return {"arity": "literal", "value": node.text, "type": kind or _literal_type(node)}
        if isinstance(node, Name):
            return self._name(node)
        if isinstance(node, Unary):
            operand = self.node(node.operand)
            return {
                "arity": "unary_operation",
                "value": node.operator,
                "type": "boolean:primitive" if node.operator == "!" else "real:object:primitive",
                "operands": [operand],
            }
        if isinstance(node, Chain):
            return self._chain(node)
        return self._access(node)

    def _name(self, node: Name) -> JsonNode:
        profile = PROFILE_NAMES.get(node.text)
        written: JsonNode = {"arity": "name", "value": node.text}
        if profile is not None:
            written["type"] = self._profile_type(profile)
        return written

    def _profile_type(self, profile: Profile) -> str:
        if profile.event and self._activity is not None:
            return f"customer.{self._activity[0].lower()}{self._activity[1:]}Event:object:primitive"
        return profile.json_type

    def _chain(self, node: Chain) -> JsonNode:
        written = self.node(node.first)
        for operator, operand in node.rest:
            kind = "real:object:primitive" if operator in "+-*/%" else "boolean:primitive"
            written = {
                "arity": "binary_operation",
                "value": operator,
                "type": kind,
                "operands": [written, self.node(operand)],
            }
        return written

    def _access(self, node: Access) -> JsonNode:
        written = self.node(node.subject)
        profile = PROFILE_NAMES.get(node.subject.text) if isinstance(node.subject, Name) else None
        before: Type | None = None if isinstance(node.subject, Name) else self._type(node.subject)
        for index, step in enumerate(node.steps):
            so_far = Access(node.subject, node.steps[: index + 1], node.at, 0)
            result = self._type(so_far)
            parameters = self._parameters(profile if index == 0 else None, before, step)
            written = self._step(written, step, result, parameters)
            before = result
        return written

    def _step(self, subject: JsonNode, step: Step, result: Type | None, parameters: tuple[Parameter, ...]) -> JsonNode:
        kind = {} if result is None else {"type": _TYPES[result]}
        if step.arguments is None:
            name: JsonNode = {"arity": "name", "value": step.name, **kind}
            return {"arity": "object_dereference", **kind, "operands": [subject, name]}
        function = {"arity": "name", "value": step.name, "type": _FUNCTION}
        return {
            "arity": "method_call",
            **kind,
            "operands": [subject, function, *self._arguments(step.arguments, parameters)],
        }

    def _arguments(self, arguments: tuple[Node, ...], parameters: tuple[Parameter, ...]) -> list[JsonNode]:
        attribute: str | None = None
        written = []
        for index, argument in enumerate(arguments):
            kind = parameters[index].kind if index < len(parameters) else None
            literal = argument.text if isinstance(argument, Literal) and isinstance(argument.value, str) else None
            place: str | None = None
            if kind is Kind.INVENTORY_ATTRIBUTE and literal is not None:
                attribute, place = literal, "EEnum__InvAttr:enum:string:object:primitive"
            elif kind is Kind.INVENTORY_VALUE and literal is not None and attribute is not None:
                place = f"EEnum__InvAttr__EDepEnum__InvAttrVal__{attribute}:string:object:primitive"
            written.append(self.node(argument, place))
        return written

    def _parameters(self, profile: Profile | None, receiver: Type | None, step: Step) -> tuple[Parameter, ...]:
        row: Attribute | Method | None = None
        if profile is not None:
            row = ATTRIBUTE_NAMES[profile.name].get(step.name)
        elif receiver is not None:
            row = find(receiver, step.name)
        count = len(step.arguments or ())
        signatures = row.signatures if row is not None else ()
        return next((signature for signature in signatures if len(signature) == count), ())

    def _type(self, node: Node) -> Type | None:
        try:
            return self._checker.typed(node).type
        except ExpressionError:
            return None


def _literal_type(literal: Literal) -> str:
    if isinstance(literal.value, bool):
        return "boolean:primitive"
    return "string:object:primitive" if isinstance(literal.value, str) else "number:primitive"
