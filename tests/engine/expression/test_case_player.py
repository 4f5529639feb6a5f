"""The player of the language's cases must notice what is wrong with a case as well as with the language."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cases.expressions import differences

GIVEN: dict[str, Any] = {"context": {"currentTxn": {"value": 6}}}
WHEN = [{"evaluate": "currentTxn.value>5"}]


def test_a_case_that_is_right_has_no_differences() -> None:
    assert differences(GIVEN, WHEN, {"result": True}) == []
    assert differences(GIVEN, [{"evaluate": "1/0==1"}], {"error": "runtime_error"}) == []
    assert differences({}, [{"evaluate": "1/"}], {"error": "compile_error"}) == []


@pytest.mark.parametrize(
    ("given", "when", "then"),
    [
        (GIVEN, WHEN, {"result": False}),
        (GIVEN, WHEN, {"error": "compile_error"}),
        (GIVEN, WHEN, {"error": "some_error"}),
        (GIVEN, WHEN, {"result": True, "more": 1}),
        (GIVEN, WHEN, {"result": 1}),
        (GIVEN, WHEN, {}),
        ({"context": {"currentTxn": {"valu": 6}}}, WHEN, {"result": True}),
        ({"context": {"currentTxn": {"value": "six"}}}, WHEN, {"result": True}),
        ({"kontext": {}}, WHEN, {"result": True}),
        (GIVEN, [{"evaluate": "true", "more": 1}], {"result": True}),
        ({}, [{"expressionJson": "true"}], {"isError": True}),
    ],
)
def test_a_case_with_an_altered_expectation_or_an_unknown_key_fails(given: Any, when: Any, then: Any) -> None:
    assert differences(given, when, then)
