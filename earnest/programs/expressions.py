"""The rule language for callers that hold plain documents: programme tests, the rehearsal, the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from earnest.engine.expression import (
    Activity,
    Declarations,
    EvaluationError,
    ExpressionError,
    Type,
    Unrolled,
    compile_expression,
)
from earnest.engine.expression import expression_json as json_of
from earnest.programs.context_document import context_of, declarations_of

Document = dict[str, Any]

ACTIVITIES = frozenset(activity.value for activity in Activity)
BEHAVIOURAL_EVENT = Activity.GENERIC_EVENT.value
"""The activity of every behavioural event, whatever its name."""


def check(
    text: str,
    activity: str | None = None,
    unrolled: Collection[str] | None = None,
    fields: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Document]:
    """What is wrong with a condition: a list of {kind, message, line, column, offset, suggestion}, empty when it compiles.

    `unrolled` names what its set is repeated for (LINES, TENDERS, TRACKER); None: not checked. `fields` gives the declared
    types (number, string, date, boolean) of extended fields by subject (customer, transaction, line_item, card, event); None:
    any field is accepted.
    """
    try:
        compile_expression(
            text,
            activity,
            None if unrolled is None else frozenset(Unrolled(each) for each in unrolled),
            Declarations(open=True) if fields is None else _declarations(fields),
        )
    except ExpressionError as error:
        return [_problem(error)]
    return []


def evaluate(text: str, context: Mapping[str, Any], activity: str | None = None) -> Document:
    """{"result": true or false}, or {"error": "compile_error" or "runtime_error", "message": …}.

    `context` is one map per profile (see context_document). DocumentError for a key or value that it does not know.
    """
    declared, values = declarations_of(context), context_of(context)
    try:
        return {"result": compile_expression(text, activity, None, declared).evaluate(values)}
    except (ExpressionError, EvaluationError) as error:
        return {"error": error.kind, "message": str(error)}


def expression_json(text: str, activity: str | None = None) -> Document:
    """{expression, isError, json} of a text, right or wrong (rules.md 5.5)."""
    answer = json_of(text, activity)
    return {"expression": text, "isError": answer.is_error, "json": answer.json}


def _declarations(fields: Mapping[str, Mapping[str, str]]) -> Declarations:
    typed = {subject: {name: Type(kind) for name, kind in of_subject.items()} for subject, of_subject in fields.items()}
    return Declarations(
        customer=typed.get("customer", {}),
        transaction=typed.get("transaction", {}),
        line_item=typed.get("line_item", {}),
        card=typed.get("card", {}),
        event=typed.get("event", {}),
    )


def _problem(error: ExpressionError) -> Document:
    return {
        "kind": error.kind,
        "message": error.message,
        "line": error.line,
        "column": error.column,
        "offset": error.offset,
        "suggestion": error.suggestion,
    }
