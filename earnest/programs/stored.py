"""How a version of a programme is stored: the canonical document as JSON, and the ids of its parts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from earnest.programs.build.program import Built, Setting, build
from earnest.programs.document.model import ProgramDocument
from earnest.programs.document.upgrade import Ids
from earnest.programs.document.writing import as_json
from earnest.programs.reading import read_stored

_document = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_ids = msgspec.json.Decoder(Ids)


def load(document: str, ids: str, setting: Setting) -> Built:
    """The engine's programme of a stored version, whatever its form. InvalidDocument when it cannot be read."""
    found, known, reading = read_stored(_document.decode(document), _ids.decode(ids))
    return build(found, reading, known, setting)


def document_of(document: str, ids: str) -> tuple[ProgramDocument, Ids]:
    """The document of a stored version in the present form, with its ids."""
    found, known, _ = read_stored(_document.decode(document), _ids.decode(ids))
    return found, known


def stored(document: ProgramDocument) -> str:
    """What is stored of a document."""
    return as_json(document)
