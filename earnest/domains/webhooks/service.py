"""Use cases of webhooks: subscribe, change, rotate the secret, remove; what did not arrive, and sending it again.

They take the organisation's database and the instant in real time: deliveries know no other.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

from earnest.core.db.pool import Connection
from earnest.core.db.statements import load
from earnest.core.db.tenant import TenantDatabase
from earnest.core.errors import INVALID_INPUT
from earnest.core.secret_key import Seal
from earnest.domains.webhooks import errors
from earnest.domains.webhooks.addresses import check_url
from earnest.domains.webhooks.event_ids import event_id, number_of
from earnest.domains.webhooks.schemas import DeadDelivery, DeadPage, NewSubscription, Subscription, SubscriptionChange
from earnest.domains.webhooks.signature import check_secret, new_secret

sql = load(Path(__file__).with_name("queries.sql"))

SEAL_PURPOSE = "webhook secrets"
PAGE_MAX = 100
# Rows of a long list that one transaction changes.
PORTION = 2_000
ROTATION = timedelta(hours=24)

_EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_START = datetime(1970, 1, 1, tzinfo=UTC)


async def subscribe(
    db: TenantDatabase, seal: Seal, new: NewSubscription, *, allow_private: bool, now: datetime
) -> tuple[Subscription, str]:
    """Stores a subscription and returns it with its secret, which is not shown again.

    ApiError 400 for a URL, name, number or secret that cannot be used, 409 when there are too many.
    """
    url = check_url(new.url, allow_private=allow_private)
    event_names = _check_event_names(new.event_names)
    _check_connections(new.connections_max)
    secret = new_secret() if new.secret is None else check_secret(new.secret)
    async with db.transaction() as connection:
        await connection.execute(sql.text("lock_subscriptions"), db.org_id)
        if await connection.fetchval(sql.text("count_subscriptions"), db.org_id) >= errors.SUBSCRIPTIONS_MAX:
            raise errors.SUBSCRIPTIONS_FULL.error()
        subscription_id: int = await connection.fetchval(sql.text("next_subscription_id"))
        await connection.execute(
            sql.text("add_subscription"),
            db.org_id,
            subscription_id,
            url,
            event_names,
            seal.close(secret.encode()),
            new.connections_max,
            now,
        )
    subscription = Subscription(
        id=subscription_id,
        url=url,
        event_names=event_names,
        connections_max=new.connections_max,
        is_active=True,
        inactive_reason="",
        created_at=now,
        changed_at=now,
    )
    return subscription, secret


async def list_subscriptions(db: TenantDatabase) -> list[Subscription]:
    """All of the organisation, in the order of their making."""
    async with db.transaction() as connection:
        rows = await connection.fetch(sql.text("list_subscriptions"), db.org_id)
    return [_subscription(row) for row in rows]


async def change(
    db: TenantDatabase, subscription_id: int, wanted: SubscriptionChange, *, allow_private: bool, now: datetime
) -> Subscription:
    """Changes what is given. While a webhook is not active nothing is noted for it; what was waiting waits on.

    ApiError 404 for an unknown one, 400 as for a new one.
    """
    url = None if wanted.url is None else check_url(wanted.url, allow_private=allow_private)
    event_names = None if wanted.event_names is None else _check_event_names(wanted.event_names)
    if wanted.connections_max is not None:
        _check_connections(wanted.connections_max)
    async with db.transaction() as connection:
        row = await connection.fetchrow(
            sql.text("change_subscription"),
            db.org_id,
            url,
            event_names,
            wanted.connections_max,
            wanted.is_active,
            "paused" if wanted.is_active is False else "",
            now,
            subscription_id,
        )
    if row is None:
        raise errors.SUBSCRIPTION_UNKNOWN.error()
    return _subscription(row)


async def rotate(
    db: TenantDatabase, seal: Seal, subscription_id: int, *, now: datetime, secret: str | None = None
) -> tuple[str, datetime]:
    """Gives it a new secret and returns that, with the instant until which the one before signs too.

    ApiError 404 for an unknown one, 400 for a secret that cannot be used.
    """
    secret = new_secret() if secret is None else check_secret(secret)
    until = now + ROTATION
    async with db.transaction() as connection:
        found = await connection.fetchval(
            sql.text("rotate_secret"), db.org_id, until, seal.close(secret.encode()), now, subscription_id
        )
    if found is None:
        raise errors.SUBSCRIPTION_UNKNOWN.error()
    return secret, until


async def remove(db: TenantDatabase, subscription_id: int, *, now: datetime) -> None:
    """Ends a subscription. What was waiting for it is given up. ApiError 404 for an unknown one."""
    async with db.transaction() as connection:
        if await connection.fetchval(sql.text("remove_subscription"), db.org_id, now, subscription_id) is None:
            raise errors.SUBSCRIPTION_UNKNOWN.error()
        await connection.execute(sql.text("drop_lanes"), db.org_id, subscription_id)
    while True:
        async with db.transaction() as connection:
            status = await connection.execute(sql.text("bury_waiting"), db.org_id, subscription_id, PORTION)
        if status == "UPDATE 0":
            return


async def list_dead(
    db: TenantDatabase, subscription_id: int, *, cursor: str | None = None, limit: int = PAGE_MAX
) -> DeadPage:
    """Events that were given up, the oldest first. ApiError 400 for a cursor that is none, 404 for an unknown webhook."""
    await _require(db, subscription_id)
    after_at, after_id = (_START, 0) if cursor is None else _after(cursor)
    limit = max(1, min(limit, PAGE_MAX))
    async with db.transaction() as connection:
        rows = await connection.fetch(sql.text("list_dead"), db.org_id, subscription_id, after_at, after_id, limit + 1)
    shown = tuple(
        DeadDelivery(
            subscription_id=row["subscription_id"],
            event_id=event_id(db.org_id, row["event_id"], row["recorded_at"]),
            event_name=row["kind"],
            holder_id=row["holder_id"],
            recorded_at=row["recorded_at"],
            attempts=row["attempts"],
            attempted_at=row["attempted_at"],
            status=row["status"],
            error=row["error"],
        )
        for row in rows[:limit]
    )
    following = _cursor(rows[limit - 1]) if len(rows) > limit else None
    return DeadPage(deliveries=shown, next=following)


async def replay_event(db: TenantDatabase, subscription_id: int, event: UUID) -> None:
    """Sends one event again, with the id that it had. ApiError 404 when it was never due to this webhook."""
    try:
        number = number_of(event)
    except ValueError:
        raise errors.EVENT_ID_INVALID.error() from None
    async with db.transaction() as connection:
        rows = await connection.fetch(sql.text("replay_event"), db.org_id, number, subscription_id)
        if not rows:
            raise errors.EVENT_UNKNOWN.error()
        await _open_lanes(connection, db.org_id, subscription_id, rows)


async def replay_dead(db: TenantDatabase, subscription_id: int, *, since: datetime, until: datetime) -> int:
    """Sends again what was given up of the events of [since, until), and answers how many that are."""
    await _require(db, subscription_id)
    _check_range(since, until)
    replayed = 0
    while True:
        async with db.transaction() as connection:
            rows = await connection.fetch(sql.text("replay_dead"), db.org_id, subscription_id, since, until, PORTION)
            await _open_lanes(connection, db.org_id, subscription_id, rows)
        replayed += len(rows)
        if len(rows) < PORTION:
            return replayed


async def replay_range(db: TenantDatabase, subscription_id: int, *, since: datetime, until: datetime) -> int:
    """Sends every event of [since, until) that the webhook is subscribed to, again or for the first time.

    Answers how many that are. ApiError 404 for an unknown webhook, 400 for an empty range.
    """
    subscription = await _require(db, subscription_id)
    _check_range(since, until)
    replayed, after = 0, (0, 0, 0)
    while True:
        async with db.transaction() as connection:
            rows = await connection.fetch(sql.text("events_of_range"), db.org_id, since, until, *after, PORTION)
            wanted = [row for row in rows if not subscription.event_names or row["kind"] in subscription.event_names]
            await connection.execute(
                sql.text("replay_events"),
                db.org_id,
                subscription_id,
                [row["holder_id"] for row in wanted],
                [row["seq"] for row in wanted],
                [row["id"] for row in wanted],
                [row["recorded_at"] for row in wanted],
            )
            await _open_lanes(connection, db.org_id, subscription_id, wanted)
        replayed += len(wanted)
        if len(rows) < PORTION:
            return replayed
        after = (rows[-1]["holder_id"], rows[-1]["seq"], rows[-1]["id"])


async def _require(db: TenantDatabase, subscription_id: int) -> Subscription:
    found = [one for one in await list_subscriptions(db) if one.id == subscription_id]
    if not found:
        raise errors.SUBSCRIPTION_UNKNOWN.error()
    return found[0]


async def _open_lanes(
    connection: Connection, org_id: int, subscription_id: int, rows: Sequence[asyncpg.Record]
) -> None:
    holder_ids = sorted({row["holder_id"] for row in rows})
    await connection.execute(sql.text("open_lanes"), org_id, [subscription_id] * len(holder_ids), holder_ids)


def _subscription(row: asyncpg.Record) -> Subscription:
    return Subscription(**{**dict(row), "event_names": tuple(row["event_names"])})


def _check_event_names(names: Sequence[str]) -> tuple[str, ...]:
    if len(names) > errors.EVENT_NAMES_MAX or not all(_EVENT_NAME.fullmatch(name) for name in names):
        raise errors.EVENT_NAMES_INVALID.error()
    return tuple(dict.fromkeys(names))


def _check_connections(connections_max: int) -> None:
    if not 1 <= connections_max <= errors.CONNECTIONS_MAX:
        raise errors.CONNECTIONS_INVALID.error()


def _check_range(since: datetime, until: datetime) -> None:
    if since >= until:
        raise errors.RANGE_INVALID.error()


_position = msgspec.json.Decoder(tuple[datetime, int])


def _cursor(row: asyncpg.Record) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((row["recorded_at"], row["event_id"]))).decode("ascii")


def _after(cursor: str) -> tuple[datetime, int]:
    try:
        return _position.decode(base64.urlsafe_b64decode(cursor))
    except ValueError:
        raise INVALID_INPUT.error() from None
