"""`earnest program test`: without a database, by exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples" / "programs"


def _test(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "earnest.cli", "program", "test", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_examples_that_hold_end_with_success() -> None:
    done = _test(EXAMPLES / "flat-points.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("✓") == 2


def test_examples_that_do_not_hold_say_what_came_out_and_fail() -> None:
    done = _test(EXAMPLES / "flat-points.yaml", "--examples", EXAMPLES / "three-tier-retail.test.yaml")
    assert done.returncode == 1
    assert "points is 100, expected 350" in done.stdout
    assert "2 of 2 examples do not hold." in done.stderr


def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text((EXAMPLES / "flat-points.yaml").read_text().replace("kind: step", "kind: stp"))
    done = _test(file, "--examples", EXAMPLES / "flat-points.test.yaml")
    assert done.returncode == 1
    line = next(number for number, text in enumerate(file.read_text().splitlines(), 1) if "kind: stp" in text)
    assert f"{file}:{line}:" in done.stderr
    assert "did you mean step?" in done.stderr
