"""`Idempotency-Key`: a write that a client repeats has its effect once and answers the same.

The key is claimed in a transaction of its own before the work begins. Each effect of the call leaves a receipt (what is
needed to answer for it) in its own transaction; when the call has answered, the answer is kept and replayed. A call that
broke off between effect and answer is taken over by its repetition, which finds the receipts and has no effect again; in a
v1 batch that holds item by item. Refusals are kept like answers, except those that say "try again". Only calls that carry
the header pay.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from earnest.core.db.batch import Batch, Write
from earnest.core.db.pool import Connection, Database
from earnest.core.db.statements import load
from earnest.core.errors import ErrorCode
from earnest.core.secret_key import Seal

T = TypeVar("T")

sql = load(Path(__file__).with_name("idempotency.sql"))

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
PURPOSE = "idempotency"
KEY_LENGTH_MAX = 255
KEPT = timedelta(hours=24)
# A claim whose holder has not come back by then may be taken over: its process must have ended. Longer than any call.
LEASE = timedelta(minutes=1)
# The organisation under which calls of the admin API stand; no organisation has this id.
ADMIN_ORG_ID = 0

KEY_INVALID = ErrorCode(400, f"{HEADER} must be 1 to {KEY_LENGTH_MAX} printable characters")
KEY_REUSED = ErrorCode(422, f"{HEADER} was used for another call", 422)
KEY_IN_PROGRESS = ErrorCode(409, f"A call with this {HEADER} is still in progress", 409)

_ADD_RECEIPTS = Write(sql, "add_receipts")
_json = msgspec.json.Encoder()


class StoredAnswer(msgspec.Struct, frozen=True):
    """What a call with this key answered: HTTP status and JSON body."""

    status: int
    body: bytes


class IdempotentCall:
    """A claimed key on its way through a use case. `item(n)` is the same for one item of a batch, from 1."""

    __slots__ = ("_item", "_receipts", "_seal", "_steps", "fence", "key")

    def __init__(
        self, key: str, fence: str, seal: Seal, receipts: Mapping[tuple[int, str], bytes], item: int = 1
    ) -> None:
        self.key = key
        self.fence = fence
        self._seal = seal
        self._receipts = receipts
        self._item = item
        self._steps: Counter[str] = Counter()

    def item(self, number: int) -> IdempotentCall:
        return IdempotentCall(self.key, self.fence, self._seal, self._receipts, number)

    def step(self, kind: str) -> str:
        """The name of the next effect of this kind: the same in every try of the call."""
        return f"{kind}#{self._steps[kind] + 1}"

    def advance(self, kind: str) -> None:
        """The effect has happened, now or in an earlier try."""
        self._steps[kind] += 1

    def receipt(self, step: str, kind: type[T]) -> T | None:
        """What an earlier try left of this effect, when it got as far."""
        content = self._receipts.get((self._item, step))
        return None if content is None else msgspec.json.decode(content, type=kind)

    def leave(self, batch: Batch, step: str, receipt: object) -> None:
        """Puts the receipt of an effect into its transaction."""
        closed = self._seal.close(_json.encode(receipt))
        batch.row(_ADD_RECEIPTS, self.key, self._item, step, self.fence, closed)


class Idempotency:
    """Claims, replays and forgets. One for each process."""

    def __init__(self, database: Database, seal: Seal) -> None:
        self._database = database
        self._seal = seal

    async def begin(
        self, org_id: int, header: bytes, call: tuple[object, ...], fence: str
    ) -> StoredAnswer | IdempotentCall:
        """Claims the key of a call, or answers what it answered before. `call` is all that makes it this call.

        ApiError 400 for a malformed key, 422 when it was used for another call, 409 while that call is under way.
        """
        key = _key(header)
        fingerprint = hashlib.sha256(msgspec.json.encode(call, enc_hook=repr)).digest()
        now = datetime.now(UTC)
        async with self._database.tenant(org_id).transaction() as connection:
            await connection.execute(sql.text("forget_key"), org_id, key, now - KEPT)
            taken = await connection.fetchval(sql.text("claim_key"), org_id, key, fingerprint, fence, now, now - LEASE)
            rows = await connection.fetch(sql.text("read_key"), org_id, key)
        first = next((row for row in rows if row["item"] == 0), None)
        if first is not None and first["fingerprint"] != fingerprint:
            raise KEY_REUSED.error()
        if taken is None and first is not None and first["state"] == "completed":
            return StoredAnswer(first["status"], self._opened(first["answer"]))
        if taken is None:
            raise KEY_IN_PROGRESS.error()
        receipts = {(row["item"], row["step"]): self._opened(row["answer"]) for row in rows if row["item"]}
        return IdempotentCall(key, fence, self._seal, receipts)

    def _opened(self, closed: str) -> bytes:
        content = self._seal.open(closed)
        if content is None:
            # Closed with another secret key: nobody can say any more what was answered.
            raise KEY_REUSED.error()
        return content

    async def finish(self, org_id: int, call: IdempotentCall, status: int, body: bytes) -> None:
        """Keeps the answer of the call. Where the claim is somebody else's by now, that stays."""
        answer = self._seal.close(body)
        async with self._database.tenant(org_id).transaction() as connection:
            await connection.execute(sql.text("complete_call"), org_id, status, answer, call.key, call.fence)

    async def release(self, org_id: int, call: IdempotentCall) -> None:
        """Lets the call be sent again: forgets the claim, or, when it had an effect, hands it to the next try."""
        async with self._database.tenant(org_id).transaction() as connection:
            await connection.execute(sql.text("release_key"), org_id, call.key, call.fence)
            await connection.execute(sql.text("hand_back_key"), org_id, call.key, call.fence)


async def forget(connection: Connection, org_id: int, now: datetime) -> int:
    """Deletes keys older than 24 hours, a thousand at a time; answers how many."""
    count: int = await connection.fetchval(sql.text("forget_keys"), org_id, now - KEPT)
    return count


def _key(header: bytes) -> str:
    try:
        key = header.decode("ascii").strip()
    except UnicodeDecodeError:
        raise KEY_INVALID.error() from None
    if not key or len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise KEY_INVALID.error()
    return key
