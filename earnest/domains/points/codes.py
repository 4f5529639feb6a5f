"""Validation codes: a member shows with one that a redemption is his (14-points-v1/02; points.md 8.4).

A code is valid for exactly the member and the amount that it was issued for, once, for some minutes and some wrong attempts.
It is computed from a random number with the installation's secret key: the database holds the number, neither the code nor
anything that a code could be guessed from. The event that tells the member's message carries it sealed.
"""

from __future__ import annotations

import hmac
import secrets
import string
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from earnest.core import config_keys
from earnest.core.context import RequestContext
from earnest.core.db.batch import Write
from earnest.core.errors import ApiError
from earnest.core.secret_key import SecretKey
from earnest.domains.customers import service as customers
from earnest.domains.points import errors
from earnest.domains.points.activities import sql
from earnest.engine.events import CustomerRegistration
from earnest.engine.outcome import Outcome
from earnest.loyalty.holders import release
from earnest.loyalty.ledger.post import emit
from earnest.loyalty.process import Processor
from earnest.loyalty.registry import Activity, Key, NaturalKey, Reader, Snapshot, Store

PURPOSE = "validation code"
SEAL_PURPOSE = "validation code in an event"
EVENT = "validationCodeIssued"
SLOTS = 10

PUT_CODES = Write(sql, "put_validation_codes")
CODES = Reader("validation_codes", sql.text("validation_codes_fragment"))

_ALPHABET = string.ascii_uppercase + string.digits
_LENGTH = 6
_NONCE_BYTES = 16


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a member that holds, or held, a code."""

    slot: int
    points: Decimal
    nonce: str
    attempts: int
    expires_at: datetime
    is_used: bool

    def is_open(self, now: datetime, attempts_max: int) -> bool:
        return not self.is_used and self.expires_at > now and self.attempts < attempts_max


_places = msgspec.json.Decoder(list[Place])


class Issued(msgspec.Struct, frozen=True):
    """Whom a code was sent to, and by what: SMS, Email."""

    customer_id: int
    channels: tuple[str, ...]
    names: customers.Names


class ValidationCodeIssued(msgspec.Struct, frozen=True, rename="camel"):
    """Outbox body: what the message needs. `sealed_code` opens with the seal `SEAL_PURPOSE`."""

    customer_id: int
    points: Decimal
    channels: tuple[str, ...]
    expires_at: datetime
    sealed_code: str


def code_of(ctx: RequestContext, customer_id: int, points: Decimal, nonce: str) -> str:
    """The code that belongs to a random number; six capital letters and digits."""
    text = f"{ctx.org_id}:{customer_id}:{points.quantize(Decimal('0.001'))}:{nonce}"
    key = ctx.resource(SecretKey).key(PURPOSE)
    number = int.from_bytes(hmac.digest(key, text.encode(), "sha256"))
    letters = []
    for _ in range(_LENGTH):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)


class IssueCode(Activity[Issued]):
    """Issues a code, or sends the one again that is valid still. It moves no points."""

    type = "ValidationCodeIssued"
    answer = Issued
    readers = (CODES, customers.NAMES)

    def __init__(self, ctx: RequestContext, *, customer_id: int, points: Decimal) -> None:
        super().__init__(ctx)
        self.reference_id = customer_id
        self._customer_id = customer_id
        self._points = points
        # Held while a code is issued and given back with it: two of one member never share a read.
        self._turn = NaturalKey(kind="VALIDATION_CODE_TURN", scope_id=customer_id, key="", owner_id=customer_id)

    def claims(self) -> tuple[Key, ...]:
        return (self._turn,)

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return errors.CUSTOMER_NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        if not self._channels(snapshot) or self._place(snapshot) is None:
            raise errors.CODE_NOT_ISSUED.error()
        # What concerns no programme: nothing happens to points and tiers.
        return CustomerRegistration(at=self.ctx.now, program_ids=())

    def _channels(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Those of the configuration by which the member can be reached."""
        identifiers = customers.Names.of(snapshot).identifiers or {}
        wanted = config_keys.VALIDATION_CODE_CHANNEL.of(self.ctx.organization)
        by = {"SMS": "mobile", "Email": "email"}
        return tuple(name for name, type_ in by.items() if wanted in (name.upper(), "BOTH") and identifiers.get(type_))

    def _place(self, snapshot: Snapshot) -> Place | int | None:
        """The place of the code that is valid still, else the number of a free place; None when all are taken."""
        places = _places.decode(snapshot.facts[CODES.name] or "[]")
        attempts_max = config_keys.VALIDATION_CODE_ATTEMPTS.of(self.ctx.organization)
        for place in places:
            if place.points == self._points and place.is_open(self.ctx.now, attempts_max):
                return place
        # One whose attempts are used up stays taken until its time is over: a new one would give new attempts.
        taken = {place.slot for place in places if not place.is_used and place.expires_at > self.ctx.now}
        return next((slot for slot in range(SLOTS) if slot not in taken), None)

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Issued:
        release(store.batch, [self._turn])
        place = self._place(snapshot)
        if isinstance(place, Place):
            nonce, expires_at = place.nonce, place.expires_at
        else:
            nonce = secrets.token_bytes(_NONCE_BYTES).hex()
            minutes = config_keys.VALIDATION_CODE_MINUTES.of(self.ctx.organization)
            expires_at = self.ctx.now + timedelta(minutes=minutes)
            store.batch.row(PUT_CODES, self._customer_id, place, self._points, nonce, self.ctx.now, expires_at)
        channels = self._channels(snapshot)
        code = code_of(self.ctx, self._customer_id, self._points, nonce)
        sealed = self.ctx.resource(SecretKey).seal(SEAL_PURPOSE).close(code.encode())
        emit(store, EVENT, ValidationCodeIssued(self._customer_id, self._points, channels, expires_at, sealed))
        return Issued(self._customer_id, channels, customers.Names.of(snapshot))


async def issue(ctx: RequestContext, customer_id: int, points: Decimal) -> Issued:
    """Sends a code for this amount. 860 when the member cannot be reached, or has ten codes already."""
    return await ctx.resource(Processor).process(IssueCode(ctx, customer_id=customer_id, points=points))


async def find(ctx: RequestContext, customer_id: int, points: Decimal, code: str) -> Place:
    """The place of a code of this member for this amount; it may have been used. 808 when there is no such code, when its
    time is over, or after too many wrong ones: a wrong code counts against those that are valid."""
    attempts_max = config_keys.VALIDATION_CODE_ATTEMPTS.of(ctx.organization)
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("lock_validation_codes"), ctx.org_id, customer_id, points)
        valid = [
            place
            for place in (msgspec.convert(dict(row), Place) for row in rows)
            if place.expires_at > ctx.now and place.attempts < attempts_max
        ]
        for place in valid:
            expected = code_of(ctx, customer_id, place.points, place.nonce)
            if hmac.compare_digest(expected.encode(), code.strip().encode()):
                return place
        for place in valid:
            await connection.execute(sql.text("count_attempt"), ctx.org_id, customer_id, place.slot)
    raise errors.CODE_INVALID.error()
