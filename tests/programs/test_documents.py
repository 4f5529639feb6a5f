"""Programme documents: every mistake is found at its place, and hostile text does no harm."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from earnest.programs import stored
from earnest.programs.build.program import Setting
from earnest.programs.document.problems import InvalidDocument, Problem
from earnest.programs.reading import read_text
from tests.support.programs import demo_rewards

DEMO = (Path(__file__).parents[2] / "earnest" / "demo" / "demo-rewards.yaml").read_text()
SETTING = Setting(program_id=1, version=1, time_zone="Asia/Kolkata", currency_decimals=2)


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InvalidDocument) as refused:
        read_text(text)
    return refused.value.problems


def place(text: str, part: str) -> tuple[int, int]:
    before = text[: text.index(part)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


@pytest.mark.parametrize(
    ("right", "wrong", "message", "suggestion"),
    [
        ("thresholds:", "tresholds:", "there is no 'tresholds' here", "thresholds"),
        ("kind: percentage", "kind: percentag", "there is no formula 'percentag'", "percentage"),
        ("      - name: Awards", "      - nmae: Awards", "there is no 'nmae' here", "name"),
        ("Platinum: 30000", "Platinium: 30000", "there is no tier 'Platinium' in this programme", "Platinum"),
        ("TransactionAdd:", "TransactionAd:", "there is no activity 'TransactionAd'", "TransactionAdd"),
        ("after: 12 months", "after: 12 moons", "'12 moons' is no duration", None),
        ("Gold: 10000", "Gold: 10000 INR", "'10000 INR' is no number", None),
        ("Gold: 12", "Gold: 12%", "write a percentage without its sign", None),
        ("Platinum: 30000", "Platinum: 300", "300 is less than the threshold of the tier below", None),
        ("do: award", "do: awrad", "there is no action 'awrad'", "award"),
    ],
)
def test_a_mistake_is_reported_with_its_place_and_the_nearest_name(
    right: str, wrong: str, message: str, suggestion: str | None
) -> None:
    text = DEMO.replace(right, wrong, 1)
    found = [one for one in problems(text) if message in one.message]
    assert len(found) == 1
    key = wrong.strip().removeprefix("- ")
    assert (found[0].line, found[0].column) == place(text, key)
    assert found[0].suggestion == suggestion


def test_all_mistakes_are_reported_at_once() -> None:
    text = DEMO.replace("thresholds:", "tresholds:").replace("kind: percentage", "kind: percentag")
    assert len({one.line for one in problems(text)}) >= 3


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x",
        "a: !!python/object:os.system {}",
        "a: 1\na: 2",
        "[" * 10_000,
        "{a: " * 500,
        "a: [",
        "? [a]\n: b",
        "<<: {a: 1}",
        "a: \x00",
        "",
        "- 1",
        "x" * 600_000,
        "- a\n" * 60_000,
        "---\na: 1\n" * 30,
        "schema_version: 2\nname: x",
        "schema_version: 1e999999\nname: x",
    ],
)
def test_text_that_is_no_programme_is_refused(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize(
    "number", ["1e5", "1_000", "NaN", "Infinity", "0x10", "١٢", "1." + "1" * 9, "9" * 20, ".5", "--1", "", "yes"]
)
def test_a_number_is_written_with_plain_digits(number: str) -> None:
    assert problems(DEMO.replace("Gold: 10000", f"Gold: {number}"))


def test_the_same_document_in_json_is_the_same_programme() -> None:
    document = read_text(DEMO)[0].document
    assert read_text(stored.stored(document))[0].document == document


def test_a_programme_stored_before_there_were_documents_is_read_as_it_was() -> None:
    program = demo_rewards("Asia/Kolkata")
    built = stored.load(msgspec.json.encode(program).decode(), "{}", SETTING)
    assert built.program == program
    assert built.ids == {"award:TransactionAdd/Share of the net bill": 1}


def test_an_award_keeps_its_number_when_others_come_and_go() -> None:
    document = read_text(DEMO)[0].document
    first = stored.load(stored.stored(document), "{}", SETTING)
    renamed = DEMO.replace("Share of the net bill", "Another share")
    second = stored.load(
        stored.stored(read_text(renamed)[0].document), msgspec.json.encode(first.ids).decode(), SETTING
    )
    assert [one.id for one in second.program.awards] == [2]
    third = stored.load(stored.stored(document), msgspec.json.encode(second.ids).decode(), SETTING)
    assert [one.id for one in third.program.awards] == [1]


def test_limits_of_line_amount_and_line_quantity_do_not_stand_together() -> None:
    limits = "limits:\n" + "".join(
        f"  - kind: bill\n    name: {name}\n    at_most: 5\n    counts: {name}\n"
        for name in ("line_amount", "line_quantity")
    )
    assert any("do not stand together" in one.message for one in problems(DEMO + limits))


def test_direct_and_delayed_awards_are_not_mixed_in_an_activity() -> None:
    more = """
          - name: Later
            then:
              - do: award
                earn: {kind: fixed, points: 5}
                delay: {kind: days, days: 7}
"""
    assert any("it must be the same" in one.message for one in problems(DEMO.rstrip() + more))


@pytest.mark.parametrize(
    ("require", "message"),
    [
        ("any 2", "any 2 of 1"),
        ("A AND", "not complete"),
        ("A & A", "is not expected"),
        ("(A", "not complete"),
        ("B", "no criterion 'B'"),
    ],
)
def test_a_combination_of_criteria_is_checked(require: str, message: str) -> None:
    text = DEMO.replace("upgrade:\n", f"upgrade:\n  require: {require}\n")
    assert any(message in one.message for one in problems(text))
