"""Redemptions that a sale names: they were made at the till before the bill had a number, and are tied to it with the sale.

The bill is stored whatever comes of them; what cannot be tied is a remark (contract/05-transaction-v1/_errors.yaml: 640).
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from earnest.core.context import RequestContext
from earnest.core.db.batch import Write
from earnest.domains.transactions.activities import AddSale, Booked, CheckedBill, sql
from earnest.engine.outcome import Outcome
from earnest.loyalty.registry import Identified, NaturalKey, Reader, Snapshot, Store

REDEMPTIONS = Reader("redemptions_of_sale", sql.text("redemptions_fragment"))
TIE_REDEMPTIONS = Write(sql, "tie_redemptions")


class NamedRedemptions(msgspec.Struct, frozen=True):
    """Redemptions as a call names them: points by id or by code."""

    points: tuple[str, ...] = ()
    coupons: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.points, *self.coupons)


class Redeemed(msgspec.Struct, frozen=True):
    """A redemption of the member, as far as a bill may be tied to it. `bill_id` None: no bill is known."""

    id: int
    code: str
    bill_id: int | None
    bill_number: str | None
    is_reversed: bool

    def may_belong_to(self, number: str) -> bool:
        """Whether a bill with this number may be its bill: not when it named another number, or was taken back."""
        return self.bill_id is None and not self.is_reversed and self.bill_number in (None, "", number)


_redeemed = msgspec.json.Decoder(tuple[Redeemed, ...])


class AddSaleWithRedemptions(AddSale):
    """A sale that names redemptions of its customer. A plain sale does not read them."""

    readers: ClassVar[tuple[Reader, ...]] = (*AddSale.readers, REDEMPTIONS)

    def __init__(
        self,
        ctx: RequestContext,
        *,
        bill: CheckedBill,
        customer: Identified | int,
        number_key: NaturalKey | None,
        named: NamedRedemptions,
    ) -> None:
        super().__init__(ctx, bill=bill, customer=customer, number_key=number_key)
        self._named = named

    def record(self, store: Store, snapshot: Snapshot, outcome: Outcome) -> Booked:
        booked = super().record(store, snapshot, outcome)
        bill = booked.bill
        found = _redeemed.decode(snapshot.facts.get(REDEMPTIONS.name) or "[]")
        by_name = {one.code: one for one in found} | {str(one.id): one for one in found}
        untied: list[str] = []
        for name in dict.fromkeys(self._named.points):
            one = by_name.get(name)
            # An earlier bill of the same group may have tied it: the snapshot is of before.
            if one is None or store.batch.pending(TIE_REDEMPTIONS, (one.id,)) or not one.may_belong_to(bill.number):
                untied.append(name)
                continue
            row = {"id": one.id, "holder_id": store.holder_id, "bill_id": bill.id, "bill_number": bill.number}
            store.batch.open(TIE_REDEMPTIONS, (one.id,), row)
        # No coupon has been redeemed: there are none.
        return msgspec.structs.replace(booked, untied_redemptions=(*untied, *self._named.coupons))
