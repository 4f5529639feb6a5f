"""The worked cases of the domain documentation, and the loader that plays them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cases.files import HERE, SHARED, Case, Run, read_cases, read_skips
from tests.cases.runner import chosen, play

CASES = read_cases(HERE)
SKIPS = read_skips()


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.file}:{case.id}") for case in chosen(CASES, SKIPS)])
def test_the_case_comes_out_as_written(case: Case) -> None:
    result = play(case)
    assert result.differences == []
    assert result.leaves


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared cases are not beside this clone")
def test_the_cases_here_are_the_shared_ones() -> None:
    def texts(folder: Path) -> dict[str, str]:
        return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.glob("*/*.yaml"))}

    assert texts(HERE) == texts(SHARED)


def test_the_skip_file_names_cases_that_exist() -> None:
    known = {(case.file, case.id) for case in CASES}
    assert {(file, id) for file, ids in SKIPS.files.items() for id in ids} <= known
    assert set(SKIPS.files) <= {case.file for case in CASES}


def test_a_case_that_is_skipped_does_not_hold_yet() -> None:
    """Whatever has come to hold leaves the skip file, so that it is never lost again."""
    waiting = [case for case in CASES if SKIPS.skips(case)]
    assert [f"{case.file}:{case.id}" for case in waiting if play(case).passed] == []


def _altered(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | Decimal):
        return value + 1
    if isinstance(value, str):
        return value + "?"
    return "something" if value is None else None


def _alterations(then: Any) -> list[Any]:
    """`then` once for each of its leaves, with that leaf altered."""
    if isinstance(then, dict) and then:
        return [{**then, key: other} for key, value in then.items() for other in _alterations(value)]
    if isinstance(then, list) and then:
        return [
            [*then[:index], other, *then[index + 1 :]] for index, one in enumerate(then) for other in _alterations(one)
        ]
    return [] if isinstance(then, dict | list) else [_altered(then)]


@pytest.mark.parametrize("file", sorted({case.file for case in chosen(CASES, SKIPS)}))
def test_a_case_with_one_expectation_altered_fails(file: str) -> None:
    """Every leaf is compared: whichever is altered, the case fails."""
    for case in [case for case in chosen(CASES, SKIPS) if case.file == file][:40]:
        [run, *_] = case.runs
        for then in _alterations(run.then):
            altered: Run = replace(run, then=then)
            assert not play(Case(case.file, case.id, (altered,))).passed, (case.id, then)


def test_a_key_that_is_not_known_fails_the_case() -> None:
    case = next(case for case in chosen(CASES, SKIPS) if case.file == "points/earn.yaml")
    [run, *_] = case.runs
    for given in ({**run.given, "programme": {}}, {**run.given, "program": {**run.given["program"], "colour": "red"}}):
        assert not play(Case(case.file, case.id, (replace(run, given=given),))).passed
    assert not play(Case(case.file, case.id, (replace(run, then={"results": {1: {"isued": 1}}}),))).passed


def test_another_directory_is_played_and_the_exit_code_tells(tmp_path: Path) -> None:
    source = (HERE / "points" / "earn.yaml").read_text()
    held = next(case for case in chosen(CASES, SKIPS) if case.file == "points/earn.yaml" and len(case.runs) == 1)
    one = re.search(rf"(?ms)^- id: {held.id}\n.*?(?=^- id: |\Z)", source)
    assert one is not None
    folder = tmp_path / "points"
    folder.mkdir()
    for text, code in ((one[0], 0), (one[0].replace("issued: ", "issued: 1"), 1)):
        (folder / "unseen.yaml").write_text(text.replace(held.id, "unseen"))
        ended = subprocess.run(
            [sys.executable, "-m", "tests.cases"],
            env={**os.environ, "EARNEST_CASES": str(tmp_path)},
            cwd=HERE.parents[1],
            capture_output=True,
            text=True,
        )
        assert ended.returncode == code, ended.stdout
        assert re.search(r"^cases: 1 total, [01] passed, [01] failed, \d+ leaves compared$", ended.stdout, re.M)
