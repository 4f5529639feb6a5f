"""Reads of a member with ten thousand awards stay right, bounded and quick."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from time import perf_counter

import psycopg
import pytest

from earnest.engine.program.model import Level
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.programs import award, demo_with, percent
from tests.support.server import Server
from tests.support.shop import Member
from tests.support.till import Json, Till

SALES, LINES = 100, 100
AT = "2024-06-03T12:00:00+05:30"
# Twenty times what the slowest of these reads takes on two cores that do nothing else.
SECONDS_MAX = 1.5


@pytest.fixture(scope="module")
def till(server: Server, make_shared_organization: MakeOrganization) -> Iterator[Till]:
    by_line = award(1, percent(10), level=Level.LINE)
    program = demo_with(awards=(by_line,), upgrade=None)
    config = {"ENABLE_POINTS_AWARDED_SOURCE_VALUE_CAPTURING": True}
    yield make_shared_organization(program=program, config=config).till.at(AT)
    # The reads are to be quick whatever PostgreSQL knows of the tables; reconciling them afterwards need not be.
    with psycopg.connect(server.owner_url) as connection:
        connection.execute("ANALYZE lot, movement")


@pytest.fixture(scope="module")
def member(till: Till) -> Member:
    """Each of a hundred bills brings a hundred awards of one point; one redemption draws from a hundred and fifty of them."""
    member = shop.register(till)
    for start in range(0, SALES, 10):
        shop.at_once(
            [lambda: shop.sell(till, member, 10 * LINES, lineItemsV2=_lines()) for _ in range(start, start + 10)]
        )
    shop.redeem(till, member, 150)
    return member


def _lines() -> list[Json]:
    return [shop.line(f"sku-{number}", 10) for number in range(LINES)]


def _read(till: Till, path: str, **query: object) -> Json:
    started = perf_counter()
    body = till.get(path, **query).ok()
    assert perf_counter() - started < SECONDS_MAX
    return body


def _named(member: Member) -> dict[str, object]:
    return {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}


LEFT = SALES * LINES - 150


def test_the_schedule_adds_up(till: Till, member: Member) -> None:
    (row,) = _read(till, f"/v2/customers/{member.id}/pointsExpirySchedule")["expirySchedules"]
    assert (row["points"], row["pointsType"]) == (LEFT, "line_item_regular")


def test_the_ledger_comes_in_pages_of_events(till: Till, member: Member) -> None:
    path = "/v2/pointsLedger/getCustomerLedgerInfo"
    first = _read(till, path, **_named(member), limit=100)
    assert first["ledgerDetails"]["totalEntries"] == SALES + 1
    assert (first["ledgerEntries"][0]["eventName"], len(first["ledgerEntries"])) == ("PointsRedemption", 100)
    last = _read(till, path, **_named(member), limit=100, offset=1, pointCategoryType="REGULAR")
    assert len(last["ledgerEntries"]) == 1
    nets = [Decimal(event["netPointsOnEvent"]) for page in (first, last) for event in page["ledgerEntries"]]
    assert sum(nets) == LEFT
    # An event is one entry however many awards it brought.
    assert all(len(event["entryDetails"]) <= 4 for event in first["ledgerEntries"])


def test_the_balance_is_the_sum_of_the_ledger(till: Till, member: Member) -> None:
    balance = _read(till, "/v2/pointsLedger/getCustomerLedgerBalance", **_named(member))
    assert Decimal(balance["ledgerDetails"]["ledgerClosingBalance"][0]["closingBalance"]) == LEFT
    assert shop.points_of(till, member) == LEFT


def test_what_stands_behind_events_is_theirs_alone(till: Till, member: Member) -> None:
    events = _read(till, "/v2/pointsLedger/getCustomerLedgerInfo", **_named(member), limit=10)["ledgerEntries"]
    ids = ",".join(str(event["eventLogId"]) for event in events)
    path = "/v2/pointsLedger/getLedgerExplodeInfo"
    exploded = _read(till, path, **_named(member), eventIds=ids, getBillDetails="true", getPointsEarnedBreakup="true")[
        "events"
    ]
    assert len(exploded) == 10
    redeemed, *sold = exploded
    assert len(redeemed["pointsBreakup"]) == 150
    for event in sold:
        assert len(event["billDetails"]["pointsEarnedBreakup"]["regular"]) == LINES
        assert len(event["billDetails"]["lineItems"]) == LINES


def test_details_and_tier_do_not_depend_on_the_awards(till: Till, member: Member) -> None:
    (details,) = _read(till, f"/v2/customers/{member.id}/loyaltyDetails")["data"]
    assert (details["loyaltyPoints"], details["redeemed"]) == (LEFT, 150)
    assert _read(till, f"/v2/customers/{member.id}/tierDetails")["programTiers"]
