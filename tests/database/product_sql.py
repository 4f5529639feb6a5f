"""All SQL of the product: what the modules have loaded, and what it is for."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

import earnest
from earnest.core.db.batch import Write
from earnest.core.db.statements import loaded
from earnest.loyalty.registry import Reader

T = TypeVar("T")

PACKAGE = Path(earnest.__file__).parent


class Named(msgspec.Struct, frozen=True):
    """A statement with the file that it stands in."""

    path: Path
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(PACKAGE)}:{self.name}"


def import_everything() -> None:
    """Loads every module of the product, and with them every file of SQL."""
    for module in pkgutil.walk_packages(earnest.__path__, "earnest."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def statements() -> list[Named]:
    return [
        Named(file.path, name, file.text(name))
        for file in sorted(loaded(), key=lambda file: file.path)
        if file.path.is_relative_to(PACKAGE)
        for name in file
    ]


def files() -> set[Path]:
    """The `.sql` files of the product, migrations apart."""
    return {path for path in PACKAGE.rglob("*.sql") if path.parent.name != "migrations"}


def readers() -> list[Reader]:
    return sorted(set(_constants(Reader)), key=lambda reader: reader.name)


def writes() -> list[Write]:
    return sorted(set(_constants(Write)), key=lambda write: write.name)


def _constants(kind: type[T]) -> Iterator[T]:
    """What modules of the product hold of this kind under a name."""
    for module in pkgutil.walk_packages(earnest.__path__, "earnest."):
        if not module.name.endswith("__main__"):
            yield from (
                found for found in vars(importlib.import_module(module.name)).values() if isinstance(found, kind)
            )


import_everything()
