"""Requests to change an identifier (contract/01-customer-v1/03): filed for an operator, or approved at once.

CI_MOBILE_AUTO_APPROVE, CI_EMAIL_AUTO_APPROVE and CI_EXTID_AUTO_APPROVE decide. What is approved changes the identifier on
every source that has it, the primary one too, which no update changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from earnest.core import config_keys
from earnest.core.config_keys import ConfigKey
from earnest.core.context import RequestContext
from earnest.core.db.batch import Write
from earnest.core.errors import CUSTOMER_BUSY, ApiError
from earnest.core.ids import Ids
from earnest.domains.customers import errors_v1 as errors
from earnest.domains.customers.activities import IDENTITY, Added, CustomerMoved, change_key, sql
from earnest.domains.customers.changes import ChangeCustomer, Changes, ProfileChange
from earnest.domains.customers.identifiers import normal
from earnest.domains.customers.record import CustomerRecord, read
from earnest.domains.customers.registration import whose
from earnest.domains.customers.restrictions import MARKS, Restrictions
from earnest.engine.events import CustomerRegistration
from earnest.engine.outcome import Outcome
from earnest.loyalty import holders
from earnest.loyalty.ledger.post import emit
from earnest.loyalty.process import Processor
from earnest.loyalty.registry import Activity, Key, KeyTaken, Reader, Snapshot, Store

ADD_IDENTIFIER_CHANGES = Write(sql, "add_identifier_changes")
PENDING = Reader("pending_changes", sql.text("pending_fragment"))

TYPES: Mapping[str, str] = {"mobile": "mobile", "email": "email", "external_id": "externalId"}
_AUTO_APPROVE: Mapping[str, ConfigKey[bool]] = {
    "mobile": config_keys.MOBILE_AUTO_APPROVE,
    "email": config_keys.EMAIL_AUTO_APPROVE,
    "externalId": config_keys.EXTERNAL_ID_AUTO_APPROVE,
}
_LOOKS_MAX = 4
_pending = msgspec.json.Decoder(list[tuple[str, str]])


class IdentifierChange(msgspec.Struct, frozen=True):
    """A request. Values are in normal form; `type` as identifiers are stored."""

    id: int
    type: str
    old_value: str
    new_value: str


class ChangeRequested(msgspec.Struct, frozen=True, rename="camel"):
    """Outbox body: a request waits for an operator. It says no values."""

    customer_id: int
    request_id: int
    change_type: str


def _store(store: Store, change: IdentifierChange, status: str, comments: str) -> None:
    now, till_id = store.ctx.now, store.ctx.till.id
    store.batch.row(
        ADD_IDENTIFIER_CHANGES,
        store.holder_id,
        change.id,
        change.type,
        change.old_value,
        change.new_value,
        status,
        comments,
        now,
        till_id,
        now,
        till_id,
    )


def _refuse_blocked(ctx: RequestContext, snapshot: Snapshot) -> None:
    if not Restrictions.of(ctx.organization, snapshot).allows_identifier_change:
        raise errors.CHANGE_FAILED.error()


class FileChange(Activity[int]):
    """Files a request for an operator; answers its id. 1041 when the same one is waiting already."""

    type = "CustomerUpdate"
    answer = int
    readers = (MARKS, PENDING)

    def __init__(self, ctx: RequestContext, *, customer_id: int, change: IdentifierChange) -> None:
        super().__init__(ctx)
        self.reference_id = customer_id
        self._customer_id = customer_id
        self._change = change

    def claims(self) -> tuple[Key, ...]:
        return (change_key(self._customer_id),)

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return errors.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        _refuse_blocked(self.ctx, snapshot)
        waiting = snapshot.facts["pending_changes"]
        if waiting and (self._change.type, self._change.new_value) in _pending.decode(waiting):
            raise errors.CHANGE_FAILED.error()
        return CustomerRegistration(at=self.ctx.now, program_ids=())

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> int:
        holders.release(store.batch, [change_key(self._customer_id)])
        _store(store, self._change, "PENDING", "")
        emit(store, "identifierChangeRequested", ChangeRequested(self._customer_id, self._change.id, self._change.type))
        return self._change.id


class ApproveChange(ChangeCustomer):
    """Changes the identifier at once and keeps the request as an approved one."""

    readers: ClassVar[tuple[Reader, ...]] = (IDENTITY, MARKS)

    def __init__(self, ctx: RequestContext, *, record: CustomerRecord, change: IdentifierChange) -> None:
        replaced = tuple(i for i in record.identifiers if (i.type, i.value) == (change.type, change.old_value))
        profiles = tuple(
            ProfileChange(source=i.source, account_id=i.account_id, identifiers=((change.type, change.new_value),))
            for i in replaced
        )
        changes = Changes(profiles=profiles, replaced=replaced)
        super().__init__(ctx, record=record, changes=changes, modified_at=ctx.now)
        self._change = change

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        _refuse_blocked(self.ctx, snapshot)
        return super().event(snapshot)

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Added:
        _store(store, self._change, "APPROVED", f"auto approved by {self.ctx.till.code}")
        return super().record(store, snapshot, outcome)


async def request(ctx: RequestContext, name: str, old: str, new: str, country_code: str | None = None) -> int:
    """Files the request and answers its id. 1012, 1041 and 1042 when it cannot be.

    An identifier that another customer has is refused (1041): customers are not merged.
    """
    type_ = TYPES.get(name.strip().lower())
    if type_ is None:
        raise errors.INVALID_CHANGE.error()
    old_value = normal(ctx.organization, type_, old, country_code)
    new_value = normal(ctx.organization, type_, new, country_code)
    if old_value is None or new_value is None:
        raise errors.INVALID_CHANGE.error()
    change = IdentifierChange(await ctx.resource(Ids).one("EVENT"), type_, old_value, new_value)
    for _ in range(_LOOKS_MAX):
        customer_id = await whose(ctx, type_, old_value)
        record = None if customer_id is None else await read(ctx, customer_id)
        if record is None:
            raise errors.NOT_FOUND.error()
        if all((i.type, i.value) != (type_, old_value) for i in record.identifiers):
            # It was changed after we had found the customer by it.
            continue
        if await whose(ctx, type_, new_value) is not None:
            raise errors.CHANGE_FAILED.error()
        try:
            if not _AUTO_APPROVE[type_].of(ctx.organization):
                filing = FileChange(ctx, customer_id=record.customer_id, change=change)
                return await ctx.resource(Processor).process(filing)
            await ctx.resource(Processor).process(ApproveChange(ctx, record=record, change=change))
            return change.id
        except (KeyTaken, CustomerMoved):
            # Somebody changed the customer between our look and our lock: look again.
            continue
    raise CUSTOMER_BUSY.error()
