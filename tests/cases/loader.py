"""The worked cases of the domain documentation as runs that the engine can be held against.

A case file is a list of cases in the notation of its folder's README. A run is one `given`, `when`, `then`. A run that uses
something of the notation that the engine does not have is not played; `Unsupported` names the key.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDERS = ("points", "tiers")


class Unsupported(Exception):
    """The run needs a part of the notation that the engine does not have yet; the argument names it."""


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


class _ExactLoader(yaml.SafeLoader):
    """Reads fractions as Decimals: the numbers of the cases are exact."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node))


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _decimal)


def cases_folder() -> Path | None:
    """Where the cases are: EARNEST_CASES, or `shared/domain/cases` beside the repository; None when they are not there."""
    named = os.environ.get("EARNEST_CASES")
    folder = Path(named) if named else Path(__file__).parents[2].parent / "shared" / "domain" / "cases"
    return folder if all((folder / name).is_dir() for name in FOLDERS) else None


@cache
def all_runs() -> tuple[Run, ...]:
    """Every run of every case, in the order of the files; none when the cases are not there."""
    folder = cases_folder()
    if folder is None:
        return ()
    paths = [path for name in FOLDERS for path in sorted((folder / name).glob("*.yaml"))]
    return tuple(run for path in paths for run in _runs_of(path))


def _runs_of(path: Path) -> Iterator[Run]:
    file = f"{path.parent.name}/{path.name}"
    for case in yaml.load(path.read_text(encoding="utf-8"), _ExactLoader):
        given = case.get("given") or {}
        if "runs" not in case:
            yield Run(file, case["id"], 0, given, case["when"], case["then"])
            continue
        for number, run in enumerate(case["runs"], start=1):
            yield Run(file, case["id"], number, merged(given, run.get("given") or {}), run["when"], run["then"])


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` merged into `base`: maps key by key, lists and scalars replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def coverage(playable: dict[str, str | None]) -> list[str]:
    """A table of the cases that are played, per file; `playable` maps a run's name to the missing key, None when none is.
    A case counts as played when all its runs are."""
    cases: dict[str, dict[str, bool]] = {}
    missing: dict[str, Counter[str]] = {}
    for run in all_runs():
        lacks = playable[run.name]
        of_file = cases.setdefault(run.file, {})
        of_file[run.case] = of_file.get(run.case, True) and lacks is None
        if lacks is not None:
            missing.setdefault(run.file, Counter())[lacks] += 1
    lines = [f"{'file':<28}{'cases':>6}{'played':>8}  most often missing"]
    for file, played in cases.items():
        lacking = ", ".join(key for key, _ in missing.get(file, Counter()).most_common(4))
        lines.append(f"{file:<28}{len(played):>6}{sum(played.values()):>8}  {lacking}")
    total = sum(len(played) for played in cases.values())
    lines.append(f"{'total':<28}{total:>6}{sum(sum(p.values()) for p in cases.values()):>8}")
    return lines


def played_cases(playable: dict[str, str | None]) -> dict[str, int]:
    """How many cases of each file are played with all their runs."""
    complete: dict[tuple[str, str], bool] = {}
    for run in all_runs():
        key = (run.file, run.case)
        complete[key] = complete.get(key, True) and playable[run.name] is None
    return dict(Counter(file for (file, _), done in complete.items() if done))
