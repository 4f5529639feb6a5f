"""Where and for whom a set counts (rules.md 4.4): all scopes of a set must hold, the values of one are alternatives."""

from __future__ import annotations

from typing import Literal

import msgspec

from earnest.programs.document.schema import Family


class Scope(msgspec.Struct, frozen=True):
    """A restriction."""


class Listed(Scope, frozen=True):
    values: tuple[str, ...]
    all_but: bool = False


class Dates(Scope, frozen=True, rename={"from_": "from"}):
    """Instants with offset, such as 2026-01-01T00:00:00+05:30; both ends are included."""

    from_: str | None = None
    to: str | None = None


class Stores(Listed, frozen=True):
    pass


class Zones(Listed, frozen=True):
    pass


class Concepts(Listed, frozen=True):
    pass


class Segments(Listed, frozen=True):
    pass


class LoyaltyType(Scope, frozen=True):
    values: tuple[Literal["loyalty", "non_loyalty"], ...]


class Sources(Scope, frozen=True):
    values: tuple[str, ...]


class Units(Scope, frozen=True):
    values: tuple[str, ...]


Family("scope", "kind", Scope, {
    "dates": Dates, "stores": Stores, "zones": Zones, "concepts": Concepts, "segments": Segments,
    "loyalty_type": LoyaltyType, "sources": Sources, "units": Units,
})  # fmt: skip
