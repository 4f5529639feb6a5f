"""An expression as a tree: what was written, before anything is known of its meaning.

Operators that stand in a row on one level (`a || b || c`, `1 + 2 - 3`) are one `Chain`, read from left to right; parentheses
leave no node. `at` is the offset in the text, `nesting` how deep the node's own parts go.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Literal(msgspec.Struct, frozen=True):
    """A number, string or boolean; `text` is what stood there (of a string: its content)."""

    value: Decimal | str | bool
    text: str
    at: int
    nesting: int = 0


class Name(msgspec.Struct, frozen=True):
    """A bare name: it has to be a profile."""

    text: str
    at: int
    nesting: int = 0


class Step(msgspec.Struct, frozen=True):
    """One `.name` or `.name(arguments)`; `arguments` is None when no parentheses were written."""

    name: str
    arguments: tuple[Node, ...] | None
    at: int


class Access(msgspec.Struct, frozen=True):
    """`subject.name.name(…)…`"""

    subject: Node
    steps: tuple[Step, ...]
    at: int
    nesting: int


class Unary(msgspec.Struct, frozen=True):
    operator: str
    operand: Node
    at: int
    nesting: int


class Chain(msgspec.Struct, frozen=True):
    """`first operator operand operator operand …` of one level, left to right; `operators_at` are offsets."""

    first: Node
    rest: tuple[tuple[str, Node], ...]
    operators_at: tuple[int, ...]
    at: int
    nesting: int


Node = Literal | Name | Access | Unary | Chain

LEVEL = {
    "||": 0,
    "&&": 1,
    "==": 2,
    "!=": 2,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}
"""How tightly a binary operator binds; a Chain's operators are all of one level."""


def level_of(chain: Chain) -> int:
    return LEVEL[chain.rest[0][0]]


def same(left: Node, right: Node) -> bool:
    """Whether two trees say the same, wherever their parts stood."""
    return bare(left) == bare(right)


def bare(node: Node) -> object:
    """The node without offsets, for comparing."""
    if isinstance(node, Literal):
        return ("literal", type(node.value).__name__, node.value)
    if isinstance(node, Name):
        return ("name", node.text)
    if isinstance(node, Unary):
        return (node.operator, bare(node.operand))
    if isinstance(node, Chain):
        return (bare(node.first), *((operator, bare(operand)) for operator, operand in node.rest))
    steps = tuple(
        (step.name, None if step.arguments is None else tuple(bare(argument) for argument in step.arguments))
        for step in node.steps
    )
    return ("access", bare(node.subject), steps)
