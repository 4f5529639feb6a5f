"""Write `docs/coverage.md` anew: what there is of the documented API, what shows it, and what is left.

    python -m tools.coverage_page

It puts together four sources: the routes (`earnest.app`) with the endpoint file of the contract that each one declares,
`tests/contract_ratchet.json` (how much of the documented answer came back), the marks `story` of the tests in
`tests/scenarios`, and `docs/coverage.toml` (what is left, by hand). None of them needs the contract beside the clone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from earnest import app
from tools.contract_check import NOTHING, RATCHET, ROOT, Ratchet, Standing, read_ratchet

PAGE = ROOT / "docs" / "coverage.md"
REVIEWED = ROOT / "docs" / "coverage.toml"
SCENARIOS = ROOT / "tests" / "scenarios"
MARK = "pytest.mark.story"

_HEAD = """\
# Coverage of the documented API

<!-- Written by `make coverage` from the routes, tests/contract_ratchet.json, the marks `story` of tests/scenarios and
docs/coverage.toml; a test compares. -->

{there} of {documented} documented endpoints are there, {hold} of them hold. All others answer 404 in the shape of their family.

An endpoint **holds** when at least 95 % of the documented fields came back with the documented types while the tests ran
(`make check` records every exchange and compares), and a story shows its effect in another endpoint's answer.
Otherwise it **works**. *fields* is the share that came back; it falls short where a block belongs to a part that
does not exist yet: that is left out, never faked. "?" means that no recorded run has measured it yet.
What an endpoint has reached (`tests/contract_ratchet.json`) may only rise.

Also there, and documented outside the endpoint files: {others}. Our own API (`/earnest/v1`) is described
in [admin-api.md](admin-api.md) and [openapi.md](openapi.md).
"""

OWN_API = "/earnest/"


class CoverageError(Exception):
    """The sources contradict themselves; the message says where."""


class Reviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section of docs/coverage.toml; the comment at its top explains it."""

    left: str
    on: str | None = None
    there: bool = True


class Story(msgspec.Struct, frozen=True):
    """A test that is marked as a story of `endpoints`. `file` is its name in tests/scenarios."""

    file: str
    test: str
    endpoints: tuple[str, ...]


class Entry(msgspec.Struct, frozen=True):
    """An endpoint file of the contract with all that is known of it. `calls` are those of its route, the first path each."""

    name: str
    calls: tuple[str, ...]
    standing: Standing | None
    stories: tuple[Story, ...]
    left: str
    there: bool

    @property
    def holds(self) -> bool:
        return self.there and bool(self.stories) and (self.standing or NOTHING).holds


class Coverage(msgspec.Struct, frozen=True):
    """The whole: `documented` is the number of endpoint files of the contract, `entries` are those with a route, in order;
    `others` are calls beside our own API that no endpoint file documents."""

    documented: int
    entries: tuple[Entry, ...]
    others: tuple[str, ...] = ()


def reviewed(file: Path = REVIEWED) -> tuple[int, dict[str, Reviewed]]:
    """How many endpoint files the contract has, and the sections by endpoint file. CoverageError for a malformed one."""
    try:
        document = msgspec.toml.decode(file.read_bytes(), type=dict[str, Reviewed | int])
    except msgspec.DecodeError as error:
        raise CoverageError(f"{file.name}: {error}") from None
    documented = document.pop("documented", 0)
    sections = {name: section for name, section in document.items() if isinstance(section, Reviewed)}
    if not isinstance(documented, int) or not documented or len(sections) < len(document):
        raise CoverageError(f"{file.name}: expected a number `documented` and a table for each endpoint file")
    return documented, sections


def routes() -> dict[str, tuple[str, ...]]:
    """The endpoint files that the routes declare, each with its calls: method and first path."""
    found: dict[str, dict[str, None]] = {}
    for endpoint in app.endpoints():
        if endpoint.contract is not None:
            found.setdefault(endpoint.contract, {})[f"{endpoint.method} {endpoint.paths[0]}"] = None
    return {name: tuple(calls) for name, calls in found.items()}


def stories(folder: Path = SCENARIOS) -> Iterator[Story]:
    """The tests with `@pytest.mark.story("13-points-v2/06", …)`, by file and in the order in which they stand there.

    CoverageError for a mark that does not list names, or that does not stand on a test.
    """
    for file in sorted(folder.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        marks = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node) == MARK]
        found = [(mark, _story(file.name, test, mark)) for test in _tests(tree) for mark in test.decorator_list]
        on_tests = {mark.func for mark, story in found if story and isinstance(mark, ast.Call)}
        for mark in marks:
            if mark not in on_tests:
                where = f"{file.name}:{mark.lineno}"
                raise CoverageError(f"{where}: a story is a decorator of a test and lists the names of endpoint files")
        yield from (story for _, story in found if story)


