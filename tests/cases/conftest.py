"""Says, at the end of a test run, how many of the worked cases were played."""

from __future__ import annotations

import pytest

from tests.cases.files import HERE, read_cases, read_skips
from tests.cases.runner import chosen


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    cases = read_cases(HERE)
    played = len(chosen(cases, read_skips()))
    terminalreporter.section("worked cases")
    terminalreporter.write_line(
        f"{played} of {len(cases)} are played; tests/cases/skip.yaml lists the topics that wait"
    )
