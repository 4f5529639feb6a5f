"""GET /v2/customers/{userId}/points/balance (13-points-v2/03) and the same by lookup (03-customer-lookup/11)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.conftest import MakeOrganization
from tests.support import shop
from tests.support.programs import award, demo_with, percent
from tests.support.shapes import fields, shape
from tests.support.shop import Member
from tests.support.till import Answer, Till

NOW = "2025-06-02T16:00:00+05:30"
AMOUNTS = ("totalPoints", "mainPoints", "promisedPoints")

Ask = Callable[..., Answer]


def _by_id(till: Till, member: Member, **query: object) -> Answer:
    return till.get(f"/v2/customers/{member.id}/points/balance", **query)


def _by_id_at_the_end(till: Till, member: Member, **query: object) -> Answer:
    return till.get(f"/v2/customers/points/balance/{member.id}", **query)


def _by_lookup(till: Till, member: Member, **query: object) -> Answer:
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    return till.get("/v2/customers/lookup/points/balance", **(named | query))


def _by_lookup_in_short(till: Till, member: Member, **query: object) -> Answer:
    named = {"source": "INSTORE", "identifierName": "mobile", "identifierValue": member.mobile}
    return till.get("/v2/customers/points/balance", **(named | query))


every_spelling = pytest.mark.parametrize("ask", [_by_id, _by_id_at_the_end, _by_lookup, _by_lookup_in_short])


@pytest.fixture(scope="module")
def till(make_shared_organization: MakeOrganization) -> Till:
    """Two programmes: the default one gives 10 %, the other 3 %."""
    second = demo_with(id=2, name="Second", is_default=False, awards=(award(1, percent(3)),))
    return make_shared_organization(programs=[demo_with(), second]).till.at(NOW)


@pytest.fixture(scope="module")
def member(till: Till) -> Member:
    mobile = shop.new_mobile()
    added = till.post("/v2/customers", shop.customer(mobile), mlp_single_enroll="true").ok()
    member = Member(added["createdId"], mobile)
    shop.sell(till, member, "1234.50")
    return member


@every_spelling
def test_the_answer_has_the_documented_fields(till: Till, member: Member, ask: Ask) -> None:
    answer = ask(till, member, programId=1, entityType="CUSTOMER", fetchDataForAllPrograms="false").ok()
    assert shape(answer) == (
        fields("number", "entityId", "programId", *AMOUNTS)
        | fields("string", "entityType")
        | fields("object", "promisedPointsBreakup")
        | fields("number", "delayedAccrualPoints", "externalTriggerBasedPoints", at="promisedPointsBreakup")
        | fields("array", "warnings")
    )
    assert answer == {
        "entityId": member.id,
        "entityType": "CUSTOMER",
        "programId": 1,
        "totalPoints": Decimal("123.45"),
        "mainPoints": Decimal("123.45"),
        "promisedPoints": 0,
        "promisedPointsBreakup": {"delayedAccrualPoints": 0, "externalTriggerBasedPoints": 0},
        "warnings": [],
    }


@every_spelling
def test_numbers_carry_three_decimals(till: Till, member: Member, ask: Ask) -> None:
    assert '"mainPoints":123.450' in ask(till, member).text
    assert '"promisedPoints":0.000' in ask(till, member).text


@every_spelling
def test_a_programme_is_chosen_or_all_are_summed(till: Till, member: Member, ask: Ask) -> None:
    def found(**query: object) -> tuple[int | None, Decimal]:
        answer = ask(till, member, **query).ok()
        return answer.get("programId"), answer["mainPoints"]

    assert found() == (1, Decimal("123.45"))
    # 3 % of 1,234.50, to two decimals.
    assert found(programId=2) == (2, Decimal("37.04"))
    assert found(fetchDataForAllPrograms="true") == (None, Decimal("160.49"))
    assert found(fetchDataForAllPrograms="true", programId=2) == (None, Decimal("160.49"))


@every_spelling
def test_a_programme_without_the_member_holds_nothing_for_him(till: Till, ask: Ask) -> None:
    member = shop.register(till)
    assert ask(till, member, programId=2).ok()["mainPoints"] == 0


@every_spelling
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"entityType": "FLEET"}, 1632),
        ({"entityType": "TEAM"}, 1212),
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


@every_spelling
def test_a_member_who_is_not_there_is_not_found(till: Till, ask: Ask) -> None:
    refused = ask(till, Member(987_654_321, shop.new_mobile()))
    assert (refused.status, refused.code) == (400, 8015)


@pytest.mark.parametrize("user_id", ["0", "-4", "9007199254740993", "abc"])
def test_an_id_that_cannot_be_one_is_not_found(till: Till, user_id: str) -> None:
    assert till.get(f"/v2/customers/{user_id}/points/balance").code == 8015


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"source": ""}, 8001),
        ({"source": "MARKET"}, 8003),
        ({"source": "WEBSITE"}, 8065),
        ({"source": "LINE"}, 8045),
        ({"source": "LINE", "accountId": "club"}, 8065),
        ({"identifierName": "", "identifierValue": ""}, 8002),
        ({"identifierName": ""}, 8092),
        ({"identifierValue": ""}, 8093),
        ({"identifierName": "shoe"}, 8013),
        ({"identifierName": "email", "identifierValue": "x"}, 8015),
    ],
)
def test_a_lookup_that_names_nobody_is_refused(till: Till, member: Member, query: dict[str, str], code: int) -> None:
    refused = _by_lookup(till, member, **query)
    assert (refused.status, refused.code) == (400, code)
