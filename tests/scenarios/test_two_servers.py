"""Two servers on one database: nothing that one of them remembers lets a member spend or earn twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from earnest.core.db.embedded import DatabaseUrls
from tests import recording
from tests.support import shop
from tests.support.administration import publish
from tests.support.organizations import Organization
from tests.support.programs import award, demo_with, percent
from tests.support.server import running_server
from tests.support.till import Till

NOW = "2025-10-06T12:00:00+05:30"


@pytest.fixture(scope="module")
def second_http(database: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Connections to a second server."""
    log_path = tmp_path_factory.mktemp("second-server") / "server.log"
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=50)
    with (
        running_server(database, log_path) as second,
        httpx.Client(
            base_url=second.base_url, event_hooks=recording.hooks(), limits=limits, timeout=60, trust_env=False
        ) as http,
    ):
        yield http


@pytest.fixture
def tills(organization: Organization, second_http: httpx.Client) -> tuple[Till, Till]:
    """The same till at the first server and at the second."""
    till = organization.till
    return till.at(NOW), Till(second_http, till.username, till.password, NOW)


def test_the_same_points_are_spent_at_one_server(tills: tuple[Till, Till]) -> None:
    for _ in range(5):
        member = shop.register(tills[0])
        shop.sell(tills[1], member, 1_000)
        answers = shop.at_once([partial(shop.ask_to_redeem, till, member, 80) for till in tills])
        assert sorted(answer["item_status"]["code"] for answer in answers) == [800, 818]
        assert [shop.points_of(till, member) for till in tills] == [20, 20]


def test_the_same_bill_is_taken_at_one_server(tills: tuple[Till, Till]) -> None:
    member = shop.register(tills[0])
    body = shop.sale(500)
    answers = shop.at_once([partial(shop.send, tills[n % 2], member, body) for n in range(20)])
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 19}
    assert {answer.code for answer in answers if answer.status == 400} == {604}
    assert shop.points_of(tills[1], member) == 50


def test_the_same_customer_is_registered_at_one_server(tills: tuple[Till, Till]) -> None:
    for _ in range(5):
        mobile = shop.new_mobile()
        bodies = [shop.customer(mobile, source=source) for source in ("INSTORE", "WEBSITE")]
        answers = shop.at_once(
            [partial(till.post, "/v2/customers", body) for till, body in zip(tills, bodies, strict=True)]
        )
        assert len({answer.ok()["createdId"] for answer in answers}) == 1


def test_a_member_served_by_both_loses_nothing(tills: tuple[Till, Till]) -> None:
    members = [shop.register(tills[0]) for _ in range(4)]
    calls = [partial(shop.sell, tills[n % 2], members[n % 4], 100) for n in range(48)]
    calls += [partial(shop.sell, tills[n % 2], members[0], 100) for n in range(16)]
    assert {sale.points for sale in shop.at_once(calls)} == {10}
    assert [shop.points_of(tills[0], member) for member in members] == [280, 120, 120, 120]


def test_both_judge_by_the_newest_programme(organization: Organization, tills: tuple[Till, Till]) -> None:
    member = shop.register(tills[0])
    assert [shop.sell(till, member, 100).points for till in tills] == [10, 10]
    publish(organization, demo_with(version=2, awards=(award(1, percent(40)),)))
    assert [shop.sell(till, member, 100).points for till in tills] == [40, 40]
