"""Prints, at the end of a test run, how many of the worked cases were played."""

from __future__ import annotations

import pytest

from tests.cases.loader import all_runs, coverage
from tests.cases.player import missing_key


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not all_runs():
        return
    terminalreporter.section("worked cases played on the engine")
    for line in coverage({run.name: missing_key(run) for run in all_runs()}):
        terminalreporter.write_line(line)
