"""The contract check holds what was reached: an endpoint may rise, never fall, and so may the ratchet file itself."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tools import contract_check
from tools.contract_check import RATCHET, Standing, falls, rises

CONTRACT = contract_check.ROOT.parent / "shared" / "contract"
BALANCE = "13-points-v2/03-get-points-balance.yaml"
needs_contract = pytest.mark.skipif(not (CONTRACT / "check.py").is_file(), reason="the API contract is not here")

BALANCE_ANSWER = {
    "entityId": 7,
    "entityType": "CUSTOMER",
    "totalPoints": 150.0,
    "mainPoints": 150.0,
    "promisedPoints": 0.0,
    "promisedPointsBreakup": {"delayedAccrualPoints": 0.0, "externalTriggerBasedPoints": 0.0},
    "warnings": [],
}


@pytest.fixture(autouse=True)
def git_outside_any_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """A git hook that runs the tests names its own repository in the environment; these tests make theirs."""
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)


def record(folder: Path, response: dict[str, Any] | None) -> Path:
    """A recording of one balance call, or of nothing."""
    exchange = {
        "method": "GET",
        "path": "/v2/customers/7/points/balance",
        "query": "",
        "status": 200,
        "request": None,
        "response": response,
    }
    file = folder / "recording.jsonl"
    file.write_text(json.dumps(exchange) + "\n" if response else "")
    return file


def check(folder: Path, response: dict[str, Any] | None, *, update: bool = False) -> tuple[bool, str]:
    """Run the whole check on a project folder; whether it passed, and what it printed."""
    printed = io.StringIO()
    (folder / "tests").mkdir(exist_ok=True)
    console = Console(file=printed, width=200, soft_wrap=True)
    passed = contract_check.check(record(folder, response), folder, CONTRACT, update=update, console=console)
    return passed, printed.getvalue()


def write_ratchet(folder: Path, ratchet: dict[str, Any]) -> None:
    (folder / "tests").mkdir(exist_ok=True)
    (folder / RATCHET).write_text(json.dumps(ratchet))


def lowered(folder: Path) -> dict[str, str]:
    """What the comparison of the ratchet file with an older commit finds."""
    ratchet = contract_check.read_ratchet((folder / RATCHET).read_bytes(), "the file")
    return contract_check.lowered_since_base(folder, ratchet, Console(file=io.StringIO()))


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_an_endpoint_that_held_and_does_not_hold_any_more_has_fallen() -> None:
    assert falls({"a": Standing(True, 1.0)}, {"a": Standing(False, 1.0)}).keys() == {"a"}


def test_an_endpoint_with_fewer_fields_than_before_has_fallen_even_if_it_still_holds() -> None:
    assert falls({"a": Standing(True, 1.0)}, {"a": Standing(True, 0.96)}).keys() == {"a"}


def test_an_endpoint_that_is_no_longer_called_has_fallen() -> None:
    assert falls({"a": Standing(False, 0.2)}, {}).keys() == {"a"}


def test_a_rise_is_no_fall_and_a_fall_is_no_rise() -> None:
    low, high = {"a": Standing(False, 0.5)}, {"a": Standing(True, 1.0)}
    assert (falls(low, high), rises(low, high)) == ({}, {"a": "holds now"})
    assert rises(high, low) == {}
    assert (falls(high, high), rises(high, high)) == ({}, {})


@needs_contract
def test_an_endpoint_that_answers_as_documented_holds_and_is_written_on_update(tmp_path: Path) -> None:
    passed, printed = check(tmp_path, BALANCE_ANSWER)
    assert passed and "new, holds" in printed
    assert not (tmp_path / RATCHET).exists()
    check(tmp_path, BALANCE_ANSWER, update=True)
    assert json.loads((tmp_path / RATCHET).read_text()) == {BALANCE: {"holds": True, "fields": 1.0}}


@needs_contract
def test_an_answer_that_loses_a_documented_field_fails_and_the_field_is_named(tmp_path: Path) -> None:
    write_ratchet(tmp_path, {BALANCE: {"holds": True, "fields": 1.0}})
    before = (tmp_path / RATCHET).read_text()
    poorer = {k: v for k, v in BALANCE_ANSWER.items() if k != "promisedPoints"}
    passed, printed = check(tmp_path, poorer, update=True)
    assert not passed
    assert "FELL" in printed and "missing promisedPoints" in printed
    assert (tmp_path / RATCHET).read_text() == before


@needs_contract
def test_an_endpoint_that_the_tests_stopped_calling_fails(tmp_path: Path) -> None:
    write_ratchet(tmp_path, {BALANCE: {"holds": True, "fields": 1.0}})
    passed, printed = check(tmp_path, None)
    assert not passed
    assert BALANCE in printed


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose first commit on main holds the balance endpoint at all fields."""
    git(tmp_path, "init", "-b", "main")
    write_ratchet(tmp_path, {BALANCE: {"holds": True, "fields": 1.0}})
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "reached")
    return tmp_path


def test_a_ratchet_lowered_on_a_branch_is_found_by_the_merge_base(project: Path) -> None:
    git(project, "checkout", "-b", "work")
    write_ratchet(project, {BALANCE: {"holds": True, "fields": 0.96}})
    git(project, "commit", "-am", "lowered")
    git(project, "commit", "--allow-empty", "-m", "and one more, so that the parent does not tell")
    assert lowered(project).keys() == {BALANCE}


@needs_contract
def test_a_lowered_ratchet_fails_the_check_although_no_endpoint_fell_below_it(project: Path) -> None:
    git(project, "checkout", "-b", "work")
    write_ratchet(project, {})
    git(project, "commit", "-am", "emptied")
    passed, printed = check(project, BALANCE_ANSWER)
    assert not passed
    assert "was lowered" in printed


def test_on_the_main_branch_the_ratchet_is_compared_with_the_commit_before(project: Path) -> None:
    write_ratchet(project, {})
    git(project, "commit", "-am", "emptied")
    assert lowered(project).keys() == {BALANCE}


def test_a_ratchet_that_rose_since_the_merge_base_is_not_lowered(project: Path) -> None:
    git(project, "checkout", "-b", "work")
    other = {"holds": False, "fields": 0.5}
    write_ratchet(project, {BALANCE: {"holds": True, "fields": 1.0}, "06-transaction-v2/other.yaml": other})
    git(project, "commit", "-am", "more")
    assert lowered(project) == {}


def test_without_an_older_commit_the_comparison_says_that_it_is_left_out(project: Path) -> None:
    printed = io.StringIO()
    assert contract_check.lowered_since_base(project, {}, Console(file=printed, width=200)) == {}
    assert "not compared" in printed.getvalue()


def test_a_clone_without_the_contract_skips_the_step_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EARNEST_CONTRACT", str(tmp_path / "absent"))
    assert contract_check.main([str(tmp_path / "recording.jsonl")]) == 0
    assert "skipped" in capsys.readouterr().out


@needs_contract
def test_a_missing_recording_and_a_broken_ratchet_are_clear_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(contract_check, "ROOT", tmp_path)
    monkeypatch.setenv("EARNEST_CONTRACT", str(CONTRACT))
    assert contract_check.main([str(tmp_path / "recording.jsonl")]) == 2
    assert "no such recording" in capsys.readouterr().out
    write_ratchet(tmp_path, {"a": {"holds": "maybe"}})
    assert contract_check.main([str(record(tmp_path, BALANCE_ANSWER))]) == 2
    assert "contract_ratchet.json" in capsys.readouterr().out
