"""The members of a case as the engine's values: enrolment, lots, wallet and bills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from earnest.engine.party import (
    ZERO,
    Bill,
    BillLine,
    Category,
    Enrolment,
    Lot,
    LotKind,
    LoyaltyType,
    Party,
    Wallet,
)
from tests.cases.notation import DEFAULT, DEFAULT_NAME, Clock, Names, one_of, only


def parties_of(given: Mapping[str, Any], clock: Clock, names: Names, newcomers: frozenset[str]) -> dict[str, Party]:
    """The members by name. `newcomers` are those whom the case registers: they start without enrolment."""
    members: dict[str, Any] = given.get("members") or {"m": {}}
    return {
        name: _party(name, member or {}, given, clock, names, is_enrolled=name not in newcomers)
        for name, member in members.items()
    }


def _party(
    name: str, member: Mapping[str, Any], given: Mapping[str, Any], clock: Clock, names: Names, *, is_enrolled: bool
) -> Party:
    only(
        member,
        {
            "tier", "tier_since", "tier_expiry", "enrolled", "registered", "registered_at", "enrolled_in", "lots",
            "current", "debt", "lifetime_purchases", "loyalty_type",
        },
        "member",
    )  # fmt: skip
    enrolled_at = clock.start_of(member.get("enrolled", "2020-01-01"))
    is_enrolled = (
        is_enrolled and member.get("registered", True) and DEFAULT_NAME in member.get("enrolled_in", [DEFAULT_NAME])
    )
    lots = _lots(member, clock, names)
    bills = tuple(
        bill_of(number, bill, clock, names)
        for number, bill in (given.get("bills") or {}).items()
        if bill.get("member", "m") == name
    )
    tier_expiry = member.get("tier_expiry")
    enrolment = Enrolment(
        program_id=DEFAULT,
        enrolled_at=enrolled_at,
        tier=member.get("tier", 1),
        tier_since=clock.start_of(member["tier_since"]) if "tier_since" in member else enrolled_at,
        tier_expires_at=None if tier_expiry is None else clock.end_of(tier_expiry),
    )
    wallet = wallet_of(lots, Decimal(member.get("lifetime_purchases", 0)))
    return Party(
        holder_id=names.id(f"member {name}"),
        loyalty_type=LoyaltyType[member.get("loyalty_type", "LOYALTY")],
        registered_at=enrolled_at,
        enrolments={DEFAULT: enrolment} if is_enrolled else {},
        wallets={DEFAULT: wallet} if is_enrolled else {},
        lots=lots,
        bills=bills,
    )


def _lots(member: Mapping[str, Any], clock: Clock, names: Names) -> tuple[Lot, ...]:
    docs: list[dict[str, Any]] = list(member.get("lots") or [])
    if member.get("current"):
        docs.append({"quantity": member["current"]})
    lots = [_lot(doc, clock, names) for doc in docs]
    if member.get("debt"):
        lots.append(
            Lot(
                id=names.next_lot_id(),
                program_id=DEFAULT,
                kind=LotKind.BILL_PROMOTION,
                quantity=ZERO,
                awarded_at=clock.start_of("2020-01-01"),
                debt=Decimal(member["debt"]),
            )
        )
    return tuple(lots)


def _lot(doc: Mapping[str, Any], clock: Clock, names: Names) -> Lot:
    only(
        doc,
        {
            "id", "kind", "category", "bill", "line", "quantity", "redeemed", "expired", "returned", "awarded_at",
            "expires_at", "expiry_type", "expiry_base", "transferable",
        },
        "lot",
    )  # fmt: skip
    one_of(doc.get("category", "MAIN"), {"MAIN"}, "lot.category")
    one_of(doc.get("expiry_type", "FIXED"), {"FIXED"}, "lot.expiry_type")
    bill, line, expires_at = doc.get("bill"), doc.get("line"), doc.get("expires_at")
    return Lot(
        id=doc.get("id") or names.next_lot_id(),
        program_id=DEFAULT,
        kind=LotKind(doc.get("kind", "BILL_REGULAR")),
        quantity=Decimal(doc["quantity"]),
        awarded_at=clock.instant(doc.get("awarded_at", "2020-01-01T00:00:00")),
        category=Category.MAIN,
        bill_id=None if bill is None else names.id(bill),
        line_id=None if line is None else names.line_id(bill, line),
        expires_at=None if expires_at is None else clock.instant(expires_at),
        transferable=doc.get("transferable", True),
        redeemed=Decimal(doc.get("redeemed", 0)),
        expired=Decimal(doc.get("expired", 0)),
        returned=Decimal(doc.get("returned", 0)),
    )


def wallet_of(lots: Iterable[Lot], purchases: Decimal) -> Wallet:
    """The wallet over `lots`: what a debt lot stands for counts as redeemed."""
    lots = list(lots)
    debt = sum((lot.debt for lot in lots), ZERO)
    return Wallet(
        program_id=DEFAULT,
        earned=sum((lot.quantity for lot in lots), ZERO),
        redeemed=sum((lot.redeemed for lot in lots), ZERO) + debt,
        expired=sum((lot.expired for lot in lots), ZERO),
        returned=sum((lot.returned for lot in lots), ZERO),
        debt=debt,
        purchases=purchases,
        next_expiry_at=min((lot.expires_at for lot in lots if lot.expires_at and lot.remaining), default=None),
    )


def bill_of(number: str, doc: Mapping[str, Any], clock: Clock, names: Names) -> Bill:
    only(doc, {"member", "amount", "billing_date", "lines", "type"}, "bill")
    one_of(doc.get("type", "REGULAR"), {"REGULAR"}, "bill.type")
    return Bill(
        id=names.id(number),
        number=number,
        amount=Decimal(doc["amount"]),
        billed_at=clock.instant(doc.get("billing_date", "2026-01-01T12:00:00")),
        lines=tuple(
            BillLine(
                id=names.line_id(number, line["id"]),
                item_code=line.get("code", line["id"]),
                quantity=Decimal(line.get("qty", 1)),
                amount=Decimal(line["amount"]),
            )
            for line in doc.get("lines") or []
        ),
    )
