"""GET /v1.1/points/validationcode (14-points-v1/02), and redemptions that need a code (14-points-v1/01, 03)."""

from __future__ import annotations

import re
from decimal import Decimal

import psycopg
import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.codes import code_events, code_of
from tests.support.organizations import Organization
from tests.support.reconciliation import findings_of
from tests.support.server import Server
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

PATH = "/v1.1/points/validationcode"
NOW = "2024-06-03T12:00:00+05:30"
IN_TIME = "2024-06-03T12:14:59+05:30"
TOO_LATE = "2024-06-03T12:15:01+05:30"


def _ask(till: Till, **query: object) -> Answer:
    return till.get(PATH, format="json", **query)


def _sent(till: Till, **query: object) -> Json:
    answer = _ask(till, **query).ok()["response"]
    assert answer["status"] == {"success": "true", "code": 200, "message": "Operation Successful"}
    return answer["validation_code"]["code"]


def _refused(till: Till, **query: object) -> int:
    answer = _ask(till, **query)
    assert (answer.status, answer.body["response"]["status"]["code"]) == (200, 500)
    code: int = answer.body["response"]["validation_code"]["code"]["item_status"]["code"]
    return code


def _redeemed(till: Till, member: Member, points: Json, code: str, **item: Json) -> int:
    status: int = shop.ask_to_redeem(till, member, points, validation_code=code, **item)["item_status"]["code"]
    return status


def _redeemable(till: Till, member: Member, points: Json, **query: object) -> int:
    answer = till.get("/v1.1/points/isredeemable", mobile=member.mobile, points=points, format="json", **query).ok()
    code: int = answer["response"]["points"]["redeemable"]["item_status"]["code"]
    return code


def _member(till: Till, email: str | None = None) -> Member:
    mobile = shop.new_mobile()
    body = shop.customer(mobile)
    if email is not None:
        body["profiles"][0]["identifiers"].append({"type": "email", "value": email})
    member = Member(till.post("/v2/customers", body).ok()["createdId"], mobile)
    shop.sell(till, member, 10_000)
    return member


@pytest.fixture
def organization(make_organization: MakeOrganization) -> Organization:
    return make_organization(config={"EARNEST_REDEMPTION_NEEDS_CODE": True})


@pytest.fixture
def till(organization: Organization) -> Till:
    return organization.till.at(NOW)


@pytest.fixture
def member(till: Till) -> Member:
    return _member(till)


def test_the_answer_has_the_documented_fields(till: Till, member: Member) -> None:
    code = _sent(till, mobile=member.mobile, points=50)
    assert shape(code) == (
        fields("string", "user_id", "mobile", "email", "external_id")
        | fields("number", "points")
        | fields("object", "item_status")
        | fields("string", "success", "message", at="item_status")
        | fields("number", "code", at="item_status")
    )
    assert (code["user_id"], code["mobile"], code["points"]) == (str(member.id), member.mobile, 50)
    assert code["item_status"]["message"] == "Validation Code Issued by SMS"


def test_a_code_opens_one_redemption_of_its_amount(server: Server, till: Till, member: Member) -> None:
    assert shop.ask_to_redeem(till, member, 50)["item_status"]["code"] == 808
    _sent(till, mobile=member.mobile, points=50)
    code = code_of(server, member.id)
    assert re.fullmatch(r"[A-Z0-9]{6}", code)
    assert _redeemable(till, member, 50, validation_code=code) == 800
    assert _redeemed(till, member, 40, code) == 808
    assert _redeemed(till, member, 50, code) == 800
    # Once.
    assert _redeemable(till, member, 50, validation_code=code) == 808
    assert _redeemed(till, member, 50, code) == 808
    assert shop.points_of(till, member) == 950


def test_asked_for_again_the_same_code_is_sent_and_after_its_use_a_new_one(
    server: Server, till: Till, member: Member
) -> None:
    codes = []
    for _ in range(2):
        _sent(till, mobile=member.mobile, points=50)
        codes.append(code_of(server, member.id))
    assert codes[0] == codes[1]
    assert len(code_events(server, member.id)) == 2
    assert _redeemed(till, member, 50, codes[0]) == 800
    _sent(till, mobile=member.mobile, points=50)
    assert code_of(server, member.id) != codes[0]
    _sent(till, mobile=member.mobile, points=60)
    assert len({code_of(server, member.id), *codes}) == 2


