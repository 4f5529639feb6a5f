"""Real processes on a data directory, as an operator starts them."""

from __future__ import annotations

from tests.cli.conftest import folder, operator

__all__ = ["folder", "operator"]
