"""The worked cases of the domain documentation, played on the engine."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cases.loader import Run, all_runs, cases_folder, coverage, played_cases
from tests.cases.player import Player, missing_key

if cases_folder() is None:
    pytest.skip(
        "the worked cases are not here: set EARNEST_CASES to the folder that holds `points` and `tiers`, or put them in "
        "../shared/domain/cases beside the repository",
        allow_module_level=True,
    )

MISSING = {run.name: missing_key(run) for run in all_runs()}
DISPUTED: dict[str, str] = {
    entry["id"]: entry["arithmetic"]
    for entry in yaml.safe_load((Path(__file__).parent / "disputed.yaml").read_text(encoding="utf-8"))
}
# Cases played with all their runs. Raise a number when the engine learns more; it never falls.
PLAYED_AT_LEAST = {
    "points/earn.yaml": 14,
    "points/expiry.yaml": 7,
    "points/redeem.yaml": 6,
    "points/returns.yaml": 10,
    "tiers/returns_manual.yaml": 1,
    "tiers/upgrade.yaml": 12,
    "tiers/validity.yaml": 5,
}


def _param(run: Run) -> object:
    marks = [pytest.mark.xfail(strict=True, reason=DISPUTED[run.case])] if run.case in DISPUTED else []
    return pytest.param(run, id=f"{run.file}:{run.name}", marks=marks)


@pytest.mark.parametrize("run", [_param(run) for run in all_runs() if MISSING[run.name] is None])
def test_the_case_comes_out_as_written(run: Run) -> None:
    assert Player(run).play() == []


@pytest.mark.parametrize("file", PLAYED_AT_LEAST)
def test_no_fewer_cases_are_played_than_before(file: str) -> None:
    assert played_cases(MISSING)[file] >= PLAYED_AT_LEAST[file], "\n".join(coverage(MISSING))


def test_every_disputed_case_exists_and_is_played() -> None:
    played = {run.case for run in all_runs() if MISSING[run.name] is None}
    assert set(DISPUTED) <= played
