"""What stands behind events of the ledger (15-points-ledger/03, 05): the bill, the awards, the redemption."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import UNSET

from earnest.core import config_keys
from earnest.core.context import RequestContext
from earnest.core.messages import Message, warning
from earnest.domains.ledger import errors, schemas
from earnest.domains.ledger import schemas_explode as wire
from earnest.domains.ledger.behind import Behind
from earnest.domains.ledger.filters import check_currencies, check_page
from earnest.domains.ledger.service import sql, timestamp
from earnest.domains.ledger.whose import Holder, holder, holders

EVENTS_MAX = 10
EVENT_NAMES = frozenset(
    {
        "NewBill", "TransactionAdd", "GroupTransactionAdd", "LineItemsPointsPromotionImport", "BillPointsPromotionImport",
        "CustomerPromotionImport", "GenericEvent", "CustomerRegistration", "CustomerUpdate", "AllocateGoodwillPoints",
        "PointsTransfer", "PointsRedemption", "ReturnBill", "TargetCompleted", "ManualPointsAdjustment",
        "VoucherRedemption",
    }
)  # fmt: skip
"""Names that `eventName` may have (15-points-ledger/03)."""

_ALPHABET = string.ascii_letters + string.digits
_UNIQUE_LENGTH = 10
_ID_DIGITS_MAX = 16


async def explode(ctx: RequestContext, query: wire.ExplodeQuery) -> wire.ExplodeAnswer:
    """Events of a member with the parts that the flags ask for."""
    ids, references = _named(query)
    _check(ctx, query)
    return await _answer([await holder(ctx, query, query.type)], query, ids, references, connected=False)


async def explode_connected(
    ctx: RequestContext, headers: schemas.ScopeHeaders, query: wire.ExplodeQuery
) -> wire.ExplodeAnswer:
    """The same in the organisations of the scope."""
    ids, references = _named(query)
    _check(ctx, query)
    return await _answer(await holders(ctx, headers, query, query.type), query, ids, references, connected=True)


def _check(ctx: RequestContext, query: wire.ExplodeQuery) -> None:
    check_page(query.limit, query.offset)
    check_currencies(query.alternate_currency_names)
    if query.get_points_earned_breakup and not config_keys.SOURCE_VALUE_CAPTURING.of(ctx.organization):
        raise errors.SOURCE_VALUES_DISABLED.error()


def _named(query: wire.ExplodeQuery) -> tuple[list[int], list[int]]:
    """Event ids, or what the events of `eventName` refer to. 11021 both, 11023 neither, 11017 and 9022 no numbers, 11014 an
    unknown name or too many."""
    if query.event_ids and query.event_reference_ids:
        raise errors.IDS_AND_REFERENCES.error()
    if query.event_ids:
        ids = _numbers(query.event_ids)
        if ids is None:
            raise errors.EVENT_ID_FORMAT.error()
        return _few(ids), []
    if not query.event_name or not query.event_reference_ids:
        raise errors.NO_EVENTS_NAMED.error()
    if query.event_name not in EVENT_NAMES:
        raise errors.INVALID_EVENT_NAME.error()
    references = _numbers(query.event_reference_ids)
    if references is None:
        raise errors.INVALID_REFERENCES.error()
    return [], _few(references)


def _numbers(text: str) -> list[int] | None:
    texts = [one.strip() for one in text.split(",")]
    if not all(one.isascii() and one.isdigit() and len(one) <= _ID_DIGITS_MAX for one in texts):
        return None
    return list(dict.fromkeys(int(one) for one in texts))


def _few(ids: list[int]) -> list[int]:
    if len(ids) > EVENTS_MAX:
        raise errors.INVALID_EVENT_NAME.error()
    return ids


async def _answer(
    whose: Sequence[Holder], query: wire.ExplodeQuery, ids: list[int], references: list[int], *, connected: bool
) -> wire.ExplodeAnswer:
    events: list[wire.ExplodedEvent] = []
    for one in whose:
        rows = await _rows(one, query, ids, references)
        behind = await Behind.of(one, query, rows)
        events += [_event(one, row, behind, query, connected) for row in rows]
    if not events:
        raise (errors.NO_DETAILS if ids else errors.INVALID_REFERENCES).error()
    missing = set(ids) - {event.event_log_id for event in events}
    warnings: list[Message] = [warning(errors.DETAIL_NOT_FOUND, event_id=event_id) for event_id in sorted(missing)]
    skip = query.offset * query.limit
    return wire.ExplodeAnswer(events[skip : skip + query.limit], warnings)


async def _rows(
    found: Holder, query: wire.ExplodeQuery, ids: list[int], references: list[int]
) -> list[Mapping[str, Any]]:
    async with found.ctx.db.transaction() as connection:
        rows = await connection.fetch(
            sql.text("find_events"),
            found.ctx.org_id,
            found.id,
            ids,
            query.event_name if references else None,
            references,
        )
    return [dict(row) for row in rows]


def _event(
    found: Holder, row: Mapping[str, Any], behind: Behind, query: wire.ExplodeQuery, connected: bool
) -> wire.ExplodedEvent:
    parts = behind.parts(row)
    return wire.ExplodedEvent(
        event_log_id=row["id"],
        event_name=row["type"],
        event_details=wire.EventTime(timestamp(found.ctx, row["at"]), row["till_id"]),
        event_reference_id=str(-1 if row["reference_id"] is None else row["reference_id"]),
        unique_id=unique_id(found.ctx.org_id, row["id"]),
        org_id=found.ctx.org_id if connected else UNSET,
        **parts,
    )


def unique_id(org_id: int, event_id: int) -> str:
    """A name of the event that no other one has, the same at every read (the pages show a hash)."""
    number = int.from_bytes(hashlib.sha256(f"{org_id}:{event_id}".encode()).digest())
    letters = []
    for _ in range(_UNIQUE_LENGTH):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)
