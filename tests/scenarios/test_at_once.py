"""Calls that arrive together: points are spent once, a number is taken once, and nobody's bill is lost or doubled."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from decimal import Decimal
from functools import partial

import psycopg

from tests.support import shop
from tests.support.locks import claiming
from tests.support.organizations import Organization
from tests.support.shop import Member
from tests.support.till import Till

NOW = "2024-09-02T12:00:00+05:30"


def test_two_tills_redeem_the_same_points_and_one_wins(organization: Organization) -> None:
    tills = [organization.till.at(NOW), organization.other_store_till.at(NOW)]
    for _ in range(5):
        member = shop.register(tills[0])
        shop.sell(tills[0], member, 1_000)
        answers = shop.at_once([partial(shop.ask_to_redeem, till, member, 80) for till in tills])
        assert sorted(answer["item_status"]["code"] for answer in answers) == [800, 818]
        (won,) = (answer for answer in answers if answer["item_status"]["code"] == 800)
        assert won["balance"] == 20
        assert shop.points_of(tills[0], member) == 20


def test_ten_redemptions_draw_no_more_than_there_is(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 600)
    shop.sell(till, member, 400)
    answers = shop.at_once([partial(shop.ask_to_redeem, till, member, 30)] * 10)
    assert Counter(answer["item_status"]["code"] for answer in answers) == {800: 3, 818: 7}
    balances = sorted(answer["balance"] for answer in answers if answer["item_status"]["code"] == 800)
    assert balances == [10, 40, 70]
    assert shop.points_of(till, member) == 10


def test_the_same_bill_posted_twenty_times_counts_once(organization: Organization) -> None:
    tills = [till.at(NOW) for till in organization.tills]
    member = shop.register(tills[0])
    body = shop.sale(2_500)
    answers = shop.at_once([partial(shop.send, tills[n % 3], member, body) for n in range(20)])
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 19}
    assert {answer.code for answer in answers if answer.status == 400} == {604}
    assert shop.points_of(tills[0], member) == 250
    assert shop.summary_of(tills[0], member)["cumulativePurchases"] == 2_500


def test_a_bill_number_posted_for_twenty_members_is_one_members(client: Till) -> None:
    till = client.at(NOW)
    members = [shop.register(till) for _ in range(20)]
    body = shop.sale(1_000)
    answers = shop.at_once([partial(shop.send, till, member, body) for member in members])
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 19}
    assert sorted(shop.points_of(till, member) for member in members) == [0] * 19 + [100]


def test_the_same_reference_sent_ten_times_is_one_redemption(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 5_000)
    redeem = partial(shop.redeem, till, member, 45, external_reference_number="order-5")
    answers = shop.at_once([redeem] * 10)
    assert len({answer["redemption_id"] for answer in answers}) == 1
    assert {answer["balance"] for answer in answers} == {455}
    assert shop.points_of(till, member) == 455


def test_the_same_customer_sent_ten_times_is_registered_once(client: Till) -> None:
    till = client.at(NOW)
    body = shop.customer()
    answers = shop.at_once([partial(till.post, "/v2/customers", body)] * 10)
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 9}
    assert {answer.code for answer in answers if answer.status == 400} == {8006}


def test_a_customer_who_registers_on_two_sources_at_once_is_one_customer(client: Till) -> None:
    till = client.at(NOW)
    for _ in range(10):
        mobile = shop.new_mobile()
        bodies = [shop.customer(mobile, source=source) for source in ("INSTORE", "WEBSITE", "ECOMMERCE")]
        answers = shop.at_once([partial(till.post, "/v2/customers", body) for body in bodies])
        assert len({answer.ok()["createdId"] for answer in answers}) == 1
        assert sorted(answer.warning_codes for answer in answers) == [[], [8050], [8050]]


def test_a_bill_is_returned_once(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    kept, sale = shop.sell(till, member, 400), shop.sell(till, member, 800)
    answers = shop.at_once([partial(shop.send, till, member, shop.returned(sale))] * 8)
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 7}
    assert {answer.code for answer in answers if answer.status == 400} == {633}
    assert shop.points_of(till, member) == kept.points


def test_bills_redemptions_and_returns_of_one_member_at_once_add_up(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    sales = [shop.sell(till, member, 100) for _ in range(8)]
    answers = shop.at_once(
        [partial(shop.sell, till, member, 100) for _ in range(8)]
        + [partial(shop.redeem, till, member, 5) for _ in range(8)]
        + [partial(shop.take_back, till, member, sale) for sale in sales]
    )
    assert len(answers) == 24
    assert shop.points_of(till, member) == 8 * 10 - 8 * 5
    summary = shop.summary_of(till, member)
    assert (summary["redeemed"], summary["returned"], summary["cumulativePurchases"]) == (40, 80, 800)


def test_bills_of_sixty_four_members_at_once_are_all_right(client: Till) -> None:
    till = client.at(NOW)
    members = [shop.register(till) for _ in range(64)]
    sales = shop.at_once([partial(shop.sell, till, member, 100 + n) for n, member in enumerate(members)])
    assert [sale.points for sale in sales] == [Decimal(100 + n) / 10 for n in range(64)]
    assert len({sale.id for sale in sales}) == 64
    assert [shop.points_of(till, member) for member in members] == [sale.points for sale in sales]


def test_sixty_four_bills_of_one_member_at_once_are_all_right(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)
    sales = shop.at_once([partial(shop.sell, till, member, 200)] * 64)
    # The fiftieth bill reaches 10,000: it and those before it earn 10 %, those after it 12 %.
    assert Counter(sale.points for sale in sales) == {20: 50, 24: 14}
    assert sorted(tiers for sale in sales for tiers in sale.tiers) == [("Silver", "Gold")]
    assert shop.points_of(till, member) == 50 * 20 + 14 * 24
    assert shop.summary_of(till, member)["cumulativePurchases"] == 12_800


def _events_per_transaction(organization: Organization) -> Counter[str]:
    """How many bills each database transaction stored."""
    with psycopg.connect(organization.server.owner_url) as connection:
        rows = connection.execute(
            "SELECT xmin::text FROM loyalty_event WHERE org_id = %s AND type = 'TransactionAdd'", [organization.org_id]
        ).fetchall()
    return Counter(row[0] for row in rows)


def test_a_refused_call_harms_no_call_of_its_group(organization: Organization) -> None:
    """While a group waits for a bill number that somebody claims, the next calls gather: they share one transaction."""
    till = organization.till.at(NOW)
    members = [shop.register(till) for _ in range(24)]
    taken = shop.sell(till, members[0], 100)
    spent = shop.sell(till, members[1], 100)
    shop.take_back(till, members[1], spent)
    blocked = shop.sale(50)
    with ThreadPoolExecutor(32) as threads:
        with claiming(organization.server, organization.org_id, blocked["billNumber"]) as held:
            first = threads.submit(shop.send, till, members[2], blocked)
            held.wait_for_waiters()
            refused = [
                threads.submit(shop.send, till, members[3], shop.sale(100, number=taken.number)),
                threads.submit(shop.send, till, Member(0, shop.new_mobile()), shop.sale(100)),
                threads.submit(shop.send, till, members[1], shop.returned(spent)),
                threads.submit(shop.send, till.at("2020-01-01T00:00:00Z"), members[4], shop.sale(100)),
            ]
            poor = threads.submit(shop.ask_to_redeem, till, members[5], 5_000)
            good = [threads.submit(shop.sell, till, member, 1_000) for member in members]
            wait(good, return_when=FIRST_COMPLETED)
        assert first.result().ok()["sideEffects"][0]["awardedPoints"] == 5
        assert [sale.result().points for sale in good] == [100] * 24
        assert sorted(call.result().code for call in refused) == [409, 604, 633, 8015]
        assert poor.result()["item_status"]["code"] == 818
    assert [shop.points_of(till, member) for member in members] == [110, 100, 105] + [100] * 21
    assert max(_events_per_transaction(organization).values()) > 1
