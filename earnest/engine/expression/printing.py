"""Tree to text: as few parentheses as the grammar needs, so that reading it again gives the same tree."""

from __future__ import annotations

import re

from earnest.engine.expression.tree import Chain, Literal, Name, Node, Unary, level_of

_TO_ESCAPE = re.compile(r'(["“”\\])')
_UNARY_LEVEL = 6


def quoted(content: str) -> str:
    """A string as the language writes it."""
    return '"' + _TO_ESCAPE.sub(r"\\\1", content) + '"'


def printed(node: Node) -> str:
    """The expression as text."""
    if isinstance(node, Literal):
        return quoted(node.text) if isinstance(node.value, str) else node.text
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Unary):
        return node.operator + _within(node.operand, _UNARY_LEVEL)
    if isinstance(node, Chain):
        level = level_of(node)
        rest = "".join(operator + _within(operand, level + 1) for operator, operand in node.rest)
        return _within(node.first, level) + rest
    steps = (
        "." + step.name + ("" if step.arguments is None else f"({','.join(printed(a) for a in step.arguments)})")
        for step in node.steps
    )
    return _within(node.subject, _UNARY_LEVEL + 1) + "".join(steps)


def _within(node: Node, level: int) -> str:
    """The node as an operand where only operators of `level` or tighter may stand."""
    if isinstance(node, Chain):
        own = level_of(node)
    elif isinstance(node, Unary):
        own = _UNARY_LEVEL
    else:
        own = _UNARY_LEVEL + 1
    return printed(node) if own >= level else f"({printed(node)})"
