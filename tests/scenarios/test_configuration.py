"""A change that another process makes is in force at the next call: programmes, config keys, credentials."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal

import psycopg
import pytest

from earnest.engine.program.model import Fixed
from tests.support import shop
from tests.support.administration import deactivate_credential, publish, raise_config_version, set_config
from tests.support.locks import barring, holding
from tests.support.organizations import Organization
from tests.support.programs import award, demo_with, percent, same
from tests.support.shop import Member
from tests.support.till import Answer, Till

NOW = "2024-11-05T12:00:00+05:30"


def test_a_new_version_of_the_programme_judges_the_next_bill(organization: Organization) -> None:
    till = organization.till.at(NOW)
    member = shop.register(till)
    assert shop.sell(till, member, 1_000).points == 100
    publish(organization, demo_with(version=2, awards=(award(1, percent(25)),)))
    assert shop.sell(till, member, 1_000).points == 250
    assert shop.points_of(till, member) == 350
    publish(organization, demo_with(version=3, points_currency_ratio=Decimal("0.5")))
    assert shop.redeem(till, member, 50)["redeemed_value"] == 25


def test_a_new_version_of_the_programme_welcomes_the_next_customer(organization: Organization) -> None:
    till = organization.till.at(NOW)
    assert shop.points_of(till, shop.register(till)) == 0
    welcome = award(2, Fixed(same(30)), activity="CustomerRegistration")
    publish(organization, demo_with(version=2, awards=(award(1, percent(10)), welcome)))
    member = shop.register(till)
    assert shop.points_of(till, member) == 30


def test_a_changed_config_key_is_in_force_at_the_next_bill(organization: Organization) -> None:
    till = organization.till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 100, number="b-1")
    assert shop.send(till, member, shop.sale(100, number="b-1")).code == 604
    set_config(organization, CONF_LOYALTY_IS_BILL_NUMBER_UNIQUE=False)
    shop.sell(till, member, 100, number="b-1")
    assert shop.points_of(till, member) == 20


def _calls(member: Member) -> dict[str, Callable[[Till], Answer]]:
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    stranger = Member(0, shop.new_mobile())
    return {
        "add customer": lambda till: till.post("/v2/customers", shop.customer()),
        "get customer": lambda till: till.get(f"/v2/customers/{member.id}", source="INSTORE"),
        "look a customer up": lambda till: till.get("/v2/customers/lookup", **named),
        "balance": lambda till: till.get(f"/v2/customers/{member.id}/points/balance"),
        "balance by lookup": lambda till: till.get("/v2/customers/lookup/points/balance", **named),
        "add transaction": lambda till: shop.send(till, member, shop.sale(100)),
        "add transaction of a stranger": lambda till: shop.send(till, stranger, shop.sale(100)),
        "is redeemable": lambda till: till.get("/v1.1/points/isredeemable", mobile=member.mobile, points=1),
        "is redeemable for a stranger": lambda till: till.get(
            "/v1.1/points/isredeemable", mobile=stranger.mobile, points=1
        ),
        "redeem": lambda till: till.post("/v1.1/points/redeem", shop.redemption(member, 1)),
        "redeem for a stranger": lambda till: till.post("/v1.1/points/redeem", shop.redemption(stranger, 1)),
    }


@pytest.mark.parametrize("call", list(_calls(Member(0, ""))))
def test_a_withdrawn_credential_is_refused_at_its_next_call(organization: Organization, call: str) -> None:
    till, other = organization.till.at(NOW), organization.neighbour_till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    attempt = _calls(member)[call]
    assert attempt(till).status in (200, 400)
    before = shop.points_of(till, member)
    deactivate_credential(organization, till.username)
    refused = attempt(till)
    assert refused.status == 401, refused.text
    assert shop.points_of(other, member) == before
    # The till beside it goes on working.
    assert attempt(other).status in (200, 400)


def test_a_change_in_the_middle_of_a_redemption_does_not_draw_twice(organization: Organization) -> None:
    """The configuration changes between the redemption's commit and the reading of names for its answer."""
    till = organization.till.at(NOW)
    member = shop.register(till)
    shop.sell(till, member, 1_000)
    server, org_id = organization.server, organization.org_id
    with ThreadPoolExecutor(1) as threads, ExitStack() as barred:
        with holding(server, org_id, member.id) as held:
            redeeming = threads.submit(shop.redeem, till, member, 40)
            held.wait_for_waiters()
            # Granted when the redemption has committed, before it could read identifiers once more.
            asked = barred.enter_context(barring(server, "customer_identifier"))
        raise_config_version(asked.result(), organization)
        barred.close()
        redeemed = redeeming.result()
    assert redeemed["balance"] == 60
    assert shop.points_of(till, member) == 60


def test_a_change_between_two_items_of_a_call_starts_only_the_second_over(organization: Organization) -> None:
    till = organization.till.at(NOW)
    first, second = shop.register(till), shop.register(till)
    for member in (first, second):
        shop.sell(till, member, 1_000)
    items = [shop.redemption(member, 40)["root"]["redeem"][0] for member in (first, second)]
    with ThreadPoolExecutor(1) as threads:
        with holding(organization.server, organization.org_id, second.id) as held:
            redeeming = threads.submit(till.post, "/v1.1/points/redeem", {"root": {"redeem": items}})
            held.wait_for_waiters()
            # The first one is stored by now.
            assert shop.points_of(till, first) == 60
            with psycopg.connect(organization.server.owner_url) as administrator:
                raise_config_version(administrator, organization)
        answer = redeeming.result().body["response"]
    assert answer["status"]["code"] == 200
    assert [item["balance"] for item in answer["responses"]["points"]] == [60, 60]
    assert [shop.points_of(till, member) for member in (first, second)] == [60, 60]
