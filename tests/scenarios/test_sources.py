"""One person on several sources: one customer with several profiles."""

from __future__ import annotations

import pytest

from tests.support import shop
from tests.support.shop import Member
from tests.support.till import Till

NOW = "2025-01-20T12:00:00+05:30"


def _named(source: str, name: str, value: str, **more: object) -> dict[str, object]:
    return {"source": source, "identifierName": name, "identifierValue": value, **more}


@pytest.mark.story("02-customer-v2/01", "03-customer-lookup/03")
def test_a_member_known_on_another_source_gets_a_second_profile(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till, firstName="Leela")
    shop.sell(till, member, 1_000)
    email = f"{member.mobile}@shop.example"
    web = shop.customer(
        member.mobile,
        source="WEBSITE",
        firstName="Leela K",
        identifiers=[{"type": "mobile", "value": member.mobile}, {"type": "email", "value": email}],
    )
    assert till.get("/v2/customers/lookup", **_named("WEBSITE", "mobile", member.mobile)).code == 8065

    added = till.post("/v2/customers", web).ok()
    assert added["createdId"] == member.id
    assert [warning["code"] for warning in added["warnings"]] == [8050]
    for name, value in (("mobile", member.mobile), ("email", email)):
        assert till.get("/v2/customers/lookup", **_named("WEBSITE", name, value)).ok()["entity"] == member.id
    assert till.get("/v2/customers/lookup", **_named("INSTORE", "email", email)).code == 8065
    assert till.get("/v2/customers/lookup", **_named("ALL", "email", email)).ok()["entity"] == member.id

    # Points are the customer's, whichever source a bill names.
    sale = till.post("/v2/transactions", shop.sale(500), **_named("WEBSITE", "email", email)).ok()
    assert sale["sideEffects"][0]["awardedPoints"] == 50
    assert shop.points_of(till, member) == 150
    profiles = shop.details_of(till, member, source="ALL")["profiles"]
    assert [(profile["source"], profile["firstName"]) for profile in profiles] == [
        ("INSTORE", "Leela"),
        ("WEBSITE", "Leela K"),
    ]
    assert till.post("/v2/customers", web).code == 8006


def test_an_account_of_a_source_is_a_source_of_its_own(client: Till) -> None:
    till = client.at(NOW)
    member = shop.register(till)

    def on_account(account: str | None) -> dict[str, object]:
        more = {} if account is None else {"accountId": account}
        return shop.customer(member.mobile, source="WECHAT", **more)  # type: ignore[no-any-return]

    assert till.post("/v2/customers", on_account(None)).code == 8045
    for account in ("club", "news"):
        assert till.post("/v2/customers", on_account(account)).ok()["createdId"] == member.id
    named = _named("WECHAT", "mobile", member.mobile)
    assert till.get("/v2/customers/lookup", **named).code == 8045
    assert till.get("/v2/customers/lookup", **named, accountId="news").ok()["entity"] == member.id
    assert till.get("/v2/customers/lookup", **named, accountId="shop").code == 8065
    profiles = shop.details_of(till, member, source="WECHAT", accountId="club", includedOnlyCurrentProfile="true")
    assert [(p["source"], p["accountId"]) for p in profiles["profiles"]] == [("WECHAT", "club")]


def test_two_customers_cannot_become_one_by_a_profile(client: Till) -> None:
    till = client.at(NOW)
    first = shop.register(till)
    email = "both@shop.example"
    second: Member = shop.register(
        till, identifiers=[{"type": "mobile", "value": shop.new_mobile()}, {"type": "email", "value": email}]
    )
    identifiers = [{"type": "mobile", "value": first.mobile}, {"type": "email", "value": email}]
    refused = till.post("/v2/customers", shop.customer(source="WEBSITE", identifiers=identifiers))
    assert (refused.status, refused.code) == (400, 8052)
    assert till.get("/v2/customers/lookup", **_named("ALL", "email", email)).ok()["entity"] == second.id


def test_one_call_may_bring_profiles_of_several_sources(client: Till) -> None:
    till = client.at(NOW)
    mobile = shop.new_mobile()
    profiles = [shop.customer(mobile, source=source)["profiles"][0] for source in ("INSTORE", "ECOMMERCE")]
    added = till.post("/v2/customers", {"profiles": profiles}).ok()
    assert added["warnings"] == []
    for source in ("INSTORE", "ECOMMERCE"):
        found = till.get("/v2/customers/lookup", **_named(source, "mobile", mobile)).ok()
        assert found["entity"] == added["createdId"]
