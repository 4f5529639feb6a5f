"""A programme's text to a checked document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from earnest.programs.document.checks import check
from earnest.programs.document.model import SCHEMA_VERSION, ProgramDocument
from earnest.programs.document.problems import InvalidDocument, Problem, Severity
from earnest.programs.document.schema import Reading
from earnest.programs.document.source import Node, from_plain, parse
from earnest.programs.document.upgrade import Ids, upgraded


class Read(msgspec.Struct, frozen=True):
    """A document without errors, and what it may be warned of. `reading` knows the places of its parts."""

    document: ProgramDocument
    reading: Any

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(self.reading.problems)


def read_text(text: str | bytes) -> list[Read]:
    """The programmes of a text (YAML or JSON). InvalidDocument names every error of all of them."""
    found: list[Read] = []
    problems: list[Problem] = []
    for node in parse(text):
        reading = Reading(node)
        document = _document(node, reading)
        if document is not None and not reading.has_errors:
            found.append(Read(document, reading))
        else:
            problems += reading.problems
    names = [one.document.name.casefold() for one in found]
    for one in found:
        if names.count(one.document.name.casefold()) > 1:
            one.reading.error(("name",), f"two programmes are called {one.document.name!r}")
            problems += one.reading.problems
    if problems:
        raise InvalidDocument(sorted(problems, key=lambda one: (one.line, one.column)))
    return found


def read_stored(stored: Mapping[str, Any], ids: Ids) -> tuple[ProgramDocument, Ids, Reading]:
    """A stored version in the present form. It was checked when it was published, and is not judged anew.

    InvalidDocument when it cannot be read at all.
    """
    try:
        tree, known = upgraded(stored, ids)
    except ValueError as error:
        raise InvalidDocument([Problem(severity=Severity.ERROR, path="schema_version", message=str(error))]) from None
    node = from_plain(tree)
    reading = Reading(node)
    document = reading.struct(ProgramDocument, node, ())
    if document is None or reading.has_errors:
        raise InvalidDocument(reading.problems)
    return document, known, reading


def _document(node: Node, reading: Reading) -> ProgramDocument | None:
    version = node.value.get("schema_version") if isinstance(node.value, dict) else None
    if version is not None and version.value != str(SCHEMA_VERSION):
        reading.error(("schema_version",), f"this server reads schema_version {SCHEMA_VERSION}")
        return None
    document: ProgramDocument | None = reading.struct(ProgramDocument, node, ())
    if document is not None:
        check(document, reading)
    return document
