"""GET /v2/customers/{userId}/pointsExpirySchedule (13-points-v2/06) and the same by lookup (13-points-v2/05)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from earnest.engine.program.model import Expiry, ExpiryBase, ExpiryUnit
from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.programs import award, demo_with, percent, same
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Answer, Json, Till

JANUARY = "2024-01-10T12:00:00+05:30"
MARCH = "2024-03-05T12:00:00+05:30"
NOW = "2024-06-01T12:00:00+05:30"

Ask = Callable[..., Answer]


def _by_id(till: Till, member: Member, **query: object) -> Answer:
    return till.get(f"/v2/customers/{member.id}/pointsExpirySchedule", **query)


def _by_lookup(till: Till, member: Member, **query: object) -> Answer:
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    return till.get("/v2/customers/lookup/pointsExpirySchedule", **(named | query))


either_way = pytest.mark.parametrize("ask", [_by_id, _by_lookup])


@pytest.fixture(scope="module")
def till(make_shared_organization: MakeOrganization) -> Till:
    """Two programmes: the default one gives 10 % for twelve months, the other 3 % that last for ever."""
    never = Expiry(id=1, base=ExpiryBase.EVENT_DATE, unit=ExpiryUnit.NEVER)
    half_year = Expiry(id=2, base=ExpiryBase.EVENT_DATE, unit=ExpiryUnit.MONTHS, value=same(6))
    second = demo_with(
        id=2,
        name="Second",
        is_default=False,
        expiry=never,
        awards=(award(1, percent(3)), award(2, percent(1), expiry=half_year)),
    )
    return make_shared_organization(programs=[demo_with(), second]).till.at(NOW)


@pytest.fixture(scope="module")
def member(till: Till) -> Member:
    mobile = shop.new_mobile()
    added = till.at(JANUARY).post("/v2/customers", shop.customer(mobile), mlp_single_enroll="true").ok()
    member = Member(added["createdId"], mobile)
    shop.sell(till.at(JANUARY), member, 1_000)
    shop.sell(till.at(MARCH), member, 2_000)
    shop.sell(till.at(MARCH), member, 500)
    return member


def _rows(answer: Answer) -> list[tuple[Json, ...]]:
    return [(row["programId"], row["expiryDate"], row["points"]) for row in answer.ok()["expirySchedules"]]


FIRST = (1, "2025-01-31", Decimal(100))
SECOND = (1, "2025-03-31", Decimal(250))
OF_SECOND_PROGRAMME = [(2, "2024-07-31", Decimal(10)), (2, "2024-09-30", Decimal(25))]


@either_way
def test_the_answer_has_the_documented_fields(till: Till, member: Member, ask: Ask) -> None:
    answer = ask(till, member, fetchDataForAllPrograms="false", fetchEarliestExpiryOnly="false").ok()
    assert shape(answer) == (
        fields("number", "id")
        | fields("array", "profiles", "expirySchedules", "warnings")
        | fields("object", "loyaltyInfo", "segments", "extendedFields")
        | fields("string", "loyaltyType", at="loyaltyInfo")
        | fields("number", "points", "programId", at="expirySchedules[]")
        | fields("string", "expiryDate", "pointsType", "expiryType", at="expirySchedules[]")
    )
    assert answer["expirySchedules"][0] == {
        "points": 100,
        "expiryDate": "2025-01-31",
        "programId": 1,
        "pointsType": "bill_regular",
        "expiryType": "fixed",
    }
    assert (answer["id"], answer["loyaltyInfo"]) == (member.id, {"loyaltyType": "loyalty"})


@either_way
def test_points_of_one_day_are_one_row_and_the_earliest_comes_first(till: Till, member: Member, ask: Ask) -> None:
    assert _rows(ask(till, member)) == [FIRST, SECOND]


@either_way
def test_a_programme_is_chosen_or_all_are_listed(till: Till, member: Member, ask: Ask) -> None:
    # Points that last for ever are not listed.
    assert _rows(ask(till, member, programId=2)) == OF_SECOND_PROGRAMME
    everything = [*OF_SECOND_PROGRAMME, FIRST, SECOND]
    assert _rows(ask(till, member, fetchDataForAllPrograms="true")) == everything
    assert _rows(ask(till, member, fetchDataForAllPrograms="true", programId=2)) == everything


@either_way
def test_only_the_earliest_of_each_kind(till: Till, member: Member, ask: Ask) -> None:
    found = _rows(ask(till, member, fetchEarliestExpiryOnly="true", fetchDataForAllPrograms="true"))
    assert found == [OF_SECOND_PROGRAMME[0], FIRST]


@either_way
def test_dates_bound_the_schedule_and_are_included(till: Till, member: Member, ask: Ask) -> None:
    assert _rows(ask(till, member, startDate="2025-02-01")) == [SECOND]
    assert _rows(ask(till, member, startDate="2025-01-31", endDate="2025-01-31")) == [FIRST]
    assert _rows(ask(till, member, endDate="2025-01-30")) == []
    assert _rows(ask(till, member, startDate="2024-06-02", endDate="2124-06-01")) == [FIRST, SECOND]


@either_way
def test_points_of_today_are_not_scheduled_any_more(till: Till, member: Member, ask: Ask) -> None:
    last_day = till.at("2025-01-31T09:00:00+05:30")
    assert _rows(ask(last_day, member)) == [SECOND]
    assert _rows(ask(till.at("2025-01-30T09:00:00+05:30"), member)) == [FIRST, SECOND]


@either_way
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"startDate": "2024-06-01"}, 1215),
        ({"startDate": "2020-01-01"}, 1215),
        ({"startDate": "2024-07-02", "endDate": "2024-07-01"}, 1214),
        ({"endDate": "2124-06-02"}, 1217),
        ({"startDate": "01-07-2024"}, 1216),
        ({"endDate": "2024-02-30"}, 1216),
        ({"startDate": "2024-07-01T10:00:00"}, 1216),
        ({"programId": 9}, 885),
        ({"programId": "one"}, 885),
        ({"fetchDataForAllPrograms": "perhaps"}, 400),
    ],
)
def test_refusals_have_their_documented_code(
    till: Till, member: Member, ask: Ask, query: dict[str, object], code: int
) -> None:
    refused = ask(till, member, **query)
    assert (refused.status, refused.code) == (400, code)


@either_way
def test_the_last_year_of_the_calendar_is_no_trap(till: Till, member: Member, ask: Ask) -> None:
    assert _rows(ask(till, member, startDate="9998-12-31")) == []
    assert ask(till, member, startDate="9999-12-31").status == 200
    assert ask(till.at("2024-02-29T10:00:00+05:30"), member, endDate="2124-03-01").code == 1217


@either_way
def test_a_customer_without_a_programme_has_no_summary(till: Till, ask: Ask) -> None:
    mobile = shop.new_mobile()
    body = shop.customer(mobile) | {"loyaltyInfo": {"loyaltyType": "non_loyalty"}}
    stranger = Member(till.post("/v2/customers", body).ok()["createdId"], mobile)
    assert ask(till, stranger).code == 1218


@either_way
def test_a_programme_without_the_member_has_no_rows(till: Till, ask: Ask) -> None:
    assert _rows(ask(till, shop.register(till), programId=2)) == []


@either_way
def test_who_is_not_there_is_not_found(till: Till, ask: Ask) -> None:
    assert ask(till, Member(987_654_321, shop.new_mobile())).code == 8015


@pytest.mark.parametrize("user_id", ["0", "-4", "9007199254740993", "abc"])
def test_an_id_that_cannot_be_one_is_not_found(till: Till, user_id: str) -> None:
    assert till.get(f"/v2/customers/{user_id}/pointsExpirySchedule").code == 8015


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"source": ""}, 8130),
        ({"source": "MARKET"}, 8003),
        ({"source": "WEBSITE"}, 8015),
        ({"source": "LINE"}, 8130),
        ({"identifierName": "", "identifierValue": ""}, 8130),
        ({"identifierName": "shoe"}, 8130),
        ({"identifierValue": ""}, 8130),
        ({"identifierName": "email", "identifierValue": "x"}, 8015),
    ],
)
def test_a_lookup_that_names_nobody_is_refused(till: Till, member: Member, query: dict[str, str], code: int) -> None:
    refused = _by_lookup(till, member, **query)
    assert (refused.status, refused.code) == (400, code)
