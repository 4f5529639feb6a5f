"""Subscriptions, written by one call and read by the others (01-customer-v1/14, 15, 02-customer-v2/09, 10)."""

from __future__ import annotations

from functools import partial

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.organizations import Organization
from tests.support.shop import Member
from tests.support.till import Json, Till

NOW = "2025-06-02T16:00:00+05:30"
V1 = "/v1.1/customer/subscriptions"


@pytest.fixture(scope="module")
def till(shared_organization: Organization) -> Till:
    return shared_organization.till.at(NOW)


def named(member: Member) -> dict[str, object]:
    return {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}


def wish(channel: str = "EMAIL", priority: str = "BULK", type_: str = "OPTOUT", **more: Json) -> Json:
    return {"channel": channel, "accountId": "", "priority": priority, "type": type_, "orgUnitId": -1, **more}


def item(member: Member, channel: str, priority: str, is_subscribed: str, **more: Json) -> Json:
    given = {"channel": channel, "priority": priority, "scope": "all", "is_subscribed": is_subscribed}
    return {"mobile": member.mobile, **given, **more}


def write_v1(till: Till, *items: Json) -> list[Json]:
    answer = till.post(V1, {"root": {"subscription": list(items)}}, format="json")
    assert answer.status == 200, answer.text
    found: list[Json] = answer.body["response"]["subscriptions"]["subscription"]
    return found


def read_v1(till: Till, **query: object) -> list[Json]:
    answer = till.get(V1, format="json", **query)
    assert answer.status == 200, answer.text
    found: list[Json] = answer.body["response"]["subscriptions"]["subscription"]
    return found


def read_v2(till: Till, member: Member) -> dict[tuple[str, str], str]:
    by_id = till.get(f"/v2/customers/{member.id}/subscriptions").ok()
    assert till.get("/v2/customers/lookup/subscriptions", **named(member)).ok() == by_id
    assert (by_id["campaignId"], by_id["communicationId"], by_id["warnings"]) == (0, 0, [])
    return {(one["channel"], one["priority"]): one["type"] for one in by_id["subscriptions"]}


def test_what_v1_writes_all_calls_read(till: Till) -> None:
    member = shop.register(till)
    written = write_v1(till, item(member, "sms", "trans", "0"), item(member, "email", "bulk", "1"))
    assert written[0] == {
        "user_id": str(member.id),
        "mobile": member.mobile,
        "channel": "SMS",
        "priority": "TRANS",
        "scope": "ALL",
        "is_subscribed": "0",
        "item_status": {"success": "true", "code": "1000", "message": "Subscription successfully updated"},
    }
    assert read_v2(till, member) == {
        ("EMAIL", "BULK"): "OPTIN",
        ("EMAIL", "TRANS"): "OPTIN",
        ("SMS", "BULK"): "OPTIN",
        ("SMS", "TRANS"): "OPTOUT",
    }
    (read,) = read_v1(till, mobile=member.mobile)
    assert (read["user_id"], read["mobile"], read["email"], read["external_id"]) == (
        str(member.id),
        member.mobile,
        "",
        "",
    )
    states = {one["name"]: one["priority"] for one in read["channel"]}
    assert set(states) >= {"SMS", "EMAIL", "POSTMAIL", "WECHAT"}
    assert states["SMS"] == [
        {"name": "TRANS", "subscribed": "", "unsubscribed": "ALL", "user_preference": "UNSUBSCRIBED"},
        {"name": "BULK", "subscribed": "ALL", "unsubscribed": "", "user_preference": "NOT_SET"},
    ]
    assert states["EMAIL"][1]["user_preference"] == "SUBSCRIBED"


def test_a_customer_is_named_by_any_identifier(till: Till) -> None:
    mobile = shop.new_mobile()
    email, external_id = f"{mobile}@mail.example", f"S-{mobile}"
    types = {"mobile": mobile, "email": email, "externalId": external_id}
    member = shop.register(till, mobile, identifiers=[{"type": t, "value": v} for t, v in types.items()])
    ways: list[Json] = [{"email": email}, {"external_id": external_id}, {"id": member.id}]
    for number, by in enumerate(ways):
        (written,) = write_v1(till, item(member, "sms", "bulk", str(number % 2)) | {"mobile": ""} | by)
        assert (written["user_id"], written["item_status"]["code"]) == (str(member.id), "1000")
        assert all(written.get(name) == value for name, value in by.items() if name != "id")
        expected = "OPTIN" if number % 2 else "OPTOUT"
        assert read_v2(till, member)[("SMS", "BULK")] == expected


