"""The static check of an expression (rules.md 5.3, 5.6): names, types, arguments, availability."""

from __future__ import annotations

from collections.abc import Iterable

from earnest.engine.expression import baskets
from earnest.engine.expression.activities import Activity, Unrolled
from earnest.engine.expression.catalogue import ATTRIBUTE_NAMES, PROFILE_NAMES
from earnest.engine.expression.catalogue.row import Kind, Parameter, Profile
from earnest.engine.expression.errors import ExpressionError, nearest
from earnest.engine.expression.methods import BY_TYPE, find
from earnest.engine.expression.printing import printed
from earnest.engine.expression.tree import Access, Chain, Literal, Name, Node, Step, Unary
from earnest.engine.expression.typed import (
    Agreeing,
    Argument,
    Arithmetic,
    AttributeRead,
    Comparing,
    Constant,
    Every,
    FieldRead,
    MethodCall,
    Negative,
    Not,
    Typed,
)
from earnest.engine.expression.types import Declarations, Type
from earnest.engine.expression.values.numbers import bounds_of, number_in

EXTENDED = "extfield_"

_ONLY_IN = {
    Unrolled.LINES: "a set that is repeated for line items",
    Unrolled.TENDERS: "a set that is repeated for payments",
    Unrolled.TRACKER: "the set of a tracker case",
}