def _tests(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [function for function in functions if function.name.startswith("test_")]


def _story(file: str, test: ast.FunctionDef | ast.AsyncFunctionDef, decorator: ast.expr) -> Story | None:
    """The story that the decorator makes of a test; None when it is another decorator, or malformed."""
    if not isinstance(decorator, ast.Call) or ast.unparse(decorator.func) != MARK or decorator.keywords:
        return None
    names = [name.value for name in decorator.args if isinstance(name, ast.Constant) and isinstance(name.value, str)]
    return Story(file, test.name, tuple(names)) if names and len(names) == len(decorator.args) else None


def coverage(review: Path = REVIEWED, scenarios: Path = SCENARIOS) -> Coverage:
    """Everything together. CoverageError when an endpoint is reviewed and no route declares it, or declared and not reviewed,
    or when a story names one that is not reviewed."""
    documented, sections = reviewed(review)
    declared, told = routes(), tuple(stories(scenarios))
    ratchet = read_ratchet((ROOT / RATCHET).read_bytes(), RATCHET.as_posix())
    if unreviewed := declared.keys() - sections.keys():
        raise CoverageError(f"{review.name} has no section for {', '.join(sorted(unreviewed))}")
    for name, section in sections.items():
        if (section.on or name) not in declared:
            raise CoverageError(f"{review.name}: no route declares {section.on or name} (section {name})")
    for story in told:
        if unknown := set(story.endpoints) - sections.keys():
            raise CoverageError(f"{story.file}::{story.test}: {review.name} has no {', '.join(sorted(unknown))}")
    entries = (_entry(name, sections[name], declared, ratchet, told) for name in sorted(sections))
    undeclared = (endpoint for endpoint in app.endpoints() if endpoint.contract is None)
    others = (f"{one.method} {one.paths[0]}" for one in undeclared if not one.paths[0].startswith(OWN_API))
    return Coverage(documented, tuple(entries), tuple(others))


def _entry(
    name: str, section: Reviewed, declared: Mapping[str, tuple[str, ...]], ratchet: Ratchet, told: Sequence[Story]
) -> Entry:
    # The ratchet has the whole name of the file: 13-points-v2/03-get-points-balance.yaml.
    standing = next((of for file, of in ratchet.items() if file.startswith(f"{name}-")), None)
    own = tuple(story for story in told if name in story.endpoints)
    return Entry(name, declared[section.on or name], standing, own, section.left, section.there)


def page(whole: Coverage) -> str:
    """The page as it should be."""
    there = [entry for entry in whole.entries if entry.there]
    hold = sum(entry.holds for entry in there)
    others = ", ".join(f"`{call}`" for call in whole.others)
    parts = [_HEAD.format(there=len(there), documented=whole.documented, hold=hold, others=others or "nothing")]
    for group, entries in groupby(there, lambda entry: entry.name.partition("/")[0]):
        parts.append(
            f"\n## {group}\n\n| endpoint | state | fields | stories | what is left |\n| --- | --- | ---: | --- | --- |\n"
        )
        parts.extend(_row(entry) for entry in entries)
    if absent := [entry for entry in whole.entries if not entry.there]:
        parts.append(
            "\n## Documented on a route that is there, and not there yet\n\n| endpoint | what is left |\n| --- | --- |\n"
        )
        parts.extend(f"| {_endpoint(entry)} | {_cell(entry.left)} |\n" for entry in absent)
    return "".join(parts)


def _row(entry: Entry) -> str:
    told = "<br>".join(f"[{story.test}](../tests/scenarios/{story.file})" for story in entry.stories)
    # Whole percents, cut: 94.9 % is not 95.
    share = f"{int(entry.standing.fields * 100 + 1e-6)} %" if entry.standing else "?"
    state = "holds" if entry.holds else "works"
    return (
        f"| {_endpoint(entry)} | {state} | {share} | {told or 'none yet'} | {_cell(entry.left) or 'nothing known'} |\n"
    )


def _endpoint(entry: Entry) -> str:
    calls = "".join(f"<br>`{call}`" for call in entry.calls)
    return entry.name + calls


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(coverage()), encoding="utf-8")
