"""The programme as people write it, `schema_version` 1."""

from __future__ import annotations

from typing import Any

import msgspec

from earnest.programs.document.expiry import NamedExpiry
from earnest.programs.document.limits import Limit
from earnest.programs.document.sections import (
    Binding,
    Communication,
    Currency,
    Groups,
    Membership,
    NamedFormula,
    Payments,
    Points,
    Promised,
    Promotion,
    Redemption,
    Returns,
    Stacking,
    Workflow,
)
from earnest.programs.document.tiers import Tier, Upgrade, Validity
from earnest.programs.document.trackers import Tracker

SCHEMA_VERSION = 1


class ProgramDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One programme. The order of the fields is the order in which it is written."""

    schema_version: int
    name: str
    description: str = ""
    binding: Binding | None = None
    points: Points = Points()
    tiers: tuple[Tier, ...]
    upgrade: Upgrade | None = None
    validity: Validity | None = None
    earning: tuple[NamedFormula, ...] = ()
    expiry: tuple[NamedExpiry, ...]
    redemption: Redemption = Redemption()
    trackers: tuple[Tracker, ...] = ()
    currencies: tuple[Currency, ...] = ()
    activities: dict[str, Workflow] = {}
    promotions: tuple[Promotion, ...] = ()
    stacking: Stacking | None = None
    limits: tuple[Limit, ...] = ()
    promised: Promised = Promised()
    returns: Returns = Returns()
    payments: Payments | None = None
    memberships: tuple[Membership, ...] = ()
    groups: Groups | None = None
    communication: Communication | None = None
    roll_zero_points: bool = False

    @property
    def is_default(self) -> bool:
        return self.binding is None

    def names(self, kind: str) -> tuple[str, ...]:
        """The names that the document itself gives to things of a kind, as references call it."""
        named: dict[str, tuple[Any, ...]] = {
            "tier": self.tiers,
            "tracker": self.trackers,
            "earning": self.earning,
            "expiry": self.expiry,
            "currency": self.currencies,
            "promotion": self.promotions,
            "membership": self.memberships,
        }
        return tuple(one.name for one in named[kind])
