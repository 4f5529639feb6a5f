"""docs/coverage.md is current, and what it says is founded: each endpoint that is there is reviewed and has a story."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tools import coverage_page
from tools.contract_check import ROOT, Standing, read_ratchet
from tools.coverage_page import CoverageError, Entry, Story

CONTRACT = ROOT.parent / "shared" / "contract"
needs_contract = pytest.mark.skipif(not (CONTRACT / "check.py").is_file(), reason="the API contract is not here")


def test_the_page_is_up_to_date() -> None:
    written = coverage_page.PAGE.read_text(encoding="utf-8")
    assert written == coverage_page.page(coverage_page.coverage()), (
        "docs/coverage.md is not up to date: `make coverage`"
    )


def test_every_endpoint_that_a_route_declares_is_in_the_page() -> None:
    entries = {entry.name: entry for entry in coverage_page.coverage().entries}
    assert coverage_page.routes().keys() <= entries.keys()
    written = coverage_page.PAGE.read_text(encoding="utf-8")
    for entry in entries.values():
        assert f"| {entry.name}<br>" in written
        for call in entry.calls:
            assert f"`{call}`" in written


def test_every_endpoint_that_is_there_has_a_story() -> None:
    untold = [entry.name for entry in coverage_page.coverage().entries if entry.there and not entry.stories]
    assert not untold, f"no test in tests/scenarios has the mark story of: {', '.join(untold)}"


def test_everything_that_the_ratchet_holds_is_reviewed() -> None:
    _, sections = coverage_page.reviewed()
    ratchet = read_ratchet((ROOT / coverage_page.RATCHET).read_bytes(), "the ratchet")
    for file in ratchet:
        group, _, name = file.partition("/")
        assert f"{group}/{name[:2]}" in sections, f"docs/coverage.toml has no section for {file}"


def _write(folder: Path, text: str) -> Path:
    (folder / "test_told.py").write_text(text, encoding="utf-8")
    return folder


def test_a_story_is_found_with_its_test_and_its_endpoints(tmp_path: Path) -> None:
    told = _write(
        tmp_path,
        'import pytest\n\n@pytest.mark.story("a/01", "b/02")\n@pytest.mark.parametrize("x", [1])\n'
        'def test_this(x): ...\n\ndef test_that(): ...\n\n@pytest.mark.story("a/01")\nasync def test_later(): ...\n',
    )
    assert list(coverage_page.stories(told)) == [
        Story("test_told.py", "test_this", ("a/01", "b/02")),
        Story("test_told.py", "test_later", ("a/01",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "pytestmark = pytest.mark.story('a/01')\n",
        "@pytest.mark.story('a/01')\ndef helper(): ...\n",
        "@pytest.mark.story\ndef test_this(): ...\n",
        "@pytest.mark.story()\ndef test_this(): ...\n",
        "@pytest.mark.story(NAME)\ndef test_this(): ...\n",
        "@pytest.mark.story('a/01', NAME)\ndef test_this(): ...\n",
        "@pytest.mark.story(endpoint='a/01')\ndef test_this(): ...\n",
    ],
)
def test_a_mark_that_names_no_endpoint_or_no_test_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CoverageError, match=r"^test_told\.py:\d+: a story is a decorator of a test"):
        list(coverage_page.stories(_write(tmp_path, text)))


def test_a_story_of_an_unknown_endpoint_is_refused(tmp_path: Path) -> None:
    told = _write(tmp_path, "@pytest.mark.story('13-points-v2/99')\ndef test_this(): ...\n")
    with pytest.raises(CoverageError, match=r"test_told\.py::test_this: coverage\.toml has no 13-points-v2/99"):
        coverage_page.coverage(scenarios=told)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('["13-points-v2/03"]', '["13-points-v2/98"]'), "has no section for 13-points-v2/03"),
        (lambda text: text + '["99-none/01"]\nleft = ""\n', "no route declares 99-none/01"),
        (lambda text: text + '["99-none/01"]\nleft = ""\nless = ""\n', "unknown field `less`"),
        (lambda text: text.replace("documented = ", "counted = "), "expected a number `documented`"),
    ],
)
def test_a_review_that_does_not_fit_the_routes_is_refused(
    tmp_path: Path, change: Callable[[str], str], message: str
) -> None:
    file = tmp_path / "coverage.toml"
    file.write_text(change(coverage_page.REVIEWED.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(CoverageError, match=message):
        coverage_page.coverage(review=file)


STORY = (Story("test_told.py", "test_this", ("a/01",)),)


@pytest.mark.parametrize(
    ("standing", "stories", "state"),
    [
        (Standing(holds=True, fields=0.9999), STORY, "| holds | 99 % |"),
        (Standing(holds=True, fields=1.0), (), "| works | 100 % | none yet |"),
        (Standing(holds=False, fields=0.9499), STORY, "| works | 94 % |"),
        (None, STORY, "| works | ? |"),
    ],
)
def test_an_endpoint_holds_with_its_fields_and_a_story(
    standing: Standing | None, stories: tuple[Story, ...], state: str
) -> None:
    entry = Entry("a/01", ("GET /a",), standing, stories, "", there=True)
    written = coverage_page.page(coverage_page.Coverage(7, (entry,)))
    assert f"| a/01<br>`GET /a` {state}" in written
    assert f"1 of 7 documented endpoints are there, {int('holds' in state)} of them hold." in written


# With the contract beside the clone.


@pytest.fixture(scope="module")
def check() -> ModuleType:
    """The contract's own check.py."""
    spec = importlib.util.spec_from_file_location("contract_check_of_the_contract", CONTRACT / "check.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _name(file: str) -> str:
    group, _, name = file.partition("/")
    return f"{group}/{name[:2]}"


@needs_contract
def test_every_name_is_that_of_an_endpoint_file_and_all_are_counted(check: ModuleType) -> None:
    names = {_name(endpoint["file"]) for endpoint in check.load_contract()}
    documented, sections = coverage_page.reviewed()
    assert sections.keys() <= names
    assert documented == len(names)


@needs_contract
def test_every_endpoint_file_that_documents_one_of_the_routes_is_reviewed(check: ModuleType) -> None:
    contract, (_, sections) = check.load_contract(), coverage_page.reviewed()
    for endpoint in coverage_page.app.endpoints():
        documents = [one for one in contract if one["method"].upper() == endpoint.method]
        for path in endpoint.paths:
            unreviewed = {_name(one["file"]) for one in check.match(documents, path)} - sections.keys()
            assert not unreviewed, f"{endpoint.method} {path}"
