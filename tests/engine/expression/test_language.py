"""The language as its users meet it: what compiles, what does not, what comes out."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from earnest.engine.expression import (
    Activity,
    Context,
    Declarations,
    EvaluationError,
    Explanation,
    ExpressionError,
    Type,
    Unrolled,
    compile_expression,
    expression_json,
    replay,
)
from earnest.engine.expression.context import Customer, LineItem, Transaction
from earnest.engine.expression.parse import parse
from earnest.engine.expression.printing import printed
from earnest.engine.expression.tree import same

RICH = Context(
    customer=Customer(slab_number=2, slab_name="Gold", email="tom@example.com", is_loyal=True),
    transaction=Transaction(
        value=Decimal("1200.50"),
        notes="a gift",
        date=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        lines=[LineItem(code="A", qty=Decimal(2), value=Decimal(100), discount=Decimal(0), brand="Puma")],
    ),
)


def refused(text: str, **where: object) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text, **where)  # type: ignore[arg-type]
    return caught.value


def test_an_error_says_where_and_suggests_the_nearest_name() -> None:
    error = refused("currentTxn.value>5&&\n currentCustomer.slabNumbr==2")
    assert (error.line, error.column, error.suggestion) == (2, 18, "slabNumber")
    assert refused("currentTx.value>5").suggestion == "currentTxn"
    assert refused('currentCustomer.email.contain("a")').suggestion == "contains"
    assert refused('currentTxn.basketSumIf("AMOUNT","GREATER","1")>0').suggestion == "GREATER_THAN"
    assert refused('currentTxn.basketSumIf("AMONT","GREATER_THAN","1")>0').suggestion == "AMOUNT"


def test_a_profile_is_refused_where_the_activity_or_the_set_does_not_have_it() -> None:
    plain: frozenset[Unrolled] = frozenset()
    compile_expression("currentLineItem.qty>1", "TransactionAdd", frozenset({Unrolled.LINES}))
    assert "line items" in refused("currentLineItem.qty>1", activity=Activity.TRANSACTION_ADD, unrolled=plain).message
    assert "not available" in refused("currentTxn.value>1", activity=Activity.RETURN_TRANSACTION).message
    assert "not available" in refused("currentProduct.code.exists()", activity=Activity.TRANSACTION_ADD).message
    compile_expression("tenderProfile.amount>1", "ReturnBill", plain)
    assert "payments" in refused("tenderProfile.amount>1", activity="TransactionAdd", unrolled=plain).message
    assert "tracker" in refused("currentTracker.trackedValue>1", activity="TransactionAdd", unrolled=plain).message


def test_extended_fields_have_their_declared_type() -> None:
    declared = Declarations(customer={"Age": Type.NUMBER, "born": Type.DATE})
    context = Context(customer=Customer(extended={"age": Decimal(30)}))
    assert compile_expression("currentCustomer.extField_age>=30", declarations=declared).evaluate(context)
    assert refused('currentCustomer.extField_age.contains("3")', declarations=declared).suggestion is None
    assert refused("currentCustomer.extField_bron.year==2000", declarations=declared).suggestion == "extField_born"
    assert refused("currentCustomer.extField_x>1").message == "currentCustomer has no attribute extField_x"


def test_a_field_nobody_declared_is_judged_by_the_value_it_holds() -> None:
    condition = compile_expression("currentCustomer.extField_age>=30", declarations=Declarations(open=True))
    for value, expected in ((Decimal(30), True), ("31", True), ("old", False), (None, False)):
        assert condition.evaluate(Context(customer=Customer(extended={"age": value}))) is expected
    wrong = compile_expression("currentCustomer.extField_age.month==3", declarations=Declarations(open=True))
    with pytest.raises(EvaluationError):
        wrong.evaluate(Context(customer=Customer(extended={"age": Decimal(3)})))


def test_a_condition_names_the_data_it_needs() -> None:
    condition = compile_expression(
        'currentCustomer.trackerValueBeforeEvent("Spend","C1")>5&&groupPrimaryCustomer.email.exists()'
    )
    assert condition.readers == {"trackers", "primary", "primary.identity"}
    assert condition.profiles == {"currentCustomer", "groupPrimaryCustomer"}
    assert ("Spend", "C1") in {read.arguments for read in condition.reads}


def test_a_bad_pattern_is_a_warning_when_published_and_an_error_when_evaluated() -> None:
    condition = compile_expression('currentCustomer.email.matches("[")')
    assert "no regular expression" in condition.warnings[0]
    with pytest.raises(EvaluationError):
        condition.evaluate(RICH)


@pytest.mark.parametrize("pattern", ["((a{1000}){1000}){1000}", "a{1000000000}", "(" * 60 + "a" + ")" * 60])
def test_a_pattern_that_would_cost_too_much_is_never_compiled(pattern: str) -> None:
    with pytest.raises(EvaluationError):
        compile_expression(f'currentCustomer.email.matches("{pattern}")').evaluate(RICH)


def test_a_search_that_takes_too_long_is_stopped() -> None:
    slow = Context(customer=Customer(email="x" * 3000))
    with pytest.raises(EvaluationError, match="too long"):
        compile_expression(r'currentCustomer.email.matches("(x+x+)+y")').evaluate(slow)


def test_dates_are_read_on_the_clock_of_the_store() -> None:
    from zoneinfo import ZoneInfo

    condition = compile_expression("currentTxn.date.isHourBetween(17,19)")
    assert not condition.evaluate(RICH)
    assert condition.evaluate(Context(transaction=RICH.transaction, zone=ZoneInfo("Asia/Kolkata")))
    explained = condition.explain(Context(transaction=RICH.transaction, zone=ZoneInfo("Asia/Kolkata")))
    assert explained.comparisons[0].left == "2026-03-01T18:00:00+05:30"
    assert replay(explained) is True


EXPLAINED = [
    ("currentTxn.value>=1000&&currentCustomer.slabNumber==2", True, "999"),
    ('currentCustomer.slabName=="Gold"', True, '"Silver"'),
    ('currentTxn.notes.contains("gift")||currentTxn.value<5', True, '"nothing"'),
    ("!currentCustomer.isLoyal", False, "false"),
    ("currentTxn.date.isAfter(2026,1,1)", True, "2025-12-31T00:00:00+00:00"),
    ('currentTxn.basketSum("brand","Puma")==100', True, "99"),
    ('currentTxn.notes.matches("^a")==true', True, '"b"'),
    ("currentTxn.value%100==0.5", True, "0.4"),
]


@pytest.mark.parametrize(("text", "outcome", "other"), EXPLAINED)
def test_a_record_replays_to_its_outcome_and_another_value_flips_it(text: str, outcome: bool, other: str) -> None:
    condition = compile_expression(text)
    explained = condition.explain(RICH)
    assert explained.outcome is condition.evaluate(RICH) is outcome
    kept = msgspec.json.decode(msgspec.json.encode(explained), type=Explanation)
    assert kept == explained
    assert replay(kept) is outcome
    first = kept.comparisons[0]
    changed = (msgspec.structs.replace(first, left=other), *kept.comparisons[1:])
    if "||" in text:
        assert replay(msgspec.structs.replace(kept, comparisons=changed)) is None
    else:
        assert replay(msgspec.structs.replace(kept, comparisons=changed)) is not outcome


def test_a_failed_evaluation_keeps_what_was_compared_before() -> None:
    explained = compile_expression("currentTxn.value>5&&1/(currentTxn.value-1200.5)>1").explain(RICH)
    assert (explained.outcome, explained.error, len(explained.comparisons)) == (None, "division by zero", 1)


def test_nothing_of_the_text_reaches_the_generated_source() -> None:
    evil = "__import__('os').system('false')"
    declared = Declarations(customer={"__class__": Type.STRING})
    condition = compile_expression(
        f'currentCustomer.email!="{evil}"&&currentCustomer.extField___class__.isNull()', declarations=declared
    )
    source = condition._program.source
    assert "import" not in source and "__class__" not in source and "system" not in source
    assert condition.evaluate(RICH)
    with pytest.raises(ExpressionError):
        compile_expression("currentCustomer.__class__.exists()")


NESTED = [
    "!" * 50 + "true",
    "(" * 50 + "true" + ")" * 50,
    "true" + "==true" * 49,
    "(" * 49 + "1" + "+1)" * 49 + "==50",
    "||".join(["currentTxn.value>5"] * 200),
    "1" + "-1" * 240 + "<0",
]


@pytest.mark.parametrize("text", NESTED)
def test_what_stays_within_the_limits_compiles(text: str) -> None:
    condition = compile_expression(text)
    assert condition.explain(RICH).outcome is condition.evaluate(RICH) is True


@pytest.mark.parametrize(
    "text",
    ["!" * 51 + "true", "(" * 51 + "1" + ")" * 51, "1" + "+1" * 1500 + "==1", "true" + "==true" * 60, "t" * 4001],
)
def test_what_is_beyond_the_limits_is_refused(text: str) -> None:
    refused(text)


PIECES = st.sampled_from(
    [
        "currentTxn", "currentCustomer", ".", "value", "notes", "date", "basketSum", "(", ")", ",", '"a"', "“", "”", '"', "\\",
        "&&", "||", "==", "!=", "=", "<", ">=", "+", "-", "*", "/", "%", "!", "1", "0", "2.5", "true", "isNull", "matches", "[",
        "extField_x", " ", "\n", "é", "'",
    ]
)  # fmt: skip


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join)))
@settings(max_examples=400, deadline=None)
def test_any_text_gives_a_condition_or_an_expression_error(text: str) -> None:
    try:
        tree = parse(text)
        assert same(tree, parse(printed(tree)))
        condition = compile_expression(text, declarations=Declarations(open=True))
    except ExpressionError:
        expression_json(text)
        return
    explained = condition.explain(RICH)
    if explained.error is None:
        assert explained.outcome is condition.evaluate(RICH)
        assert replay(explained) is explained.outcome


NUMBERS = st.recursive(
    st.sampled_from(["1", "2.5", "currentTxn.value", "currentTxn.discount", 'currentTxn.basketQty("brand","Puma")']),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
        inner.map("-{}".format),
    ),
    max_leaves=6,
)
TRUTHS = st.recursive(
    st.one_of(
        st.tuples(NUMBERS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), NUMBERS).map("".join),
        st.sampled_from(
            [
                "true",
                "false",
                "currentCustomer.isLoyal",
                'currentTxn.notes.contains("gift")',
                "currentTxn.date.isWeekend()",
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "==", "!="]), inner).map(lambda t: f"({t[0]}){t[1]}({t[2]})"),
        inner.map("!({})".format),
    ),
    max_leaves=8,
)


@given(TRUTHS)
@settings(max_examples=300, deadline=None)
def test_a_well_formed_expression_survives_printing_and_replays(text: str) -> None:
    tree = parse(text)
    assert same(tree, parse(printed(tree)))
    condition = compile_expression(text)
    explained = condition.explain(RICH)
    try:
        outcome: bool | None = condition.evaluate(RICH)
    except EvaluationError:
        outcome = None
    assert explained.outcome is outcome
    if outcome is not None:
        assert replay(explained) is outcome


@given(st.text(alphabet=r"ab.*+?(){}[]\^$|1,0Q<:=!E-", max_size=30), st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_pattern_matches_or_fails_in_time(pattern: str, text: str) -> None:
    context = Context(customer=Customer(first_name=pattern, last_name=text))
    with contextlib.suppress(EvaluationError):
        compile_expression("currentCustomer.lastname.matches(currentCustomer.firstname)").evaluate(context)
