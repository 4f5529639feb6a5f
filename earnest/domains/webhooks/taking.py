"""What webhooks take from the outbox: for each subscription that wants an event, a delivery in the lane of its holder."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from earnest.core.db.pool import Connection
from earnest.core.outbox.dispatcher import OutboxEvent
from earnest.domains.webhooks.service import sql


class WebhookConsumer:
    """The consumer of events; `wake(org_id)` is called when deliveries have been added."""

    def __init__(self, wake: Callable[[int], None]) -> None:
        self._wake = wake

    async def take(self, connection: Connection, org_id: int, events: Sequence[OutboxEvent]) -> None:
        """Adds the deliveries and opens their lanes."""
        subscriptions = await connection.fetch(sql.text("active_subscriptions"), org_id)
        due = [
            (row["id"], event)
            for row in subscriptions
            for event in events
            if not row["event_names"] or event.kind in row["event_names"]
        ]
        if not due:
            return
        subscription_ids = [subscription_id for subscription_id, _ in due]
        holder_ids = [event.holder_id for _, event in due]
        await connection.execute(
            sql.text("add_deliveries"),
            org_id,
            subscription_ids,
            holder_ids,
            [event.seq for _, event in due],
            [event.id for _, event in due],
            [event.recorded_at for _, event in due],
        )
        await connection.execute(sql.text("open_lanes"), org_id, subscription_ids, holder_ids)

    def taken(self, org_id: int) -> None:
        self._wake(org_id)
