"""From a text to a condition that can be evaluated: parse, check, generate."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from earnest.engine.expression.activities import Activity, Unrolled
from earnest.engine.expression.check import Checker
from earnest.engine.expression.context import Context
from earnest.engine.expression.errors import EvaluationError
from earnest.engine.expression.explanation import Comparison, Explanation, notation
from earnest.engine.expression.generate import Judge, Program, generate
from earnest.engine.expression.parse import parse
from earnest.engine.expression.tree import Node
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
from earnest.engine.expression.types import Declarations


class Read(msgspec.Struct, frozen=True):
    """An attribute that a condition reads, by canonical names; an argument that is no literal is None."""

    profile: str
    attribute: str
    arguments: tuple[Decimal | str | bool | None, ...] = ()


class Condition:
    """A compiled condition. `evaluate(context)` judges, `explain(context)` judges and keeps the record.

    `evaluate` raises EvaluationError where the condition has no value (division by zero, bad regular expression, time limit);
    `explain` never raises. `readers` are the fragments of data it needs beyond the plain snapshot, `profiles` the profiles it
    reads, `warnings` what publishing should show although it is no error.
    """

    __slots__ = ("_dated", "_program", "evaluate", "profiles", "readers", "reads", "text", "tree", "warnings")

    def __init__(self, text: str, tree: Node, typed: Typed, program: Program) -> None:
        self.text = text
        self.tree = tree
        self._program = program
        self.evaluate: Judge = program.judge
        self.warnings = program.warnings
        nodes = list(_nodes(typed))
        self.reads = frozenset(_reads(nodes))
        self.profiles = frozenset(node.profile.name for node in nodes if isinstance(node, (AttributeRead, FieldRead)))
        self.readers = frozenset(reader for node in nodes for reader in _readers(node))
        self._dated = any(isinstance(node, MethodCall) and (node.late or node.method.zoned) for node in nodes)

    def explain(self, context: Context) -> Explanation:
        """One evaluation with its record; the work of `evaluate` and about half a microsecond a comparison."""
        noted: list[tuple[int, Any, tuple[Any, ...], bool]] = []

        def note(index: int, left: Any, right: tuple[Any, ...], holds: bool) -> bool:
            noted.append((index, left, right, holds))
            return holds

        outcome: bool | None = None
        error: str | None = None
        try:
            outcome = self._program.recorder(context, note)
        except EvaluationError as failure:
            error = failure.message
        return Explanation(
            expression=self.text,
            outcome=outcome,
            comparisons=tuple([self._comparison(context, *each) for each in noted]),
            error=error,
            zone=str(context.zone) if self._dated else None,
        )

    def _comparison(self, context: Context, index: int, left: Any, right: tuple[Any, ...], holds: bool) -> Comparison:
        asked = self._program.asked[index]
        return Comparison(
            at=asked.at,
            what=asked.what,
            left=notation(left, context.zone),
            operator=asked.operator,
            right=tuple([notation(value, context.zone) for value in right]),
            holds=holds,
        )


_NO_DECLARATIONS = Declarations()


def compile_expression(
    text: str,
    activity: Activity | str | None = None,
    unrolled: frozenset[Unrolled] | None = None,
    declarations: Declarations = _NO_DECLARATIONS,
) -> Condition:
    """The condition of a text. ExpressionError with position and suggestion when it does not compile (rules.md 5.6).

    `activity` and `unrolled` are where the condition stands; None leaves that unchecked. ValueError for an activity that does
    not exist.
    """
    where = Activity.named(activity) if activity is not None else None
    tree = parse(text)
    typed = Checker(text, where, unrolled, declarations).condition(tree)
    return Condition(text, tree, typed, generate(typed))


def _nodes(node: Typed) -> Iterator[Typed]:
    yield node
    for part in _parts(node):
        yield from _nodes(part)


def _parts(node: Typed) -> tuple[Typed, ...]:
    if isinstance(node, (Every, Arithmetic)):
        return node.operands
    if isinstance(node, (Not, Negative)):
        return (node.operand,)
    if isinstance(node, (Comparing, Agreeing)):
        return (node.left, node.right)
    arguments: tuple[Argument, ...] = getattr(node, "arguments", ())
    inside = tuple(argument.value for argument in arguments)
    return (node.receiver, *inside) if isinstance(node, MethodCall) else inside


def _reads(nodes: list[Typed]) -> Iterator[Read]:
    for node in nodes:
        if isinstance(node, AttributeRead):
            literals = tuple(
                argument.value.value if isinstance(argument.value, Constant) else None for argument in node.arguments
            )
            yield Read(node.profile.name, node.attribute.name, literals)
        elif isinstance(node, FieldRead):
            yield Read(node.profile.name, node.field if node.of_event else f"extField_{node.field}")


def _readers(node: Typed) -> frozenset[str]:
    if isinstance(node, AttributeRead):
        return node.profile.reader_of(node.attribute)
    if not isinstance(node, FieldRead):
        return frozenset()
    present = {node.profile.present} if node.profile.present else set()
    if node.profile.fields == "customer":
        present.add(node.profile.prefix + "extended_fields")
    return frozenset(present)
