"""Time that the test sets: a member's history goes forward only."""

from __future__ import annotations

from tests.support import shop
from tests.support.till import Till

FIRST = "2025-05-10T12:00:00+05:30"
EARLIER = "2025-05-10T11:59:59+05:30"


def test_a_call_before_the_members_last_one_is_refused(client: Till) -> None:
    member = shop.register(client.at("2025-05-01T12:00:00+05:30"))
    sale = shop.sell(client.at(FIRST), member, 1_000)
    earlier = client.at(EARLIER)
    for body in (shop.sale(100), shop.returned(sale)):
        refused = shop.send(earlier, member, body)
        assert (refused.status, refused.code) == (409, 409)
    assert shop.ask_to_redeem(earlier, member, 10)["item_status"]["code"] == 409
    again = earlier.post("/v2/customers", shop.customer(member.mobile, source="WEBSITE"))
    assert (again.status, again.code) == (409, 409)
    # The same instant is not behind, and another member has a time of his own.
    shop.sell(client.at(FIRST), member, 100)
    other = shop.register(earlier)
    shop.sell(earlier, other, 100)
    assert shop.points_of(client.at(FIRST), member) == 110


def test_points_can_be_looked_at_as_of_any_instant(client: Till) -> None:
    member = shop.register(client.at(FIRST))
    shop.sell(client.at(FIRST), member, 1_000)
    assert shop.points_of(client.at(EARLIER), member) == 100
    assert shop.points_of(client.at("2030-01-01T00:00:00Z"), member) == 0


def test_without_the_header_it_is_now(client: Till) -> None:
    member = shop.register(client)
    shop.sell(client, member, 1_000)
    assert shop.points_of(client, member) == 100
    assert shop.redeem(client, member, 100)["balance"] == 0
