"""Breaks one row of POSTINGS where the product books and expects, and leaves reconcile its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from msgspec.structs import replace

from earnest.engine.outcome import POSTINGS, MovementType, Posting

_USERS = ("earnest.engine.apply.POSTINGS", "earnest.loyalty.ledger.post.POSTINGS")


class Damage(msgspec.Struct, frozen=True):
    """What is put in the place of a row."""

    name: str
    type: MovementType
    posting: Posting

    def __str__(self) -> str:
        return f"{self.type.value} {self.name}"


def damages() -> list[Damage]:
    """For each type of movement: accounts the wrong way round, or the wrong one; a counter forgotten, or the wrong one; a lot
    left as it was."""
    found: list[Damage] = []
    for type_, posting in POSTINGS.items():
        if posting.debit != posting.credit:
            turned = replace(posting, debit=posting.credit, credit=posting.debit)
            found.append(Damage("with its accounts the wrong way round", type_, turned))
        wrong = replace(posting, **{"credit" if posting.debit == "MEMBER" else "debit": "NOWHERE"})
        found.append(Damage("on an account that does not exist", type_, wrong))
        if posting.wallet_counter is not None:
            found.append(Damage("not counted", type_, replace(posting, wallet_counter=None, wallet_sign=0)))
            other = "expired" if posting.wallet_counter == "redeemed" else "redeemed"
            found.append(Damage("counted elsewhere", type_, replace(posting, wallet_counter=other)))
        if posting.lot_column is not None:
            found.append(Damage("not noted on the lot", type_, replace(posting, lot_column=None, lot_sign=0)))
    return found


@contextmanager
def broken_posting(damage: Damage) -> Iterator[None]:
    broken = {**POSTINGS, damage.type: damage.posting}
    with pytest.MonkeyPatch.context() as patch:
        for user in _USERS:
            patch.setattr(user, broken)
        yield
