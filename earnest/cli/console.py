"""Where the commands write: results to standard output, progress and complaints to standard error."""

from __future__ import annotations

from rich.console import Console

out = Console()
err = Console(stderr=True)


def progress(message: str) -> None:
    err.print(message, style="dim", markup=False, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    err.print(f"earnest: {message}", style="bold red", markup=False, highlight=False, soft_wrap=True)
