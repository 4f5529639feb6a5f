"""Text to tree, or an ExpressionError that says where and why."""

from __future__ import annotations

import re
from decimal import Decimal

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, VisitError

from earnest.engine.expression.errors import ExpressionError
from earnest.engine.expression.grammar import GRAMMAR
from earnest.engine.expression.tree import LEVEL, Access, Chain, Literal, Name, Node, Step, Unary, level_of

CHARACTERS_MAX = 4000
NESTING_MAX = 50
CHAIN_MAX = 250

_ESCAPED = re.compile(r'\\(["“”\\])')
_STRINGS = re.compile(r'["“”]([^"“”\\]|\\[\s\S])*["“”]')
_WORDS = {"or": "||", "and": "&&", "not": "!"}


def parse(text: str) -> Node:
    """The tree of an expression. ExpressionError with position where it is none (rules.md 5.2)."""
    if len(text) > CHARACTERS_MAX:
        raise ExpressionError(
            f"an expression has at most {CHARACTERS_MAX} characters, this one {len(text)}", text, CHARACTERS_MAX
        )
    if not text.strip():
        raise ExpressionError("the expression is empty", text, 0, "true")
    try:
        return _PARSER.parse(text)  # type: ignore[return-value]
    except _TooDeep as error:
        raise ExpressionError(str(error), text, error.at) from None
    except VisitError as error:
        if isinstance(error.orig_exc, _TooDeep):
            raise ExpressionError(str(error.orig_exc), text, error.orig_exc.at) from None
        raise
    except UnexpectedEOF:
        raise ExpressionError("the expression ends too early", text, len(text)) from None
    except UnexpectedCharacters as error:
        raise _bad_character(text, error.pos_in_stream or 0) from None
    except UnexpectedToken as error:
        raise _bad_token(text, error.token) from None


class _TooDeep(Exception):
    def __init__(self, message: str, at: int) -> None:
        self.at = at
        super().__init__(message)


def _checked(nesting: int, at: int) -> int:
    if nesting > NESTING_MAX:
        raise _TooDeep(f"the expression is nested more than {NESTING_MAX} deep", at)
    return nesting


class _TreeBuilder(Transformer[Token, Node]):
    """Builds the tree while the parser reads, so that no step ever recurses."""

    @v_args(inline=True)
    def number(self, token: Token) -> Node:
        return Literal(Decimal(token), str(token), token.start_pos or 0)

    @v_args(inline=True)
    def string(self, token: Token) -> Node:
        content = _ESCAPED.sub(r"\1", token[1:-1])
        return Literal(content, content, token.start_pos or 0)

    @v_args(inline=True)
    def name(self, token: Token) -> Node:
        folded = token.lower()
        if folded in ("true", "false"):
            return Literal(folded == "true", folded, token.start_pos or 0)
        return Name(str(token), token.start_pos or 0)

    @v_args(inline=True)
    def group(self, inner: Node) -> Node:
        deeper = _checked(inner.nesting + 1, inner.at)
        if isinstance(inner, Literal):
            return Literal(inner.value, inner.text, inner.at, deeper)
        if isinstance(inner, Name):
            return Name(inner.text, inner.at, deeper)
        if isinstance(inner, Access):
            return Access(inner.subject, inner.steps, inner.at, deeper)
        if isinstance(inner, Unary):
            return Unary(inner.operator, inner.operand, inner.at, deeper)
        return Chain(inner.first, inner.rest, inner.operators_at, inner.at, deeper)

    @v_args(inline=True)
    def unary(self, operator: Token, operand: Node) -> Node:
        at = operator.start_pos or 0
        return Unary(str(operator), operand, at, _checked(operand.nesting + 1, at))

    @v_args(inline=True)
    def bare_step(self, name: Token) -> Step:
        return Step(str(name), None, name.start_pos or 0)

    @v_args(inline=True)
    def empty_step(self, name: Token) -> Step:
        return Step(str(name), (), name.start_pos or 0)

    @v_args(inline=True)
    def called_step(self, name: Token, *arguments: Node) -> Step:
        return Step(str(name), arguments, name.start_pos or 0)

    @v_args(inline=True)
    def access(self, subject: Node, *steps: Step) -> Node:
        if not steps:
            return subject
        inside = max((argument.nesting + 1 for step in steps for argument in step.arguments or ()), default=0)
        at = subject.at
        if isinstance(subject, Access):  # only with parentheses around it, which say nothing more
            steps = (*subject.steps, *steps)
            subject = subject.subject
        # profile.attribute.method is the ordinary case; every further method is a level of its own.
        nesting = max(subject.nesting, inside) + max(0, len(steps) - 2)
        return Access(subject, steps, at, _checked(nesting, at))

    def chain(self, parts: list[Node | Token]) -> Node:
        first: Node = parts[0]  # type: ignore[assignment]
        if len(parts) == 1:
            return first
        operators: list[Token] = parts[1::2]  # type: ignore[assignment]
        operands: list[Node] = parts[2::2]  # type: ignore[assignment]
        rest = tuple(
            ("==" if operator == "=" else str(operator), operand)
            for operator, operand in zip(operators, operands, strict=True)
        )
        offsets = tuple(operator.start_pos or 0 for operator in operators)
        if isinstance(first, Chain) and level_of(first) == LEVEL[rest[0][0]]:
            # (a - b) - c is a - b - c: the parentheses say nothing.
            rest, offsets, first = (*first.rest, *rest), (*first.operators_at, *offsets), first.first
        at = first.at
        nesting = max(first.nesting, *(operand.nesting for _, operand in rest))
        if LEVEL[rest[0][0]] in (2, 3):
            # A comparison's result compared again is a level of its own: nobody writes fifty in a row.
            nesting += len(rest) - 1
        if len(rest) >= CHAIN_MAX:
            raise _TooDeep(f"at most {CHAIN_MAX} operands stand in a row", offsets[-1])
        return Chain(first, rest, offsets, at, _checked(nesting, at))


_PARSER = Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_TreeBuilder(), maybe_placeholders=False)


def _bad_character(text: str, offset: int) -> ExpressionError:
    character = text[offset]
    if character in '"“”':
        return ExpressionError("the string that begins here has no closing quote", text, offset)
    if character in "'`\u2018\u2019":
        return ExpressionError('strings stand in double quotes: "…"', text, offset, '"')
    if character in "&|":
        double = character * 2
        return ExpressionError(f"a single {character} is no operator", text, offset, double)
    return ExpressionError(f"unexpected character {character!r}", text, offset)


def _bad_token(text: str, token: Token) -> ExpressionError:
    if token.type == "$END":
        outside = _STRINGS.sub("", text)
        opened = outside.count("(") - outside.count(")")
        if opened > 0:
            return ExpressionError(f"{opened} closing parenthesis missing", text, len(text), ")")
        return ExpressionError("the expression ends too early: something is missing here", text, len(text))
    offset = token.start_pos or 0
    word = _WORDS.get(token.lower())
    if token.type == "NAME" and word is not None:
        return ExpressionError(f"the word {token} is no operator", text, offset, word)
    if token.type == "RPAR":
        return ExpressionError("unexpected ): nothing is open, or something is missing before it", text, offset)
    return ExpressionError(f"unexpected {str(token)[:40]!r}", text, offset)
