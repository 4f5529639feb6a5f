"""The worked cases of the domain documentation as runs.

A case file is a list of cases in the notation of its folder's README. A run is one `given`, `when`, `then`; a case has one,
or several that start afresh.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "domain" / "cases"
SKIP_FILE = HERE / "skip.yaml"


class Unsupported(Exception):
    """The run needs a part of the notation that is not known here; the argument names it."""


@dataclass(frozen=True)
class Run:
    file: str
    case: str
    number: int
    given: dict[str, Any]
    when: list[dict[str, Any]]
    then: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.case}-{self.number}" if self.number else self.case


@dataclass(frozen=True)
class Case:
    file: str
    id: str
    runs: tuple[Run, ...]


class _ExactLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Reads fractions as Decimals: the numbers of the cases are exact."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node))


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _decimal)


def cases_folder() -> Path:
    """Where the cases are: EARNEST_CASES, else this folder, one directory a topic."""
    named = os.environ.get("EARNEST_CASES")
    return Path(named) if named else HERE


def read_cases(folder: Path) -> list[Case]:
    """Every case below `folder` (one directory a topic), in the order of the files."""
    return [case for path in sorted(folder.glob("*/*.yaml")) for case in _cases_of(path)]


def _cases_of(path: Path) -> Iterator[Case]:
    file = f"{path.parent.name}/{path.name}"
    for case in yaml.load(path.read_text(encoding="utf-8"), _ExactLoader):
        yield Case(file, case["id"], tuple(_runs_of(file, case)))


def _runs_of(file: str, case: dict[str, Any]) -> Iterator[Run]:
    given = case.get("given") or {}
    if "runs" not in case:
        yield Run(file, case["id"], 0, given, case["when"], case["then"])
        return
    for number, run in enumerate(case["runs"], start=1):
        yield Run(file, case["id"], number, merged(given, run.get("given") or {}), run["when"], run["then"])


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` merged into `base`: maps key by key, lists and scalars replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


@dataclass(frozen=True)
class Skips:
    """Topics of parts that do not exist yet: whole files, but for the cases that hold already."""

    files: dict[str, frozenset[str]]

    def skips(self, case: Case) -> bool:
        return case.file in self.files and case.id not in self.files[case.file]


def read_skips(path: Path = SKIP_FILE) -> Skips:
    listed: dict[str, list[str] | None] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return Skips({file: frozenset(held or ()) for file, held in listed.items()})
