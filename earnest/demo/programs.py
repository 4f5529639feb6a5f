"""The programme of the demo organisations."""

from __future__ import annotations

from pathlib import Path

from earnest.programs.reading import read_text
from earnest.programs.stored import stored

DEMO_REWARDS_ID = 1


def demo_document() -> bytes:
    """The document beside this file, as it is stored."""
    text = Path(__file__).with_name("demo-rewards.yaml").read_bytes()
    return stored(read_text(text)[0].document).encode()
