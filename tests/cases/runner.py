"""Plays cases and says what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.cases import expressions
from tests.cases.compare import Comparison
from tests.cases.files import Case, Run, Skips, Unsupported
from tests.cases.player import Player

PLAYERS: dict[str, Callable[[Run], Comparison]] = {
    "rules/expr-": expressions.play,
    "rules/ast.": expressions.play,
}
"""By the beginning of the file's name; whatever is not named here is a programme, members and events."""


@dataclass
class Result:
    case: Case
    leaves: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.differences


def play(case: Case) -> Result:
    """All runs of a case. What the loader does not know fails the case, and so does a case that compares nothing."""
    result = Result(case)
    for run in case.runs:
        try:
            compared = _player(run)(run)
        except Unsupported as unknown:
            result.differences.append(f"{run.name}: not known here: {unknown}")
            continue
        except Exception as error:
            result.differences.append(f"{run.name}: {type(error).__name__}: {error}")
            continue
        result.leaves += compared.leaves
        result.differences += [f"{run.name}: {line}" for line in compared.differences]
        if not compared.leaves:
            result.differences.append(f"{run.name}: nothing was compared")
    return result


def _player(run: Run) -> Callable[[Run], Comparison]:
    for beginning, player in PLAYERS.items():
        if run.file.startswith(beginning):
            return player
    return _play_members


def _play_members(run: Run) -> Comparison:
    return Player(run).play()


def chosen(cases: Iterable[Case], skips: Skips) -> list[Case]:
    return [case for case in cases if not skips.skips(case)]
