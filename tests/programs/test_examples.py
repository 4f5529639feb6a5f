"""The programmes of examples/programs: each holds its own examples, and no other programme does."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from earnest.programs.document.problems import InvalidDocument
from earnest.programs.document.writing import as_yaml
from earnest.programs.reading import read_text
from earnest.programs.rehearsal_file import run
from earnest.programs.stored import document_of, stored

FOLDER = Path(__file__).parents[2] / "examples" / "programs"
FILES = sorted(one for one in FOLDER.glob("*.yaml") if not one.stem.endswith(".test"))
HOUSE = Path(__file__).parents[2] / "earnest"
DEMO = HOUSE / "demo" / "demo-rewards.yaml"
STARTER = HOUSE / "domains" / "organization" / "starter.yaml"
MARK = "# not implemented yet: "
"""The first line of an example that uses what the engine does not do yet."""


def _mark(file: Path) -> str | None:
    first = file.read_text().splitlines()[0]
    return first.removeprefix(MARK) if first.startswith(MARK) else None


READY = [file for file in FILES if _mark(file) is None]
WAITING = [file for file in FILES if _mark(file) is not None]


def _examples(file: Path) -> bytes:
    return file.with_name(f"{file.stem}.test.yaml").read_bytes()


def test_there_are_five_programmes() -> None:
    assert len(FILES) == 5
    assert READY


@pytest.mark.parametrize("file", READY, ids=lambda file: file.stem)
def test_a_programme_holds_its_examples(file: Path) -> None:
    assert [(name, found) for name, found in run(file.read_bytes(), _examples(file)) if found] == []


@pytest.mark.parametrize("file", WAITING, ids=lambda file: file.stem)
def test_what_is_not_implemented_is_refused_by_the_name_that_the_example_gives(file: Path) -> None:
    with pytest.raises(InvalidDocument) as refused:
        run(file.read_bytes(), _examples(file))
    messages = [one.message for one in refused.value.problems]
    assert all(one.startswith("not implemented yet: ") for one in messages)
    assert any((_mark(file) or "?") in one for one in messages)


@pytest.mark.parametrize("file", READY, ids=lambda file: file.stem)
@pytest.mark.parametrize("other", FILES, ids=lambda file: file.stem)
def test_the_examples_of_a_programme_fail_on_every_other_one(file: Path, other: Path) -> None:
    if file == other:
        pytest.skip("its own")
    try:
        results = run(file.read_bytes(), _examples(other))
    except InvalidDocument:
        return
    assert all(findings for _, findings in results)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_wrong_condition_of_an_example_would_be_found(file: Path) -> None:
    """Every condition is judged: with a name that does not exist, each is a problem at its own line."""
    lines = file.read_text().splitlines()
    for number, line in enumerate(lines):
        if not line.strip().startswith("if: "):
            continue
        broken = line.replace("current", "curent", 1)
        with pytest.raises(InvalidDocument) as refused:
            read_text("\n".join([*lines[:number], broken, *lines[number + 1 :]]))
        assert {one.line for one in refused.value.problems} == {number + 1}


def test_points_of_fuel_are_awarded_on_litres() -> None:
    """What is awarded on the amount inside a tracker's case is awarded on what it tracks (rules.md 8.1); anywhere else it
    would be money."""
    (read,) = read_text((FOLDER / "fuel-litres.yaml").read_bytes())
    (tracker,) = read.document.trackers
    assert tracker.of == "line_quantity"
    workflow = read.document.activities["TransactionAdd"]
    assert (workflow.start, workflow.end, len(workflow.trackers)) == ((), (), 1)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_canonical_form_of_an_example_is_stable(file: Path) -> None:
    documents = [one.document for one in read_text(file.read_bytes())]
    written = as_yaml(*documents)
    again = [one.document for one in read_text(written)]
    assert again == documents
    assert as_yaml(*again) == written


@pytest.mark.parametrize("file", [*FILES, DEMO, STARTER], ids=lambda file: file.stem)
def test_what_the_database_does_to_the_order_of_keys_does_not_show(file: Path) -> None:
    """jsonb keeps keys by length and then by bytes, whatever the order in which they came."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: kept(value[key]) for key in sorted(value, key=lambda key: (len(key.encode()), key.encode()))}
        return [kept(one) for one in value] if isinstance(value, list) else value

    for one in read_text(file.read_bytes()):
        tree = msgspec.json.Decoder(float_hook=Decimal).decode(stored(one.document))
        again, _ = document_of(msgspec.json.Encoder(decimal_format="number").encode(kept(tree)).decode(), "{}")
        assert as_yaml(again) == as_yaml(one.document)