def test_a_code_has_its_time(server: Server, organization: Organization, till: Till, member: Member) -> None:
    _sent(till, mobile=member.mobile, points=50)
    code = code_of(server, member.id)
    assert _redeemable(organization.till.at(IN_TIME), member, 50, validation_code=code) == 800
    late = organization.till.at(TOO_LATE)
    assert _redeemable(late, member, 50, validation_code=code) == 808
    assert _redeemed(late, member, 50, code) == 808
    _sent(late, mobile=member.mobile, points=50)
    assert code_of(server, member.id) != code
    assert _redeemed(late, member, 50, code_of(server, member.id)) == 800


def test_after_too_many_wrong_codes_the_right_one_is_refused(server: Server, till: Till, member: Member) -> None:
    _sent(till, mobile=member.mobile, points=50)
    code = code_of(server, member.id)
    wrong = "AAAAAA" if code != "AAAAAA" else "BBBBBB"
    for attempt in range(5):
        asked = (
            _redeemable(till, member, 50, validation_code=wrong) if attempt % 2 else _redeemed(till, member, 50, wrong)
        )
        assert asked == 808
    assert _redeemed(till, member, 50, code) == 808
    # Nor does asking again give new attempts for nothing: it is another code.
    _sent(till, mobile=member.mobile, points=50)
    assert code_of(server, member.id) != code
    assert _redeemed(till, member, 50, code_of(server, member.id)) == 800


def test_the_code_of_another_member_is_none(server: Server, till: Till, member: Member) -> None:
    _sent(till, mobile=member.mobile, points=50)
    other = _member(till)
    _sent(till, mobile=other.mobile, points=50)
    assert _redeemed(till, other, 50, code_of(server, member.id)) == 808
    assert _redeemed(till, other, 50, code_of(server, other.id)) == 800


def test_a_code_that_two_use_at_once_opens_one_redemption(server: Server, till: Till, member: Member) -> None:
    _sent(till, mobile=member.mobile, points=50)
    code = code_of(server, member.id)
    answers = shop.at_once([lambda: _redeemed(till, member, 50, code) for _ in range(8)])
    assert sorted(answers) == [800] + [808] * 7
    assert shop.points_of(till, member) == 950


def test_codes_that_are_asked_for_at_once_are_one(server: Server, till: Till, member: Member) -> None:
    shop.at_once([lambda: _sent(till, mobile=member.mobile, points=50) for _ in range(6)])
    assert len(code_events(server, member.id)) == 6
    assert _redeemed(till, member, 50, code_of(server, member.id)) == 800
    with psycopg.connect(server.owner_url) as connection:
        rows = connection.execute("SELECT 1 FROM validation_code WHERE holder_id = %s", (member.id,)).fetchall()
    assert len(rows) == 1


def test_a_repeated_redemption_answers_the_first_one(
    server: Server, organization: Organization, till: Till, member: Member
) -> None:
    _sent(till, mobile=member.mobile, points=50)
    code = code_of(server, member.id)
    first = shop.redeem(till, member, 50, validation_code=code, external_reference_number=f"order-{member.mobile}")
    for now in (NOW, TOO_LATE):
        again = shop.redeem(
            organization.till.at(now),
            member,
            50,
            validation_code=code,
            external_reference_number=f"order-{member.mobile}",
        )
        assert again["redemption_id"] == first["redemption_id"]
    # The code is not good for another reference.
    assert _redeemed(till, member, 50, code, external_reference_number=f"other-{member.mobile}") == 808
    assert shop.points_of(till, member) == 950


def test_a_refused_redemption_does_not_use_the_code(server: Server, till: Till, member: Member) -> None:
    _sent(till, mobile=member.mobile, points=1_050)
    code = code_of(server, member.id)
    assert _redeemed(till, member, 1_050, code) == 818
    shop.sell(till, member, 1_000)
    assert _redeemed(till, member, 1_050, code) == 800


def test_is_redeemable_sends_a_code_only_when_it_is(server: Server, till: Till, member: Member) -> None:
    assert _redeemable(till, member, 5_000, issue_otp="true") == 818
    assert code_events(server, member.id) == []
    assert _redeemable(till, member, 50, issue_otp="true") == 800
    assert _redeemed(till, member, 50, code_of(server, member.id)) == 800


def test_a_member_has_ten_codes_at_most(organization: Organization, till: Till, member: Member) -> None:
    for points in range(1, 11):
        _sent(till, mobile=member.mobile, points=points)
    assert _refused(till, mobile=member.mobile, points=11) == 860
    assert _redeemable(till, member, 11, issue_otp="true") == 876
    # The ones that there are can be sent again, and their time ends.
    _sent(till, mobile=member.mobile, points=10)
    _sent(organization.till.at(TOO_LATE), mobile=member.mobile, points=11)


