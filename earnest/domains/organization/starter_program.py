"""The programme that a new organisation begins with, so that it works at once; it is its own from then on."""

from __future__ import annotations

from pathlib import Path

from earnest.programs.reading import read_text
from earnest.programs.stored import stored

STARTER_ID = 1


def starter_document() -> bytes:
    """The document beside this file, as it is stored: one tier; 1 % of the net bill as points for 12 months."""
    (read,) = read_text(Path(__file__).with_name("starter.yaml").read_bytes())
    return stored(read.document).encode()
