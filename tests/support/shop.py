"""What happens in a shop, as a till does it: register a customer, sell, take back, redeem, look at the points.

Each step asserts that the call was accepted; where a test expects a refusal it posts the body that the step would post.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TypeVar

import msgspec

from tests.support.till import Answer, Json, Till

T = TypeVar("T")

_numbers = itertools.count(1)


class Member(msgspec.Struct, frozen=True):
    id: int
    mobile: str


class Receipt(msgspec.Struct, frozen=True):
    """A stored sale or return. `number` is that of the sale; `at` its billing date as it was sent, if it was."""

    id: int
    number: str
    body: Json
    at: str | None = None

    @property
    def points(self) -> Json:
        """Points as the answer prints them: awarded, or taken back when negative."""
        effects = (effect for effect in self.body["sideEffects"] if effect["type"] == "points")
        return sum((Decimal(effect["awardedPoints"]) for effect in effects), Decimal(0))

    @property
    def tiers(self) -> list[tuple[str, str]]:
        """Changes of tier: (from, to)."""
        return [
            (effect["previousSlabName"], effect["upgradedSlabName"])
            for effect in self.body["sideEffects"]
            if effect["type"] == "slab"
        ]

    @property
    def warnings(self) -> list[int]:
        return [warning["code"] for warning in self.body["warnings"]]


def new_mobile() -> str:
    """A mobile number that no other member of this test run has, with its country code."""
    return f"9198{next(_numbers):08d}"


def new_number() -> str:
    """A bill number that no other bill of this test run has."""
    return f"bill-{next(_numbers)}"


def customer(mobile: str | None = None, *, source: str = "INSTORE", **profile: Json) -> Json:
    """The body that registers a customer with one profile."""
    identifiers = [{"type": "mobile", "value": mobile or new_mobile()}]
    return {"profiles": [{"firstName": "Leela", "identifiers": identifiers, "source": source, **profile}]}


def register(till: Till, mobile: str | None = None, **profile: Json) -> Member:
    mobile = mobile or new_mobile()
    body = till.post("/v2/customers", customer(mobile, **profile)).ok()
    return Member(body["createdId"], mobile)


def line(item_code: str, amount: Json, *, quantity: Json = 1, **fields: Json) -> Json:
    """A bill line of `quantity` pieces that cost `amount` together."""
    rate = (Decimal(str(amount)) / Decimal(str(quantity))).quantize(Decimal("0.000001"))
    return {"itemCode": item_code, "qty": quantity, "rate": rate, "value": amount, "amount": amount, **fields}


def sale(amount: Json, *, number: str | None = None, **fields: Json) -> Json:
    """The body of a sale."""
    return {"type": "REGULAR", "billNumber": number or new_number(), "billAmount": amount, **fields}


def returned(
    sale: Receipt, kind: str = "FULL", *, amount: Json = None, lines: Sequence[Json] = (), **fields: Json
) -> Json:
    """The body that takes a sale back: whole, by `amount`, or by `lines`."""
    body = {"type": "RETURN", "billNumber": sale.number, "returnType": kind, "billAmount": amount}
    return body | {"purchaseTime": sale.at or "2024-01-01T00:00:00Z", "lineItemsV2": list(lines)} | fields


def send(till: Till, member: Member, body: Json, **query: object) -> Answer:
    """Posts a sale or a return for the member, whatever comes of it."""
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    return till.post("/v2/transactions", body, **(named | query))


def sell(till: Till, member: Member, amount: Json, *, number: str | None = None, **fields: Json) -> Receipt:
    """A sale that must be accepted."""
    body = sale(amount, number=number, **fields)
    answer = send(till, member, body).ok()
    return Receipt(answer["createdId"], body["billNumber"], answer, body.get("billingDate"))


def take_back(
    till: Till,
    member: Member,
    sale: Receipt,
    kind: str = "FULL",
    *,
    amount: Json = None,
    lines: Sequence[Json] = (),
    **fields: Json,
) -> Receipt:
    """A return that must be accepted."""
    answer = send(till, member, returned(sale, kind, amount=amount, lines=lines, **fields)).ok()
    return Receipt(answer["createdId"], sale.number, answer)


def redemption(member: Member, points: Json, **item: Json) -> Json:
    """The body that redeems points."""
    return {"root": {"redeem": [{"points_redeemed": points, "customer": {"mobile": member.mobile}, **item}]}}


def ask_to_redeem(till: Till, member: Member, points: Json, **item: Json) -> Json:
    """The answer's one item, whatever came of the redemption; its code stands in `item_status`."""
    answer = till.post("/v1.1/points/redeem", redemption(member, points, **item), format="json")
    assert answer.status == 200, answer.text
    return answer.body["response"]["responses"]["points"]


def redeem(till: Till, member: Member, points: Json, **item: Json) -> Json:
    """A redemption that must succeed: the item of the answer."""
    redeemed = ask_to_redeem(till, member, points, **item)
    assert redeemed["item_status"]["code"] == 800, redeemed
    return redeemed


def points_of(till: Till, member: Member) -> Decimal:
    """What the member can redeem now."""
    main: Decimal = till.get(f"/v2/customers/{member.id}/points/balance").ok()["mainPoints"]
    return main


def details_of(till: Till, member: Member, **query: object) -> Json:
    return till.get(f"/v2/customers/{member.id}", **({"source": "INSTORE", "embed": "points,mlp"} | query)).ok()


def summary_of(till: Till, member: Member) -> Json:
    """Counters and tier in the default programme."""
    return details_of(till, member)["pointsSummary"]


def tier_of(till: Till, member: Member) -> str:
    tier: str = summary_of(till, member)["currentSlab"]
    return tier


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Starts all calls together and answers their results in order."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(lambda call: call(), calls))
