"""The rule language (rules.md 5, 6): conditions are compiled when a programme is published and evaluated for every event."""

from earnest.engine.expression.activities import Activity, Unrolled
from earnest.engine.expression.catalogue import PROFILES, Attribute, Profile
from earnest.engine.expression.condition import Condition, Read, compile_expression
from earnest.engine.expression.context import Context
from earnest.engine.expression.errors import EvaluationError, ExpressionError
from earnest.engine.expression.explanation import Comparison, Explanation, replay
from earnest.engine.expression.expression_json import ExpressionJson, expression_json
from earnest.engine.expression.types import Declarations, Type

__all__ = [
    "PROFILES",
    "Activity",
    "Attribute",
    "Comparison",
    "Condition",
    "Context",
    "Declarations",
    "EvaluationError",
    "Explanation",
    "ExpressionError",
    "ExpressionJson",
    "Profile",
    "Read",
    "Type",
    "Unrolled",
    "compile_expression",
    "expression_json",
    "replay",
]
