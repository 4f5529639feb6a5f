"""What domains contribute to the one flow: what they read of a member, how they store an effect, what an activity is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, TypeVar

import msgspec

from earnest.core.context import RequestContext
from earnest.core.db.batch import Batch
from earnest.core.errors import ApiError
from earnest.core.ids import Family, Ids
from earnest.engine.events import Event
from earnest.engine.outcome import Effect, Outcome, Reason
from earnest.engine.party import Party

R = TypeVar("R")
E = TypeVar("E")


class Reader(msgspec.Struct, frozen=True):
    """A named fragment of the read of a member.

    `sql` is a scalar subquery over `h` (the holder's row) and `a` (`a.now`), giving JSON; `$1` is the organisation, `$3`
    the bills that the events are about. `part` says which part of the party it fills; None: a fact for the activity.
    """

    name: str
    sql: str
    part: Literal["wallets", "enrolments", "lots", "bills", "draws"] | None = None


class Identified(msgspec.Struct, frozen=True):
    """How a call names a member: `type` and `value`; `source` ALL looks in every source."""

    type: str
    value: str
    source: str = "INSTORE"
    account_id: str = ""


class NaturalKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the client by which a repeated call is recognised, e.g. a bill number in its scope."""

    kind: str
    scope_id: int
    key: str
    owner_id: int
    claimed_until: datetime | None = None

    @property
    def identity(self) -> tuple[str, int, str]:
        return (self.kind, self.scope_id, self.key)


class IdentifierKey(msgspec.Struct, frozen=True, kw_only=True):
    """A customer identifier that a registration takes."""

    type: str
    value: str
    source: str
    account_id: str
    customer_id: int

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return (self.type, self.value, self.source, self.account_id)


Key = NaturalKey | IdentifierKey


class KeyTaken(Exception):
    """Somebody has the key already. Services turn it into the documented code, or into the first call's answer."""

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.key = key


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The member as the read statement found it under the lock. `facts` are the readers' answers without a party part."""

    party: Party
    seq: int
    last_event_at: datetime | None
    facts: Mapping[str, str | None]


class Store:
    """Where an activity puts its rows: one for each event, sharing the group's batch.

    `seq` is the holder's sequence after this event, `event_id` the ledger event's id.
    """

    __slots__ = ("batch", "ctx", "event_id", "holder_id", "ids", "seq")

    def __init__(self, batch: Batch, ids: Ids, ctx: RequestContext, holder_id: int, seq: int) -> None:
        self.batch = batch
        self.ids = ids
        self.ctx = ctx
        self.holder_id = holder_id
        self.seq = seq
        self.event_id = ids.take(Family.EVENT)


class Activity(ABC, Generic[R]):
    """One call of a client that concerns one member: what it claims, reads, means, stores and answers.

    Steps are called in the order in which they stand here. `event` and `refusal` may raise ApiError; `record` may not:
    when it runs, the decision is made and rows are being collected.
    """

    type: ClassVar[str]
    """Name of the ledger event."""
    answer: ClassVar[Any]
    """The type of what `record` answers; a repeated call finds its first answer again by it."""
    readers: ClassVar[tuple[Reader, ...]] = ()
    event_at: datetime
    """The event's own time; `ctx.now` is the time of processing."""
    reference_id: int | None = None
    """What the ledger event refers to: the bill, the redemption."""
    bill_ids: tuple[int, ...] = ()
    """Bills that the readers look for."""
    lines: int = 0
    """How many lines the event has: bounds the lots that it can open."""

    def __init__(self, ctx: RequestContext) -> None:
        self.ctx = ctx
        self.event_at = ctx.now

    def claims(self) -> tuple[Key, ...]:
        """Natural keys to claim before anything is read."""
        return ()

    @abstractmethod
    def holder(self) -> int | Identified | None:
        """Whom it concerns; None: a holder that this activity creates."""

    def newcomer(self) -> Party:
        """The party of a holder that this activity creates."""
        raise TypeError(f"{type(self).__name__} creates no holder")

    def unknown_holder(self) -> ApiError:
        """The documented error when there is no such member."""
        raise TypeError(f"{type(self).__name__} names no holder")

    @abstractmethod
    def event(self, snapshot: Snapshot) -> Event:
        """What happened, in the engine's terms. ApiError when the snapshot forbids it."""

    def refusal(self, reason: Reason) -> ApiError:
        """The documented error for the engine's reason."""
        raise TypeError(f"{type(self).__name__} cannot be refused for {reason}")

    @abstractmethod
    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> R:
        """Puts the activity's own rows into the store and makes the answer."""


Applier = Callable[[Store, Any], None]
"""Turns one effect of the engine into rows."""


class Registry:
    """Appliers by kind of effect, contributed by the domains at composition."""

    def __init__(self) -> None:
        self._appliers: dict[type, Applier] = {}

    def applier(self, effect: type[E], applier: Callable[[Store, E], None]) -> None:
        assert effect not in self._appliers, f"{effect.__name__} has an applier already"
        self._appliers[effect] = applier

    def apply(self, store: Store, effect: Effect) -> None:
        self._appliers[type(effect)](store, effect)
