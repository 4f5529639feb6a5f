"""The status of a customer: the label in force, its change and its log (contract/03-customer-lookup/04, 02-customer-v2/21)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from earnest.core import config_keys
from earnest.core.config_keys.status_labels import StatusLabel
from earnest.core.context import RequestContext
from earnest.core.db.batch import Write
from earnest.core.errors import INVALID_INPUT, ApiError
from earnest.core.instants import parse_instant
from earnest.domains.customers import errors, schemas
from earnest.domains.customers.activities import sql, store_status
from earnest.domains.customers.record import CustomerRecord
from earnest.domains.customers.restrictions import MARKS, Restrictions, actions_of, label_of
from earnest.engine.events import CustomerRegistration
from earnest.engine.outcome import Outcome
from earnest.loyalty.ledger.post import emit
from earnest.loyalty.look import look
from earnest.loyalty.process import Processor
from earnest.loyalty.registry import Activity, Snapshot, Store

CHANGE_STATUSES = Write(sql, "change_statuses")
REASON_LENGTH_MAX = 255


class CustomerStatusChange(msgspec.Struct, frozen=True, rename="camel"):
    """In the outbox body of a change (36-event-notification-logs, customerUpdated)."""

    current_label: str
    current_status: str
    previous_status: str
    reason: str


class StatusChanged(msgspec.Struct, frozen=True, rename="camel"):
    """Outbox body: the customer has another label."""

    customer_id: int
    customer_status: CustomerStatusChange


class ChangeStatus(Activity[int]):
    """Gives a customer a label; answers the customer's id."""

    type = "CustomerUpdate"
    answer = int
    readers = (MARKS,)

    def __init__(
        self, ctx: RequestContext, *, customer_id: int, label: StatusLabel, reason: str, created_on: datetime
    ) -> None:
        super().__init__(ctx)
        self.reference_id = customer_id
        self._customer_id = customer_id
        self._label = label
        self._reason = reason
        self._created_on = created_on

    def holder(self) -> int:
        return self._customer_id

    def unknown_holder(self) -> ApiError:
        return errors.NOT_FOUND.error()

    def event(self, snapshot: Snapshot) -> CustomerRegistration:
        return CustomerRegistration(at=self.ctx.now, program_ids=())

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> int:
        label = self._label
        before = Restrictions.of(self.ctx.organization, snapshot)
        store.batch.open(
            CHANGE_STATUSES,
            (self._customer_id,),
            {
                "id": self._customer_id,
                "status_label": label.label,
                "modified_at": self.ctx.now,
                "modified_by": self.ctx.till.id,
            },
        )
        store_status(store, label, actions_of(label), self._reason, self._created_on)
        change = CustomerStatusChange(label.label, label.status, before.status, self._reason)
        emit(store, "customerUpdated", StatusChanged(self._customer_id, change))
        return self._customer_id


async def change(ctx: RequestContext, customer_id: int, body: schemas.ChangeStatus) -> None:
    """Gives the customer another label. 8086 for one that the organisation has not, 8108 where statuses are off."""
    _check_enabled(ctx)
    label = label_of(ctx.organization, body.label.strip()) if body.label.strip() else None
    if label is None:
        raise errors.INVALID_STATUS_LABEL.error()
    reason = body.reason.strip()
    if not 1 <= len(reason) <= REASON_LENGTH_MAX:
        raise INVALID_INPUT.error().at("/reason")
    created_on = ctx.now
    if body.created_on:
        at = parse_instant(body.created_on, ctx.organization.zone)
        if at is None or at > ctx.now or at.year < 1900:
            raise INVALID_INPUT.error().at("/createdOn")
        created_on = at
    await ctx.resource(Processor).process(
        ChangeStatus(ctx, customer_id=customer_id, label=label, reason=reason, created_on=created_on)
    )


async def log(ctx: RequestContext, customer_id: int) -> schemas.StatusLogAnswer:
    """Changes of the label, the latest first; that one is in force."""
    _check_enabled(ctx)
    if await look(ctx, customer_id) is None:
        raise errors.NOT_FOUND.error()
    async with ctx.db.transaction() as connection:
        rows = await connection.fetch(sql.text("read_status_log"), ctx.org_id, customer_id)
    zone, entities = ctx.organization.zone, ctx.organization.entities_by_id
    return schemas.StatusLogAnswer(
        [
            schemas.StatusLogRow(
                created_by_user=entities[row["created_by"]].code if row["created_by"] in entities else "",
                reason=row["reason"],
                created_by=row["created_by"],
                actions=list(row["actions"]),
                auto_update_time=row["recorded_at"].astimezone(zone).date().isoformat(),
                created_on=row["created_on"].astimezone(zone).replace(microsecond=0),
                entity_id=customer_id,
                is_active=number == 0,
                label=row["label"],
                status=row["status"],
            )
            for number, row in enumerate(rows)
        ],
        [],
        [],
    )


def current(ctx: RequestContext, record: CustomerRecord) -> schemas.CustomerStatus | None:
    """The label in force with what it forbids; None where statuses are off or there is no label."""
    label = label_of(ctx.organization, record.status_label)
    return None if label is None else schemas.CustomerStatus(label.label, label.status, sorted(actions_of(label)))


def _check_enabled(ctx: RequestContext) -> None:
    if not config_keys.CUSTOMER_STATUS_ENABLED.of(ctx.organization):
        raise errors.STATUS_NOT_ENABLED.error()