@pytest.mark.parametrize(
    ("channel", "email", "message"),
    [
        ("SMS", None, "Validation Code Issued by SMS"),
        ("EMAIL", "leela@example.com", "Validation Code Issued by Email"),
        ("BOTH", "leela@example.com", "Validation Code Issued by SMS/Email"),
        ("BOTH", None, "Validation Code Issued by SMS"),
    ],
)
def test_the_channel_is_that_of_the_configuration(
    server: Server, make_organization: MakeOrganization, channel: str, email: str | None, message: str
) -> None:
    till = make_organization(config={"EARNEST_VALIDATION_CODE_CHANNEL": channel}).till.at(NOW)
    member = _member(till, email)
    assert _sent(till, mobile=member.mobile, points=50)["item_status"]["message"] == message
    (event,) = code_events(server, member.id)
    assert "/".join(event["channels"]) == message.rpartition(" ")[2]


def test_who_cannot_be_reached_is_sent_none(make_organization: MakeOrganization) -> None:
    till = make_organization(config={"EARNEST_VALIDATION_CODE_CHANNEL": "EMAIL"}).till.at(NOW)
    member = _member(till)
    assert _refused(till, mobile=member.mobile, points=50) == 860
    assert _redeemable(till, member, 50, issue_otp="true") == 876


def test_the_code_is_in_no_table_and_no_log_but_sealed(server: Server, till: Till, member: Member) -> None:
    _sent(till, mobile=member.mobile, points=50)
    code = code_of(server, member.id)
    assert _redeemed(till, member, 50, code) == 800
    with psycopg.connect(server.owner_url) as connection:
        tables = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
            " AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        ).fetchall()
        for (table,) in tables:
            (count,) = connection.execute(  # type: ignore[misc]
                f"SELECT count(*) FROM {table} t WHERE position(%s IN t::text) > 0", (code,)
            ).fetchone()
            assert count == 0, table
    assert code not in server.log()


def test_reconcile_finds_a_used_code_without_its_redemption(
    server: Server, organization: Organization, till: Till
) -> None:
    member = _member(till)
    _sent(till, mobile=member.mobile, points=50)
    assert _redeemed(till, member, 50, code_of(server, member.id)) == 800
    assert findings_of(server, organization.org_id) == []
    for change, back in (("owner_id = -owner_id",) * 2, ("scope_id = -scope_id",) * 2):
        with psycopg.connect(server.owner_url) as connection:
            of_code = f"WHERE org_id = {organization.org_id} AND kind = 'VALIDATION_CODE'"
            connection.execute(f"UPDATE natural_key SET {change} {of_code}")
            connection.commit()
            (finding,) = findings_of(server, organization.org_id)
            assert finding.invariant == "a_natural_key_has_its_owner"
            connection.execute(f"UPDATE natural_key SET {back} {of_code}")


def test_codes_of_any_amount_are_sent_and_only_numbers_are_amounts(till: Till, member: Member) -> None:
    assert _sent(till, mobile=member.mobile, points=-5)["points"] == -5
    assert _sent(till, mobile=member.mobile, points="0.125")["points"] == Decimal("0.125")
    assert _refused(till, mobile=member.mobile, points="0.1234") == 878
    for points in ("many", "", "1e15", "NaN"):
        assert _refused(till, mobile=member.mobile, points=points) == 801


@pytest.mark.parametrize("query", [{"mobile": "919812345678"}, {"id": "987654321"}, {"mobile": "x"}])
def test_who_is_not_there_is_sent_none(till: Till, query: dict[str, object]) -> None:
    assert _refused(till, points=50, **query) == 816


def test_exactly_one_identifier_is_needed(till: Till, member: Member) -> None:
    assert _refused(till, points=50) == 889
    assert _refused(till, points=50, mobile=member.mobile, id=member.id) == 889


def test_a_member_of_another_organisation_is_sent_none(
    make_organization: MakeOrganization, server: Server, member: Member
) -> None:
    assert _refused(make_organization().till.at(NOW), id=member.id, points=50) == 816
    assert code_events(server, member.id) == []


def test_nobody_answers_missed_calls(till: Till, member: Member) -> None:
    body = shop.redemption(member, 50)
    answer = till.post("/v1.1/points/redeem", body, format="json", validation_type="MISSED_CALL").ok()
    assert answer["response"]["responses"]["points"]["item_status"]["code"] == 823
