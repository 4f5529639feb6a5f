"""The checked tree as Python source, once for judging and once for judging with a record.

Nothing that a user wrote gets into the source: constants, patterns and functions are bound to generated names, and the only
identifiers taken from data are field names of our own catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from earnest.engine.expression import methods
from earnest.engine.expression.catalogue.row import Kind
from earnest.engine.expression.context import Context
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
from earnest.engine.expression.types import Type
from earnest.engine.expression.values import comparing, numbers
from earnest.engine.expression.values.patterns import BadPattern, compiled, pattern_of


class Asked(msgspec.Struct, frozen=True):
    """A comparison of the source: its place, its text, and how its values relate."""

    at: int
    what: str
    operator: str


Note = Callable[[int, Any, tuple[Any, ...], bool], bool]
Judge = Callable[[Context], bool]
Recorder = Callable[[Context, Note], bool]


class Program(msgspec.Struct, frozen=True):
    """The two generated functions, what they may note, and their source text for the curious."""

    judge: Judge
    recorder: Recorder
    asked: tuple[Asked, ...]
    source: str
    warnings: tuple[str, ...]


def generate(root: Typed) -> Program:
    """Generates and compiles both functions."""
    plain, recording = _Writer(recording=False), _Writer(recording=True)
    body, recorded = plain.truth(root), recording.truth(root)
    source = f"def judge(c):\n    return {body}\n"
    recorder_source = f"def recorder(c, note):\n    return {recorded}\n"
    return Program(
        judge=_compiled(source, "judge", plain.names),
        recorder=_compiled(recorder_source, "recorder", recording.names),
        asked=tuple(recording.asked),
        source=source + recorder_source,
        warnings=tuple(dict.fromkeys(plain.warnings)),
    )


def _compiled(source: str, name: str, names: dict[str, Any]) -> Any:
    namespace = {"__builtins__": {}, **names}
    exec(compile(source, "<condition>", "exec"), namespace)
    return namespace[name]


class _Writer:
    """Writes one function body; `names` are the constants and functions that it refers to."""

    def __init__(self, *, recording: bool) -> None:
        self.names: dict[str, Any] = {}
        self.asked: list[Asked] = []
        self.warnings: list[str] = []
        self._recording = recording
        self._locals = 0

    def _bound(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def _local(self) -> str:
        self._locals += 1
        return f"v{self._locals}"

    def truth(self, node: Typed) -> str:
        """The node as a boolean: where comparisons are made and, with a record, noted."""
        if isinstance(node, Every):
            word = " or " if node.any_of else " and "
            return "(" + word.join(self.truth(operand) for operand in node.operands) + ")"
        if isinstance(node, Not):
            return f"(not {self.truth(node.operand)})"
        if isinstance(node, Agreeing):
            return f"({self.truth(node.left)} {node.operator} {self.truth(node.right)})"
        if isinstance(node, Comparing):
            return self._comparison(node)
        if isinstance(node, Constant):
            return "True" if node.value is True else "False"
        if self._recording and isinstance(node, MethodCall):
            return self._noted_call(node)
        read = self._as_truth(node)
        if not self._recording or not isinstance(node, (AttributeRead, FieldRead)):
            return read
        value = self._local()
        index = self._ask(Asked(node.at, node.what, "=="))
        return f"note({index}, ({value} := {read}), (True,), {value})"

    def _as_truth(self, node: Typed) -> str:
        value = self.value(node)
        return value if node.type is Type.BOOLEAN else f"{self._bound(methods.truth_from)}({value})"

    def _ask(self, asked: Asked) -> int:
        self.asked.append(asked)
        return len(self.asked) - 1

    def _comparison(self, node: Comparing) -> str:
        if self._recording:
            index = self._ask(Asked(node.at, node.what, node.operator))
            left, right = self._local(), self._local()
            holds = self._related(node, left, right)
            return (
                f"note({index}, ({left} := {self.value(node.left)}), (({right} := {self.value(node.right)}),), {holds})"
            )
        if node.late or node.operator in ("==", "!="):
            return self._related(node, self.value(node.left), self.value(node.right))
        if not (_plain(node.left) and _plain(node.right)):
            both = f"{self.value(node.left)}, {self.value(node.right)}"
            return f"{self._bound(comparing.ordered)}({node.operator!r}, {both})"
        guards: list[str] = []
        operands: list[str] = []
        for side in (node.left, node.right):
            value = self.value(side)
            if isinstance(side, Constant):
                operands.append(value)
            else:
                name = self._local()
                guards.append(f"({name} := {value}) is not None and ")
                operands.append(name)
        return f"({''.join(guards)}{operands[0]} {node.operator} {operands[1]})"

    def _related(self, node: Comparing, left: str, right: str) -> str:
        if node.late:
            return f"{self._bound(comparing.compared)}({node.operator!r}, {left}, {right})"
        if node.operator in ("==", "!="):
            return f"({left} {node.operator} {right})"
        return f"{self._bound(comparing.ordered)}({node.operator!r}, {left}, {right})"

    def _noted_call(self, node: MethodCall) -> str:
        index = self._ask(Asked(node.at, node.what, node.method.name))
        receiver = self._local()
        written = [(self._local(), self._argument(argument)) for argument in node.arguments]
        values = "".join(f"({name} := {value}), " for name, value in written)
        holds = self._call(node, receiver, [name for name, _ in written])
        return f"note({index}, ({receiver} := {self.value(node.receiver)}), ({values}), {holds})"

    def value(self, node: Typed) -> str:
        """The node as a value, without a record of what happens inside."""
        if isinstance(node, Constant):
            return self._bound(node.value)
        if isinstance(node, AttributeRead):
            return self._attribute(node)
        if isinstance(node, FieldRead):
            return self._field(node)
        if isinstance(node, MethodCall):
            return self._call(node, self.value(node.receiver), [self._argument(each) for each in node.arguments])
        if isinstance(node, Arithmetic):
            return self._arithmetic(node)
        if isinstance(node, Negative):
            return f"{self._bound(numbers.negate)}({self._number(node.operand)})"
        recording, self._recording = self._recording, False
        written = self.truth(node)
        self._recording = recording
        return written

    def _attribute(self, node: AttributeRead) -> str:
        record = _identifier(node.profile.record)
        read = node.attribute.read
        if isinstance(read, str):
            return f"c.{record}.{_identifier(read)}"
        arguments = "".join(", " + self._argument(argument) for argument in node.arguments)
        return f"{self._bound(read)}(c.{record}{arguments})"

    def _field(self, node: FieldRead) -> str:
        held = "attributes" if node.of_event else "extended"
        got = f"c.{_identifier(node.profile.record)}.{held}.get({self._bound(node.field)})"
        if node.type is Type.ANY:
            return got
        if node.type is Type.DATE:
            return f"{self._bound(methods.date_from)}({got}, c.zone)"
        as_declared: dict[Type, Callable[..., Any]] = {
            Type.NUMBER: methods.number_from,
            Type.STRING: methods.string_from,
            Type.BOOLEAN: methods.truth_from,
        }
        return f"{self._bound(as_declared[node.type])}({got})"

    def _call(self, node: MethodCall, receiver: str, arguments: list[str]) -> str:
        listed = "".join(f"{argument}, " for argument in arguments)
        if node.late:
            return f"{self._bound(methods.call)}({self._bound(node.method.name)}, {receiver}, ({listed}), c.zone)"
        zone = "zone=c.zone" if node.method.zoned else ""
        return f"{self._bound(node.method.run)}({receiver}, {listed}{zone})"

    def _arithmetic(self, node: Arithmetic) -> str:
        operands = ", ".join(self._number(operand) for operand in node.operands)
        if len(node.operators) == 1:
            return f"{self._bound(numbers.ARITHMETIC[node.operators])}({operands})"
        return f"{self._bound(numbers.fold)}({node.operators!r}, {operands})"

    def _number(self, node: Typed) -> str:
        value = self.value(node)
        return value if node.type is Type.NUMBER else f"{self._bound(methods.number_from)}({value})"

    def _argument(self, argument: Argument) -> str:
        value = argument.value
        if isinstance(value, Constant):
            return self._literal(value, argument.kind)
        if argument.kind in _PREPARED:
            return f"{self._bound(_PREPARED[argument.kind])}({self.value(value)})"
        return self.value(value)

    def _literal(self, constant: Constant, kind: Kind) -> str:
        value = constant.value
        if not isinstance(value, str):
            return self._bound(value)
        if kind is Kind.PATTERN:
            try:
                return self._bound(compiled(value))
            except BadPattern as error:
                self.warnings.append(str(error))
                return f"{self._bound(pattern_of)}({self._bound(value)})"
        if kind is Kind.BOUNDS:
            return self._bound(numbers.bounds_of(value))
        if kind is Kind.NUMBER_OR_TEXT:
            return self._bound(numbers.number_in(value))
        return self._bound(_PREPARED[kind](value) if kind in _PREPARED else value)


def _folded(name: str | None) -> str | None:
    return None if name is None else name.casefold()


def _upper(name: str | None) -> str | None:
    return None if name is None else name.upper()


def _channel(name: str | None) -> str | None:
    return "MOBILE" if name is not None and name.upper() == "SMS" else _upper(name)


_PREPARED: dict[Kind, Callable[[str | None], Any]] = {
    Kind.NAME: _folded,
    Kind.INVENTORY_ATTRIBUTE: _folded,
    Kind.CHANNEL: _channel,
    Kind.LINE_FIELD: _upper,
    Kind.LINE_OPERATOR: _upper,
    Kind.PATTERN: pattern_of,
}


def _plain(node: Typed) -> bool:
    """Whether reading the value runs nothing that could fail."""
    return isinstance(node, Constant) or (isinstance(node, AttributeRead) and isinstance(node.attribute.read, str))


def _identifier(name: str) -> str:
    assert name.isidentifier(), name
    return name