class Checker:
    """Checks one expression; `typed` is its only door."""

    def __init__(
        self, text: str, activity: Activity | None, unrolled: frozenset[Unrolled] | None, declarations: Declarations
    ) -> None:
        self._text = text
        self._activity = activity
        self._unrolled = unrolled
        self._declarations = declarations

    def condition(self, node: Node) -> Typed:
        """The checked tree of a whole condition, which has to be a boolean."""
        typed = self.typed(node)
        if typed.type not in (Type.BOOLEAN, Type.ANY):
            raise self._error(f"a condition is true or false, this is a {typed.type}", node.at)
        return typed

    def typed(self, node: Node) -> Typed:
        """The checked tree of any part. ExpressionError where something does not fit."""
        if isinstance(node, Literal):
            return Constant(node.value, _type_of(node.value))
        if isinstance(node, Name):
            return self._lonely_name(node)
        if isinstance(node, Unary):
            return self._unary(node)
        if isinstance(node, Chain):
            return self._chain(node)
        return self._access(node)

    def _error(self, message: str, at: int, suggestion: str | None = None) -> ExpressionError:
        return ExpressionError(message, self._text, at, suggestion)

    def _lonely_name(self, node: Name) -> Typed:
        if PROFILE_NAMES.get(node.text) is None:
            raise self._error(f"there is no profile {node.text}", node.at, nearest(node.text, PROFILE_NAMES))
        raise self._error(f"{node.text} alone is no value: a . and an attribute are missing", node.at)

    def _unary(self, node: Unary) -> Typed:
        operand = self.typed(node.operand)
        if node.operator == "!":
            self._expect(operand, Type.BOOLEAN, "! needs true or false", node.operand.at)
            return Not(operand)
        self._expect(operand, Type.NUMBER, "- needs a number", node.operand.at)
        return Negative(operand)

    def _expect(self, typed: Typed, wanted: Type, message: str, at: int) -> None:
        if typed.type not in (wanted, Type.ANY):
            raise self._error(f"{message}, this is a {typed.type}", at)

    def _chain(self, node: Chain) -> Typed:
        operator = node.rest[0][0]
        if operator in ("&&", "||"):
            operands = []
            for part in (node.first, *(operand for _, operand in node.rest)):
                typed = self.typed(part)
                self._expect(typed, Type.BOOLEAN, f"{operator} joins conditions", part.at)
                operands.append(typed)
            return Every(tuple(operands), any_of=operator == "||")
        if operator in ("+", "-", "*", "/", "%"):
            operands = []
            for sign, part in ((operator, node.first), *node.rest):
                typed = self.typed(part)
                self._expect(typed, Type.NUMBER, f"{sign} needs numbers", part.at)
                operands.append(typed)
            return Arithmetic("".join(sign for sign, _ in node.rest), tuple(operands))
        left = self.typed(node.first)
        for index, (sign, operand) in enumerate(node.rest):
            so_far = Chain(node.first, node.rest[: index + 1], node.operators_at[: index + 1], node.at, 0)
            left = self._compare(sign, left, self.typed(operand), node.operators_at[index], so_far)
        return left

    def _compare(self, operator: str, left: Typed, right: Typed, at: int, node: Chain) -> Typed:
        kinds = {left.type, right.type}
        ordered = operator not in ("==", "!=")
        if ordered and Type.BOOLEAN in kinds:
            raise self._error(f"true and false have no order: {operator} does not apply", at)
        if kinds == {Type.BOOLEAN}:
            return Agreeing(operator, left, right)
        if len(kinds) == 1 and Type.ANY not in kinds:
            return Comparing(operator, left, right, late=False, at=at, what=printed(node))
        if Type.ANY in kinds or kinds == {Type.NUMBER, Type.STRING}:
            return Comparing(operator, left, right, late=True, at=at, what=printed(node))
        raise self._error(f"a {left.type} cannot be compared with a {right.type}", at)

    def _access(self, node: Access) -> Typed:
        steps = node.steps
        if isinstance(node.subject, Name):
            profile = self._profile(node.subject)
            value = self._attribute(profile, steps[0], _so_far(node, 1))
            done = 1
        else:
            value = self.typed(node.subject)
            done = 0
        for index in range(done, len(steps)):
            value = self._method(value, steps[index], _so_far(node, index + 1))
        return value

    def _profile(self, name: Name) -> Profile:
        profile = PROFILE_NAMES.get(name.text)
        if profile is None:
            raise self._error(f"there is no profile {name.text}", name.at, nearest(name.text, PROFILE_NAMES))
        activity = self._activity
        if activity is not None and activity not in profile.activities:
            raise self._error(f"{profile.name} is not available in {activity}", name.at)
        needed = profile.unrolled
        if (
            self._unrolled is not None
            and needed is not None
            and needed not in self._unrolled
            and activity not in profile.free_in
        ):
            raise self._error(f"{profile.name} is available only inside {_ONLY_IN[needed]}", name.at)
        return profile

    def _attribute(self, profile: Profile, step: Step, what: str) -> Typed:
        attribute = ATTRIBUTE_NAMES[profile.name].get(step.name)
        if attribute is None:
            return self._field(profile, step, what)
        arguments = step.arguments or ()
        if attribute.type is Type.STRING and attribute.called_with_nothing and len(arguments) == 1:
            read: Typed = AttributeRead(profile, attribute, (), attribute.type, step.at, what)
            return self._equals(read, arguments[0], step.at, what)
        checked = self._arguments(attribute.name, attribute.signatures, arguments, step.at)
        return AttributeRead(profile, attribute, checked, attribute.type, step.at, what)

    def _field(self, profile: Profile, step: Step, what: str) -> Typed:
        """An extended field or an attribute of a behavioural event."""
        if profile.fields is not None and step.name.casefold().startswith(EXTENDED):
            name, subject, of_event = step.name[len(EXTENDED) :], profile.fields, False
            unknown_is_any = self._declarations.open
        elif profile.event:
            name, subject, of_event = step.name, "event", True
            unknown_is_any = self._declarations.open and self._activity is Activity.GENERIC_EVENT
        else:
            raise self._unknown(profile, step)
        declared = self._declarations.of(subject)
        known = declared.get(name)
        if known is None:
            same = [other for other in declared if other.casefold() == name.casefold()]
            known = declared[same[0]] if len(same) == 1 else None
        if known is None:
            if not unknown_is_any:
                raise self._unknown(profile, step, [name if of_event else f"extField_{name}" for name in declared])
            known = Type.ANY
        read = FieldRead(profile, name.casefold(), of_event, known, step.at, what)
        if not step.arguments:
            return read
        if len(step.arguments) == 1 and known in (Type.STRING, Type.ANY):
            return self._equals(read, step.arguments[0], step.at, what)
        raise self._error(f"{step.name} takes no arguments", step.at)

    def _unknown(self, profile: Profile, step: Step, more: Iterable[str] = ()) -> ExpressionError:
        known = [*ATTRIBUTE_NAMES[profile.name], *more]
        return self._error(f"{profile.name} has no attribute {step.name}", step.at, nearest(step.name, known))

    def _equals(self, read: Typed, argument: Node, at: int, what: str) -> Typed:
        """A string attribute called with one argument tests equality."""
        wanted = self.typed(argument)
        if wanted.type not in (Type.STRING, Type.ANY):
            raise self._error(f"a string is expected, this is a {wanted.type}", argument.at)
        late = Type.ANY in (read.type, wanted.type)
        return Comparing("==", read, wanted, late=late, at=at, what=what)

    def _method(self, receiver: Typed, step: Step, what: str) -> Typed:
        method = find(receiver.type, step.name)
        if method is None:
            known = BY_TYPE[receiver.type]
            kind = "value" if receiver.type is Type.ANY else receiver.type
            raise self._error(f"a {kind} has no method {step.name}", step.at, nearest(step.name, known))
        late = receiver.type is Type.ANY
        signatures = method.signatures
        if late:
            same = (table[method.name] for kind, table in BY_TYPE.items() if method.name in table)
            signatures = tuple(dict.fromkeys(signature for other in same for signature in other.signatures))
        checked = self._arguments(method.name, signatures, step.arguments or (), step.at)
        return MethodCall(method, receiver, checked, late, method.result, step.at, what)

    def _arguments(
        self, name: str, signatures: tuple[tuple[Parameter, ...], ...], arguments: tuple[Node, ...], at: int
    ) -> tuple[Argument, ...]:
        """The checked arguments by the signature that fits; blanks that mean nothing are left out."""
        fitting = [signature for signature in signatures if len(signature) == len(arguments)]
        if not fitting:
            forms = " or ".join(
                "(" + ", ".join(parameter.name for parameter in signature) + ")" for signature in signatures
            )
            raise self._error(f"{name} is written {name}{forms}, not with {len(arguments)} arguments", at)
        typed = [self.typed(argument) for argument in arguments]
        for signature in fitting:
            if all(
                value.type in (*parameter.kind.types, Type.ANY)
                for value, parameter in zip(typed, signature, strict=True)
            ):
                break
        else:
            wrong = next(
                index
                for index, parameter in enumerate(fitting[0])
                if typed[index].type not in (*parameter.kind.types, Type.ANY)
            )
            wanted = fitting[0][wrong]
            raise self._error(
                f"{name}: {wanted.name} is a {_or(wanted.kind)}, not a {typed[wrong].type}", arguments[wrong].at
            )
        checked = []
        for value, parameter, node in zip(typed, signature, arguments, strict=True):
            self._check_literal(name, value, parameter.kind, node)
            if parameter.kind is not Kind.BLANK:
                checked.append(Argument(value, parameter.kind))
        return tuple(checked)

    def _check_literal(self, name: str, typed: Typed, kind: Kind, node: Node) -> None:
        value = typed.value if isinstance(typed, Constant) else None
        if kind is Kind.BLANK:
            if not (value is True or (isinstance(value, str) and not value.strip())):
                raise self._error(f"{name} takes no argument", node.at)
        elif kind is Kind.LINE_FIELD and isinstance(value, str) and value.upper() not in baskets.FIELDS:
            raise self._error(f"{value} is no field of a line", node.at, nearest(value, baskets.FIELDS))
        elif kind is Kind.LINE_OPERATOR and isinstance(value, str) and value.upper() not in baskets.OPERATORS:
            raise self._error(f"{value} is no comparison", node.at, nearest(value, baskets.OPERATORS))
        elif kind is Kind.NUMBER_OR_TEXT and isinstance(value, str) and number_in(value) is None:
            raise self._error(f"{value!r} is no number", node.at)
        elif kind is Kind.BOUNDS and isinstance(value, str) and bounds_of(value) is None:
            raise self._error('bounds are numbers with commas between: "100,400"', node.at)


def _so_far(node: Access, count: int) -> str:
    return printed(Access(node.subject, node.steps[:count], node.at, 0))


def _or(kind: Kind) -> str:
    return " or ".join(sorted(kind.types))


def _type_of(value: object) -> Type:
    if isinstance(value, bool):
        return Type.BOOLEAN
    return Type.STRING if isinstance(value, str) else Type.NUMBER
