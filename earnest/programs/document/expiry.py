"""When points expire (points.md 7)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec

from earnest.programs.document.schema import Family, Ref
from earnest.programs.document.values import Durations, YearDay


class Expiry(msgspec.Struct, frozen=True):
    """A way to find the last day of a lot."""


class AfterEvent(Expiry, frozen=True):
    """Months run to the end of the month; `never` is a duration too."""

    after: Durations


class Rolling(Expiry, frozen=True):
    after: Durations


class OnDate(Expiry, frozen=True):
    date: date


class Yearly(Expiry, frozen=True):
    day: YearDay


class Anniversary(Expiry, frozen=True):
    """The next anniversary of the enrolment."""


class Membership(Expiry, frozen=True):
    """With the tier, or with the named supplementary membership."""

    membership: Annotated[str, Ref("membership")] | None = None


class TransactionField(Expiry, frozen=True):
    field: str
    after: Durations


class CustomerField(Expiry, frozen=True):
    field: str
    after: Durations


Family("expiry", "kind", Expiry, {
    "after_event": AfterEvent, "rolling": Rolling, "on_date": OnDate, "yearly": Yearly, "anniversary": Anniversary,
    "membership": Membership, "transaction_field": TransactionField, "customer_field": CustomerField,
})  # fmt: skip


class NamedExpiry(msgspec.Struct, frozen=True):
    """An expiry strategy that actions call by its name; the first of the programme is its default."""

    name: str
    strategy: Expiry
