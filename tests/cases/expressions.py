"""The cases of the rule language: `rules/expr-*.yaml` and `rules/ast.yaml`, through the door that documents use.

Every leaf under `then` is compared; a key that is not known here is a difference, so that no case passes unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from earnest.programs.context_document import DocumentError
from earnest.programs.expressions import evaluate, expression_json
from tests.cases.compare import Comparison
from tests.cases.files import Run

_ERRORS = ("compile_error", "runtime_error")


def play(run: Run) -> Comparison:
    """The player of these files for the runner."""
    return Comparison(leaves=leaves(run.then), differences=differences(run.given, run.when, run.then))


def differences(given: Mapping[str, Any], when: list[dict[str, Any]], then: Mapping[str, Any]) -> list[str]:
    """What differs from `then` when one run of such a case is played; one line each."""
    if len(when) != 1:
        return [f"one step is expected, there are {len(when)}"]
    if "expressionJson" in when[0]:
        return _tree(given, when[0], then)
    return (
        _unknown(given, {"context"}, "given") or _unknown(when[0], {"evaluate"}, "when") or _value(given, when[0], then)
    )


def leaves(then: Any) -> int:
    """How many values under `then` are compared."""
    if isinstance(then, Mapping):
        return sum(leaves(each) for each in then.values())
    return sum(leaves(each) for each in then) if isinstance(then, list) else 1


def _value(given: Mapping[str, Any], step: Mapping[str, Any], then: Mapping[str, Any]) -> list[str]:
    unknown = _unknown(then, {"result", "error"}, "then")
    if unknown or len(then) != 1:
        return unknown or ["then has a result or an error"]
    if "error" in then and then["error"] not in _ERRORS:
        return [f"then.error {then['error']!r} is not known"]
    if "result" in then and not isinstance(then["result"], bool):
        return [f"then.result {then['result']!r} is neither true nor false"]
    try:
        answer = evaluate(step["evaluate"], given.get("context") or {})
    except DocumentError as error:
        return [f"given.context: {error}"]
    return [
        f"{key}: expected {expected!r}, got {answer.get(key, answer)!r}"
        for key, expected in then.items()
        if key not in answer or (answer[key] is not expected and answer[key] != expected)
    ]


def _tree(given: Mapping[str, Any], step: Mapping[str, Any], then: Mapping[str, Any]) -> list[str]:
    unknown = (
        _unknown(given, {"activity", "expression"}, "given")
        or _unknown(step, {"expressionJson"}, "when")
        or _unknown(then, {"isError", "json"}, "then")
    )
    if unknown:
        return unknown
    answer = expression_json(step["expressionJson"], given.get("activity"))
    return [
        f"{key}: expected {expected!r}, got {answer[key]!r}"
        for key, expected in then.items()
        if answer[key] != expected
    ]


def _unknown(mapping: Mapping[str, Any], known: set[str], where: str) -> list[str]:
    return [f"{where}.{key} is not known" for key in mapping if key not in known]