def test_what_v2_writes_all_calls_read(till: Till) -> None:
    member = shop.register(till)
    body = {
        "communicationId": -1,
        "campaignId": -1,
        "reason": "asked",
        "scope": {"scope": "USER", "subScope": "NONE"},
        "subscriptions": [wish(sourceName="INSTORE"), wish("MOBILE", "TRANS", sourceName="INSTORE")],
    }
    answer = till.post(f"/v2/customers/{member.id}/subscriptions", body).ok()
    assert answer == body | {"warnings": []}
    states = read_v2(till, member)
    assert (states[("EMAIL", "BULK")], states[("SMS", "TRANS")]) == ("OPTOUT", "OPTOUT")
    back = {"subscriptions": [wish("MOBILE", "TRANS", "OPTIN", sourceName="INSTORE")]}
    till.post("/v2/customers/lookup/subscriptions", back, **named(member)).ok()
    assert read_v2(till, member)[("SMS", "TRANS")] == "OPTIN"
    (read,) = read_v1(till, mobile=member.mobile, channel="email", priority="bulk")
    assert read["channel"] == [
        {
            "name": "EMAIL",
            "priority": [{"name": "BULK", "subscribed": "", "unsubscribed": "ALL", "user_preference": "UNSUBSCRIBED"}],
        }
    ]


def test_many_writers_at_once_lose_nothing(till: Till) -> None:
    member = shop.register(till)
    channels = ("SMS", "EMAIL", "WECHAT", "WHATSAPP", "IOS", "ANDROID", "LINE")
    bodies = [{"subscriptions": [wish(channel, priority)]} for channel in channels for priority in ("TRANS", "BULK")]
    path = f"/v2/customers/{member.id}/subscriptions"
    for answer in shop.at_once([partial(till.post, path, body) for body in bodies]):
        answer.ok()
    assert set(read_v2(till, member).values()) == {"OPTOUT"}
    assert len(read_v2(till, member)) == 14


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"channel": "pigeon"}, "1101"),
        ({"priority": "urgent"}, "1102"),
        ({"scope": "some"}, "1103"),
        ({"scope": "all,some"}, "1105"),
        ({"is_subscribed": "maybe"}, "1106"),
        ({"mobile": ""}, "1104"),
        ({"mobile": "919811112222"}, "1104"),
        ({"mobile": "", "id": 987_654_321}, "1104"),
    ],
)
def test_each_item_of_v1_says_why_it_was_not_stored(till: Till, change: Json, code: str) -> None:
    member = shop.register(till)
    refused, stored = write_v1(till, item(member, "sms", "bulk", "0") | change, item(member, "sms", "trans", "0"))
    assert (refused["item_status"]["success"], refused["item_status"]["code"]) == ("false", code)
    assert stored["item_status"]["code"] == "1000"
    assert read_v2(till, member)[("SMS", "BULK")] == "OPTIN"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"subscriptions": []}, 400),
        ({"subscriptions": [wish("PIGEON")]}, 1101),
        ({"subscriptions": [wish(priority="URGENT")]}, 1102),
        ({"subscriptions": [wish(type_="MAYBE")]}, 1106),
        ({"subscriptions": [wish(orgUnitId=4_040_404)]}, 8085),
        ({"subscriptions": [wish(sourceName="NOWHERE")]}, 8003),
    ],
)
def test_a_body_of_v2_is_stored_whole_or_not_at_all(till: Till, body: Json, code: int) -> None:
    member = shop.register(till)
    mixed = {"subscriptions": [wish("SMS"), *body["subscriptions"]]} if body["subscriptions"] else body
    assert till.post(f"/v2/customers/{member.id}/subscriptions", mixed).code == code
    assert set(read_v2(till, member).values()) == {"OPTIN"}


@pytest.mark.parametrize(
    ("query", "code"), [({"channel": "pigeon"}, 1101), ({"priority": "urgent"}, 1102), ({"scope": "some"}, 1103)]
)
def test_a_filter_of_v1_must_be_known(till: Till, query: Json, code: int) -> None:
    answer = till.get(V1, format="json", mobile=shop.register(till).mobile, **query)
    assert answer.body["response"]["status"]["code"] == code


def test_several_customers_are_read_at_once(till: Till) -> None:
    members = [shop.register(till) for _ in range(2)]
    unknown = shop.new_mobile()
    found = read_v1(till, mobile=",".join([members[0].mobile, unknown, members[1].mobile]))
    assert [one["item_status"]["code"] for one in found] == ["1000", "1104", "1000"]
    assert found[1]["mobile"] == unknown


def test_customers_of_another_organisation_are_unknown(till: Till, make_organization: MakeOrganization) -> None:
    stranger = make_organization().till.at(NOW)
    member = shop.register(till)
    body = {"subscriptions": [wish("SMS")]}
    assert stranger.post(f"/v2/customers/{member.id}/subscriptions", body).code == 8015
    assert stranger.get(f"/v2/customers/{member.id}/subscriptions").code == 8015
    assert stranger.get("/v2/customers/lookup/subscriptions", **named(member)).code == 8015
    (refused,) = write_v1(stranger, item(member, "sms", "bulk", "0", id=member.id))
    assert refused["item_status"]["code"] == "1104"
    assert read_v2(till, member)[("SMS", "BULK")] == "OPTIN"
