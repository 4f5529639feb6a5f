"""What is looked up when an event is sent: who the member is, the bill or redemption, the till, the programme.

The outbox keeps numbers and no personal data; names and identifiers are those of the moment of sending, so that somebody who
was deleted meanwhile is told to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

import msgspec


class Profile(msgspec.Struct, frozen=True):
    source: str
    account_id: str
    first_name: str
    last_name: str


class Identifier(msgspec.Struct, frozen=True):
    type: str
    value: str
    source: str
    account_id: str


class Customer(msgspec.Struct, frozen=True):
    """The profiles in the order in which they came."""

    id: int
    loyalty_type: str
    registered_at: datetime
    modified_at: datetime
    profiles: tuple[Profile, ...] = ()
    identifiers: tuple[Identifier, ...] = ()


class Bill(msgspec.Struct, frozen=True):
    id: int
    number: str
    type: str
    amount: Decimal
    gross: Decimal | None
    discount: Decimal | None
    billed_at: datetime
    recorded_at: datetime
    outlier_status: str
    delivery_status: str | None
    currency_code: str | None
    lines: int


class Redemption(msgspec.Struct, frozen=True):
    """`balance` is what the member had left in the programme."""

    id: int
    program_id: int
    points: Decimal
    value: Decimal
    balance: Decimal
    bill_number: str | None
    notes: str


class Till(msgspec.Struct, frozen=True):
    id: int
    code: str
    name: str
    store_code: str | None
    store_name: str | None


class Program(msgspec.Struct, frozen=True):
    id: int
    name: str
    is_default: bool


class Facts(msgspec.Struct, frozen=True):
    """By id; what is not there any more is missing."""

    currency: str
    customers: Mapping[int, Customer]
    bills: Mapping[int, Bill]
    redemptions: Mapping[int, Redemption]
    tills: Mapping[int, Till]
    programs: Mapping[int, Program]


_KINDS: Mapping[str, type[msgspec.Struct]] = {
    "customer": Customer,
    "bill": Bill,
    "redemption": Redemption,
    "till": Till,
    "program": Program,
}


def facts_of(rows: Iterable[tuple[str, str]], currency: str) -> Facts:
    """The rows (kind, JSON) of the statement `describe_events`; `currency` is the organisation's."""
    found: dict[str, dict[int, msgspec.Struct]] = {kind: {} for kind in _KINDS}
    for kind, text in rows:
        one = msgspec.json.decode(text, type=_KINDS[kind])
        found[kind][one.id] = one  # type: ignore[attr-defined]
    return Facts(
        currency=currency,
        customers=found["customer"],  # type: ignore[arg-type]
        bills=found["bill"],  # type: ignore[arg-type]
        redemptions=found["redemption"],  # type: ignore[arg-type]
        tills=found["till"],  # type: ignore[arg-type]
        programs=found["program"],  # type: ignore[arg-type]
    )
