"""A member whom somebody else is at work on: the call waits, sees everything that was changed, or is refused in time."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal

import psycopg
import pytest

from tests.support import shop
from tests.support.locks import Holding, holding
from tests.support.organizations import Organization
from tests.support.shop import Member
from tests.support.till import Json

NOW = "2024-10-01T12:00:00+05:30"
AT = datetime.fromisoformat(NOW)
# Before the organisation was founded here: history, which needs no decision record.
LONG_AGO = datetime.fromisoformat("2019-01-01T00:00:00+00:00")


def _expire_a_lot_and_raise_the_tier(held: Holding, member: Member) -> None:
    """What another process would write: the member's first lot expires, and he is lifted to Gold by hand."""
    org_id, run = held.org_id, held.connection.execute
    row = run(
        "UPDATE holder SET seq = seq + 1 WHERE org_id = %s AND id = %s RETURNING seq", [org_id, member.id]
    ).fetchone()
    assert row is not None
    (seq,) = row
    lot = run(
        "SELECT id, remaining FROM lot WHERE org_id = %s AND holder_id = %s ORDER BY expires_at LIMIT 1",
        [org_id, member.id],
    ).fetchone()
    assert lot is not None
    lot_id, remaining = lot
    run("UPDATE lot SET expired = expired + remaining WHERE org_id = %s AND id = %s", [org_id, lot_id])
    run("UPDATE wallet SET expired = expired + %s WHERE org_id = %s AND holder_id = %s", [remaining, org_id, member.id])
    run(
        "INSERT INTO movement (org_id, holder_id, seq, id, lot_id, program_id, currency, type, quantity, debit_account,"
        " credit_account, at, recorded_at) SELECT %s, %s, %s, nextval('id_movement'), %s, 1, 'POINTS', 'EXPIRED', %s,"
        " 'MEMBER', 'EXPIRED', %s, %s",
        [org_id, member.id, seq, lot_id, remaining, AT, LONG_AGO],
    )
    run(
        "INSERT INTO loyalty_event (org_id, holder_id, seq, id, type, till_id, at, recorded_at)"
        " SELECT %s, %s, %s, nextval('id_event'), 'PointsExpiry', 1, %s, %s",
        [org_id, member.id, seq, AT, LONG_AGO],
    )
    run(
        "UPDATE enrolment SET tier = 2, previous_tier = 1, tier_since = %s WHERE org_id = %s AND holder_id = %s",
        [AT, org_id, member.id],
    )
    run(
        "INSERT INTO tier_change (org_id, holder_id, seq, id, program_id, from_tier, to_tier, type, cause, at, criteria)"
        " SELECT %s, %s, %s, nextval('id_event'), 1, 1, 2, 'UPGRADE', 'MANUAL', %s, '{}'",
        [org_id, member.id, seq, AT],
    )


def _judged_on(organization: Organization, member: Member) -> Json:
    """The party in the member's last decision record."""
    with psycopg.connect(organization.server.owner_url) as connection:
        row = connection.execute(
            "SELECT record::text FROM decision WHERE org_id = %s AND holder_id = %s ORDER BY seq DESC LIMIT 1",
            [organization.org_id, member.id],
        ).fetchone()
    assert row is not None
    return json.loads(row[0], parse_float=Decimal)["party"]


@pytest.fixture
def member(organization: Organization) -> Member:
    """100 points to the end of September 2025 and 150 to the end of October 2025, in Silver."""
    till = organization.till
    member = shop.register(till.at("2024-09-01T12:00:00+05:30"))
    shop.sell(till.at("2024-09-01T12:00:00+05:30"), member, 1_000)
    shop.sell(till.at(NOW), member, 1_500)
    return member


def test_a_redemption_that_waited_sees_lots_wallet_and_tier_as_they_are_now(
    organization: Organization, member: Member
) -> None:
    till = organization.till.at(NOW)
    with ThreadPoolExecutor(1) as threads:
        with holding(organization.server, organization.org_id, member.id) as held:
            waiting = threads.submit(shop.redeem, till, member, 90)
            held.wait_for_waiters()
            _expire_a_lot_and_raise_the_tier(held, member)
        redeemed = waiting.result()
    assert redeemed["balance"] == 60
    party = _judged_on(organization, member)
    assert [Decimal(lot["quantity"]) for lot in party["lots"]] == [150]
    assert Decimal(party["wallets"]["1"]["expired"]) == 100
    assert party["enrolments"]["1"]["tier"] == 2
    assert shop.points_of(till, member) == 60


def test_a_redemption_that_waited_cannot_spend_what_is_gone(organization: Organization, member: Member) -> None:
    till = organization.till.at(NOW)
    with ThreadPoolExecutor(1) as threads:
        with holding(organization.server, organization.org_id, member.id) as held:
            waiting = threads.submit(shop.ask_to_redeem, till, member, 200)
            held.wait_for_waiters()
            _expire_a_lot_and_raise_the_tier(held, member)
        refused = waiting.result()
    assert refused["item_status"]["code"] == 818
    assert shop.points_of(till, member) == 150


def test_a_bill_that_waited_earns_at_the_tier_of_now(organization: Organization, member: Member) -> None:
    till = organization.till.at(NOW)
    with ThreadPoolExecutor(1) as threads:
        with holding(organization.server, organization.org_id, member.id) as held:
            waiting = threads.submit(shop.sell, till, member, 1_000)
            held.wait_for_waiters()
            _expire_a_lot_and_raise_the_tier(held, member)
        sale = waiting.result()
    assert sale.points == 120
    party = _judged_on(organization, member)
    assert party["enrolments"]["1"]["tier"] == 2
    assert Decimal(party["wallets"]["1"]["expired"]) == 100
    assert shop.points_of(till, member) == 270


def test_a_locked_member_is_refused_in_time_and_nobody_else_waits(organization: Organization) -> None:
    till = organization.till.at(NOW)
    busy = [shop.register(till) for _ in range(3)]
    others = [shop.register(till) for _ in range(4)]
    body = shop.sale(500)

    with (
        ThreadPoolExecutor(4) as threads,
        holding(organization.server, organization.org_id, *(member.id for member in busy)) as held,
    ):
        bills = [
            threads.submit(shop.send, till, busy[0], body),
            threads.submit(shop.send, till, busy[0], body),
            threads.submit(shop.send, till, busy[1], shop.sale(100)),
        ]
        redemption = threads.submit(shop.ask_to_redeem, till, busy[2], 1)
        held.wait_for_waiters(3)
        for n in range(12):
            shop.sell(till, others[n % 4], 100)
        # All of that while the four are still waiting: nobody stood behind them.
        assert not any(call.done() for call in (*bills, redemption))
        answers = [bill.result() for bill in bills]
        item = redemption.result()
    for answer in answers:
        assert (answer.status, answer.code) == (409, 521)
    assert item["item_status"]["code"] == 521
    # Nothing of it was stored: the same bill is taken as soon as the member is free.
    shop.send(till, busy[0], body).ok()
    assert shop.points_of(till, busy[0]) == 50
    assert [shop.points_of(till, member) for member in others] == [30] * 4
