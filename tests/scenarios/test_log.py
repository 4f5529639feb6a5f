"""What the server writes into its log while members are served: calls and codes, nobody's data."""

from __future__ import annotations

import json

from tests.support import shop
from tests.support.organizations import Organization
from tests.support.till import basic
from tests.support.waiting import wait_until

NOW = "2025-03-03T10:00:00+05:30"


def test_the_log_tells_calls_apart_and_gives_nobody_away(organization: Organization) -> None:
    till = organization.till.at(NOW)
    before = len(organization.server.log())
    member = shop.register(till, firstName="Padmavathi", lastName="Ramanujan")
    sale = shop.sell(till, member, 1_000, note="for the wedding")
    answer = shop.send(till, member, shop.sale(1_000, number=sale.number))
    redeemed = shop.redeem(till, member, 10, external_reference_number="wedding-reference")
    till.send("GET", f"/v2/customers/{member.id}", headers={"Authorization": basic(till.username, "guessed-password")})

    # A call is logged when it is over: for the server that may be a moment later than for its caller.
    wait_until(lambda: organization.server.log()[before:].count('"route"') >= 5)
    written = organization.server.log()[before:]
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    calls = [(line["method"], line["route"], line["status"], line.get("code")) for line in lines if "route" in line]
    assert calls == [
        ("POST", "/v2/customers", 200, None),
        ("POST", "/v2/transactions", 200, None),
        ("POST", "/v2/transactions", 400, 604),
        ("POST", "/v1.1/points/redeem", 200, None),
        ("GET", "/v2/customers/{customerId}", 401, 401),
    ]
    assert {line["org_id"] for line in lines if line.get("status") == 200} == {organization.org_id}
    assert answer.headers["x-cap-requestid"] == lines[2]["request_id"]
    for secret in (
        member.mobile,
        member.mobile.removeprefix("91"),
        "Padmavathi",
        "Ramanujan",
        sale.number,
        "wedding",
        redeemed["redemption_id"],
        till.password,
        till.headers["Authorization"].removeprefix("Basic "),
        "guessed-password",
    ):
        assert secret not in written
