"""The header Idempotency-Key: a write that is sent again has its effect once and answers the same."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from earnest.core.db.pool import Database
from earnest.core.idempotency import forget
from tests.support import shop
from tests.support.blocking import finish
from tests.support.organizations import Organization
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

NOW = "2025-03-14T11:00:00+05:30"
REDEEM = "/v1.1/points/redeem"


@pytest.fixture
def till(organization: Organization) -> Till:
    return organization.till.at(NOW)


@pytest.fixture
def member(till: Till) -> Member:
    """500 points."""
    member = shop.register(till)
    shop.sell(till, member, 5_000)
    return member


@pytest.fixture
def key() -> str:
    return str(uuid.uuid4())


def _sell(till: Till, member: Member, body: Json, key: str) -> Answer:
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    return till.send("POST", "/v2/transactions", body=body, params=named, headers={"Idempotency-Key": key})


def _redeem(till: Till, key: str, *items: Json) -> Answer:
    body = {"root": {"redeem": list(items)}}
    return till.send("POST", REDEEM, body=body, params={"format": "json"}, headers={"Idempotency-Key": key})


def _item(member: Member, points: int, **fields: Json) -> Json:
    return {"points_redeemed": points, "customer": {"mobile": member.mobile}, **fields}


def _break_off(organization: Organization, key: str) -> None:
    """What a process leaves that ended after the effect and before the answer, a while ago."""
    with psycopg.connect(organization.server.owner_url) as connection:
        changed = connection.execute(
            "UPDATE idempotency_key SET state = 'claimed', status = NULL, answer = NULL,"
            " claimed_at = claimed_at - interval '10 minutes' WHERE org_id = %s AND key = %s AND item = 0",
            [organization.org_id, key],
        )
        assert changed.rowcount == 1


def test_a_repeated_bill_answers_the_first_one_and_says_so(till: Till, member: Member, key: str) -> None:
    body = shop.sale(300)
    first = _sell(till, member, body, key)
    assert "Idempotency-Replayed" not in first.headers
    again = _sell(till, member, body, key)
    assert again.text == first.text
    assert again.status == 200
    assert again.headers["Idempotency-Replayed"] == "true"
    assert shop.points_of(till, member) == 530


def test_without_a_reference_a_redemption_is_still_drawn_once(till: Till, member: Member, key: str) -> None:
    first = _redeem(till, key, _item(member, 100))
    assert first.body["response"]["responses"]["points"]["item_status"]["code"] == 800
    assert _redeem(till, key, _item(member, 100)).text == first.text
    assert shop.points_of(till, member) == 400
    assert _redeem(till, str(uuid.uuid4()), _item(member, 100)).text != first.text
    assert shop.points_of(till, member) == 300


def test_a_registration_is_answered_again(till: Till, key: str) -> None:
    body = shop.customer()
    answers = [till.send("POST", "/v2/customers", body=body, headers={"Idempotency-Key": key}) for _ in range(2)]
    assert answers[0].ok()["createdId"] == answers[1].ok()["createdId"]


def test_a_refusal_is_kept_like_an_answer(till: Till, key: str) -> None:
    mobile = shop.new_mobile()
    stranger = Member(0, mobile)
    body = shop.sale(300)
    assert _sell(till, stranger, body, key).code == 8015
    shop.register(till, mobile)
    again = _sell(till, stranger, body, key)
    assert (again.status, again.code) == (400, 8015)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert _sell(till, stranger, body, str(uuid.uuid4())).ok()


def test_the_same_key_with_another_call_is_an_error(till: Till, member: Member, key: str) -> None:
    body = shop.sale(300)
    _sell(till, member, body, key).ok()
    other = _sell(till, member, body | {"billAmount": 301}, key)
    assert (other.status, other.code) == (422, 422)
    elsewhere = _redeem(till, key, _item(member, 10))
    assert elsewhere.status == 422
    assert shop.points_of(till, member) == 530


def test_the_same_call_twice_at_once_has_one_effect(till: Till, member: Member, key: str) -> None:
    answers = shop.at_once([lambda: _redeem(till, key, _item(member, 70))] * 8)
    assert shop.points_of(till, member) == 430
    done = [answer for answer in answers if answer.status == 200]
    assert done
    assert len({answer.text for answer in done}) == 1
    assert all(answer.status == 409 for answer in answers if answer.status != 200)


@pytest.mark.parametrize("malformed", ["", "x" * 256, "a\tb"])
def test_a_malformed_key_is_refused(till: Till, member: Member, malformed: str) -> None:
    answer = _sell(till, member, shop.sale(300), malformed)
    assert answer.status == 400
    assert shop.points_of(till, member) == 500


def test_another_organisation_has_keys_of_its_own(
    till: Till, member: Member, key: str, make_organization: object
) -> None:
    _sell(till, member, shop.sale(300, number="N-1"), key).ok()
    other: Till = make_organization().till.at(NOW)  # type: ignore[operator]
    stranger = shop.register(other, member.mobile)
    assert _sell(other, stranger, shop.sale(400, number="N-1"), key).ok()
    assert shop.points_of(other, stranger) == 40


def test_reads_take_no_notice_of_the_header(till: Till, member: Member, key: str) -> None:
    for points in (500, 540):
        answer = till.send("GET", f"/v2/customers/{member.id}/points/balance", headers={"Idempotency-Key": key})
        assert answer.ok()["mainPoints"] == points
        shop.sell(till, member, 400)


def test_a_call_that_broke_off_after_its_effect_is_answered_without_a_second_one(
    organization: Organization, till: Till, member: Member, key: str
) -> None:
    body = shop.sale(300)
    first = _sell(till, member, body, key).ok()
    _break_off(organization, key)
    again = _sell(till, member, body, key)
    assert again.ok() == first
    assert "Idempotency-Replayed" not in again.headers
    assert _sell(till, member, body, key).headers["Idempotency-Replayed"] == "true"
    assert shop.points_of(till, member) == 530


def test_a_batch_that_broke_off_goes_on_where_it_stopped(
    organization: Organization, till: Till, member: Member, key: str
) -> None:
    items = [_item(member, 100), _item(member, 40), _item(member, 9_000)]
    first = _redeem(till, key, *items).body["response"]
    assert [item["item_status"]["code"] for item in first["responses"]["points"]] == [800, 800, 818]
    with psycopg.connect(organization.server.owner_url) as connection:
        # As if the process had ended after the first item: the second has left no receipt, and drew nothing.
        connection.execute(
            "DELETE FROM idempotency_key WHERE org_id = %s AND key = %s AND item = 2", [organization.org_id, key]
        )
    _break_off(organization, key)
    again = _redeem(till, key, *items).body["response"]["responses"]["points"]
    assert again[0] == first["responses"]["points"][0]
    assert again[1]["redemption_id"] != first["responses"]["points"][1]["redemption_id"]
    assert shop.points_of(till, member) == Decimal(500 - 100 - 40 - 40)


def test_nothing_personal_is_kept_in_clear(organization: Organization, till: Till, key: str) -> None:
    body = shop.customer(firstName="Ottoline-marked")
    till.send("POST", "/v2/customers", body=body, headers={"Idempotency-Key": key})
    with psycopg.connect(organization.server.owner_url) as connection:
        rows = connection.execute(
            "SELECT answer FROM idempotency_key WHERE org_id = %s", [organization.org_id]
        ).fetchall()
    assert rows
    assert all("Ottoline" not in answer and "createdId" not in answer for (answer,) in rows)


def test_keys_are_forgotten_after_a_day(organization: Organization, till: Till, member: Member, key: str) -> None:
    body = shop.sale(300)
    _sell(till, member, body, key).ok()
    with psycopg.connect(organization.server.owner_url) as connection:
        connection.execute(
            "UPDATE idempotency_key SET claimed_at = claimed_at - interval '25 hours' WHERE org_id = %s AND key = %s",
            [organization.org_id, key],
        )
    # The key is new again; the bill number is not.
    assert _sell(till, member, body, key).code == 604

    async def upkeep() -> None:
        database = Database(organization.server.app_url)
        await database.open()
        try:
            async with database.tenant(organization.org_id).transaction() as connection:
                later = datetime.now(UTC) + timedelta(hours=25)
                assert await forget(connection, organization.org_id, later) > 0
                assert await forget(connection, organization.org_id, later) == 0
        finally:
            await database.close()

    finish(upkeep())
